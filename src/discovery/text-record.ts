/** TXT records of DNS-SD: a list of `key=value`, values are opaque bytes (RFC 6763 §6). */
import { fromHex, fromUtf8, toHex, utf8 } from '../base/bytes.ts';
import { TEXT_BYTES_MAX, TEXT_STRINGS_MAX } from './limits.ts';

const ID_HINT = /^[0-9a-f]{16}$/;

/**
 * What we say of ourselves; nothing that names the user or the build (RFC 8882).
 *
 * | key | value |
 * |---|---|
 * | txtvers | 1, first (RFC 6763 §6.7) |
 * | v | 1, version of the protocol |
 * | id | 16 hex digits: the first 8 bytes of the identity key, a hint; absent: whoever this is hides |
 */
export const ownText = (idHint: Uint8Array | undefined): readonly Uint8Array[] => [
  utf8('txtvers=1'),
  utf8('v=1'),
  ...(idHint === undefined ? [] : [utf8(`id=${toHex(idHint)}`)]),
];

/** Whether a TXT record of somebody else is worth holding (RFC 6763 §6.2). */
export const isModestText = (strings: readonly Uint8Array[]): boolean => {
  if (strings.length > TEXT_STRINGS_MAX) return false;
  let size = 0;
  for (const text of strings) size += text.length + 1;
  return size <= TEXT_BYTES_MAX;
};

/** The key hint a TXT record claims: 8 bytes, or undefined if it is absent or not 16 hex digits. The first `id` counts (§6.4). */
export const idHintOf = (strings: readonly Uint8Array[]): Uint8Array | undefined => {
  for (const bytes of strings) {
    const text = fromUtf8(bytes);
    if (text === undefined || text.slice(0, 3).toLowerCase() !== 'id=') continue;
    const value = text.slice(3).toLowerCase();
    return ID_HINT.test(value) ? fromHex(value) : undefined;
  }
  return undefined;
};
