/** What the chat machine tells about what was said. */
import type { EntryId, PeerId, Scope } from '../base/ids.ts';
import type { WallTime } from '../base/time.ts';
import type { SayableBody } from '../wire/entry.ts';

/** What makes a message: it stands in the conversation by itself. */
export type MessageBody = Extract<SayableBody, { readonly kind: 'text' | 'action' }>;
/** What changes or adds to what was said before, or says what a room is about. */
export type AmendmentBody = Exclude<SayableBody, MessageBody>;
export type SpokenBody = SayableBody;

/** An entry as its author said it. Text is as written: clean before it goes to a terminal. */
export type Spoken<Body extends SpokenBody = SpokenBody> = {
  readonly id: EntryId;
  readonly scope: Scope;
  readonly author: PeerId;
  readonly sequence: number;
  readonly body: Body;
  readonly time: WallTime;
  /** Said before we were there to hear it, or handed on after a gap was shown. */
  readonly isLate: boolean;
};
export type SpokenMessage = Spoken<MessageBody>;
/** Who may amend what is for whoever holds the messages to check: an edit or a deletion counts only from the author of what it is of. */
export type SpokenAmendment = Spoken<AmendmentBody>;

export const isMessage = (spoken: Spoken): spoken is SpokenMessage =>
  spoken.body.kind === 'text' || spoken.body.kind === 'action';
export const isAmendment = (spoken: Spoken): spoken is SpokenAmendment => !isMessage(spoken);

export type RefusedReason = 'not-a-room' | 'too-long' | 'empty' | 'unknown-peer' | 'not-stored' | 'queue-full';

export type ChatEvent =
  | { readonly kind: 'message'; readonly message: SpokenMessage }
  | { readonly kind: 'amended'; readonly amendment: SpokenAmendment }
  /** Numbers `from` to `to` of an author are missing; what follows is shown, the gap heals when they come. */
  | { readonly kind: 'gap'; readonly author: PeerId; readonly scope: Scope; readonly from: number; readonly to: number }
  /** My message has its number and is kept. */
  | {
      readonly kind: 'sent';
      readonly token: number;
      readonly id: EntryId;
      readonly sequence: number;
      readonly scope: Scope;
      readonly time: WallTime;
    }
  | { readonly kind: 'refused'; readonly token: number; readonly why: RefusedReason; readonly detail: string }
  /** `peer` holds my messages of `scope` with numbers above `after`, which are those it was to have, up to `upTo`. */
  | {
      readonly kind: 'delivered';
      readonly peer: PeerId;
      readonly scope: Scope;
      readonly after: number;
      readonly upTo: number;
      readonly isStored: boolean;
    }
  /** The messages with these numbers are sent to nobody any more; 0: there is no such message. */
  | {
      readonly kind: 'given-up';
      readonly token: number;
      readonly scope: Scope;
      readonly first: number;
      readonly last: number;
    }
  /** What was to be let go of is: its records are wanted no more. */
  | { readonly kind: 'erasable'; readonly token: number }
  /** We wrote to somebody: from now on this key is the one meant by its name. */
  | { readonly kind: 'pinned'; readonly peer: PeerId; readonly name: string }
  /** The store refused a record: what depends on it is not acknowledged. */
  | { readonly kind: 'warning'; readonly code: 'not-stored' | 'forked' | 'too-many-rooms'; readonly text: string };
