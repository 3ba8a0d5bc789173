/** What stands between the endpoint and strangers: for whom an initiation knocks, and who is answered at all. */
import type { Address } from '../base/address.ts';
import type { DropReason } from '../base/drop-reason.ts';
import type { PeerId } from '../base/ids.ts';
import type { Instant } from '../base/time.ts';

/** What the initiations of one opening carry. */
export type Knocks = {
  /** With so many sendings everybody has been knocked for; at least 1. */
  readonly turns: number;
  /** @param turn counts the sendings, from 0. @returns KNOCKS · KNOCK_SIZE bytes, or none. */
  readonly of: (ephemeral: Uint8Array, turn: number) => Uint8Array;
};

/** Who knocked, or why nobody is answered. */
export type Knocker =
  | { readonly kind: 'contact'; readonly peer: PeerId }
  | { readonly kind: 'refused'; readonly reason: DropReason };

export interface Gate {
  /** Not everybody is answered; and nobody who is not let in gets a single byte. */
  readonly isHiding: boolean;
  /** @param whom 'contacts': one of them may be there; 'nobody': whoever is there answers everybody. */
  knocksFor(to: Address, whom: 'contacts' | 'nobody' | { readonly peer: PeerId }): Knocks;
  /** Who sent an initiation, if that may be answered. @param hasSession whether a session stands with somebody. */
  judge(
    now: Instant,
    initiation: { readonly ephemeral: Uint8Array; readonly knocks: Uint8Array },
    hasSession: (peer: PeerId) => boolean,
  ): Knocker;
  /** It is being answered: a copy of it is not. */
  onAnswered(ephemeral: Uint8Array): void;
  /** Whether somebody may learn who we are. */
  mayMeet(peer: PeerId): boolean;
}

/** Carries nothing. */
export const NO_KNOCKS: Knocks = { turns: 1, of: () => new Uint8Array(0) };
