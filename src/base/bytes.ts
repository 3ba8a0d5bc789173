/** Bytes: `Uint8Array` everywhere below platform. */

declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new (
  label: string,
  options: { fatal: boolean; ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const DIGITS = encoder.encode('0123456789abcdef');
/** Arguments of one call. */
const CODES_MAX = 4096;

export const EMPTY: Uint8Array = new Uint8Array(0);

/** UTF-8 of a text. Lone surrogates become U+FFFD. */
export const utf8 = (text: string): Uint8Array => encoder.encode(text);

/** Text of UTF-8 bytes, or undefined if they are not well-formed. */
export const fromUtf8 = (bytes: Uint8Array): string | undefined => {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined; // not UTF-8: the caller names the reason
  }
};

/** Lower-case hex. */
export const toHex = (bytes: Uint8Array): string => {
  let text = '';
  for (let from = 0; from < bytes.length; from += CODES_MAX / 2) {
    const to = Math.min(bytes.length, from + CODES_MAX / 2);
    const codes = new Array<number>(2 * (to - from));
    for (let i = from; i < to; i++) {
      const byte = bytes[i] ?? 0;
      codes[2 * (i - from)] = DIGITS[byte >>> 4] ?? 0;
      codes[2 * (i - from) + 1] = DIGITS[byte & 15] ?? 0;
    }
    text += String.fromCharCode(...codes);
  }
  return text;
};

/** The value of a character that is a lower- or upper-case hex digit; of anything else, nothing useful. */
const digitOf = (code: number): number => (code <= 0x39 ? code - 0x30 : (code | 0x20) - 0x57);

/** Bytes of an even number of hex digits; what is not a hex digit gives nonsense, so check first. */
export const fromHex = (text: string): Uint8Array => {
  const bytes = new Uint8Array(text.length >>> 1);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (digitOf(text.charCodeAt(2 * i)) << 4) | digitOf(text.charCodeAt(2 * i + 1));
  return bytes;
};

export const concat = (...parts: readonly Uint8Array[]): Uint8Array => {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

/** Equality in time that depends on the lengths only. */
export const equal = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
};

/** Lexicographic order of unsigned bytes: negative, zero or positive. */
export const compare = (a: Uint8Array, b: Uint8Array): number => {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
};
