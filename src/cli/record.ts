/**
 * What operations say. Records are plain data: they are drawn as text or NDJSON in this process, or carried to the one that asked.
 * Names and texts are raw.
 */
import type { RoomName } from '../base/ids.ts';
import type { DeliveryShown } from '../ui/delivery-line.ts';
import type { MessageShown, PeerShown, PersonShown } from '../ui/shown.ts';

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
  | { readonly kind: 'message'; readonly message: MessageShown }
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
  /** What became of an own line of a chat. */
  | { readonly kind: 'own'; readonly delivery: DeliveryShown }
  /** A line for people, of a chat. */
  | { readonly kind: 'notice'; readonly text: string; readonly isWarning?: boolean }
  /** Where the next line of a chat goes. */
  | { readonly kind: 'prompt'; readonly room?: RoomName; readonly words: readonly string[] }
  /** A chat begins to do what a line of its input asks. */
  | { readonly kind: 'taken'; readonly line: number }
  /** What went wrong and what to do: one line for stderr. */
  | { readonly kind: 'error'; readonly text: string };

/** The end of a `send`. */
export type SummaryRecord = {
  readonly kind: 'summary';
  /** Messages that were numbered. */
  readonly sent: number;
  /** Messages that enough members hold. */
  readonly delivered: number;
  /** Members who hold at least one of them. */
  readonly peers: number;
  /** There when some are not delivered: whether they stay in the profile and may still arrive. */
  readonly queued?: boolean;
};
