/**
 * CBOR in earshot's profile (protocol.md §CBOR): one item, arrays of whole numbers below 2^32, byte strings, texts, booleans
 * and null; definite lengths, shortest heads, valid UTF-8, at most `CBOR_DEPTH_MAX` arrays inside each other.
 *
 * cbor-x decodes only what passed `scan`: the library has tags, records and maps that cannot be switched off and that a
 * stranger must not reach. Its build without `new Function` and without native code is the one imported.
 */
import { Encoder } from 'cbor-x/index-no-eval';
import { fromUtf8 } from '../base/bytes.ts';
import { type Decoded, decoded, refused } from '../base/decoded.ts';
import { ApiMisuse } from '../base/errors.ts';
import { contentStart, itemEnd, scan } from './scan.ts';

export { contentStart, itemEnd, scan } from './scan.ts';

/** A value of the profile. Numbers are whole, 0 to 2^32−1. */
export type CborValue = number | string | boolean | null | Uint8Array | readonly CborValue[];

const codec = new Encoder({ useRecords: false, mapsAsObjects: false, tagUint8Array: false });

/**
 * One item in its canonical form, in an array of its own.
 * Throws `ApiMisuse` if the value is outside the profile: a negative, broken or large number, a lone surrogate, a deep nest.
 */
export const encode = (value: CborValue): Uint8Array => {
  const bytes = new Uint8Array(codec.encode(value)); // a copy: the library hands out views of a buffer it shares
  const reason = scan(bytes);
  if (reason !== undefined) throw new ApiMisuse(`a value outside the profile cannot be encoded: ${reason}`);
  return bytes;
};

/** The value of one item that passes `scan`. Byte strings are views of `bytes`; never throws. */
export const decode = (bytes: Uint8Array): Decoded<CborValue> => {
  const reason = scan(bytes);
  return reason === undefined ? decodeScanned(bytes) : refused(reason);
};

/** `decode` of bytes that already passed `scan`. */
const decodeScanned = (bytes: Uint8Array): Decoded<CborValue> => {
  // A view of its own: the library hangs a property on what it reads, and makes Buffers out of Buffers.
  const view = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  try {
    const value: CborValue = codec.decode(view);
    return decoded(hasByteOrderMark(bytes) ? withByteOrderMarks(value, bytes, 0).value : value);
  } catch {
    return refused('malformed-cbor'); // no input that passed the scan is known to get here
  }
};

/** Whether the bytes EF BB BF stand anywhere: rare, and quick to deny. */
const hasByteOrderMark = (bytes: Uint8Array): boolean => {
  for (let at = bytes.indexOf(0xef); at >= 0; at = bytes.indexOf(0xef, at + 1)) {
    if (bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf) return true;
  }
  return false;
};

/**
 * cbor-x drops a byte order mark at the head of a text of more than 64 bytes. Text is carried as it was written: the value
 * again, with every such text read anew.
 */
const withByteOrderMarks = (
  value: CborValue,
  bytes: Uint8Array,
  at: number,
): { readonly value: CborValue; readonly end: number } => {
  const end = itemEnd(bytes, at);
  if (typeof value === 'string') return { value: fromUtf8(bytes.subarray(contentStart(bytes, at), end)) ?? value, end };
  if (!Array.isArray(value)) return { value, end };
  let next = contentStart(bytes, at);
  const items = value.map((item: CborValue) => {
    const restored = withByteOrderMarks(item, bytes, next);
    next = restored.end;
    return restored.value;
  });
  return { value: items, end };
};
