/** What a peer is made of. */
import type { LogId } from '../base/ids.ts';
import type { Visibility } from '../base/visibility.ts';
import type { NewcomerHistory } from '../chat/networks.ts';
import type { Identity } from '../crypto/identity.ts';
import type { CryptoSuite, Entropy } from '../crypto/suite.ts';

export type PeerOptions = {
  readonly suite: CryptoSuite;
  readonly entropy: Entropy;
  readonly identity: Identity;
  readonly log: LogId;
  /** 8 random bytes of this start: tells others a restart from a second connection. */
  readonly boot: Uint8Array;
  readonly name: string;
  /** The UDP port that others reach us on; announced. */
  readonly port: number;
  /** 26 random base32 characters: instance and host label in mDNS. */
  readonly label: string;
  /** Nothing is kept; a message is acknowledged when the program has taken it. */
  readonly isEphemeral: boolean;
  /** false: what is said to us directly is left with its author until the input `read`. */
  readonly isReading: boolean;
  /** What newcomers to a room are handed of what was said before they came. */
  readonly newcomers: NewcomerHistory;
  /** Who learns that we are here. */
  readonly visibility: Visibility;
  /** false: no automatic way of finding peers; nothing is announced or browsed. */
  readonly useDiscovery: boolean;
};
