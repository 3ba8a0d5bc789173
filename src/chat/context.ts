/** What the parts of the chat machine share. */
import type { LogId, PeerId, RoomName } from '../base/ids.ts';
import type { Now } from '../base/time.ts';
import type { Identity } from '../crypto/identity.ts';
import type { CryptoSuite, Entropy } from '../crypto/suite.ts';
import type { Archive } from './archive.ts';
import type { HybridClock } from './clock.ts';
import type { OwnRun } from './compose.ts';
import type { HeldLog, ReceivedRun } from './held-log.ts';
import type { Journal } from './journal.ts';
import type { LentRun } from './lent-run.ts';
import type { Membership } from './membership.ts';
import type { Networks } from './networks.ts';
import type { OwnLog } from './own-log.ts';
import type { Pins } from './pins.ts';
import type { MayTell } from './shelf.ts';

/** A proven peer, as its session says. */
export type Met = {
  readonly peer: PeerId;
  /** X25519, 32 bytes, certified by the identity. */
  readonly sealKey: Uint8Array;
  readonly serial: number;
  /** Cleaned. */
  readonly name: string;
  /** The same at both ends of this pair of processes, and known to nobody else. */
  readonly binding: Uint8Array;
};
/** A peer that is here. `key`: its identity key, 32 bytes. */
export type Session = Met & { readonly key: Uint8Array };

/** What happens once a record is kept. */
export type Writing =
  | { readonly kind: 'own-run'; readonly run: OwnRun }
  | { readonly kind: 'reservation'; readonly log: OwnLog; readonly upTo: number }
  | { readonly kind: 'received'; readonly log: HeldLog; readonly run: ReceivedRun }
  | { readonly kind: 'lent'; readonly run: LentRun }
  | { readonly kind: 'note' };

export type ChatContext = {
  readonly suite: CryptoSuite;
  readonly identity: Identity;
  readonly self: PeerId;
  readonly log: LogId;
  readonly entropy: Entropy;
  readonly isEphemeral: boolean;
  /** At the start, see `Chat.read`. */
  readonly isReading: boolean;
  /** Bytes of frames that the session with a peer takes now; 0 if there is none. */
  readonly budget: (peer: PeerId) => number;
  readonly clock: HybridClock;
  readonly journal: Journal<Writing>;
  readonly membership: Membership;
  readonly pins: Pins;
  readonly sessions: ReadonlyMap<PeerId, Session>;
  /** Joined. */
  readonly rooms: ReadonlySet<RoomName>;
  readonly archive: Archive;
  readonly networks: Networks;
  /** What a peer may be told of a room that others said. */
  readonly mayTell: (now: Now, peer: PeerId, room: RoomName) => MayTell;
  /** The number above which a log's author, who is here, gives it itself; undefined if it does not. */
  readonly givenAbove: (author: PeerId, log: LogId, room: RoomName) => number | undefined;
};
