/**
 * Connections by id, and which of them stands for a peer.
 *
 * Of several connections with one process of a peer, the one with the highest epoch is preferred, in a tie the one with the
 * lowest ephemeral key of its initiator: both sides choose the same without a word. The others only listen, until silent.
 * One that we opened takes its place only when it was answered, so that a re-key that fails holds nothing up.
 * A connection with another process (boot) of the peer ends all of these at once.
 */
import { type Address, sameAddress } from '../base/address.ts';
import { compare, equal, toHex } from '../base/bytes.ts';
import type { PeerId } from '../base/ids.ts';
import { HANDSHAKE_LIFETIME_MS, SESSIONS_MAX } from '../base/limits.ts';
import { CLOSE_CODE } from './close-code.ts';
import type { Connection } from './connection.ts';
import type { EndpointOutput, EndReason } from './endpoint-output.ts';

/** Connections of one peer beside the preferred one; beyond it the oldest goes. */
const OTHERS_MAX = 4;

/** Replaced processes remembered of one peer. */
const REPLACED_MAX = 8;

/** `others`: replaced, or opened by us and not answered yet. */
type Session = { preferred: Connection; others: readonly Connection[] };

/** BOUNDED: by SESSIONS_MAX connections, replaced ones included. */
export class SessionTable {
  readonly #connections = new Map<number, Connection>();
  readonly #sessions = new Map<PeerId, Session>();
  /** Boots of processes that another one of the same peer replaced. BOUNDED: by SESSIONS_MAX peers, REPLACED_MAX each. */
  readonly #replaced = new Map<PeerId, readonly string[]>();
  /** Of the initiators of all connections, in hex: an initiation with one of these is a replay. */
  readonly #ephemerals = new Set<string>();

  get connectionCount(): number {
    return this.#connections.size;
  }

  get isFull(): boolean {
    return this.#connections.size >= SESSIONS_MAX;
  }

  connections(): Iterable<Connection> {
    return this.#connections.values();
  }

  /** The connections that stand for their peers, in the order in which the peers were met. */
  *preferred(): Iterable<Connection> {
    for (const session of this.#sessions.values()) yield session.preferred;
  }

  byId(localId: number): Connection | undefined {
    return this.#connections.get(localId);
  }

  of(peer: PeerId): Connection | undefined {
    return this.#sessions.get(peer)?.preferred;
  }

  /** Whether a connection began with this ephemeral key of its initiator. */
  hasBegunWith(ephemeralHex: string): boolean {
    return this.#ephemerals.has(ephemeralHex);
  }

  /** The preferred connections to an address; there may be several peers behind one over time. */
  *at(address: Address): Iterable<Connection> {
    for (const { preferred } of this.#sessions.values()) if (sameAddress(preferred.address, address)) yield preferred;
  }

  /** The epoch to propose for a session with this process of a peer. */
  nextEpoch(peer: PeerId, boot: Uint8Array): number {
    const current = this.of(peer);
    return current !== undefined && equal(current.proven.boot, boot) ? current.epoch + 1 : 0;
  }

  /** A handshake is done: the connection takes its place. Frames of the one it replaces move over. */
  add(connection: Connection, out: EndpointOutput[]): void {
    const { peer, boot } = connection.proven;
    this.#connections.set(connection.localId, connection);
    this.#ephemerals.add(toHex(connection.initiatorEphemeral));
    const session = this.#sessions.get(peer);
    const isContinued =
      session !== undefined && equal(session.preferred.proven.boot, boot) && !isLost(session.preferred, connection);
    if (isContinued) {
      session.others = [...session.others, connection];
      if (!isBefore(connection, session.preferred)) connection.replace();
      else if (!connection.isUnconfirmed || session.preferred.isUnconfirmed) prefer(session, connection, out);
      if (session.others.length > OTHERS_MAX) this.#forgetOldest(session);
      return;
    }
    if (session !== undefined && this.#isTwin(peer, boot) && !session.preferred.info().isSilent) {
      this.#connections.delete(connection.localId);
      connection.close(CLOSE_CODE.replaced, 'replaced', out);
      out.push({ kind: 'twin', peer });
      return;
    }
    if (session !== undefined) {
      this.#noteReplaced(peer, session.preferred.proven.boot);
      session.preferred.close(CLOSE_CODE.replaced, 'replaced', out);
      this.#end(peer, 'restarted', out);
    }
    this.#sessions.set(peer, { preferred: connection, others: [] });
    out.push({ kind: 'established', session: connection.info() });
  }

  /** A process that another one replaced, and that is back: both have the key. */
  #isTwin(peer: PeerId, boot: Uint8Array): boolean {
    return this.#replaced.get(peer)?.includes(toHex(boot)) === true;
  }

  #noteReplaced(peer: PeerId, boot: Uint8Array): void {
    const boots = [...(this.#replaced.get(peer) ?? []), toHex(boot)].slice(-REPLACED_MAX);
    this.#replaced.delete(peer);
    this.#replaced.set(peer, boots);
    if (this.#replaced.size <= SESSIONS_MAX) return;
    for (const oldest of this.#replaced.keys()) {
      this.#replaced.delete(oldest);
      return;
    }
  }

  /** A connection that we opened was answered: if it is to replace the standing one, it does so now. */
  onConfirmed(connection: Connection, out: EndpointOutput[]): void {
    const session = this.#sessions.get(connection.proven.peer);
    if (session?.others.includes(connection) && isBefore(connection, session.preferred)) prefer(session, connection, out);
  }

  /** A connection is over: the peer's next best takes its place, or the session has ended. @returns who took its place. */
  retire(connection: Connection, out: EndpointOutput[]): Connection | undefined {
    const { ending, proven } = connection;
    const session = this.#sessions.get(proven.peer);
    if (ending === undefined || session === undefined || this.#connections.get(connection.localId) !== connection)
      return undefined;
    if (ending.isWhole) {
      this.#end(proven.peer, ending.why, out);
      return undefined;
    }
    this.#forget(connection);
    session.others = session.others.filter((other) => other !== connection);
    if (session.preferred !== connection) return undefined;
    const [first, ...rest] = session.others;
    if (first === undefined) {
      this.#end(proven.peer, ending.why, out);
      return undefined;
    }
    const next = rest.reduce((best, other) => (isBefore(other, best) ? other : best), first);
    next.restore();
    prefer(session, next, out);
    session.others = session.others.filter((other) => other !== connection);
    return next;
  }

  /** Closes all connections with a peer. */
  close(peer: PeerId, code: number, reason: string, out: EndpointOutput[]): void {
    const session = this.#sessions.get(peer);
    if (session === undefined) return;
    for (const connection of [session.preferred, ...session.others]) connection.close(code, reason, out);
    this.#end(peer, code === CLOSE_CODE.violation ? 'violation' : 'goodbye', out);
  }

  #end(peer: PeerId, why: EndReason, out: EndpointOutput[]): void {
    const session = this.#sessions.get(peer);
    if (session === undefined) return;
    for (const connection of [session.preferred, ...session.others]) this.#forget(connection);
    this.#sessions.delete(peer);
    out.push({ kind: 'ended', peer, why });
  }

  #forget(connection: Connection): void {
    connection.abandon();
    this.#connections.delete(connection.localId);
    this.#ephemerals.delete(toHex(connection.initiatorEphemeral));
  }

  #forgetOldest(session: Session): void {
    const [oldest] = session.others;
    if (oldest === undefined) return;
    this.#forget(oldest);
    session.others = session.others.filter((other) => other !== oldest);
  }
}

/** Whether `a` is preferred to `b`, both with the same process of a peer. */
const isBefore = (a: Connection, b: Connection): boolean =>
  a.epoch !== b.epoch ? a.epoch > b.epoch : compare(a.initiatorEphemeral, b.initiatorEphemeral) < 0;

/** One of the others takes the place of the preferred connection, with all that this one had not delivered; it may go to another address. */
const prefer = (session: Session, connection: Connection, out: EndpointOutput[]): void => {
  const before = session.preferred;
  session.preferred = connection;
  connection.liveness.keep(before.liveness.isKept);
  session.others = [...session.others.filter((other) => other !== connection), before];
  for (const frame of before.replace()) connection.push(frame);
  const { address, proven } = connection;
  if (!sameAddress(address, before.address)) out.push({ kind: 'moved', peer: proven.peer, address });
};

/** Whoever still had the session would have proposed a higher epoch; only openings that crossed may propose the same. */
const isLost = (standing: Connection, next: Connection): boolean =>
  next.epoch <= standing.epoch && next.bornAt - standing.bornAt > HANDSHAKE_LIFETIME_MS;
