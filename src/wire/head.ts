/**
 * Heads of CBOR items written by hand (RFC 8949 §3): for the bytes that are made or taken apart often enough for the
 * library to be the slow part. A head is the major type and its argument in the shortest form; arguments are u32.
 */
import { ApiMisuse } from '../base/errors.ts';

/** Largest argument of any head in the protocol. */
export const U32_MAX = 0xffff_ffff;
/** Major types of the profile, in place in the initial byte. */
export const UINT = 0x00;
export const BYTES = 0x40;
export const TEXT = 0x60;
export const ARRAY = 0x80;
export type Major = typeof UINT | typeof BYTES | typeof TEXT | typeof ARRAY;

/** Bytes that the head of `argument` takes: 1, 2, 3 or 5. */
export const headSize = (argument: number): number => (argument < 24 ? 1 : argument < 0x100 ? 2 : argument < 0x1_0000 ? 3 : 5);

/** The argument itself; throws `ApiMisuse` if it is not a whole number of 0 to 2^32−1. */
export const u32 = (argument: number): number => {
  if (argument >>> 0 !== argument) throw new ApiMisuse(`the wire carries whole numbers of 0 to ${U32_MAX}, got ${argument}`);
  return argument;
};

/** Writes a head at `at`; `argument` is u32 and there is room. @returns where the next byte goes. */
export const writeHead = (target: Uint8Array, at: number, major: Major, argument: number): number => {
  if (argument < 24) {
    target[at] = major | argument;
    return at + 1;
  }
  if (argument < 0x100) {
    target[at] = major | 24;
    target[at + 1] = argument;
    return at + 2;
  }
  if (argument < 0x1_0000) {
    target[at] = major | 25;
    target[at + 1] = argument >>> 8;
    target[at + 2] = argument;
    return at + 3;
  }
  target[at] = major | 26;
  target[at + 1] = argument >>> 24;
  target[at + 2] = argument >>> 16;
  target[at + 3] = argument >>> 8;
  target[at + 4] = argument;
  return at + 5;
};
