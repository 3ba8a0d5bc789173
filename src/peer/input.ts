/** What the platform tells the core. */
import type { Address } from '../base/address.ts';
import type { EntryId, PeerId, RoomName, Scope } from '../base/ids.ts';
import type { SpokenBody } from '../chat/event.ts';
import type { LinkInterface, MdnsReceived } from '../discovery/dns-message.ts';
import type { RecordRef } from './effect.ts';
import type { FoundVia } from './event.ts';

export type Input =
  /** A UDP datagram arrived on the chat port. */
  | { readonly kind: 'datagram'; readonly from: Address; readonly bytes: Uint8Array }
  | ({ readonly kind: 'mdns' } & MdnsReceived)
  /** A datagram arrived on the beacon port. */
  | { readonly kind: 'beacon'; readonly from: Address; readonly bytes: Uint8Array }
  /** All interfaces that discovery may use now; replaces what was said before. */
  | {
      readonly kind: 'interfaces';
      readonly interfaces: readonly LinkInterface[];
      /** Addresses of this machine, also of interfaces that discovery leaves out: contacts may dial any of them. */
      readonly hosts?: readonly string[];
    }
  /** The network we are on: the same key for the same network, another for another. Before the first, it is not known. */
  | { readonly kind: 'network'; readonly key: string }
  /** A record handed to the store is kept as its effect asked. Tickets that need no flush come back in order. */
  | { readonly kind: 'persisted'; readonly ticket: number; readonly ref: RecordRef }
  /** The store could not keep a record (disk full, read-only): what depended on it must not be acknowledged. */
  | { readonly kind: 'persist-failed'; readonly ticket: number; readonly why: string }
  | { readonly kind: 'loaded'; readonly ref: RecordRef; readonly record: Uint8Array | undefined }
  /** Say something; answered by a `sent` or `refused` event with the same token. */
  | { readonly kind: 'say'; readonly token: number; readonly scope: Scope; readonly body: SpokenBody }
  | { readonly kind: 'join'; readonly room: RoomName }
  /** `isForNow`: we are in it again after the next start. */
  | { readonly kind: 'leave'; readonly room: RoomName; readonly isForNow?: boolean }
  | { readonly kind: 'rename'; readonly name: string }
  /** We are away, and say this about it (at most AWAY_SIZE_MAX bytes); or are back. */
  | { readonly kind: 'away'; readonly text: string | undefined }
  /** We are writing in a scope, or have stopped. */
  | { readonly kind: 'typing'; readonly scope: Scope; readonly isTyping: boolean }
  /** Send a message of ours to nobody any more; answered by a `given-up` event with the same token. */
  | { readonly kind: 'drop'; readonly token: number; readonly scope: Scope; readonly sequence: number }
  /** Let go of what these records hold, and of these people's keys; answered by an `erasable` event with the same token. */
  | {
      readonly kind: 'forget';
      readonly token: number;
      readonly records: readonly Uint8Array[];
      readonly people: readonly PeerId[];
    }
  /** The store holds less of a record than it did: a body was removed from it. */
  | { readonly kind: 'rewritten'; readonly ref: RecordRef; readonly record: Uint8Array }
  /** Try to meet whoever answers at an address (`--peer`, remembered). */
  | { readonly kind: 'dial'; readonly to: Address; readonly via: FoundVia }
  /** From now on somebody reads what is said to us directly (`PeerOptions.isReading`). */
  | { readonly kind: 'read' }
  /** The program has taken a message (only asked of an ephemeral peer, which acknowledges then). */
  | { readonly kind: 'taken'; readonly message: EntryId }
  /** Say goodbye to everybody; its effects are the last there are, what they `persist` is answered by nobody, and the peer is done. */
  | { readonly kind: 'quit' }
  /** Nothing more is waiting to be told: send what is due. Follows every batch of other inputs and every timeout. */
  | { readonly kind: 'flush' };
