import { cpSync, existsSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { LogId } from '../../../src/base/ids.ts';
import { type EarshotPeer, openPeer } from '../../../src/index.ts';
import { readCheckpoint, writeCheckpoint } from '../../../src/platform/store/checkpoint.ts';
import { temporaryFolder } from '../temporary.ts';

const opened: EarshotPeer[] = [];
afterEach(async () => {
  for (const peer of opened.splice(0)) await peer.close();
});
const open = async (home: string): Promise<EarshotPeer> => {
  const peer = await openPeer({ home, interfaces: ['127.0.0.1'], useDiscovery: false });
  opened.push(peer);
  return peer;
};

/** A profile in which so much was said, each word in a run of its own, that a checkpoint is worth it. */
const spoken = async (count = 1_100): Promise<{ readonly home: string; readonly last: number }> => {
  const home = temporaryFolder();
  const peer = await open(home);
  let last = 0;
  for (let n = 0; n < count; n++) last = (await peer.say('lobby', `word ${n}`)).sequence;
  await peer.close();
  return { home, last };
};
const file = (home: string): string => join(home, 'checkpoint');
const goesOn = async (home: string, last: number, texts = 1_100): Promise<void> => {
  const peer = await open(home);
  expect((await peer.say('lobby', 'and on')).sequence).toBe(last + 1);
  expect((await peer.history({ limit: 10_000 })).length).toBe(texts + 1);
  expect((await peer.queue()).length).toBe(0);
  await peer.close();
};

describe('a checkpoint file', () => {
  const header = { log: '0102030405060708' as LogId, end: 99, segments: [] };

  test('comes back as it was written, for its owner only', () => {
    const home = temporaryFolder();
    writeCheckpoint(home, header, deflateRawSync(Uint8Array.of(1, 2, 3)));
    expect(readCheckpoint(home)).toEqual({ ...header, snapshot: Uint8Array.of(1, 2, 3) });
    expect(statSync(file(home)).mode & 0o777).toBe(0o600);
  });

  test('that is damaged at any byte, or cut anywhere, is none', () => {
    const home = temporaryFolder();
    writeCheckpoint(home, header, deflateRawSync(new Uint8Array(40).fill(7)));
    const good = readFileSync(file(home));
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] ?? 0) ^ 1;
      writeFileSync(file(home), bad);
      expect(readCheckpoint(home)).toBeUndefined();
      writeFileSync(file(home), good.subarray(0, at));
      expect(readCheckpoint(home)).toBeUndefined();
    }
    rmSync(file(home));
    expect(readCheckpoint(home)).toBeUndefined();
  });
});

describe('a start', () => {
  test('with a checkpoint knows what one without it knows', async () => {
    const { home, last } = await spoken();
    expect(existsSync(file(home))).toBe(true);
    await goesOn(home, last);
  });

  test('without, with a damaged one, and with that of another log, too', async () => {
    const { home, last } = await spoken();
    rmSync(file(home));
    await goesOn(home, last);
    const two = await spoken();
    writeFileSync(file(two.home), 'earshot checkpoint\nnonsense');
    await goesOn(two.home, two.last);
    const three = await spoken();
    cpSync(file(two.home), file(three.home), { force: true });
    if (existsSync(file(home))) cpSync(file(home), file(three.home));
    await goesOn(three.home, three.last);
  });

  test('does not use one that the store has fallen behind, nor keeps it for later', async () => {
    const { home } = await spoken();
    const segment = join(home, 'log', '00000001.seg');
    const bytes = readFileSync(segment);
    writeFileSync(segment, bytes.subarray(0, bytes.length - 5_000)); // as after a power cut
    const peer = await open(home);
    expect((await peer.history({ limit: 10_000 })).length).toBeLessThan(1_100);
    expect(existsSync(file(home))).toBe(false);
    await peer.say('lobby', 'and on');
    await peer.close();
    const again = await open(home);
    expect((await again.history({ limit: 1 })).map(({ body }) => body.text)).toEqual(['and on']);
  });

  test('looks again through a segment that somebody wrote to', async () => {
    const { home, last } = await spoken();
    const segment = join(home, 'log', '00000001.seg');
    utimesSync(segment, new Date(), new Date());
    await goesOn(home, last);
  });
});
