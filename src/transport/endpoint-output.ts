/** What an endpoint tells the floor above, in order. */
import type { Address } from '../base/address.ts';
import type { DropReason } from '../base/drop-reason.ts';
import type { PeerId } from '../base/ids.ts';
import type { Instant } from '../base/time.ts';
import type { AppFrame } from '../wire/frame.ts';

/** Why a dial came to nothing. `older` and `newer`: the other side speaks only older, or newer, versions. These and `ourselves` may rest on hints that nobody signed: advice for people, not proof. */
export type DialFailure =
  | 'no-answer'
  | 'older'
  | 'newer'
  | 'bad-certificate'
  | 'ourselves'
  /** Another process there has our key, and proved it. */
  | 'own-key-elsewhere'
  /** We are private, and whoever is there is no contact: they did not learn who we are. */
  | 'stranger'
  | 'rate-limited'
  | 'refused';
/** Why a session ended: the other said so, said nothing, came back as another process, or broke the protocol. */
export type EndReason = 'goodbye' | 'silent' | 'restarted' | 'violation';

/** A session as it stands now; everything but the address was proven by the handshake. */
export type SessionInfo = {
  readonly peer: PeerId;
  /** The X25519 key that the peer's identity certifies (32 bytes): direct messages are sealed to it. */
  readonly sealKey: Uint8Array;
  /** Of the certificate (u32). */
  readonly serial: number;
  /** 8 bytes, drawn at each start of the peer's process. */
  readonly boot: Uint8Array;
  /** As claimed in the handshake: clean it before use. */
  readonly name: string;
  readonly address: Address;
  /** Smoothed; undefined before the first sample. */
  readonly rttMs: number | undefined;
  /** When something authentic last came. */
  readonly lastHeard: Instant;
  /** Probed, and no answer so far. */
  readonly isSilent: boolean;
  /** Its silence is probed by itself; if not, it sleeps, and silence means nothing (protocol.md §7.1). */
  readonly isKept: boolean;
  /** We opened it. */
  readonly isInitiator: boolean;
};

/** Send one UDP datagram of at most DATAGRAM_SIZE_MAX bytes. */
export type Transmit = { readonly kind: 'transmit'; readonly to: Address; readonly bytes: Uint8Array };
export type Dropped = { readonly kind: 'dropped'; readonly reason: DropReason };
export type EndpointOutput =
  | Transmit
  | Dropped
  /** Once for each process of a peer; a re-key is not told. */
  | { readonly kind: 'established'; readonly session: SessionInfo }
  /** At least once, in any order. */
  | { readonly kind: 'frame'; readonly from: PeerId; readonly frame: AppFrame }
  /** The peer answered at another address than before, a challenge or a handshake: that is where it is now. */
  | { readonly kind: 'moved'; readonly peer: PeerId; readonly address: Address }
  /** Asked, and no answer so far: said once in each silence. */
  | { readonly kind: 'silent'; readonly peer: PeerId }
  | { readonly kind: 'ended'; readonly peer: PeerId; readonly why: EndReason }
  /** A process was turned away: another one with the same key has the session, and had replaced it. */
  | { readonly kind: 'twin'; readonly peer: PeerId }
  | { readonly kind: 'dial-failed'; readonly to: Address; readonly why: DialFailure };
