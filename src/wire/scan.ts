/**
 * The structural scan: decides over raw bytes whether they are one CBOR item of the profile, before any library sees them.
 * Work is linear in the bytes there are, never in the lengths they claim; nothing is allocated.
 */
import { CBOR_DEPTH_MAX } from '../base/limits.ts';
import { isUtf8 } from './utf8.ts';

/** malformed-cbor: no CBOR, or no UTF-8, or not exactly one item. not-canonical: CBOR outside the profile. */
export type ScanReason = 'malformed-cbor' | 'not-canonical';

/** Items still to come, by depth. Scratch of `scan`, which is never re-entered. BOUNDED: by CBOR_DEPTH_MAX. */
const remaining = new Uint32Array(CBOR_DEPTH_MAX + 1);

/** What is wrong with `bytes` as one item of the profile (cbor.ts), or undefined if nothing is. */
export const scan = (bytes: Uint8Array): ScanReason | undefined => {
  const end = bytes.length;
  let at = 0;
  let depth = 0;
  remaining[0] = 1;
  for (;;) {
    while (remaining[depth] === 0) {
      if (depth === 0) return at === end ? undefined : 'malformed-cbor';
      depth--;
    }
    remaining[depth] = (remaining[depth] ?? 0) - 1;
    if (at >= end) return 'malformed-cbor';
    const initial = bytes[at++] ?? 0;
    const major = initial & 0xe0;
    if (major === 0xe0) {
      if (initial >= 0xf4 && initial <= 0xf6) continue; // false, true, null
      return reasonOfSimple(initial);
    }
    if (major === 0x20 || major === 0xa0 || major === 0xc0) return reasonOfInfo(initial); // negative, map, tag
    let argument = initial & 0x1f;
    if (argument >= 24) {
      const width = argument === 24 ? 1 : argument === 25 ? 2 : argument === 26 ? 4 : 0;
      if (width === 0) return reasonOfInfo(initial);
      if (end - at < width) return 'malformed-cbor';
      argument = readArgument(bytes, at, width);
      if (argument < (width === 1 ? 24 : width === 2 ? 0x100 : 0x1_0000)) return 'not-canonical';
      at += width;
    }
    if (major === 0x00) continue;
    if (argument > end - at) return 'malformed-cbor'; // every element of an array takes a byte at least
    if (major === 0x80) {
      if (depth === CBOR_DEPTH_MAX) return 'not-canonical';
      remaining[++depth] = argument;
    } else {
      if (major === 0x60 && !isUtf8(bytes, at, at + argument)) return 'malformed-cbor';
      at += argument;
    }
  }
};

/**
 * Where the item that begins at `at` ends, in bytes that passed `scan`: for hashing what was received as it was received.
 * @returns the offset of the byte after it.
 */
export const itemEnd = (bytes: Uint8Array, at: number): number => {
  let position = at;
  for (let items = 1; items > 0; items--) {
    const initial = bytes[position++] ?? 0;
    const major = initial & 0xe0;
    let argument = initial & 0x1f;
    if (major === 0xe0) continue;
    if (argument >= 24) {
      const width = argument === 24 ? 1 : argument === 25 ? 2 : 4;
      argument = readArgument(bytes, position, width);
      position += width;
    }
    if (major === 0x80) items += argument;
    else if (major !== 0x00) position += argument;
  }
  return position;
};

/** Where the content of the item at `at` begins: the byte after its head. For bytes that passed `scan`. */
export const contentStart = (bytes: Uint8Array, at: number): number => {
  const info = (bytes[at] ?? 0) & 0x1f;
  return at + (info < 24 ? 1 : info === 24 ? 2 : info === 25 ? 3 : 5);
};

/** A big-endian number of 1, 2 or 4 bytes. */
export const readArgument = (bytes: Uint8Array, at: number, width: number): number => {
  const first = bytes[at] ?? 0;
  if (width === 1) return first;
  const second = bytes[at + 1] ?? 0;
  if (width === 2) return (first << 8) | second;
  return ((first << 24) | (second << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;
};

/** Additional information 28–30 is reserved, 31 is a break or an indefinite length (RFC 8949 §3). */
const reasonOfInfo = (initial: number): ScanReason => {
  const info = initial & 0x1f;
  if (info >= 28 && info <= 30) return 'malformed-cbor';
  const mayBeIndefinite = initial >= 0x40 && initial < 0xc0;
  return info === 31 && !mayBeIndefinite ? 'malformed-cbor' : 'not-canonical';
};

/** Undefined, floats and unassigned simple values are CBOR but not ours; a lone break is no CBOR. */
const reasonOfSimple = (initial: number): ScanReason => (initial >= 0xfc ? 'malformed-cbor' : 'not-canonical');
