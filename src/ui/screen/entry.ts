/** What stands in a message area, one thing after the other. */
import type { AmendmentShown, MessageShown, StoredShown } from '../shown.ts';
import type { Look } from './cells.ts';

export type ReactionsShown = StoredShown['reactions'];

export type MessageEntry = {
  readonly kind: 'message';
  readonly n: number;
  readonly time: number;
  readonly message: MessageShown;
  readonly isOwn: boolean;
  readonly isEdited: boolean;
  readonly isDeleted: boolean;
  readonly reactions: ReactionsShown;
  /** Of an own one: who holds it, of how many. Absent if that is not known here. */
  readonly delivery?: { readonly holders: readonly string[]; readonly audience: number };
};
/** `n` is an entry's own number. `time`: milliseconds since 1970. */
export type Entry =
  | MessageEntry
  | { readonly kind: 'note'; readonly n: number; readonly time: number; readonly text: string; readonly look: Look }
  /** Comings and goings in a row. BOUNDED: by NAMES_MAX. */
  | {
      readonly kind: 'presence';
      readonly n: number;
      readonly time: number;
      readonly changes: readonly { readonly name: string; readonly isHere: boolean }[];
    };

export const NAMES_MAX = 64;

export const messageEntry = (n: number, message: MessageShown, self: string): MessageEntry => ({
  kind: 'message',
  n,
  time: message.time,
  message,
  isOwn: message.from.id === self,
  isEdited: false,
  isDeleted: false,
  reactions: [],
});

export const storedEntry = (n: number, message: StoredShown, self: string): MessageEntry => ({
  ...messageEntry(n, message, self),
  isEdited: message.edits.length > 0,
  isDeleted: message.isDeleted,
  reactions: message.reactions,
});

/** The message after somebody changed it. Topics change nothing. */
export const amended = (entry: MessageEntry, amendment: AmendmentShown): MessageEntry => {
  switch (amendment.what) {
    case 'edit':
      return { ...entry, isEdited: true, message: { ...entry.message, text: amendment.text } };
    case 'delete':
      return { ...entry, isDeleted: true, reactions: [], message: { ...entry.message, text: '' } };
    case 'reaction':
      return { ...entry, reactions: reacted(entry.reactions, amendment.emoji, amendment.from.id, amendment.isOn) };
    case 'topic':
      return entry;
    default:
      return amendment satisfies never;
  }
};

/** BOUNDED: different reactions shown of one message. */
const REACTIONS_MAX = 32;

const reacted = (reactions: ReactionsShown, emoji: string, by: string, isOn: boolean): ReactionsShown => {
  const before = reactions.find((reaction) => reaction.emoji === emoji);
  if (before === undefined) return isOn ? [...reactions, { emoji, by: [by] }].slice(0, REACTIONS_MAX) : reactions;
  const people = before.by.filter((id) => id !== by);
  const after = { emoji, by: isOn ? [...people, by] : people };
  return reactions.map((reaction) => (reaction === before ? after : reaction)).filter((reaction) => reaction.by.length > 0);
};
