import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { logId, roomScope, type Scope } from '../../src/base/ids.ts';
import { RUN_SIZE_MAX } from '../../src/base/limits.ts';
import { parseRoomName } from '../../src/base/room-name.ts';
import { openFrom, sealTo } from '../../src/crypto/noise.ts';
import { nodeSuite as suite } from '../../src/crypto/primitives/node-suite.ts';
import {
  directPrologue,
  entryHash,
  hashRun,
  headerHash,
  runHash,
  sealedRunHash,
  signRun,
  verifyRun,
} from '../../src/crypto/signed-run.ts';
import { encodeEntry } from '../../src/wire/entry.ts';
import * as wire from '../../src/wire/run.ts';

const seed = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const author = suite.signing(seed(1));
const reader = suite.dh(seed(2));

/** The formulas of protocol.md, apart from the code: SHA-256 over the parts joined, texts as ASCII, numbers as big-endian u32. */
const H = (...parts: readonly (string | number | Uint8Array)[]): Uint8Array => {
  const sha256 = createHash('sha256');
  for (const part of parts) {
    if (typeof part !== 'number') sha256.update(part);
    else {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(part);
      sha256.update(bytes);
    }
  }
  return new Uint8Array(sha256.digest());
};

const raise = (): never => {
  throw new Error('this was expected to be there');
};
const room = (name: string): Scope => roomScope(parseRoomName(name) ?? raise());
const headerBytes = (count: number, scope = room('lobby')): Uint8Array =>
  wire.encodeHeader({
    version: 1,
    scope,
    log: logId(new Uint8Array(8).fill(3)),
    first: 1,
    count,
    previous: 0,
    previousHash: new Uint8Array(0),
    time: { seconds: 1_700_000_000, fraction: 5 },
  });
const entries = ['one', 'two', 'three'].map((text, i) => encodeEntry(i, { kind: 'text', text }));
const header = headerBytes(entries.length);
const headerHashed = headerHash(suite, author.publicKey, header);
const hashes = entries.map((bytes, index) => entryHash(suite, headerHashed, index, bytes));
const decoded = (bytes: Uint8Array): wire.Run => {
  const run = wire.decodeRun(bytes);
  if (!run.ok) throw new Error(`the run was refused: ${run.reason}`);
  return run.value;
};

test('the header hash covers label, author and header bytes', () => {
  expect(headerHashed).toEqual(H('earshot header 1', author.publicKey, header));
});

test('an entry hash covers header hash, index and entry bytes', () => {
  expect(hashes).toEqual(entries.map((bytes, index) => H(headerHashed, index, bytes)));
});

test('an entry of any size is hashed alike', () => {
  for (const size of [0, 1, RUN_SIZE_MAX - 1, RUN_SIZE_MAX, RUN_SIZE_MAX + 1, 3 * RUN_SIZE_MAX]) {
    const bytes = new Uint8Array(size).fill(9);
    expect(entryHash(suite, headerHashed, 63, bytes)).toEqual(H(headerHashed, 63, bytes));
  }
});

test('the run hash covers header hash, a mark and all entry hashes in order', () => {
  expect(runHash(suite, headerHashed, hashes)).toEqual(H(headerHashed, 0xffffffff, ...hashes));
  expect(runHash(suite, headerHashed, hashes.toReversed())).not.toEqual(runHash(suite, headerHashed, hashes));
});

test('the run hash of a direct run covers header hash, a mark and the hash of the sealed bytes', () => {
  const sealed = new Uint8Array(5000).fill(6);
  expect(sealedRunHash(suite, headerHashed, sealed)).toEqual(H(headerHashed, 0xffffffff, H(sealed)));
});

test('a signature is over label and run hash, and verifies for its author and hash only', () => {
  const hash = runHash(suite, headerHashed, hashes);
  const signature = signRun(author, hash);
  expect(signature).toEqual(author.sign(Buffer.concat([Buffer.from('earshot run 1'), hash])));
  expect(verifyRun(suite, author.publicKey, hash, signature)).toBe(true);
  expect(verifyRun(suite, suite.signing(seed(5)).publicKey, hash, signature)).toBe(false);
  expect(verifyRun(suite, author.publicKey, headerHashed, signature)).toBe(false);
  expect(verifyRun(suite, author.publicKey, hash, author.sign(hash))).toBe(false);
  expect(verifyRun(suite, author.publicKey, hash, signature.subarray(1))).toBe(false);
});

test('all hashes of a run are taken over the bytes as received', () => {
  const bytes = wire.encodeOpenRun(header, entries, signRun(author, runHash(suite, headerHashed, hashes)));
  const run = decoded(bytes);
  const all = hashRun(suite, author.publicKey, run);
  expect(all).toEqual({ header: headerHashed, entries: hashes, run: runHash(suite, headerHashed, hashes) });
  expect(verifyRun(suite, author.publicKey, all.run, run.signature)).toBe(true);
});

test('a run whose body was removed keeps its hash and its proof', () => {
  const [first, second, third] = entries;
  const removed = hashes[1];
  if (!first || !second || !third || !removed) throw new Error('three entries were made');
  const signature = signRun(author, runHash(suite, headerHashed, hashes));
  const run = decoded(wire.encodeOpenRun(header, [first, wire.encodeRemoved(removed), third], signature));
  const all = hashRun(suite, author.publicKey, run);
  expect(all.entries).toEqual(hashes);
  expect(verifyRun(suite, author.publicKey, all.run, signature)).toBe(true);
});

test('a run in another room, of another author or with another entry does not verify', () => {
  const signature = signRun(author, runHash(suite, headerHashed, hashes));
  const verified = (by: Uint8Array, head: Uint8Array, items: readonly Uint8Array[]): boolean => {
    const run = decoded(wire.encodeOpenRun(head, items, signature));
    return verifyRun(suite, by, hashRun(suite, by, run).run, run.signature);
  };
  const altered = [...entries.slice(0, 2), encodeEntry(2, { kind: 'text', text: 'threw' })];
  const elsewhere = headerBytes(3, room('attic'));
  expect(verified(author.publicKey, header, entries)).toBe(true);
  expect(verified(author.publicKey, header, altered)).toBe(false);
  expect(verified(author.publicKey, header, entries.toReversed())).toBe(false);
  expect(verified(author.publicKey, elsewhere, entries)).toBe(false);
  expect(verified(suite.signing(seed(5)).publicKey, header, entries)).toBe(false);
});

test('the sealed entries of a direct run open under their own header only', () => {
  const plain = wire.encodeEntries(entries);
  const sealed = sealTo(suite, seed(7), reader.publicKey, directPrologue(headerHashed), plain) ?? raise();
  expect(directPrologue(headerHashed)).toEqual(new Uint8Array([...Buffer.from('earshot direct 1'), ...headerHashed]));
  expect(openFrom(suite, reader, directPrologue(headerHashed), sealed)).toEqual(plain);
  expect(openFrom(suite, reader, directPrologue(H('another')), sealed)).toBeUndefined();
});
