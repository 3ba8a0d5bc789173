import { hkdfSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { fromHex, fromUtf8, toHex } from '../../src/base/bytes.ts';
import * as limits from '../../src/base/limits.ts';
import { openFrom } from '../../src/crypto/noise.ts';
import { nodeSuite } from '../../src/crypto/primitives/node-suite.ts';
import { directPrologue, hashRun, verifyRun } from '../../src/crypto/signed-run.ts';
import { decodeBeacon } from '../../src/wire/beacon.ts';
import { decodeDatagram } from '../../src/wire/datagram.ts';
import { decodeFrames, framesHead } from '../../src/wire/frame.ts';
import { decodeQuestion, decodeReport, questionInName, reportInName } from '../../src/wire/inquiry.ts';
import { decodeEntries, decodeRun } from '../../src/wire/run.ts';
import { ann, bob, type Example, FRAMES, printed, QUESTION, REPORT, workedExamples } from './worked.ts';

const PAGE = new URL('../../protocol.md', import.meta.url);
const HEADING = '## 16. Worked bytes\n';

const page = readFileSync(PAGE, 'utf8');
if (process.env.UPDATE_PROTOCOL === '1') {
  writeFileSync(PAGE, `${page.slice(0, page.indexOf(HEADING) + HEADING.length)}\n${workedExamples().map(printed).join('\n')}`);
}

/** The bytes as a reader of the page finds them: example → what → bytes. */
const readExamples = (text: string): ReadonlyMap<string, ReadonlyMap<string, Uint8Array>> => {
  const examples = new Map<string, Map<string, Uint8Array>>();
  for (const [, name = '', block = ''] of text.slice(text.indexOf(HEADING)).matchAll(/### (.+)\n[^`]*```\n([^`]*)```/g)) {
    const lines = new Map<string, Uint8Array>();
    for (const [, what = '', digits = ''] of block.matchAll(/^(\S.*) =\n((?: {2}.*\n?)+)/gm)) {
      const hex = digits.replaceAll(/\s+/g, '').replace(/\(then(\d+)zerobytes\)/, (_, count) => '00'.repeat(Number(count)));
      lines.set(what, fromHex(hex));
    }
    examples.set(name, lines);
  }
  return examples;
};
const shown = readExamples(readFileSync(PAGE, 'utf8'));
const bytesOf = (example: string, what: string): Uint8Array => {
  const bytes = shown.get(example)?.get(what);
  if (bytes === undefined) throw new Error(`protocol.md shows no "${what}" under "${example}"`);
  return bytes;
};

describe('the worked bytes of protocol.md', () => {
  test.each(workedExamples().map((example) => [example.name, example] as const))(
    '%s is what the code makes of the fixed keys',
    (name, example: Example) => {
      const inPage = Object.fromEntries(Array.from(shown.get(name) ?? [], ([what, bytes]) => [what, toHex(bytes)]));
      expect(inPage).toEqual(Object.fromEntries(example.lines.map(([what, bytes]) => [what, toHex(bytes)])));
    },
  );

  test.each(['initiation', 'response', 'confirmation'])('the %s is decoded', (kind) => {
    expect(decodeDatagram(bytesOf('handshake', kind))).toMatchObject({ ok: true, value: { kind } });
  });

  test('a knock is found in its initiation, and its secret is HKDF of what both keys agree on', () => {
    const at = (what: string) => bytesOf('knock', what);
    const initiation = decodeDatagram(at('initiation'));
    expect(initiation).toMatchObject({ ok: true, value: { kind: 'initiation' } });
    const knocks =
      initiation.ok && initiation.value.kind === 'initiation' && initiation.value.isOurs ? initiation.value.knocks : at('tag');
    expect(toHex(knocks.subarray(0, 12))).toBe(toHex(at('tag')) + toHex(at('proof')));
    const info = Buffer.concat([ann.dh.publicKey, bob.dh.publicKey]);
    const secret = new Uint8Array(hkdfSync('sha256', at('agreed'), 'earshot knock 1', info, 32));
    expect(toHex(secret)).toBe(toHex(at('secret from Ann to Bob')));
  });

  test.each(['retry', 'version'])('the %s is decoded', (kind) => {
    expect(decodeDatagram(bytesOf('unauthenticated', kind))).toMatchObject({ ok: true, value: { kind } });
  });

  test.each([
    ['beacon', toHex(bob.signing.publicKey.slice(0, 8))],
    ['beacon without a hint', undefined],
  ])('the %s is decoded', (what, hint) => {
    const beacon = decodeBeacon(bytesOf('unauthenticated', what));
    if (!beacon.ok) throw new Error(beacon.reason);
    expect([toHex(beacon.value.tag), beacon.value.idHint && toHex(beacon.value.idHint)]).toEqual(['5051525354555657', hint]);
  });

  test('the question and the report are decoded, by datagram and by name', () => {
    const name = (what: string): string => fromUtf8(bytesOf('question and report', what)) ?? '';
    expect(decodeQuestion(bytesOf('question and report', 'question'))).toEqual({ ok: true, value: QUESTION });
    expect(decodeReport(bytesOf('question and report', 'report'))).toEqual({ ok: true, value: REPORT });
    expect(questionInName(name('question by multicast, its name'))).toEqual(QUESTION);
    expect(reportInName(name('report by multicast, its name'))).toEqual(REPORT);
  });

  test('the page names the port of the beacon', () => {
    expect(page).toContain(`UDP port ${limits.BEACON_PORT},`);
  });

  test('the sealed datagram names its connection and number, and its plaintext is frames', () => {
    expect(decodeDatagram(bytesOf('sealed', 'sealed'))).toMatchObject({
      ok: true,
      value: { kind: 'sealed', connectionId: 0xb0b0b0b0, packetNumber: 0 },
    });
    expect(decodeFrames(bytesOf('sealed', 'plaintext'))).toEqual({
      ok: true,
      value: { frames: [{ kind: 'ping' }, { kind: 'rooms', generation: 1, rooms: ['lobby'] }], unknown: 0 },
    });
  });

  test.each(FRAMES.map(([what, frame]) => [what, frame] as const))('the frame "%s" is decoded', (what, frame) => {
    const one = new Uint8Array([...framesHead(1), ...bytesOf('frames', what)]);
    expect(decodeFrames(one)).toEqual({ ok: true, value: { frames: [frame], unknown: 0 } });
  });

  test('the run is Ann’s: entries, ids and signature hold', () => {
    const run = decodeRun(bytesOf('run', 'run'));
    if (!run.ok) throw new Error(run.reason);
    const hashes = hashRun(nodeSuite, ann.signing.publicKey, run.value);
    expect(hashes.entries.map(toHex)).toEqual([0, 1].map((i) => toHex(bytesOf('run', `entry hash ${i}`))));
    expect(verifyRun(nodeSuite, ann.signing.publicKey, hashes.run, run.value.signature)).toBe(true);
    expect(verifyRun(nodeSuite, bob.signing.publicKey, hashes.run, run.value.signature)).toBe(false);
  });

  test('Bob opens the direct run, and Ann no more', () => {
    const run = decodeRun(bytesOf('direct run', 'run'));
    if (!run.ok || run.value.content.kind !== 'sealed') throw new Error('not a sealed run');
    const prologue = directPrologue(bytesOf('direct run', 'header hash'));
    const plain = openFrom(nodeSuite, bob.dh, prologue, run.value.content.sealed);
    expect(plain && decodeEntries(plain, 1)).toMatchObject({ ok: true, value: [{ body: { kind: 'text', text: 'between us' } }] });
    expect(openFrom(nodeSuite, ann.dh, prologue, run.value.content.sealed)).toBeUndefined();
  });

  test('the numbers of §14 are those of the code', () => {
    const table = page.slice(page.indexOf('## 14. Limits'), page.indexOf('## 15.'));
    for (const number of [
      limits.DATAGRAM_SIZE_MAX,
      limits.TEXT_SIZE_MAX,
      limits.RUN_ENTRIES_MAX,
      limits.RUN_SIZE_MAX,
      limits.NAME_LENGTH_MAX,
      limits.ROOMS_JOINED_MAX,
      limits.HANDSHAKE_HALF_OPEN_MAX,
      limits.SESSIONS_MAX,
      limits.REPLAY_WINDOW_BITS,
      limits.LIVE_WINDOW_ENTRIES,
      limits.UNPROVEN_PEERS_MAX,
      limits.HINTED_TARGETS_MAX,
      limits.PEERS_TOLD_MAX,
      limits.PATH_AMPLIFICATION_MAX,
    ]) {
      expect(table.replaceAll(',', '')).toContain(String(number));
    }
  });
});
