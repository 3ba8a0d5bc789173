/**
 * Where a session's datagrams go, and how that changes (protocol.md §6.1; RFC 9000 §8.2, §9): the newest authentic datagram from
 * another address makes a candidate of it, which is challenged there; only a response moves the session. Until then everything
 * else goes to the address that was valid before.
 *
 *     settled ── newest datagram from elsewhere ──► challenging ── response ──► settled, there
 *                                                       └── no response, or the old address speaks again ──► settled
 */
import { type Address, sameAddress } from '../base/address.ts';
import { equal } from '../base/bytes.ts';
import { PATH_AMPLIFICATION_MAX, SEALED_OVERHEAD_MAX } from '../base/limits.ts';
import { type Instant, later } from '../base/time.ts';
import type { Entropy } from '../crypto/suite.ts';
import { PATH_DATA_SIZE } from '../wire/network-frame.ts';

/** A sealed datagram with a challenge, at most: arrays, kind, and the data with its head. */
const CHALLENGE_SIZE_MAX = SEALED_OVERHEAD_MAX + 1 + 2 + 1 + PATH_DATA_SIZE;
/** The first wait for a response; doubles. */
const CHALLENGE_AGAIN_MS = 100;
const CHALLENGES_MAX = 5;
/** After a move, and after one that came to nothing, no other is begun for so long: somebody who copies datagrams costs little. */
const REST_MS = 1_000;

type Candidate = {
  readonly address: Address;
  readonly data: Uint8Array;
  receivedBytes: number;
  sentBytes: number;
  challenges: number;
  dueAt: Instant;
};

export class Path {
  readonly #entropy: Entropy;
  #address: Address;
  #candidate: Candidate | undefined;
  #restsUntil: Instant | undefined;

  constructor(address: Address, entropy: Entropy) {
    this.#address = address;
    this.#entropy = entropy;
  }

  /** The validated address: what all is sent to but challenges and responses. */
  get address(): Address {
    return this.#address;
  }

  /** An authentic datagram arrived. @param isNewest its number is the highest so far: an old one may have been held back. */
  onReceived(now: Instant, from: Address, sizeBytes: number, isNewest: boolean): void {
    const candidate = this.#candidate;
    if (sameAddress(from, this.#address)) {
      if (isNewest) this.#candidate = undefined;
      return;
    }
    if (candidate !== undefined && sameAddress(from, candidate.address)) {
      candidate.receivedBytes += sizeBytes;
      return;
    }
    if (!isNewest || (this.#restsUntil !== undefined && now < this.#restsUntil)) return;
    const data = this.#entropy(PATH_DATA_SIZE);
    this.#candidate = { address: from, data, receivedBytes: sizeBytes, sentBytes: 0, challenges: 0, dueAt: now };
  }

  /** @returns whether the session moved. */
  onResponse(now: Instant, data: Uint8Array): boolean {
    const candidate = this.#candidate;
    if (candidate === undefined || candidate.challenges === 0 || !equal(candidate.data, data)) return false;
    this.#address = candidate.address;
    this.#candidate = undefined;
    this.#restsUntil = later(now, REST_MS);
    return true;
  }

  nextTimeout(): Instant | undefined {
    return this.#candidate?.dueAt;
  }

  /** The challenge to send now, if one is due and what came from there allows it. Its datagram counts as sent. */
  takeChallenge(now: Instant): { readonly to: Address; readonly data: Uint8Array } | undefined {
    const candidate = this.#candidate;
    if (candidate === undefined || candidate.dueAt > now) return undefined;
    if (candidate.challenges >= CHALLENGES_MAX) {
      this.#candidate = undefined;
      this.#restsUntil = later(now, REST_MS);
      return undefined;
    }
    candidate.dueAt = later(now, CHALLENGE_AGAIN_MS * 2 ** candidate.challenges);
    candidate.challenges += 1;
    if (candidate.sentBytes + CHALLENGE_SIZE_MAX > PATH_AMPLIFICATION_MAX * candidate.receivedBytes) return undefined;
    candidate.sentBytes += CHALLENGE_SIZE_MAX;
    return { to: candidate.address, data: candidate.data };
  }
}
