/** Checks of decoded fields, and views of their bytes. */
import type { CborValue } from './cbor.ts';

export const isU32 = (value: CborValue | undefined): value is number => typeof value === 'number';
export const isText = (value: CborValue | undefined): value is string => typeof value === 'string';
export const isBytes = (value: CborValue | undefined): value is Uint8Array => value instanceof Uint8Array;
/** A byte string of exactly `size` bytes. */
export const isBytesOf = (value: CborValue | undefined, size: number): value is Uint8Array =>
  isBytes(value) && value.length === size;
export const isArray = (value: CborValue | undefined): value is readonly CborValue[] => Array.isArray(value);
export const isBoolean = (value: CborValue | undefined): value is boolean => typeof value === 'boolean';

/** A view that is a `Uint8Array` also where `bytes` is a Buffer. */
export const plainView = (bytes: Uint8Array, from: number, to: number): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset + from, to - from);

/** UTF-8 bytes of a text without lone surrogates (every decoded text is such). */
export const utf8Size = (text: string): number => {
  let size = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) size += unit >= 0x800 && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1; // a pair: two units, four bytes
  }
  return size;
};

/** Whether a text has at most `sizeMax` bytes of UTF-8. */
export const isTextWithin = (text: string, sizeMax: number): boolean => 3 * text.length <= sizeMax || utf8Size(text) <= sizeMax;
