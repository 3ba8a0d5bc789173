/**
 * What people say about themselves in passing: never kept, never late.
 *
 * | kind | name   | fields after the kind                                             |
 * |------|--------|-------------------------------------------------------------------|
 * | 19   | status | generation u32, away text(≤ 200 bytes, may be empty) or null (here) |
 * | 20   | typing | scope, is typing bool                                             |
 */

import type { RoomName } from '../base/ids.ts';
import { AWAY_SIZE_MAX } from '../base/limits.ts';
import { isRoomName } from '../base/room-name.ts';
import { wellFormed } from '../base/well-formed.ts';
import { type CborValue, encode } from './cbor.ts';
import { isBoolean, isText, isTextWithin, isU32 } from './fields.ts';

/** A later generation replaces an earlier one. `away`: what is said about being away; null: not away. */
export type StatusFrame = { readonly kind: 'status'; readonly generation: number; readonly away: string | null };
/** Somebody is writing, or has stopped, in a room or (null) to the other side of the session. */
export type TypingFrame = { readonly kind: 'typing'; readonly scope: RoomName | null; readonly isTyping: boolean };
export type PresenceFrame = StatusFrame | TypingFrame;

export const PRESENCE_KIND = { status: 19, typing: 20 } as const;

export const encodePresenceFrame = (frame: PresenceFrame): Uint8Array =>
  frame.kind === 'status'
    ? encode([PRESENCE_KIND.status, frame.generation, frame.away === null ? null : wellFormed(frame.away)])
    : encode([PRESENCE_KIND.typing, frame.scope, frame.isTyping]);

/** @returns undefined if the fields after `kind` are not as the table says. */
export const presenceFrameOf = (kind: number, fields: readonly CborValue[]): PresenceFrame | undefined => {
  const [first, second] = fields;
  if (fields.length !== 2) return undefined;
  if (kind === PRESENCE_KIND.typing) {
    const isScope = first === null || (isText(first) && isRoomName(first));
    return isScope && isBoolean(second) ? { kind: 'typing', scope: first, isTyping: second } : undefined;
  }
  if (!isU32(first) || !(second === null || (isText(second) && isTextWithin(second, AWAY_SIZE_MAX)))) return undefined;
  return { kind: 'status', generation: first, away: second };
};
