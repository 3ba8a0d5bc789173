/**
 * Where strangers come to: initiations, and the handshakes they begin. The cheap refusals come first: what remains costs two
 * Diffie-Hellman operations. A peer that hides answers those alone who knock as one of its contacts; all others meet silence.
 */
import { type Address, sameAddress } from '../base/address.ts';
import { equal, toHex } from '../base/bytes.ts';
import type { DropReason } from '../base/drop-reason.ts';
import type { PeerId } from '../base/ids.ts';
import { HANDSHAKE_HALF_OPEN_MAX, PROTOCOL_VERSION } from '../base/limits.ts';
import type { Instant } from '../base/time.ts';
import type { Entropy } from '../crypto/suite.ts';
import { encodeRetry, encodeVersionNotice, type Initiation } from '../wire/datagram.ts';
import { Admission } from './admission.ts';
import type { EndpointOutput } from './endpoint-output.ts';
import type { Gate } from './gate.ts';
import { HalfOpen, type Party, type StrangerInitiation } from './handshake.ts';
import type { Openings } from './openings.ts';

/** An initiation of our version. */
type OwnInitiation = Extract<Initiation, { isOurs: true }>;

export type ReceptionOptions = {
  readonly party: Party;
  readonly entropy: Entropy;
  readonly gate: Gate | undefined;
  /** Our own handshakes, and the sessions there are: looked at, never changed. */
  readonly openings: Openings;
  readonly table: {
    readonly isFull: boolean;
    of(peer: PeerId): unknown;
    hasBegunWith(ephemeralHex: string): boolean;
  };
  /** A connection id that nothing of ours has. */
  readonly newId: () => number;
};

export class Reception {
  readonly #options: ReceptionOptions;
  readonly #admission: Admission;
  /** By local connection id, oldest first. BOUNDED: by HANDSHAKE_HALF_OPEN_MAX. */
  readonly #halfOpen = new Map<number, HalfOpen>();
  /** The same by the initiator's ephemeral key in hex. */
  readonly #halfOpenWith = new Map<string, HalfOpen>();

  constructor(options: ReceptionOptions) {
    this.#options = options;
    this.#admission = new Admission(options.party.suite, options.entropy(32));
  }

  /** For statistics and tests of the bounds. */
  get halfOpenCount(): number {
    return this.#halfOpen.size;
  }

  get sourceCount(): number {
    return this.#admission.sourceCount;
  }

  halfOpen(localId: number): HalfOpen | undefined {
    return this.#halfOpen.get(localId);
  }

  forget(half: HalfOpen): void {
    this.#halfOpen.delete(half.localId);
    this.#halfOpenWith.delete(half.ephemeralHex);
  }

  clear(): void {
    this.#halfOpen.clear();
    this.#halfOpenWith.clear();
  }

  nextTimeout(): Instant | undefined {
    for (const half of this.#halfOpen.values()) return half.endsAt; // the oldest ends first
    return undefined;
  }

  onTimeout(now: Instant): void {
    for (const half of this.#halfOpen.values()) {
      if (half.endsAt > now) return;
      this.forget(half);
    }
  }

  /** @returns why it was discarded; undefined if it was not. So do the others below. */
  onInitiation(now: Instant, from: Address, initiation: Initiation, out: EndpointOutput[]): DropReason | undefined {
    if (!initiation.isOurs) return this.#onForeignVersion(now, from, initiation.sourceId, out);
    const { openings, table, gate } = this.#options;
    const { noise, sourceId } = initiation;
    if (this.#isOurOwn(now, from, noise)) return 'own-datagram';
    if (openings.to(from)?.standsAgainst(noise)) return 'crossed-handshake';
    const ephemeralHex = toHex(noise);
    const half = this.#halfOpenWith.get(ephemeralHex);
    if (half !== undefined) {
      if (!half.isAgain(from, sourceId)) return 'unexpected-handshake';
      transmit(out, from, half.again());
      return undefined;
    }
    if (table.hasBegunWith(ephemeralHex)) return 'unexpected-handshake';
    if (gate?.isHiding === true) return this.#onKnock(now, gate, from, initiation, out);
    return this.#onStranger(now, from, initiation, out);
  }

  #onForeignVersion(now: Instant, from: Address, sourceId: number, out: EndpointOutput[]): DropReason {
    if (this.#options.gate?.isHiding !== true && this.#admission.mayNotify(now)) {
      transmit(out, from, encodeVersionNotice({ destinationId: sourceId, versions: [PROTOCOL_VERSION] }));
    }
    return 'version-mismatch';
  }

  #onStranger(now: Instant, from: Address, initiation: OwnInitiation, out: EndpointOutput[]): DropReason | undefined {
    const { noise, sourceId, token } = initiation;
    const stranger = { from, sourceId, token };
    const verdict = this.#admission.judge(now, stranger, this.#halfOpen.size);
    if (verdict === 'ask-retry') {
      transmit(out, from, encodeRetry({ destinationId: sourceId, token: this.#admission.retryToken(now, stranger) }));
      return token.length > 0 ? 'bad-retry-token' : undefined;
    }
    if (verdict === 'rate-limited') return verdict;
    return this.#answer(now, { from, sourceId, noise }, out);
  }

  /** Whoever is no contact gets nothing, as if nobody were here. */
  #onKnock(now: Instant, gate: Gate, from: Address, initiation: OwnInitiation, out: EndpointOutput[]): DropReason | undefined {
    const { noise, sourceId, knocks } = initiation;
    const knocker = gate.judge(now, { ephemeral: noise, knocks }, (peer) => this.#options.table.of(peer) !== undefined);
    if (knocker.kind === 'refused') return knocker.reason;
    if (!this.#admission.mayAnswer(now)) return 'rate-limited';
    gate.onAnswered(noise);
    return this.#answer(now, { from, sourceId, noise }, out);
  }

  #answer(now: Instant, stranger: StrangerInitiation, out: EndpointOutput[]): DropReason | undefined {
    const { party, entropy, table, newId } = this.#options;
    if (table.isFull) return 'sessions-full';
    const half = HalfOpen.answer(now, party, stranger, { localId: newId(), ephemeralSeed: entropy(32) });
    if (half === undefined) return 'bad-handshake';
    const reason = this.#halfOpen.size >= HANDSHAKE_HALF_OPEN_MAX ? this.#forgetOldest() : undefined;
    this.#halfOpen.set(half.localId, half);
    this.#halfOpenWith.set(half.ephemeralHex, half);
    transmit(out, stranger.from, half.response);
    return reason;
  }

  /** Our own initiation, come back: from where we sent it, we have dialled ourselves. */
  #isOurOwn(now: Instant, from: Address, ephemeral: Uint8Array): boolean {
    for (const opening of this.#options.openings.all()) {
      if (!equal(opening.ephemeral, ephemeral)) continue;
      if (sameAddress(from, opening.to)) opening.onHint(now, 'ourselves');
      return true;
    }
    return false;
  }

  #forgetOldest(): DropReason | undefined {
    for (const oldest of this.#halfOpen.values()) {
      this.forget(oldest);
      return 'half-open-full';
    }
    return undefined;
  }
}

const transmit = (out: EndpointOutput[], to: Address, bytes: Uint8Array): void => {
  out.push({ kind: 'transmit', to, bytes });
};
