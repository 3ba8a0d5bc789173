/** What a program says, as the chat machine takes it. */
import { ApiMisuse } from '../base/errors.ts';
import { type EntryId, type RoomName, roomScope, type Scope } from '../base/ids.ts';
import { parseRoomName } from '../base/room-name.ts';
import type { SpokenBody } from '../chat/event.ts';

export type SayOptions = {
  /** Something done rather than said (`/me waves`). */
  readonly isAction?: boolean;
  /** The message this answers, in the same room or conversation. */
  readonly replyTo?: EntryId;
};

export const bodyOf = (text: string, { isAction, replyTo }: SayOptions): SpokenBody => {
  if (isAction === true) return { kind: 'action', text };
  return replyTo === undefined ? { kind: 'text', text } : { kind: 'text', text, replyTo };
};

/** Stands for a scope that was not asked for yet. */
export const NOWHERE: Scope = roomScope('lobby' as RoomName);

export const roomOf = (text: string): RoomName => {
  const room = parseRoomName(text);
  if (room === undefined) {
    throw new ApiMisuse(
      `a room's name has 1 to 32 letters, digits, "-", "_" or ".", with or without a leading "#"; got "${text}"`,
    );
  }
  return room;
};
