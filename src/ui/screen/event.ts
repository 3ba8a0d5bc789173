/** What a screen is told, and what it asks for. Names and texts are raw. */
import type { Level } from '../notify-level.ts';
import type { AmendmentShown, MessageShown, StoredShown } from '../shown.ts';
import type { Look } from './cells.ts';
import type { Key } from './keys.ts';
import type { Place, PlaceKey } from './place.ts';

export type Size = { readonly columns: number; readonly rows: number };

export type RoomHere = {
  readonly room: string;
  readonly isJoined: boolean;
  readonly unread: number;
  readonly mentions: number;
  readonly topic?: string;
};
export type PersonHere = {
  readonly id: string;
  readonly name: string;
  readonly fingerprint?: string;
  readonly state: 'connected' | 'idle' | 'unreachable';
  /** What they say about being away; absent while they are not. */
  readonly away?: string;
  readonly rooms: readonly string[];
};
/** Beyond these, what waits is not counted. */
export const QUEUED_SHOWN_MAX = 99;
/** Who and what is there now. */
export type Overview = {
  readonly self: { readonly id: string; readonly name: string };
  readonly rooms: readonly RoomHere[];
  readonly people: readonly PersonHere[];
  /** Own messages that somebody lacks, counted as far as one more than QUEUED_SHOWN_MAX. */
  readonly queued: number;
  readonly hasNetwork: boolean;
  readonly isAway: boolean;
  /** Of places that tell other things aloud than their kind does; absent from a process that does not know of it. */
  readonly levels?: Readonly<Record<PlaceKey, Level>>;
};

export type ScreenEvent =
  | Key
  | { readonly kind: 'resize'; readonly size: Size }
  /** `isAloud`: it is told by a bell or a notice too. */
  | { readonly kind: 'message'; readonly message: MessageShown; readonly isAloud?: true }
  /** What was said before in a place, oldest first; `isStart`: there is nothing before it. */
  | { readonly kind: 'past'; readonly place: Place; readonly messages: readonly StoredShown[]; readonly isStart: boolean }
  /** An own message has its number and is kept. */
  | { readonly kind: 'said'; readonly message: MessageShown; readonly audience: number; readonly isElsewhere?: true }
  /** Who holds an own message by now, of how many it is for. */
  | { readonly kind: 'held'; readonly id: string; readonly holders: readonly string[]; readonly audience: number }
  | { readonly kind: 'amendment'; readonly amendment: AmendmentShown }
  /** Somebody came or went. `time`: milliseconds since 1970, as in `note`. */
  | { readonly kind: 'presence'; readonly name: string; readonly isHere: boolean; readonly time: number }
  | { readonly kind: 'typing'; readonly id: string; readonly name: string; readonly room?: string; readonly isTyping: boolean }
  | { readonly kind: 'note'; readonly text: string; readonly look: Look; readonly time: number }
  | { readonly kind: 'overview'; readonly overview: Overview }
  /** Where the chat's next line goes. */
  | { readonly kind: 'prompt'; readonly place?: Place }
  /** The chat has begun with a line. */
  | { readonly kind: 'taken'; readonly line: number }
  /** What an effect `paths` asked for: paths that begin so, a folder with its slash at the end. Names of files are raw. */
  | { readonly kind: 'paths'; readonly path: string; readonly names: readonly string[] }
  /** `:names:` of emoji. */
  | { readonly kind: 'emoji'; readonly names: ReadonlyMap<string, string> }
  /** The terminal got or lost the focus: whether anybody looks. */
  | { readonly kind: 'focus'; readonly hasFocus: boolean }
  /** What came back from the editor of the user's choice. */
  | { readonly kind: 'edited'; readonly text: string };

export type Effect =
  /** A line of the chat; numbers count from 1. */
  | { readonly kind: 'line'; readonly number: number; readonly text: string }
  /** The input is over. */
  | { readonly kind: 'end' }
  | { readonly kind: 'interrupt' }
  | { readonly kind: 'suspend' }
  | { readonly kind: 'redraw' }
  | { readonly kind: 'edit'; readonly text: string }
  /** What was typed after `/set`. */
  | { readonly kind: 'set'; readonly words: string }
  /** Asks for the paths that begin so: answered by an event. */
  | { readonly kind: 'paths'; readonly path: string }
  /** Something is told aloud. Raw. */
  | { readonly kind: 'notify'; readonly message: MessageShown };
