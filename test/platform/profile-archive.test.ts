import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { openPeer } from '../../src/index.ts';
import { readProfile } from '../../src/platform/home.ts';
import { exportProfile, importProfile } from '../../src/platform/profile-archive.ts';
import { temporaryFolder } from './temporary.ts';

const PASSPHRASE = 'correct horse battery';

const spoken = async (
  home: string,
  ...texts: readonly string[]
): Promise<{ readonly id: string; readonly all: readonly string[] }> => {
  const peer = await openPeer({ home, interfaces: ['127.0.0.1'], useDiscovery: false });
  for (const text of texts) await peer.say('lobby', text);
  const all = (await peer.history({ limit: 100 })).map(({ body }) => body.text);
  const { id } = peer;
  await peer.close();
  return { id, all };
};

const exported = async (): Promise<{ readonly home: string; readonly file: string; readonly id: string }> => {
  const home = temporaryFolder();
  const { id } = await spoken(home, 'one', 'x'.repeat(8_000), 'three');
  const file = join(temporaryFolder(), 'backup');
  exportProfile(home, file, PASSPHRASE);
  return { home, file, id };
};

describe('an exported profile', () => {
  test('becomes the same person somewhere else, with a log of its own', async () => {
    const { home, file, id } = await exported();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file).includes('signing')).toBe(false);
    const copy = join(temporaryFolder(), 'copy');
    importProfile(file, copy, PASSPHRASE);
    expect(readProfile(copy)?.log).not.toBe(readProfile(home)?.log);
    const there = await spoken(copy, 'there');
    expect(there).toEqual({ id, all: ['one', 'x'.repeat(8_000), 'three', 'there'] });
    expect((await spoken(home, 'here')).all).toEqual(['one', 'x'.repeat(8_000), 'three', 'here']);
  });

  test('can be made while a peer runs on it', async () => {
    const home = temporaryFolder();
    const peer = await openPeer({ home, interfaces: ['127.0.0.1'], useDiscovery: false });
    await peer.say('lobby', 'while it runs');
    const file = join(temporaryFolder(), 'backup');
    exportProfile(home, file, PASSPHRASE);
    await peer.close();
    const copy = temporaryFolder();
    importProfile(file, copy, PASSPHRASE);
    expect((await spoken(copy)).all).toEqual(['while it runs']);
  });

  test('opens with its passphrase only, and not if anything in it was changed, cut or added', async () => {
    const { file } = await exported();
    const target = join(temporaryFolder(), 'copy');
    const refused = (passphrase: string, words: RegExp): void => {
      expect(() => importProfile(file, target, passphrase)).toThrow(words);
      expect(existsSync(join(target, 'profile.json'))).toBe(false);
      expect(existsSync(join(target, 'log')) ? readdirSync(join(target, 'log')) : []).toEqual([]);
    };
    refused('correct horse batterz', /passphrase is another one/);
    const good = readFileSync(file);
    for (const at of [0, 20, 40, 1_000, good.length - 1]) {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] ?? 0) ^ 1;
      writeFileSync(file, bad);
      refused(PASSPHRASE, at < 18 ? /no exported profile/ : /passphrase is another one|damaged/);
    }
    for (const size of [0, 10, 34, 50, good.length - 1]) {
      writeFileSync(file, good.subarray(0, size));
      refused(PASSPHRASE, /no exported profile|passphrase is another one|damaged|cut off|no keys/);
    }
    writeFileSync(file, Buffer.concat([good, Buffer.alloc(100)]));
    refused(PASSPHRASE, /passphrase is another one|damaged/);
  });

  test('of more than a piece cannot be cut between two pieces', async () => {
    const home = temporaryFolder();
    await spoken(home, ...Array.from({ length: 30 }, (_, n) => `${n}${'y'.repeat(8_000)}`));
    const file = join(temporaryFolder(), 'backup');
    exportProfile(home, file, PASSPHRASE);
    const good = readFileSync(file);
    const head = 18 + 16;
    expect(good.length).toBeGreaterThan(head + 2 * (64 * 1024 + 16));
    writeFileSync(file, good.subarray(0, head + 2 * (64 * 1024 + 16)));
    expect(() => importProfile(file, join(temporaryFolder(), 'copy'), PASSPHRASE)).toThrow(/damaged or cut off/);
  });

  test('never replaces anything', async () => {
    const { home, file } = await exported();
    expect(() => exportProfile(home, file, PASSPHRASE)).toThrow(/there already/);
    expect(() => importProfile(file, home, PASSPHRASE)).toThrow(/there is a profile/);
    expect(() => exportProfile(temporaryFolder(), join(temporaryFolder(), 'x'), PASSPHRASE)).toThrow(/no profile/);
    expect(() => importProfile(join(home, 'nothing'), temporaryFolder(), PASSPHRASE)).toThrow(/could not be imported/);
  });
});
