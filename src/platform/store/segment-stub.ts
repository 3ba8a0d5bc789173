/**
 * What stands in a segment in place of a record that is to be no more. References never change: who asks for a record that was
 * rewritten is given what it says now.
 *
 * | first byte | then                                                                                                 |
 * |------------|------------------------------------------------------------------------------------------------------|
 * | 0          | zeros: erased                                                                                        |
 * | 1          | f64 reference of a `2`, zeros: rewritten                                                             |
 * | 2          | f64 reference of the place it belongs to, the record as it is now                                    |
 *
 * Records themselves begin with a byte above 0x80: CBOR arrays.
 */
import type { RecordRef } from '../../peer/effect.ts';

const ERASED = 0;
const MOVED = 1;
const MOVED_HERE = 2;
const HEAD = 9;

export type Stub =
  | { readonly kind: 'record' }
  | { readonly kind: 'erased' }
  | { readonly kind: 'moved'; readonly to: RecordRef }
  | { readonly kind: 'moved-here'; readonly from: RecordRef; readonly record: Uint8Array };

const RECORD: Stub = { kind: 'record' };
const GONE: Stub = { kind: 'erased' };

/** What the bytes of a frame are. */
export const stubOf = (bytes: Uint8Array): Stub => {
  const [kind] = bytes;
  if (kind === undefined || kind > MOVED_HERE) return RECORD;
  if (kind === ERASED || bytes.length < HEAD) return GONE;
  const ref = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(1, true);
  return kind === MOVED ? { kind: 'moved', to: ref } : { kind: 'moved-here', from: ref, record: bytes.subarray(HEAD) };
};

/** @param length of the record it stands for; at least 9. */
export const erasedStub = (length: number): Uint8Array => new Uint8Array(length);

/** @param length of the record it stands for; at least 9. */
export const movedStub = (length: number, to: RecordRef): Uint8Array => {
  const bytes = new Uint8Array(length);
  bytes[0] = MOVED;
  new DataView(bytes.buffer).setFloat64(1, to, true);
  return bytes;
};

export const movedHere = (from: RecordRef, record: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(HEAD + record.length);
  bytes[0] = MOVED_HERE;
  new DataView(bytes.buffer).setFloat64(1, from, true);
  bytes.set(record, HEAD);
  return bytes;
};
