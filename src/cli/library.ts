/**
 * What the command line uses of the library, as types only: the operations run over anything that has this shape.
 * The library itself is loaded by `open-profile.ts`, when a command needs it.
 */
import type { EarshotPeer, EntryId, Receipt as LibraryReceipt, PeerEvent, SayOptions, Scope } from '../index.ts';

export type {
  ControlHandler,
  Delivery,
  KnownPerson,
  NewcomerHistory,
  OpenOptions,
  PeerEvent,
  PeerStats,
  PeerView,
  SayOptions,
  StoredMessage,
} from '../index.ts';

export type Receipt = Pick<LibraryReceipt, 'id' | 'sequence' | 'scope' | 'time' | 'deliveries' | 'onDelivery'>;

/** A running peer. */
export type ChatPeer = Pick<
  EarshotPeer,
  | 'id'
  | 'name'
  | 'fingerprint'
  | 'port'
  | 'visibility'
  | 'preferences'
  | 'addresses'
  | 'peers'
  | 'rooms'
  | 'members'
  | 'join'
  | 'leave'
  | 'rename'
  | 'away'
  | 'setAway'
  | 'setTyping'
  | 'history'
  | 'search'
  | 'message'
  | 'idsFrom'
  | 'unread'
  | 'unreadIn'
  | 'markRead'
  | 'topicOf'
  | 'prunedIn'
  | 'forget'
  | 'queue'
  | 'queuedCount'
  | 'deliveryOf'
  | 'drop'
  | 'everybody'
  | 'peopleNamed'
  | 'on'
  | 'stats'
  | 'close'
> & {
  say(room: string, text: string, options?: SayOptions): Promise<Receipt>;
  tell(peer: EarshotPeer['id'], text: string, options?: SayOptions): Promise<Receipt>;
  edit(scope: Scope, of: EntryId, text: string): Promise<Receipt>;
  remove(scope: Scope, of: EntryId): Promise<Receipt>;
  react(scope: Scope, of: EntryId, emoji: string, isOn?: boolean): Promise<Receipt>;
  setTopic(room: string, text: string): Promise<Receipt>;
  [Symbol.asyncIterator](): AsyncIterator<PeerEvent>;
};
