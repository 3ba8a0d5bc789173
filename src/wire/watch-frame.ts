/**
 * Frames about who is still there (protocol.md §7.1).
 *
 * | kind | name   | fields after the kind                                                   |
 * |------|--------|-------------------------------------------------------------------------|
 * | 23   | watch  | bool: the receiver is to notice if the sender falls silent, or no longer |
 * | 24   | silent | key bytes(32) of a peer that does not answer the sender                  |
 */
import { type PeerId, peerId, peerKey } from '../base/ids.ts';
import { type CborValue, encode } from './cbor.ts';
import { isBoolean, isBytesOf } from './fields.ts';

export type WatchFrame = { readonly kind: 'watch'; readonly isWatching: boolean };
/** A claim: whoever hears it asks for itself. */
export type SilentFrame = { readonly kind: 'silent'; readonly peer: PeerId };

export const WATCH_KIND = { watch: 23, silent: 24 } as const;
const KEY_SIZE = 32;

export const encodeWatchFrame = (frame: WatchFrame | SilentFrame): Uint8Array =>
  frame.kind === 'watch' ? encode([WATCH_KIND.watch, frame.isWatching]) : encode([WATCH_KIND.silent, peerKey(frame.peer)]);

/** @returns undefined if the fields after `kind` are not as the table says. */
export const watchFrameOf = (kind: number, fields: readonly CborValue[]): WatchFrame | SilentFrame | undefined => {
  const [first] = fields;
  if (fields.length !== 1) return undefined;
  if (kind === WATCH_KIND.watch) return isBoolean(first) ? { kind: 'watch', isWatching: first } : undefined;
  return isBytesOf(first, KEY_SIZE) ? { kind: 'silent', peer: peerId(first) } : undefined;
};
