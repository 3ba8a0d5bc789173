/**
 * Hashes and signatures of runs (wire/run.ts has the formulas). Always over the bytes as received, never over a
 * re-encoding. One call of `suite.hash` per entry.
 */
import { concat, utf8 } from '../base/bytes.ts';
import { RUN_SIZE_MAX } from '../base/limits.ts';
import type { Run } from '../wire/run.ts';
import type { CryptoSuite, SigningKey } from './suite.ts';

const HASH_SIZE = 32;
const HEADER_LABEL = utf8('earshot header 1');
const RUN_LABEL = utf8('earshot run 1');
const DIRECT_LABEL = utf8('earshot direct 1');
/** Stands where an entry's index would, in the run hash. */
const RUN_MARK = 0xffffffff;

/** Header hash and u32, then an entry or the entry hashes. Never handed on: a suite keeps nothing it was given. */
const scratch = new Uint8Array(HASH_SIZE + 4 + RUN_SIZE_MAX);

const hashUnder = (suite: CryptoSuite, header: Uint8Array, number: number, bytes: Uint8Array): Uint8Array => {
  const length = HASH_SIZE + 4 + bytes.length;
  const whole = length <= scratch.length ? scratch : new Uint8Array(length);
  whole.set(header);
  whole[HASH_SIZE] = number >>> 24;
  whole[HASH_SIZE + 1] = number >>> 16;
  whole[HASH_SIZE + 2] = number >>> 8;
  whole[HASH_SIZE + 3] = number;
  whole.set(bytes, HASH_SIZE + 4);
  return suite.hash(whole.subarray(0, length));
};

/** @param author 32 bytes. @param headerBytes the header's CBOR as received. @returns 32 bytes. */
export const headerHash = (suite: CryptoSuite, author: Uint8Array, headerBytes: Uint8Array): Uint8Array =>
  suite.hash(concat(HEADER_LABEL, author, headerBytes));

/** @param index position in the run, from 0. @param entryBytes the entry's CBOR as received. @returns 32 bytes; `entryId` names the message by it. */
export const entryHash = (suite: CryptoSuite, header: Uint8Array, index: number, entryBytes: Uint8Array): Uint8Array =>
  hashUnder(suite, header, index, entryBytes);

/** Run hash of a run in a room. @param entryHashes of all its entries, in order. @returns 32 bytes. */
export const runHash = (suite: CryptoSuite, header: Uint8Array, entryHashes: readonly Uint8Array[]): Uint8Array =>
  hashUnder(suite, header, RUN_MARK, concat(...entryHashes));

/** Run hash of a direct run. @returns 32 bytes. */
export const sealedRunHash = (suite: CryptoSuite, header: Uint8Array, sealed: Uint8Array): Uint8Array =>
  hashUnder(suite, header, RUN_MARK, suite.hash(sealed));

/** All hashes of a run as received. */
export type RunHashes = {
  readonly header: Uint8Array;
  /** One per entry, removed ones included; empty for a direct run, whose entries are hashed after opening. */
  readonly entries: readonly Uint8Array[];
  readonly run: Uint8Array;
};

/** The hashes of a decoded run; verifies nothing. @param author 32 bytes. */
export const hashRun = (suite: CryptoSuite, author: Uint8Array, run: Run): RunHashes => {
  const header = headerHash(suite, author, run.headerBytes);
  if (run.content.kind === 'sealed') return { header, entries: [], run: sealedRunHash(suite, header, run.content.sealed) };
  const entries = run.content.entries.map((item, index) =>
    item.kind === 'entry' ? entryHash(suite, header, index, item.entry.bytes) : item.hash,
  );
  return { header, entries, run: runHash(suite, header, entries) };
};

/** @param hash the run hash. @returns 64 bytes. */
export const signRun = (signing: SigningKey, hash: Uint8Array): Uint8Array => signing.sign(concat(RUN_LABEL, hash));

/** @param author 32 bytes. @param hash the run hash. @param signature anything; only the right 64 bytes pass. */
export const verifyRun = (suite: CryptoSuite, author: Uint8Array, hash: Uint8Array, signature: Uint8Array): boolean =>
  suite.verify(author, concat(RUN_LABEL, hash), signature);

/** Prologue of the Noise N message that seals a direct run's entries: binds them to their author, scope and numbers. @param header the header hash. */
export const directPrologue = (header: Uint8Array): Uint8Array => concat(DIRECT_LABEL, header);
