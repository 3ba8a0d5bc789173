/**
 * The opening of a session: Noise XX in three datagrams (protocol.md §Handshake).
 *
 * | datagram     | noise message     | payload                    | sent again                                        |
 * |--------------|-------------------|----------------------------|---------------------------------------------------|
 * | initiation   | e                 | none                       | by the initiator, until a response comes          |
 * | response     | e, ee, s, es      | the responder's proof      | only as the answer to the same initiation         |
 * | confirmation | s, se             | the initiator's proof      | with every probe, until the responder is heard    |
 *
 * Nothing here has a timer of its own on the responder's side: what is unproven gets no more bytes than it sent.
 */
import { type Address, sameAddress } from '../base/address.ts';
import { compare, equal, toHex } from '../base/bytes.ts';
import { type Decoded, decoded, refused } from '../base/decoded.ts';
import type { DropReason } from '../base/drop-reason.ts';
import { type PeerId, peerId } from '../base/ids.ts';
import { HANDSHAKE_LIFETIME_MS, HANDSHAKE_TIMEOUT_MAX_MS, HANDSHAKE_TIMEOUT_MS } from '../base/limits.ts';
import { earliest, type Instant, later } from '../base/time.ts';
import { decodePayload, encodePayload, type Identity, verifyCertificate } from '../crypto/identity.ts';
import { HandshakeState, SESSION_PROLOGUE, type SessionKeys, XX } from '../crypto/noise.ts';
import type { CryptoSuite } from '../crypto/suite.ts';
import { encodeConfirmation, encodeInitiation, encodeResponse, type Response } from '../wire/datagram.ts';
import type { DialFailure } from './endpoint-output.ts';
import { type Knocks, NO_KNOCKS } from './gate.ts';

/** Retries that are answered at once; later tokens wait for the next initiation, so that forged ones cannot make us send. */
const RETRIES_ANSWERED_MAX = 3;
/** How long an unsigned hint (a version notice, our own initiation come back) gives a true response to prove it wrong. */
const HINT_GRACE_MS = 1_000;
/** Forged responses tried between two of our own initiations. */
const RESPONSES_TRIED_MAX = 8;
/** Initiations after which a crossed opening that should give way is answered after all: ours may never arrive. */
const INSISTS_SENDS = 3;
const EPOCH_MAX = 0xffffffff;

/** We, as handshakes present us. */
export type Party = {
  readonly suite: CryptoSuite;
  readonly identity: Identity;
  /** 8 bytes, drawn at each start. */
  readonly boot: Uint8Array;
  /** At most NAME_LENGTH_MAX code points. */
  readonly name: () => string;
  /** The highest certificate serial seen of somebody; a lower one is refused. */
  readonly knownSerial: (id: PeerId) => number | undefined;
};

/** What the other side proved about itself. */
export type Proven = {
  readonly peer: PeerId;
  readonly sealKey: Uint8Array;
  readonly serial: number;
  readonly boot: Uint8Array;
  readonly name: string;
};

/** A finished handshake, seen from this side. */
export type Agreed = {
  readonly proven: Proven;
  readonly keys: SessionKeys;
  readonly localId: number;
  readonly remoteId: number;
  readonly address: Address;
  /** Which session of this pair and boot it is: the highest is preferred. */
  readonly epoch: number;
  /** 32 bytes; breaks the tie between equal epochs: the lower is preferred. */
  readonly initiatorEphemeral: Uint8Array;
  /** Round trip seen by the handshake; undefined if something was sent twice and the answer is ambiguous. */
  readonly rttMs: number | undefined;
  /** The initiator's last datagram, to be sent again until the responder is heard. */
  readonly confirmation: Uint8Array | undefined;
};

/** Checks a payload of message 2 or 3. `remoteStatic`: the X25519 key that the handshake proved. */
const prove = (party: Party, payload: Uint8Array, remoteStatic: Uint8Array): Decoded<{ proven: Proven; epoch: number }> => {
  const claim = decodePayload(payload);
  if (!claim.ok) return refused('bad-handshake');
  const { identityKey, serial, certificate, boot, epoch, name } = claim.value;
  if (equal(identityKey, party.identity.signing.publicKey))
    return refused(equal(boot, party.boot) ? 'own-datagram' : 'own-key-elsewhere');
  if (!verifyCertificate(party.suite, { identityKey, dhKey: remoteStatic, serial, signature: certificate })) {
    return refused('bad-certificate');
  }
  const peer = peerId(identityKey);
  if (serial < (party.knownSerial(peer) ?? 0)) return refused('superseded-certificate');
  return decoded({ proven: { peer, sealKey: remoteStatic, serial, boot, name }, epoch });
};

const ownPayload = (party: Party, epoch: number): Uint8Array =>
  encodePayload({
    identityKey: party.identity.signing.publicKey,
    serial: party.identity.serial,
    certificate: party.identity.certificate,
    boot: party.boot,
    epoch: Math.min(epoch, EPOCH_MAX),
    name: party.name(),
  });

const failureOf = (reason: DropReason): DialFailure => {
  if (reason === 'own-datagram') return 'ourselves';
  return reason === 'own-key-elsewhere' ? reason : 'bad-certificate';
};

/** `ignored`: the opening goes on waiting. */
export type ResponseOutcome =
  | { readonly kind: 'agreed'; readonly agreed: Agreed }
  | { readonly kind: 'ignored'; readonly reason: DropReason }
  | { readonly kind: 'failed'; readonly why: DialFailure; readonly reason: DropReason };

export type OpeningOptions = {
  readonly party: Party;
  readonly to: Address;
  /** The connection id under which the other is to answer. */
  readonly localId: number;
  /** 32 fresh bytes. */
  readonly ephemeralSeed: Uint8Array;
  /** A dial that was asked for is reported when it fails; a re-key is not. */
  readonly purpose: 'dial' | 're-key';
  readonly knocks?: Knocks;
  /** Whether whoever answers may learn who we are: if not, they are told nothing more. */
  readonly mayMeet?: (peer: PeerId) => boolean;
};

/** The initiator's side: waits for a response, and sends its initiation again until one comes. */
export class Opening {
  readonly to: Address;
  readonly localId: number;
  readonly purpose: 'dial' | 're-key';
  readonly since: Instant;
  /** 32 bytes; the lower one of two crossed openings stands. */
  readonly ephemeral: Uint8Array;
  readonly #party: Party;
  readonly #noise: HandshakeState;
  readonly #message: Uint8Array;
  readonly #knocks: Knocks;
  readonly #mayMeet: (peer: PeerId) => boolean;
  readonly #waitMaxMs: number;
  /** Sendings in all. */
  #turn = 0;
  #token: Uint8Array = new Uint8Array(0);
  #failure: DialFailure = 'no-answer';
  #endsAt: Instant;
  #sendAt: Instant;
  #sentAt: Instant;
  #waitMs = HANDSHAKE_TIMEOUT_MS;
  /** Sends of the current initiation: with one, the response gives a round trip. */
  #sends = 0;
  #retriesAnswered = 0;
  #responsesTried = 0;

  constructor(now: Instant, options: OpeningOptions) {
    const { party, ephemeralSeed } = options;
    this.to = options.to;
    this.localId = options.localId;
    this.purpose = options.purpose;
    this.since = now;
    this.#party = party;
    this.#knocks = options.knocks ?? NO_KNOCKS;
    this.#mayMeet = options.mayMeet ?? (() => true);
    // often enough that everybody has been knocked for before the dial is given up
    this.#waitMaxMs = Math.min(HANDSHAKE_TIMEOUT_MAX_MS, HANDSHAKE_LIFETIME_MS / (this.#knocks.turns + 2));
    this.#noise = new HandshakeState({
      suite: party.suite,
      pattern: XX,
      role: 'initiator',
      prologue: SESSION_PROLOGUE,
      ephemeralSeed,
      staticKey: party.identity.dh,
    });
    this.#message = this.#noise.writeMessage(new Uint8Array(0)) ?? new Uint8Array(32);
    this.ephemeral = this.#noise.localEphemeral ?? this.#message;
    this.#endsAt = later(now, HANDSHAKE_LIFETIME_MS);
    this.#sendAt = now;
    this.#sentAt = now;
  }

  /** The datagram to send now, and the wait for the next begins. */
  initiation(now: Instant): Uint8Array {
    this.#sends += 1;
    this.#responsesTried = 0;
    this.#sentAt = now;
    this.#sendAt = later(now, this.#waitMs);
    this.#waitMs = Math.min(this.#waitMs * 2, this.#waitMaxMs);
    const knocks = this.#knocks.of(this.ephemeral, this.#turn++);
    return encodeInitiation({ sourceId: this.localId, token: this.#token, noise: this.#message, knocks });
  }

  nextTimeout(): Instant {
    return this.#endsAt < this.#sendAt ? this.#endsAt : this.#sendAt;
  }

  /** What is due: the initiation again, or the end with its reason. */
  onTimeout(now: Instant): { readonly kind: 'send' } | { readonly kind: 'failed'; readonly why: DialFailure } | undefined {
    if (now >= this.#endsAt) return { kind: 'failed', why: this.#failure };
    return now >= this.#sendAt ? { kind: 'send' } : undefined;
  }

  /** Whether this opening stands against a crossed one with that ephemeral key, which is then not answered. */
  standsAgainst(ephemeral: Uint8Array): boolean {
    return this.#sends <= INSISTS_SENDS && compare(this.ephemeral, ephemeral) < 0;
  }

  /** The path may work again: the initiation goes as if for the first time. */
  resetBackoff(now: Instant): void {
    this.#waitMs = HANDSHAKE_TIMEOUT_MS;
    this.#sendAt = now;
  }

  /** @returns true if the initiation should go again at once. */
  onRetry(token: Uint8Array): boolean {
    this.#token = token.slice();
    if (this.#retriesAnswered >= RETRIES_ANSWERED_MAX) return false;
    this.#retriesAnswered += 1;
    this.#sends = 0;
    this.#waitMs = HANDSHAKE_TIMEOUT_MS;
    return true;
  }

  /** Nobody signed it: the dial is given up for `why` only if no true response comes in the meantime. */
  onHint(now: Instant, why: 'older' | 'newer' | 'ourselves'): void {
    if (this.#failure !== 'no-answer') return;
    this.#failure = why;
    this.#endsAt = earliest(this.#endsAt, later(now, HINT_GRACE_MS)) ?? this.#endsAt;
  }

  /** @param epochFor the epoch to propose to somebody, known only now that we learn who it is. */
  onResponse(now: Instant, response: Response, epochFor: (proven: Proven) => number): ResponseOutcome {
    if (this.#responsesTried >= RESPONSES_TRIED_MAX) return { kind: 'ignored', reason: 'rate-limited' };
    this.#responsesTried += 1;
    const payload = this.#noise.readMessage(response.noise);
    const remoteStatic = this.#noise.remoteStatic;
    if (payload === undefined || remoteStatic === undefined) return { kind: 'ignored', reason: 'bad-handshake' };
    const proof = prove(this.#party, payload, remoteStatic);
    if (!proof.ok) return { kind: 'failed', why: failureOf(proof.reason), reason: proof.reason };
    const { proven } = proof.value;
    if (!this.#mayMeet(proven.peer)) return { kind: 'failed', why: 'stranger', reason: 'stranger' };
    const epoch = Math.min(epochFor(proven), EPOCH_MAX);
    const message = this.#noise.writeMessage(ownPayload(this.#party, epoch));
    if (message === undefined) return { kind: 'failed', why: 'bad-certificate', reason: 'bad-handshake' };
    const agreed: Agreed = {
      proven,
      keys: this.#noise.split(),
      localId: this.localId,
      remoteId: response.sourceId,
      address: this.to,
      epoch,
      initiatorEphemeral: this.ephemeral,
      rttMs: this.#sends === 1 ? now - this.#sentAt : undefined,
      confirmation: encodeConfirmation({ destinationId: response.sourceId, noise: message }),
    };
    return { kind: 'agreed', agreed };
  }
}

export type StrangerInitiation = {
  readonly from: Address;
  readonly sourceId: number;
  /** The 32 bytes of message 1. */
  readonly noise: Uint8Array;
};

/** `refused`: the keys are agreed on, but not with somebody we accept; they serve to say so. */
export type ConfirmationOutcome =
  | { readonly kind: 'ignored'; readonly reason: DropReason }
  | { readonly kind: 'refused'; readonly reason: DropReason; readonly keys: SessionKeys; readonly remoteId: number }
  | { readonly kind: 'agreed'; readonly agreed: Agreed; readonly keys: SessionKeys; readonly remoteId: number };

/** The responder's side: one response, then it waits for the confirmation. */
export class HalfOpen {
  readonly from: Address;
  readonly localId: number;
  readonly endsAt: Instant;
  /** Of the initiator, in hex: the same initiation is answered with the same response, without work. */
  readonly ephemeralHex: string;
  readonly response: Uint8Array;
  readonly #party: Party;
  readonly #noise: HandshakeState;
  readonly #remoteId: number;
  readonly #sentAt: Instant;
  #sends = 1;

  private constructor(
    now: Instant,
    party: Party,
    noise: HandshakeState,
    stranger: StrangerInitiation,
    answer: { localId: number; response: Uint8Array },
  ) {
    this.from = stranger.from;
    this.localId = answer.localId;
    this.response = answer.response;
    this.endsAt = later(now, HANDSHAKE_LIFETIME_MS);
    this.ephemeralHex = toHex(stranger.noise);
    this.#party = party;
    this.#noise = noise;
    this.#remoteId = stranger.sourceId;
    this.#sentAt = now;
  }

  /** Answers an initiation; undefined if its key is of low order. Two Diffie-Hellman operations and a key. */
  static answer(
    now: Instant,
    party: Party,
    stranger: StrangerInitiation,
    own: { readonly localId: number; readonly ephemeralSeed: Uint8Array },
  ): HalfOpen | undefined {
    const noise = new HandshakeState({
      suite: party.suite,
      pattern: XX,
      role: 'responder',
      prologue: SESSION_PROLOGUE,
      ephemeralSeed: own.ephemeralSeed,
      staticKey: party.identity.dh,
    });
    if (noise.readMessage(stranger.noise) === undefined) return undefined;
    const message = noise.writeMessage(ownPayload(party, 0));
    if (message === undefined) return undefined;
    const response = encodeResponse({ destinationId: stranger.sourceId, sourceId: own.localId, noise: message });
    return new HalfOpen(now, party, noise, stranger, { localId: own.localId, response });
  }

  /** Whether an initiation with the same key is this one again, from the same place. */
  isAgain(from: Address, sourceId: number): boolean {
    return this.#remoteId === sourceId && sameAddress(from, this.from);
  }

  /** The response once more, for the same initiation once more. */
  again(): Uint8Array {
    this.#sends += 1;
    return this.response;
  }

  /** A confirmation that cannot be read leaves everything as it was; any other ends it. */
  onConfirmation(now: Instant, message: Uint8Array): ConfirmationOutcome {
    const payload = this.#noise.readMessage(message);
    const { remoteStatic, remoteEphemeral } = this.#noise;
    if (payload === undefined || remoteStatic === undefined || remoteEphemeral === undefined) {
      return { kind: 'ignored', reason: 'bad-handshake' };
    }
    const keys = this.#noise.split();
    const remoteId = this.#remoteId;
    const proof = prove(this.#party, payload, remoteStatic);
    if (!proof.ok) return { kind: 'refused', reason: proof.reason, keys, remoteId };
    const agreed: Agreed = {
      proven: proof.value.proven,
      keys,
      localId: this.localId,
      remoteId,
      address: this.from,
      epoch: proof.value.epoch,
      initiatorEphemeral: remoteEphemeral,
      rttMs: this.#sends === 1 ? now - this.#sentAt : undefined,
      confirmation: undefined,
    };
    return { kind: 'agreed', agreed, keys, remoteId };
  }
}
