/**
 * What is shown of people and messages: plain data, so that it can cross a process border and come out the same.
 * Texts and names are raw, as their authors wrote them; whoever draws them cleans them.
 */

/** Somebody as shown in a line about them. `fingerprint` is there when another known key has the same name. */
export type PersonShown = { readonly id: string; readonly name: string; readonly fingerprint?: string };

/** A proven peer. */
export type PeerShown = PersonShown & {
  /** IP address without port and without brackets. */
  readonly host: string;
  readonly port: number;
  readonly via: string;
  readonly state: 'connected' | 'idle' | 'unreachable';
  /** Round trip in milliseconds, if measured. */
  readonly rttMs?: number;
  /** What they say about being away, which may be nothing; absent while they are not. */
  readonly away?: string;
};

/** A message: in `room`, or direct when `to` (the reader's id) is there. */
export type MessageShown = {
  readonly id: string;
  readonly room?: string;
  readonly to?: string;
  readonly from: PersonShown;
  /** The number in its author's log, 1 or more. */
  readonly sequence: number;
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly isAction: boolean;
  readonly isLate: boolean;
  /** Shown again, with its day. */
  readonly isPast?: true;
  /** It names us. */
  readonly isMention?: true;
  /** Id of the message it answers. */
  readonly replyTo?: string;
  /** That message, if it is known and whoever draws this has to name it. */
  readonly answers?: QuotedShown;
};

/** A message that another is about: as much of its text as its first words need. */
export type QuotedShown = { readonly from: PersonShown; readonly text: string };

/** A message of before, as it stands now. */
export type StoredShown = MessageShown & {
  /** When it came, milliseconds since 1970. */
  readonly receivedAt: number;
  readonly isDeleted: boolean;
  /** What it said before each edit, oldest first, and when that was edited. */
  readonly edits: readonly { readonly text: string; readonly time: number }[];
  readonly reactions: readonly { readonly emoji: string; readonly by: readonly string[] }[];
};

/** What changes a message or adds to it, or says what a room is about. */
export type AmendmentShown = {
  readonly id: string;
  readonly room?: string;
  readonly to?: string;
  readonly from: PersonShown;
  readonly time: number;
  readonly isLate: boolean;
  /** The message that is changed, as it was, if it is known. */
  readonly about?: QuotedShown;
} & (
  | { readonly what: 'edit'; readonly of: string; readonly text: string }
  | { readonly what: 'delete'; readonly of: string }
  | { readonly what: 'reaction'; readonly of: string; readonly emoji: string; readonly isOn: boolean }
  | { readonly what: 'topic'; readonly text: string }
);
