/**
 * All sessions of this process over one socket: routes datagrams, opens sessions with strangers, keeps one that stands for
 * each peer. Lower floors know nothing of people; this one knows them by the identity that their handshake proved.
 */
import { type Address, type AddressKey, addressKey, sameAddress } from '../base/address.ts';
import { equal, toHex } from '../base/bytes.ts';
import type { DropReason } from '../base/drop-reason.ts';
import type { PeerId } from '../base/ids.ts';
import { HANDSHAKE_HALF_OPEN_MAX, PROTOCOL_VERSION } from '../base/limits.ts';
import { earliest, type Instant } from '../base/time.ts';
import type { Entropy } from '../crypto/suite.ts';
import {
  type Confirmation,
  type Datagram,
  decodeDatagram,
  encodeRetry,
  encodeVersionNotice,
  type Initiation,
  type Response,
  type Retry,
  type Sealed,
  type VersionNotice,
} from '../wire/datagram.ts';
import { type AppFrame, encodeFrame } from '../wire/frame.ts';
import { Admission } from './admission.ts';
import { CLOSE_CODE } from './close-code.ts';
import { Connection } from './connection.ts';
import type { EndpointOutput, SessionInfo } from './endpoint-output.ts';
import { type Agreed, HalfOpen, Opening, type Party, type StrangerInitiation } from './handshake.ts';
import { GIVES_WAY_AFTER_MS, OPENINGS_MAX, RECENTLY_MS } from './limits.ts';
import { ReassemblyBudget } from './reassembly.ts';
import { sealPacket } from './sealed-packet.ts';
import { SessionTable } from './session-table.ts';

export type EndpointOptions = Party & { readonly entropy: Entropy };

/** An initiation of our version. */
type OwnInitiation = Extract<Initiation, { isOurs: true }>;

export class Endpoint {
  readonly #party: Party;
  readonly #entropy: Entropy;
  readonly #admission: Admission;
  readonly #reassembly = new ReassemblyBudget();
  readonly #table = new SessionTable();
  /** By local connection id. BOUNDED: by OPENINGS_MAX; one an address. */
  readonly #openings = new Map<number, Opening>();
  readonly #openingsTo = new Map<AddressKey, Opening>();
  /** By local connection id, oldest first. BOUNDED: by HANDSHAKE_HALF_OPEN_MAX. */
  readonly #halfOpen = new Map<number, HalfOpen>();
  /** The same by the initiator's ephemeral key in hex. */
  readonly #halfOpenWith = new Map<string, HalfOpen>();
  /** Connections to which something happened since their last flush. */
  readonly #touched = new Set<Connection>();
  /** No connection outside `#touched` has an earlier deadline. */
  #earliest: Instant | undefined;

  constructor(options: EndpointOptions) {
    const { entropy, ...party } = options;
    this.#party = party;
    this.#entropy = entropy;
    this.#admission = new Admission(party.suite, entropy(32));
  }

  /** Opens a session with whoever answers at an address; answered by `established` or `dial-failed`, unless one stands there already. */
  dial(now: Instant, to: Address, out: EndpointOutput[]): void {
    if (this.#openingsTo.has(addressKey(to))) return;
    for (const connection of this.#table.at(to)) if (now - connection.lastHeard < RECENTLY_MS) return;
    if (this.#openings.size >= OPENINGS_MAX) this.#giveUpOldest(now, out);
    if (this.#openings.size >= OPENINGS_MAX || this.#table.isFull) out.push({ kind: 'dial-failed', to, why: 'rate-limited' });
    else this.#open(now, to, 'dial', out);
  }

  /** A datagram arrived. Views of `bytes` are handed on in frames: copy what is kept. */
  receive(now: Instant, from: Address, bytes: Uint8Array, out: EndpointOutput[]): void {
    const datagram = decodeDatagram(bytes);
    const reason = datagram.ok ? this.#route(now, from, datagram.value, out) : datagram.reason;
    if (reason !== undefined) out.push({ kind: 'dropped', reason });
  }

  /** Queues a frame; nothing happens if there is no session. */
  send(peer: PeerId, frame: AppFrame): void {
    const connection = this.#table.of(peer);
    if (connection === undefined) return;
    connection.send(frame);
    this.#touched.add(connection);
  }

  /** Bytes of frames that the session takes before the floors above should wait; 0 if there is none. */
  budget(peer: PeerId): number {
    return this.#table.of(peer)?.budgetBytes ?? 0;
  }

  /** Everything handed to the sessions was acknowledged; those that are silent do not count. */
  get isSettled(): boolean {
    for (const connection of this.#table.connections()) if (!connection.isSettled && !connection.info().isSilent) return false;
    return true;
  }

  /** Interfaces are others than before: what waits for its back-off, sealed or not, is due at once; others learn where we are by a ping. */
  onNetworkChange(now: Instant): void {
    for (const opening of this.#openings.values()) opening.resetBackoff(now);
    for (const connection of this.#table.connections()) {
      connection.onNetworkChange();
      this.#touched.add(connection);
    }
  }

  /** Ends the session with a peer, and says so to it; `ended` follows. @param reason for people, 60 characters go. */
  close(_now: Instant, peer: PeerId, code: number, reason: string, out: EndpointOutput[]): void {
    this.#table.close(peer, code, reason, out);
  }

  /** Ends everything: all openings, and all sessions with a close frame (no `ended` is told). */
  closeAll(_now: Instant, code: number, reason: string, out: EndpointOutput[]): void {
    for (const opening of [...this.#openings.values()]) this.#forgetOpening(opening);
    for (const half of [...this.#halfOpen.values()]) this.#forgetHalfOpen(half);
    const told: EndpointOutput[] = [];
    for (const { peer } of this.sessions()) this.#table.close(peer, code, reason, told);
    for (const output of told) if (output.kind === 'transmit') out.push(output);
  }

  /** Sends what waits. Follows every batch of calls. */
  flush(now: Instant, out: EndpointOutput[]): void {
    for (const connection of this.#touched) {
      connection.flush(now, out);
      this.#settle(now, connection, out);
      this.#touched.delete(connection);
      this.#earliest = earliest(this.#earliest, connection.nextTimeout());
    }
  }

  /** When `onTimeout` wants to be called; it may find nothing to do then. */
  nextTimeout(): Instant | undefined {
    let first = this.#table.connectionCount === 0 ? undefined : this.#earliest;
    for (const connection of this.#touched) first = earliest(first, connection.nextTimeout());
    for (const opening of this.#openings.values()) first = earliest(first, opening.nextTimeout());
    for (const half of this.#halfOpen.values()) return earliest(first, half.endsAt); // the oldest ends first
    return first;
  }

  /** Does what is due; a flush must follow. Harmless when nothing is. */
  onTimeout(now: Instant, out: EndpointOutput[]): void {
    for (const opening of [...this.#openings.values()]) this.#onOpeningTimeout(now, opening, out);
    for (const half of this.#halfOpen.values()) {
      if (half.endsAt > now) break;
      this.#forgetHalfOpen(half);
    }
    if (this.#earliest !== undefined && this.#earliest > now && this.#touched.size === 0) return;
    this.#earliest = undefined;
    for (const connection of [...this.#table.connections()]) {
      const at = connection.nextTimeout();
      if (at !== undefined && at <= now) this.#onConnectionTimeout(now, connection, out);
      else if (!this.#touched.has(connection)) this.#earliest = earliest(this.#earliest, at);
    }
  }

  /** One for each peer, in the order in which they were met. */
  sessions(): readonly SessionInfo[] {
    return Array.from(this.#table.preferred(), (connection) => connection.info());
  }

  session(peer: PeerId): SessionInfo | undefined {
    return this.#table.of(peer)?.info();
  }

  /** How much is held, for statistics and for tests of the bounds. */
  counts(): { readonly openings: number; readonly halfOpen: number; readonly connections: number; readonly sources: number } {
    return {
      openings: this.#openings.size,
      halfOpen: this.#halfOpen.size,
      connections: this.#table.connectionCount,
      sources: this.#admission.sourceCount,
    };
  }

  /** @returns why it was discarded; undefined if it was not. So do the others below. */
  #route(now: Instant, from: Address, datagram: Datagram, out: EndpointOutput[]): DropReason | undefined {
    switch (datagram.kind) {
      case 'sealed':
        return this.#onSealed(now, from, datagram, out);
      case 'initiation':
        if (datagram.isOurs) return this.#onInitiation(now, from, datagram, out);
        return this.#onForeignVersion(now, from, datagram.sourceId, out);
      case 'response':
        return this.#onResponse(now, datagram, out);
      case 'confirmation':
        return this.#onConfirmation(now, datagram, out);
      case 'retry':
        return this.#onRetry(now, datagram, out);
      case 'version':
        return this.#onVersionNotice(now, datagram);
      default:
        return datagram satisfies never;
    }
  }

  #onSealed(now: Instant, from: Address, sealed: Sealed, out: EndpointOutput[]): DropReason | undefined {
    const connection = this.#table.byId(sealed.connectionId);
    if (connection === undefined) return 'unknown-connection';
    const wasUnconfirmed = connection.isUnconfirmed;
    const reason = connection.receive(now, from, sealed, out);
    this.#touched.add(connection);
    if (wasUnconfirmed && !connection.isUnconfirmed) this.#table.onConfirmed(connection, out);
    if (connection.ending !== undefined) this.#settle(now, connection, out);
    return reason;
  }

  #onForeignVersion(now: Instant, from: Address, sourceId: number, out: EndpointOutput[]): DropReason {
    if (this.#admission.mayNotify(now)) {
      transmit(out, from, encodeVersionNotice({ destinationId: sourceId, versions: [PROTOCOL_VERSION] }));
    }
    return 'version-mismatch';
  }

  #onRetry(now: Instant, retry: Retry, out: EndpointOutput[]): DropReason | undefined {
    const opening = this.#openings.get(retry.destinationId);
    if (opening === undefined) return 'unexpected-handshake';
    if (opening.onRetry(retry.token)) transmit(out, opening.to, opening.initiation(now));
    return undefined;
  }

  #onVersionNotice(now: Instant, notice: VersionNotice): DropReason | undefined {
    const opening = this.#openings.get(notice.destinationId);
    if (opening === undefined || notice.versions.includes(PROTOCOL_VERSION)) return 'unexpected-handshake';
    opening.onHint(now, Math.max(...notice.versions) < PROTOCOL_VERSION ? 'older' : 'newer');
    return undefined;
  }

  /** The cheap refusals first: what remains costs two Diffie-Hellman operations. */
  #onInitiation(now: Instant, from: Address, initiation: OwnInitiation, out: EndpointOutput[]): DropReason | undefined {
    const { noise, sourceId, token } = initiation;
    if (this.#isOurOwn(now, from, noise)) return 'own-datagram';
    if (this.#openingsTo.get(addressKey(from))?.standsAgainst(noise)) return 'crossed-handshake';
    const ephemeralHex = toHex(noise);
    const half = this.#halfOpenWith.get(ephemeralHex);
    if (half !== undefined) {
      if (!half.isAgain(from, sourceId)) return 'unexpected-handshake';
      transmit(out, from, half.again());
      return undefined;
    }
    if (this.#table.hasBegunWith(ephemeralHex)) return 'unexpected-handshake';
    const stranger = { from, sourceId, token };
    const verdict = this.#admission.judge(now, stranger, this.#halfOpen.size);
    if (verdict === 'ask-retry') {
      transmit(out, from, encodeRetry({ destinationId: sourceId, token: this.#admission.retryToken(now, stranger) }));
      return token.length > 0 ? 'bad-retry-token' : undefined;
    }
    if (verdict === 'rate-limited') return verdict;
    if (this.#table.isFull) return 'sessions-full';
    return this.#answer(now, { from, sourceId, noise }, out);
  }

  #answer(now: Instant, stranger: StrangerInitiation, out: EndpointOutput[]): DropReason | undefined {
    const own = { localId: this.#newId(), ephemeralSeed: this.#entropy(32) };
    const half = HalfOpen.answer(now, this.#party, stranger, own);
    if (half === undefined) return 'bad-handshake';
    const reason = this.#halfOpen.size >= HANDSHAKE_HALF_OPEN_MAX ? this.#forgetOldestHalfOpen() : undefined;
    this.#halfOpen.set(half.localId, half);
    this.#halfOpenWith.set(half.ephemeralHex, half);
    transmit(out, stranger.from, half.response);
    return reason;
  }

  /** Our own initiation, come back: from where we sent it, we have dialled ourselves. */
  #isOurOwn(now: Instant, from: Address, ephemeral: Uint8Array): boolean {
    for (const opening of this.#openings.values()) {
      if (!equal(opening.ephemeral, ephemeral)) continue;
      if (sameAddress(from, opening.to)) opening.onHint(now, 'ourselves');
      return true;
    }
    return false;
  }

  #onResponse(now: Instant, response: Response, out: EndpointOutput[]): DropReason | undefined {
    const opening = this.#openings.get(response.destinationId);
    if (opening === undefined) return 'unexpected-handshake';
    const outcome = opening.onResponse(now, response, ({ peer, boot }) => this.#table.nextEpoch(peer, boot));
    switch (outcome.kind) {
      case 'ignored':
        return outcome.reason;
      case 'failed':
        this.#forgetOpening(opening);
        if (opening.purpose === 'dial') out.push({ kind: 'dial-failed', to: opening.to, why: outcome.why });
        return outcome.reason;
      case 'agreed':
        this.#establish(now, outcome.agreed, out);
        return undefined;
      default:
        return outcome satisfies never;
    }
  }

  #onConfirmation(now: Instant, confirmation: Confirmation, out: EndpointOutput[]): DropReason | undefined {
    const half = this.#halfOpen.get(confirmation.destinationId);
    if (half === undefined) return 'unexpected-handshake';
    const outcome = half.onConfirmation(now, confirmation.noise);
    if (outcome.kind === 'ignored') return outcome.reason;
    this.#forgetHalfOpen(half);
    if (outcome.kind === 'agreed' && !this.#table.isFull) {
      this.#establish(now, outcome.agreed, out);
      return undefined;
    }
    const refusal = encodeFrame({ kind: 'close', code: CLOSE_CODE.refused, reason: 'refused' });
    transmit(out, half.from, sealPacket(outcome.keys.send, outcome.remoteId, 0, [refusal]));
    return outcome.kind === 'agreed' ? 'sessions-full' : outcome.reason;
  }

  #establish(now: Instant, agreed: Agreed, out: EndpointOutput[]): void {
    const opening = this.#openingsTo.get(addressKey(agreed.address));
    if (opening !== undefined) this.#forgetOpening(opening);
    const connection = new Connection(now, agreed, { reassembly: this.#reassembly, entropy: this.#entropy });
    connection.confirmAgain(out);
    this.#table.add(connection, out);
    this.#touched.add(connection);
  }

  #open(now: Instant, to: Address, purpose: 'dial' | 're-key', out: EndpointOutput[]): void {
    const localId = this.#newId();
    const opening = new Opening(now, { party: this.#party, to, localId, ephemeralSeed: this.#entropy(32), purpose });
    this.#openings.set(localId, opening);
    this.#openingsTo.set(addressKey(to), opening);
    transmit(out, to, opening.initiation(now));
  }

  /** Addresses where nobody answers must not keep us from those where somebody would. */
  #giveUpOldest(now: Instant, out: EndpointOutput[]): void {
    for (const opening of this.#openings.values()) {
      if (now - opening.since < GIVES_WAY_AFTER_MS) return;
      if (opening.purpose !== 'dial') continue;
      this.#forgetOpening(opening);
      out.push({ kind: 'dial-failed', to: opening.to, why: 'no-answer' });
      return;
    }
  }

  #onOpeningTimeout(now: Instant, opening: Opening, out: EndpointOutput[]): void {
    const due = opening.onTimeout(now);
    if (due?.kind === 'send') transmit(out, opening.to, opening.initiation(now));
    if (due?.kind !== 'failed') return;
    this.#forgetOpening(opening);
    if (opening.purpose === 'dial') out.push({ kind: 'dial-failed', to: opening.to, why: due.why });
  }

  #onConnectionTimeout(now: Instant, connection: Connection, out: EndpointOutput[]): void {
    this.#touched.add(connection);
    connection.onTimeout(now, out);
    this.#settle(now, connection, out);
    if (!connection.takeRekey(now) || this.#table.of(connection.proven.peer) !== connection) return;
    if (this.#openings.size < OPENINGS_MAX && !this.#openingsTo.has(addressKey(connection.address))) {
      this.#open(now, connection.address, 're-key', out);
    }
  }

  /** If a connection is over, another takes its place or the session ends. */
  #settle(now: Instant, connection: Connection, out: EndpointOutput[]): void {
    if (connection.ending === undefined) return;
    this.#touched.delete(connection);
    const next = this.#table.retire(now, connection, out);
    if (next !== undefined) this.#touched.add(next);
    if (connection.ending.isRefusal && connection.isInitiator) {
      out.push({ kind: 'dial-failed', to: connection.address, why: 'refused' });
    }
  }

  #forgetOpening(opening: Opening): void {
    this.#openings.delete(opening.localId);
    this.#openingsTo.delete(addressKey(opening.to));
  }

  #forgetHalfOpen(half: HalfOpen): void {
    this.#halfOpen.delete(half.localId);
    this.#halfOpenWith.delete(half.ephemeralHex);
  }

  #forgetOldestHalfOpen(): DropReason | undefined {
    for (const oldest of this.#halfOpen.values()) {
      this.#forgetHalfOpen(oldest);
      return 'half-open-full';
    }
    return undefined;
  }

  /** A connection id that nothing of ours has: random, so that nobody off the path guesses it. */
  #newId(): number {
    for (;;) {
      const [a = 0, b = 0, c = 0, d = 0] = this.#entropy(4);
      const id = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
      if (!this.#openings.has(id) && !this.#halfOpen.has(id) && this.#table.byId(id) === undefined) return id;
    }
  }
}

const transmit = (out: EndpointOutput[], to: Address, bytes: Uint8Array): void => {
  out.push({ kind: 'transmit', to, bytes });
};
