/**
 * What the command line uses of the library, as types only: the operations run over anything that has this shape.
 * The library itself is loaded by `open-profile.ts`, when a command needs it.
 */
import type { EarshotPeer, Receipt as LibraryReceipt, PeerEvent } from '../index.ts';

export type { ControlHandler, Delivery, OpenOptions, PeerEvent, PeerStats, PeerView } from '../index.ts';

export type Receipt = Pick<LibraryReceipt, 'id' | 'sequence' | 'scope' | 'time' | 'deliveries' | 'onDelivery'>;

/** A running peer. */
export type ChatPeer = Pick<
  EarshotPeer,
  | 'id'
  | 'name'
  | 'fingerprint'
  | 'port'
  | 'addresses'
  | 'peers'
  | 'rooms'
  | 'members'
  | 'join'
  | 'leave'
  | 'rename'
  | 'on'
  | 'stats'
  | 'close'
> & {
  say(room: string, text: string, options?: { readonly isAction?: boolean }): Promise<Receipt>;
  tell(peer: EarshotPeer['id'], text: string, options?: { readonly isAction?: boolean }): Promise<Receipt>;
  [Symbol.asyncIterator](): AsyncIterator<PeerEvent>;
};
