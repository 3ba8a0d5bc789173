/**
 * What operations say. Records are plain data: they are drawn as text or NDJSON in this process, or carried to the one that asked.
 * Names and texts are raw.
 */

import type { RoomName } from '../../base/ids.ts';
import type { Visibility } from '../../base/visibility.ts';
import type { DeliveryShown } from '../../ui/delivery-line.ts';
import type { Overview } from '../../ui/screen/event.ts';
import type { Place } from '../../ui/screen/place.ts';
import type { AmendmentShown, MessageShown, PeerShown, PersonShown, StoredShown } from '../../ui/shown.ts';
import type { InfoShown, WhoisShown } from '../../ui/whois-lines.ts';

export type OutputRecord =
  | {
      readonly kind: 'ready';
      readonly id: string;
      readonly name: string;
      readonly port: number;
      readonly addresses: readonly string[];
      readonly rooms: readonly string[];
    }
  /** Somebody came, went or changed. */
  | { readonly kind: 'peer-event'; readonly event: 'joined' | 'left' | 'changed'; readonly peer: PeerShown }
  /** One of those who are here. */
  | { readonly kind: 'peer'; readonly peer: PeerShown }
  /** `isAloud`: a chat tells it by a bell or a notice too. */
  | { readonly kind: 'message'; readonly message: MessageShown; readonly isAloud?: true }
  /** A message of before, as it stands now. */
  | { readonly kind: 'stored'; readonly message: StoredShown }
  | { readonly kind: 'amendment'; readonly amendment: AmendmentShown }
  /** Somebody is away, with what they say about it, or (no text) is back. */
  | { readonly kind: 'away'; readonly person: PersonShown; readonly text?: string }
  /** Somebody writes in a room or (no room) to us, or has stopped. */
  | { readonly kind: 'typing'; readonly person: PersonShown; readonly room?: string; readonly isTyping: boolean }
  /** An own message that somebody lacks. `holders`: ids of those who have it. */
  | {
      readonly kind: 'queued';
      readonly message: StoredShown;
      readonly holders: readonly string[];
      readonly waiting: readonly PersonShown[];
    }
  /** What was said there is forgotten. `place`: as it was named. */
  | { readonly kind: 'forgotten'; readonly place: string; readonly messages: number }
  /** Of a room or (no room) a conversation, so many messages were let go of. */
  | { readonly kind: 'pruned'; readonly room?: string; readonly to?: string; readonly count: number }
  /** An own message that was given up. */
  | { readonly kind: 'dropped'; readonly message: StoredShown }
  | StatusRecord
  /** An own message has its number and is kept. */
  | { readonly kind: 'sent'; readonly id: string; readonly sequence: number }
  /** `ms`: from saying to knowing. */
  | {
      readonly kind: 'delivered';
      readonly id: string;
      readonly peer: PersonShown;
      readonly ms: number;
      readonly isStored: boolean;
    }
  | SummaryRecord
  | { readonly kind: 'identity'; readonly id: string; readonly name: string; readonly fingerprint: string }
  /** Somebody in full; a message in full. */
  | { readonly kind: 'whois'; readonly person: WhoisShown }
  | ({ readonly kind: 'info' } & InfoShown)
  /** For completion. */
  | { readonly kind: 'names'; readonly rooms: readonly string[]; readonly people: readonly PersonShown[] }
  /** What became of an own line of a chat. */
  | { readonly kind: 'own'; readonly delivery: DeliveryShown }
  /** A line for people, of a chat. `isSeen`: a screen shows it anyway. */
  | { readonly kind: 'notice'; readonly text: string; readonly isWarning?: boolean; readonly isSeen?: true }
  /** Where the next line of a chat goes: to a room, to a person, or (neither) nowhere. */
  | { readonly kind: 'prompt'; readonly room?: RoomName; readonly to?: PersonShown; readonly words: readonly string[] }
  | ScreenRecord
  /** A chat begins to do what a line of its input asks. */
  | { readonly kind: 'taken'; readonly line: number }
  /** What went wrong and what to do: one line for stderr. */
  | { readonly kind: 'error'; readonly text: string };

/** What only a chat on a screen is told. */
export type ScreenRecord =
  /** What was said before in a place, oldest first. `isStart`: there is nothing before it. */
  | { readonly kind: 'past'; readonly place: Place; readonly messages: readonly StoredShown[]; readonly isStart: boolean }
  /** An own message has its number and is kept; it is for so many others who are there. `isElsewhere`: another process said it. */
  | { readonly kind: 'said'; readonly message: MessageShown; readonly audience: number; readonly isElsewhere?: true }
  /** Names of those who hold an own message by now, of how many it is for. */
  | { readonly kind: 'held'; readonly id: string; readonly holders: readonly string[]; readonly audience: number }
  | { readonly kind: 'overview'; readonly overview: Overview };

export type RoomShown = {
  readonly room: string;
  readonly isJoined: boolean;
  /** People here who are in it, without us. */
  readonly others: number;
  readonly unread: number;
  readonly mentions: number;
  readonly topic?: string;
};
export type ConversationShown = { readonly person: PersonShown; readonly unread: number };
export type StatusRecord = {
  readonly kind: 'status';
  /** A process runs the peer of this profile. */
  readonly isRunning: boolean;
  readonly id: string;
  readonly name: string;
  readonly port: number;
  readonly visibility: Visibility;
  readonly addresses: readonly string[];
  readonly peers: number;
  /** Own messages that somebody lacks. */
  readonly queued: number;
  readonly away?: string;
  readonly rooms: readonly RoomShown[];
  readonly conversations: readonly ConversationShown[];
};

/** The end of a `send`. */
export type SummaryRecord = {
  readonly kind: 'summary';
  /** Messages that were numbered. */
  readonly sent: number;
  /** Messages that enough members hold. */
  readonly delivered: number;
  /** Members who hold at least one of them. */
  readonly peers: number;
  /** There when some are not delivered, or need not be yet: whether they stay in the profile and may still arrive. */
  readonly queued?: boolean;
};
