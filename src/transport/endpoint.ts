/**
 * All sessions of this process over one socket: routes datagrams, opens sessions with strangers, keeps one that stands for
 * each peer. Lower floors know nothing of people; this one knows them by the identity that their handshake proved.
 */
import type { Address } from '../base/address.ts';
import type { DropReason } from '../base/drop-reason.ts';
import type { PeerId } from '../base/ids.ts';
import { PROTOCOL_VERSION } from '../base/limits.ts';
import { earliest, type Instant } from '../base/time.ts';
import type { Entropy } from '../crypto/suite.ts';
import {
  type Confirmation,
  type Datagram,
  decodeDatagram,
  type Response,
  type Retry,
  type Sealed,
  type VersionNotice,
} from '../wire/datagram.ts';
import { type AppFrame, encodeFrame } from '../wire/frame.ts';
import { CLOSE_CODE } from './close-code.ts';
import { Connection } from './connection.ts';
import type { DialFailure, EndpointOutput, SessionInfo } from './endpoint-output.ts';
import { type Gate, type Knocks, NO_KNOCKS } from './gate.ts';
import { type Agreed, Opening, type Party } from './handshake.ts';
import { RECENTLY_MS } from './limits.ts';
import { Openings } from './openings.ts';
import { ReassemblyBudget } from './reassembly.ts';
import { Reception } from './reception.ts';
import { sealPacket } from './sealed-packet.ts';
import { SessionTable } from './session-table.ts';

export type EndpointOptions = Party & {
  readonly entropy: Entropy;
  /** None: everybody is answered, and nobody knocked for. */
  readonly gate?: Gate;
};

export type DialOptions = {
  /** Whoever is there says who they are, and answers everybody: nobody needs to be knocked for. */
  readonly isOpen?: boolean;
  /** The user named the address: whoever is there may learn who we are. */
  readonly isNamed?: boolean;
};

/** An opening to begin. */
type Asked = {
  readonly to: Address;
  readonly purpose: 'dial' | 're-key';
  readonly knocks: Knocks | undefined;
  readonly isNamed: boolean;
};
export class Endpoint {
  readonly #party: Party;
  readonly #entropy: Entropy;
  readonly #gate: Gate | undefined;
  readonly #reception: Reception;
  readonly #reassembly = new ReassemblyBudget();
  readonly #table = new SessionTable();
  readonly #openings = new Openings();
  /** Connections to which something happened since their last flush. */
  readonly #touched = new Set<Connection>();
  /** No connection outside `#touched` has an earlier deadline. */
  #earliest: Instant | undefined;

  constructor(options: EndpointOptions) {
    const { entropy, gate, ...party } = options;
    this.#party = party;
    this.#entropy = entropy;
    this.#gate = gate;
    const [openings, table] = [this.#openings, this.#table];
    this.#reception = new Reception({ party, entropy, gate, openings, table, newId: () => this.#newId() });
  }

  /** Opens a session with whoever answers at an address; answered by `established` or `dial-failed`, unless one stands there already. */
  dial(now: Instant, to: Address, out: EndpointOutput[], options: DialOptions = {}): void {
    if (this.#openings.to(to) !== undefined) return;
    for (const connection of this.#table.at(to)) if (now - connection.liveness.lastHeard < RECENTLY_MS) return;
    const oldest = this.#openings.isFull ? this.#openings.givingWay(now) : undefined;
    if (oldest !== undefined) this.#fail(oldest, 'no-answer', out);
    if (this.#openings.isFull || this.#table.isFull) {
      out.push({ kind: 'dial-failed', to, why: 'rate-limited' });
      return;
    }
    const knocks = this.#gate?.knocksFor(to, options.isOpen === true ? 'nobody' : 'contacts');
    this.#open(now, { to, purpose: 'dial', knocks, isNamed: options.isNamed === true }, out);
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

  /** Whether the silence of a session is probed by itself, as from its start, or it sleeps until something is said or asked. */
  keep(peer: PeerId, isKept: boolean): void {
    const connection = this.#table.of(peer);
    if (connection === undefined || connection.liveness.isKept === isKept) return;
    connection.liveness.keep(isKept);
    this.#touched.add(connection);
  }

  /** Asks whether a peer is there; `silent` follows if it does not answer. */
  ask(peer: PeerId): void {
    const connection = this.#table.of(peer);
    connection?.ask();
    if (connection !== undefined) this.#touched.add(connection);
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
    for (const opening of this.#openings.all()) opening.resetBackoff(now);
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
    for (const opening of this.#openings.all()) this.#openings.forget(opening);
    this.#reception.clear();
    const told: EndpointOutput[] = [];
    for (const { peer } of this.sessions()) this.#table.close(peer, code, reason, told);
    for (const output of told) if (output.kind === 'transmit') out.push(output);
  }

  /** Sends what waits. Follows every batch of calls. */
  flush(now: Instant, out: EndpointOutput[]): void {
    for (const connection of this.#touched) {
      connection.flush(now, out);
      this.#settle(connection, out);
      this.#touched.delete(connection);
      this.#earliest = earliest(this.#earliest, connection.nextTimeout());
    }
  }

  /** When `onTimeout` wants to be called; it may find nothing to do then. */
  nextTimeout(): Instant | undefined {
    let first = this.#table.connectionCount === 0 ? undefined : this.#earliest;
    for (const connection of this.#touched) first = earliest(first, connection.nextTimeout());
    return earliest(first, this.#openings.nextTimeout(), this.#reception.nextTimeout());
  }

  /** Does what is due; a flush must follow. Harmless when nothing is. */
  onTimeout(now: Instant, out: EndpointOutput[]): void {
    for (const opening of this.#openings.all()) this.#onOpeningTimeout(now, opening, out);
    this.#reception.onTimeout(now);
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
      halfOpen: this.#reception.halfOpenCount,
      connections: this.#table.connectionCount,
      sources: this.#reception.sourceCount,
    };
  }

  /** @returns why it was discarded; undefined if it was not. So do the others below. */
  #route(now: Instant, from: Address, datagram: Datagram, out: EndpointOutput[]): DropReason | undefined {
    switch (datagram.kind) {
      case 'sealed':
        return this.#onSealed(now, from, datagram, out);
      case 'initiation':
        return this.#reception.onInitiation(now, from, datagram, out);
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
    if (connection.ending !== undefined) this.#settle(connection, out);
    return reason;
  }

  #onRetry(now: Instant, retry: Retry, out: EndpointOutput[]): DropReason | undefined {
    const opening = this.#openings.byId(retry.destinationId);
    if (opening === undefined) return 'unexpected-handshake';
    if (opening.onRetry(retry.token)) transmit(out, opening.to, opening.initiation(now));
    return undefined;
  }

  #onVersionNotice(now: Instant, notice: VersionNotice): DropReason | undefined {
    const opening = this.#openings.byId(notice.destinationId);
    if (opening === undefined || notice.versions.includes(PROTOCOL_VERSION)) return 'unexpected-handshake';
    opening.onHint(now, Math.max(...notice.versions) < PROTOCOL_VERSION ? 'older' : 'newer');
    return undefined;
  }

  #onResponse(now: Instant, response: Response, out: EndpointOutput[]): DropReason | undefined {
    const opening = this.#openings.byId(response.destinationId);
    if (opening === undefined) return 'unexpected-handshake';
    const outcome = opening.onResponse(now, response, ({ peer, boot }) => this.#table.nextEpoch(peer, boot));
    switch (outcome.kind) {
      case 'ignored':
        return outcome.reason;
      case 'failed':
        this.#fail(opening, outcome.why, out);
        return outcome.reason;
      case 'agreed':
        this.#establish(now, outcome.agreed, out);
        return undefined;
      default:
        return outcome satisfies never;
    }
  }

  #onConfirmation(now: Instant, confirmation: Confirmation, out: EndpointOutput[]): DropReason | undefined {
    const half = this.#reception.halfOpen(confirmation.destinationId);
    if (half === undefined) return 'unexpected-handshake';
    const outcome = half.onConfirmation(now, confirmation.noise);
    if (outcome.kind === 'ignored') return outcome.reason;
    this.#reception.forget(half);
    const isStranger = outcome.kind === 'agreed' && !this.#mayMeet(outcome.agreed.proven.peer);
    if (outcome.kind === 'agreed' && !this.#table.isFull && !isStranger) {
      this.#establish(now, outcome.agreed, out);
      return undefined;
    }
    const refusal = encodeFrame({ kind: 'close', code: CLOSE_CODE.refused, reason: 'refused' });
    transmit(out, half.from, sealPacket(outcome.keys.send, outcome.remoteId, 0, [refusal]));
    if (outcome.kind === 'refused') return outcome.reason;
    return isStranger ? 'stranger' : 'sessions-full';
  }

  #establish(now: Instant, agreed: Agreed, out: EndpointOutput[]): void {
    const opening = this.#openings.to(agreed.address);
    if (opening !== undefined) this.#openings.forget(opening);
    const connection = new Connection(now, agreed, { reassembly: this.#reassembly, entropy: this.#entropy });
    connection.confirmAgain(out);
    this.#table.add(connection, out);
    this.#touched.add(connection);
  }

  #open(now: Instant, { isNamed, knocks = NO_KNOCKS, ...asked }: Asked, out: EndpointOutput[]): void {
    const opening = new Opening(now, {
      ...asked,
      party: this.#party,
      localId: this.#newId(),
      ephemeralSeed: this.#entropy(32),
      knocks,
      mayMeet: (peer) => isNamed || this.#mayMeet(peer),
    });
    this.#openings.add(opening);
    transmit(out, opening.to, opening.initiation(now));
  }

  /** Whether somebody may learn who we are, or has learned it. */
  #mayMeet(peer: PeerId): boolean {
    return this.#gate?.isHiding !== true || this.#gate.mayMeet(peer) || this.#table.of(peer) !== undefined;
  }

  #fail(opening: Opening, why: DialFailure, out: EndpointOutput[]): void {
    this.#openings.forget(opening);
    if (opening.purpose === 'dial') out.push({ kind: 'dial-failed', to: opening.to, why });
  }

  #onOpeningTimeout(now: Instant, opening: Opening, out: EndpointOutput[]): void {
    const due = opening.onTimeout(now);
    if (due?.kind === 'send') transmit(out, opening.to, opening.initiation(now));
    if (due?.kind === 'failed') this.#fail(opening, due.why, out);
  }

  #onConnectionTimeout(now: Instant, connection: Connection, out: EndpointOutput[]): void {
    this.#touched.add(connection);
    connection.onTimeout(now, out);
    this.#settle(connection, out);
    if (!connection.takeRekey(now) || this.#table.of(connection.proven.peer) !== connection) return;
    const { address: to, proven } = connection;
    if (this.#openings.isFull || this.#openings.to(to) !== undefined) return;
    const knocks = this.#gate?.knocksFor(to, { peer: proven.peer });
    this.#open(now, { to, purpose: 're-key', knocks, isNamed: false }, out);
  }

  /** If a connection is over, another takes its place or the session ends. */
  #settle(connection: Connection, out: EndpointOutput[]): void {
    if (connection.ending === undefined) return;
    this.#touched.delete(connection);
    const next = this.#table.retire(connection, out);
    if (next !== undefined) this.#touched.add(next);
    if (connection.ending.isRefusal && connection.isInitiator) {
      out.push({ kind: 'dial-failed', to: connection.address, why: 'refused' });
    }
  }

  /** A connection id that nothing of ours has: random, so that nobody off the path guesses it. */
  #newId(): number {
    for (;;) {
      const [a = 0, b = 0, c = 0, d = 0] = this.#entropy(4);
      const id = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
      if (
        this.#openings.byId(id) === undefined &&
        this.#reception.halfOpen(id) === undefined &&
        this.#table.byId(id) === undefined
      )
        return id;
    }
  }
}

const transmit = (out: EndpointOutput[], to: Address, bytes: Uint8Array): void => {
  out.push({ kind: 'transmit', to, bytes });
};
