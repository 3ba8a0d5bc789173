/** Strict UTF-8 (RFC 3629, Unicode table 3-7): no overlong forms, no surrogates, nothing above U+10FFFF. */

/** Whether `bytes` from `from` to before `to` are well-formed UTF-8. `to` is at most the length. */
export const isUtf8 = (bytes: Uint8Array, from: number, to: number): boolean => {
  let at = from;
  while (at < to) {
    const lead = bytes[at++] ?? 0;
    if (lead < 0x80) {
      while (at + 4 <= to && fourBits(bytes, at) < 0x80) at += 4;
      continue;
    }
    if (lead < 0xc2 || lead > 0xf4) return false;
    const second = at < to ? (bytes[at++] ?? 0) : 0;
    const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    if (second < lowest || second > highest) return false;
    for (let more = lead >= 0xf0 ? 2 : lead >= 0xe0 ? 1 : 0; more > 0; more--) {
      if (at >= to || ((bytes[at++] ?? 0) & 0xc0) !== 0x80) return false;
    }
  }
  return true;
};

/** The bits that are set in any of four bytes: most text is ASCII, and is passed four at a time. */
const fourBits = (bytes: Uint8Array, at: number): number =>
  (bytes[at] ?? 0) | (bytes[at + 1] ?? 0) | (bytes[at + 2] ?? 0) | (bytes[at + 3] ?? 0);
