/**
 * Runs: entries of one author, one log and one scope, with consecutive numbers, under one signature (protocol.md §Runs).
 *
 * run     = [header, entries, signature bytes(64)]
 * header  = [version u32, scope (room text | reader key bytes(32)), log id bytes(8), first u32, count u32 (1–64),
 *            previous u32, previous hash bytes(32, or 0 when previous is 0), seconds u32, fraction u32]
 * entries = room: [entry × count], an entry whose body was removed stands as its hash bytes(32)
 *           direct: bytes, the Noise-N-sealed CBOR array of entries
 * entry   = [kind u32, delay in ms u32, …]      see entry.ts
 *
 * Hashes (SHA-256; ‖ joins bytes; numbers big-endian u32):
 *   header hash = H("earshot header 1" ‖ author key ‖ header bytes as received)
 *   entry hash i (from 0) = H(header hash ‖ u32(i) ‖ entry bytes as received)        first 16 bytes = the message's id
 *   run hash    = H(header hash ‖ u32(0xffffffff) ‖ entry hash 0 ‖ … ‖ entry hash n−1)           in a room
 *               = H(header hash ‖ u32(0xffffffff) ‖ H(sealed bytes))                              direct
 *   signature   = Ed25519(author, "earshot run 1" ‖ run hash)
 * The next run of the same log and scope names this one's last number and run hash as its predecessor.
 */
import { type Decoded, decoded, refused } from '../base/decoded.ts';
import { ApiMisuse } from '../base/errors.ts';
import { directScope, type LogId, logId, logIdBytes, peerId, peerKey, roomScope, type Scope } from '../base/ids.ts';
import { PROTOCOL_VERSION, RUN_ENTRIES_MAX, RUN_SIZE_MAX, TAG_SIZE } from '../base/limits.ts';
import { isRoomName } from '../base/room-name.ts';
import { type CborValue, contentStart, decode, encode, itemEnd } from './cbor.ts';
import { type Entry, entryOf } from './entry.ts';
import { isArray, isBytes, isBytesOf, isText, isU32, plainView } from './fields.ts';
import { ARRAY, BYTES, headSize, U32_MAX, writeHead } from './head.ts';
import { allocate } from './slab.ts';

/** Hybrid logical time on the wire: seconds since 1970 and fraction = milliseconds (10 bits) << 22 | counter (22 bits). */
export type WireTime = { readonly seconds: number; readonly fraction: number };

export type RunHeader = {
  readonly version: number;
  readonly scope: Scope;
  readonly log: LogId;
  /** Number of the first entry, 1 or more. */
  readonly first: number;
  /** Entries in the run, 1 to 64. */
  readonly count: number;
  /** Number of the last entry before this run, 0 if none: what lies between was reserved, never used, and is void. */
  readonly previous: number;
  /** Run hash of the run that ends in `previous`; empty if none. */
  readonly previousHash: Uint8Array;
  readonly time: WireTime;
};

/** An entry of a run as received: with its body, or only the hash where the body was removed. */
export type EntryOrHash =
  | { readonly kind: 'entry'; readonly entry: Entry }
  | { readonly kind: 'removed'; readonly hash: Uint8Array };

/** A run taken apart; nothing in it is verified. */
export type Run = {
  readonly header: RunHeader;
  /** The header's bytes as received. */
  readonly headerBytes: Uint8Array;
  readonly content:
    | { readonly kind: 'open'; readonly entries: readonly EntryOrHash[] }
    | { readonly kind: 'sealed'; readonly sealed: Uint8Array };
  readonly signature: Uint8Array;
};

const SIGNATURE_SIZE = 64;
const HASH_SIZE = 32;
const READER_SIZE = 32;
const LOG_ID_SIZE = 8;
/** Milliseconds of a wire time's fraction, above its counter of this many bits. */
const COUNTER_BITS = 22;

/** The header in its canonical bytes. Throws `ApiMisuse` on fields outside the table above. */
export const encodeHeader = (header: RunHeader): Uint8Array => {
  const { version, scope, log, first, count, previous, previousHash, time } = header;
  if (!isHeaderSound(first, count, previous, time.fraction) || previousHash.length !== (previous === 0 ? 0 : HASH_SIZE)) {
    throw new ApiMisuse(
      `a run cannot have ${count} entries from ${first} after ${previous} (hash of ${previousHash.length} bytes)`,
    );
  }
  const where = scope.kind === 'room' ? scope.room : peerKey(scope.reader);
  return encode([version, where, logIdBytes(log), first, count, previous, previousHash, time.seconds, time.fraction]);
};

/** What stands in a run for an entry whose body was removed. @param hash the entry's, 32 bytes. */
export const encodeRemoved = (hash: Uint8Array): Uint8Array => {
  if (hash.length !== HASH_SIZE) throw new ApiMisuse(`an entry hash has ${HASH_SIZE} bytes, got ${hash.length}`);
  return encode(hash);
};

/** A room's run. @param entries each from `encodeEntry`, `encodeRemoved` or as received; @param signature 64 bytes. */
export const encodeOpenRun = (header: Uint8Array, entries: readonly Uint8Array[], signature: Uint8Array): Uint8Array => {
  const run = allocateRun(header, entriesSize(entries), signature);
  writeEntries(run, 1 + header.length, entries);
  return run;
};

/** A direct run. @param sealed what sealing `encodeEntries` gave; @param signature 64 bytes. */
export const encodeSealedRun = (header: Uint8Array, sealed: Uint8Array, signature: Uint8Array): Uint8Array => {
  const run = allocateRun(header, headSize(sealed.length) + sealed.length, signature);
  run.set(sealed, writeHead(run, 1 + header.length, BYTES, sealed.length));
  return run;
};

/** The array of entries: the middle of an open run, the plaintext of a sealed one. */
export const encodeEntries = (entries: readonly Uint8Array[]): Uint8Array => {
  const bytes = allocate(entriesSize(entries));
  writeEntries(bytes, 0, entries);
  return bytes;
};

const entriesSize = (entries: readonly Uint8Array[]): number => {
  if (entries.length < 1 || entries.length > RUN_ENTRIES_MAX)
    throw new ApiMisuse(`1 to ${RUN_ENTRIES_MAX} entries, got ${entries.length}`);
  let size = headSize(entries.length);
  for (const entry of entries) size += entry.length;
  return size;
};

const writeEntries = (target: Uint8Array, from: number, entries: readonly Uint8Array[]): void => {
  let at = writeHead(target, from, ARRAY, entries.length);
  for (const entry of entries) {
    target.set(entry, at);
    at += entry.length;
  }
};

/** A run with everything in its place but the content, `contentSize` bytes behind the header. */
const allocateRun = (header: Uint8Array, contentSize: number, signature: Uint8Array): Uint8Array => {
  if (signature.length !== SIGNATURE_SIZE)
    throw new ApiMisuse(`a signature has ${SIGNATURE_SIZE} bytes, got ${signature.length}`);
  const signatureAt = 1 + header.length + contentSize;
  const size = signatureAt + headSize(SIGNATURE_SIZE) + SIGNATURE_SIZE;
  if (size > RUN_SIZE_MAX) throw new ApiMisuse(`a run has at most ${RUN_SIZE_MAX} bytes, got ${size}`);
  const run = allocate(size);
  run[0] = ARRAY | 3;
  run.set(header, 1);
  run.set(signature, writeHead(run, signatureAt, BYTES, SIGNATURE_SIZE));
  return run;
};

/** A run as received. Byte fields are views of `bytes`; signature, hashes and predecessor are not checked. */
export const decodeRun = (bytes: Uint8Array): Decoded<Run> => {
  if (bytes.length > RUN_SIZE_MAX) return refused('malformed-run');
  const item = decode(bytes);
  if (!item.ok) return item;
  if (!isArray(item.value) || item.value.length !== 3) return refused('malformed-run');
  const [fields, content, signature] = item.value;
  if (!isArray(fields) || !isBytesOf(signature, SIGNATURE_SIZE)) return refused('malformed-run');
  if (isU32(fields[0]) && fields[0] !== PROTOCOL_VERSION) return refused('version-mismatch');
  const header = headerOf(fields);
  if (header === undefined) return refused('malformed-run');
  const contentAt = itemEnd(bytes, 1);
  const headerBytes = plainView(bytes, 1, contentAt);
  if (header.scope.kind === 'direct') {
    if (!isBytes(content) || content.length < TAG_SIZE) return refused('malformed-run');
    return decoded({ header, headerBytes, content: { kind: 'sealed', sealed: content }, signature });
  }
  if (!isArray(content) || content.length !== header.count) return refused('malformed-run');
  const entries = openEntries(content, bytes, contentStart(bytes, contentAt));
  if (entries === undefined) return refused('malformed-run');
  return decoded({ header, headerBytes, content: { kind: 'open', entries }, signature });
};

/** The opened content of a sealed run: exactly `count` entries. Entry bytes are views of `bytes`. */
export const decodeEntries = (bytes: Uint8Array, count: number): Decoded<readonly Entry[]> => {
  const item = decode(bytes);
  if (!item.ok) return item;
  if (!isArray(item.value) || item.value.length !== count || count > RUN_ENTRIES_MAX) return refused('malformed-run');
  const entries: Entry[] = [];
  let at = contentStart(bytes, 0);
  for (const value of item.value) {
    const end = itemEnd(bytes, at);
    const entry = entryOf(value, bytes, at, end);
    if (entry === undefined) return refused('malformed-run');
    entries.push(entry);
    at = end;
  }
  return decoded(entries);
};

const isHeaderSound = (first: number, count: number, previous: number, fraction: number): boolean =>
  count >= 1 &&
  count <= RUN_ENTRIES_MAX &&
  first >= 1 &&
  first + count - 1 <= U32_MAX &&
  previous < first &&
  fraction >>> COUNTER_BITS < 1000;

const headerOf = (fields: readonly CborValue[]): RunHeader | undefined => {
  const [version, where, log, first, count, previous, previousHash, seconds, fraction] = fields;
  if (fields.length !== 9 || !isU32(version) || !isBytesOf(log, LOG_ID_SIZE)) return undefined;
  if (!isU32(first) || !isU32(count) || !isU32(previous) || !isU32(seconds) || !isU32(fraction)) return undefined;
  if (!isHeaderSound(first, count, previous, fraction) || !isBytesOf(previousHash, previous === 0 ? 0 : HASH_SIZE))
    return undefined;
  const scope = scopeOf(where);
  if (scope === undefined) return undefined;
  return { version, scope, log: logId(log), first, count, previous, previousHash, time: { seconds, fraction } };
};

const scopeOf = (where: CborValue | undefined): Scope | undefined => {
  if (isText(where)) return isRoomName(where) ? roomScope(where) : undefined;
  return isBytesOf(where, READER_SIZE) ? directScope(peerId(where)) : undefined;
};

const openEntries = (content: readonly CborValue[], bytes: Uint8Array, from: number): readonly EntryOrHash[] | undefined => {
  const entries: EntryOrHash[] = [];
  let at = from;
  for (const value of content) {
    const end = itemEnd(bytes, at);
    if (isBytesOf(value, HASH_SIZE)) {
      entries.push({ kind: 'removed', hash: value });
    } else {
      const entry = entryOf(value, bytes, at, end);
      if (entry === undefined) return undefined;
      entries.push({ kind: 'entry', entry });
    }
    at = end;
  }
  return entries;
};
