/** The chat machine: what people said, in what order, who may read it. Knows peers and frames, no connections. Only routes. */
import { type EntryId, type LogId, type PeerId, peerId, peerKey, type RoomName, type Scope } from '../base/ids.ts';
import { ROOMS_JOINED_MAX } from '../base/limits.ts';
import { earliest, type Instant, type Now } from '../base/time.ts';
import type { Identity } from '../crypto/identity.ts';
import type { CryptoSuite, Entropy } from '../crypto/suite.ts';
import type { AppFrame, RoomsFrame, WantFrame } from '../wire/frame.ts';
import { Archive } from './archive.ts';
import { HybridClock } from './clock.ts';
import type { ChatContext, Met, Session, Writing } from './context.ts';
import type { SpokenBody } from './event.ts';
import { Exchange } from './exchange.ts';
import { forget } from './forget.ts';
import { Incoming } from './incoming.ts';
import { Journal } from './journal.ts';
import { Keeper } from './keeper.ts';
import { Membership } from './membership.ts';
import { Networks, type NewcomerHistory } from './networks.ts';
import { Outgoing } from './outgoing.ts';
import type { ChatOutput } from './output.ts';
import { type Contacts, Pins, pin } from './pins.ts';
import { decodeRecord, encodeRecord, type RecordRef } from './record.ts';
import { type Restored, restoreRecord } from './restore.ts';
import { encodeSnapshot, restoreSnapshot, stateRecords } from './snapshot.ts';

export type { Met } from './context.ts';
export type { ChatOutput } from './output.ts';

export type ChatOptions = {
  readonly suite: CryptoSuite;
  readonly entropy: Entropy;
  readonly identity: Identity;
  /** Of our own logs; new with every new store. */
  readonly log: LogId;
  /** Nothing is kept; a message is acknowledged when the program has taken it. */
  readonly isEphemeral: boolean;
  /** false: what is said to us directly is left with its author until `read`, so that it is not acknowledged unread. */
  readonly isReading: boolean;
  /** Bytes of frames that the session with a peer takes now; 0 if there is none. */
  readonly budget: (peer: PeerId) => number;
  /** What newcomers to a room are handed of what was said before they came. */
  readonly newcomers: NewcomerHistory;
};

export class Chat {
  readonly #context: ChatContext;
  readonly #journal: Journal<Writing>;
  readonly #membership = new Membership();
  readonly #pins = new Pins();
  /** BOUNDED: by SESSIONS_MAX of the floor below. */
  readonly #sessions = new Map<PeerId, Session>();
  /** BOUNDED: by ROOMS_JOINED_MAX. */
  readonly #rooms = new Set<RoomName>();
  /** Left for this run of the program. BOUNDED: by ROOMS_JOINED_MAX. */
  readonly #parked = new Set<RoomName>();
  readonly #outgoing: Outgoing;
  readonly #incoming: Incoming;
  readonly #exchange: Exchange;
  readonly #keeper: Keeper;
  /** Of the claim which rooms we are in. */
  #generation = 0;
  #damaged: ChatOutput[] = [];

  constructor(options: ChatOptions) {
    this.#journal = new Journal(options.isEphemeral);
    this.#context = {
      ...options,
      self: peerId(options.identity.signing.publicKey),
      clock: new HybridClock(),
      journal: this.#journal,
      membership: this.#membership,
      pins: this.#pins,
      sessions: this.#sessions,
      rooms: this.#rooms,
      archive: new Archive(),
      networks: new Networks(),
      mayTell: (now, peer, room) => this.#context.networks.mayTell(now.wall, peer, room, options.newcomers),
      givenAbove: (author, log, room) => this.#incoming.givenAbove(author, log, room),
    };
    this.#outgoing = new Outgoing(this.#context);
    this.#incoming = new Incoming(this.#context);
    this.#exchange = new Exchange(this.#context, this.#context.archive);
    this.#keeper = new Keeper(this.#journal, { outgoing: this.#outgoing, incoming: this.#incoming, exchange: this.#exchange });
  }

  // ---- what is known ------------------------------------------------------------------------------------------------------

  /** Joined, in the order they were. */
  get rooms(): readonly RoomName[] {
    return [...this.#rooms];
  }

  /** The peers here that say they are in a room, without us. */
  members(room: RoomName): readonly PeerId[] {
    return this.#membership.members(room);
  }

  /** The rooms a peer that is here says it is in. */
  roomsOf(peer: PeerId): readonly RoomName[] {
    return this.#membership.roomsOf(peer);
  }

  /** Names by which people we wrote to directly are meant. */
  get pins(): ReadonlyMap<PeerId, string> {
    return this.#pins.names;
  }

  /** The people we wrote to, who may learn that we are here whatever our visibility. */
  get contacts(): Contacts {
    return this.#pins;
  }

  /** Whether somebody gave one number two meanings. */
  isForked(peer: PeerId): boolean {
    return this.#incoming.forks.isForked(peer);
  }

  /** The serial of the certificate by which somebody is pinned. */
  knownSerial(peer: PeerId): number | undefined {
    return this.#pins.get(peer)?.serial;
  }

  /** What became of what we said. */
  get said(): Pick<Outgoing, 'stateOf' | 'waiting'> {
    return this.#outgoing;
  }

  // ---- after a restart --------------------------------------------------------------------------------------------------------

  /** A record of the store. All of them in the order written, before anything else. One that cannot be read is passed over. */
  restore(bytes: Uint8Array, ref: RecordRef): void {
    const stored = decodeRecord(bytes);
    if (!stored.ok) {
      this.#damaged.push({ kind: 'dropped', reason: stored.reason });
      return;
    }
    if (!restoreRecord(stored.value, ref, this.#parts)) this.#damaged.push({ kind: 'dropped', reason: 'log-full' });
  }

  /** Instead of the records that are in it, before all others. @returns false if it is of no use: then this chat is not either. */
  restoreSnapshot(snapshot: Uint8Array): boolean {
    return restoreSnapshot(snapshot, this.#parts);
  }

  /** Everything known by now, if nothing is on its way to the store. */
  snapshot(): Uint8Array {
    return encodeSnapshot({ ...this.#parts, rooms: this.#roomsKept }, this.#context.log);
  }

  /** Everything known by now but the runs, as records. */
  stateRecords(): readonly Uint8Array[] {
    return Array.from(stateRecords({ ...this.#parts, rooms: this.#roomsKept }), encodeRecord);
  }

  /** Lets go of what these records hold; answered by an `erasable` event once what is to be known of it has been handed to the store. */
  forget(now: Now, token: number, records: readonly Uint8Array[], people: readonly PeerId[], out: ChatOutput[]): void {
    forget(this.#context, this.#parts, records, people, out);
    out.push({ kind: 'event', event: { kind: 'erasable', token } });
    this.#settle(now, out);
  }

  /** All records were given. */
  restored(now: Now, out: ChatOutput[]): void {
    out.push(...this.#damaged);
    this.#damaged = [];
    this.#outgoing.restored(out);
    this.#settle(now, out);
  }

  // ---- what the user does -----------------------------------------------------------------------------------------------------

  /** More than ROOMS_JOINED_MAX rooms: a warning, and nothing else. */
  join(now: Now, room: RoomName, out: ChatOutput[]): void {
    if (this.#rooms.has(room)) return;
    if (this.#rooms.size >= ROOMS_JOINED_MAX) {
      const text = `#${room} was not joined: at most ${ROOMS_JOINED_MAX} rooms can be; leave some first`;
      out.push({ kind: 'event', event: { kind: 'warning', code: 'too-many-rooms', text } });
      return;
    }
    for (const parked of this.#parked) if (this.#rooms.size + this.#parked.size >= ROOMS_JOINED_MAX) this.#parked.delete(parked);
    this.#rooms.add(room);
    this.#parked.delete(room);
    this.#onRoomsChanged(out);
    this.#outgoing.openRoom(room, out);
    for (const member of this.#membership.members(room)) this.#onMember(now, member, room, out);
    this.#settle(now, out);
  }

  /** We are on another network, or on the first one known. @param key the same for the same network. */
  enterNetwork(now: Now, key: string, out: ChatOutput[]): void {
    const network = this.#context.networks.enter(now.wall, key);
    if (network !== undefined) this.#journal.write({ kind: 'note' }, { kind: 'network', ...network }, false, out);
    this.#settle(now, out);
  }

  /** @param isForNow we are in it again after the next start. */
  leave(now: Now, room: RoomName, isForNow: boolean, out: ChatOutput[]): void {
    if (!this.#rooms.delete(room) && !this.#parked.has(room)) return;
    if (isForNow) this.#parked.add(room);
    else this.#parked.delete(room);
    this.#onRoomsChanged(out);
    for (const member of this.#membership.members(room)) this.#exchange.onNotMember(member, room);
    this.#settle(now, out);
  }

  /** Answered by a `sent` or `refused` event with the same token. */
  say(now: Now, token: number, scope: Scope, body: SpokenBody, out: ChatOutput[]): void {
    this.#outgoing.say(now, token, scope, body, out);
    this.#settle(now, out);
  }

  /** Nobody is sent a message of ours any more; answered by a `given-up` event with the same token. */
  drop(now: Now, token: number, scope: Scope, number: number, out: ChatOutput[]): void {
    const span = this.#outgoing.drop(scope, number, out);
    out.push({ kind: 'event', event: { kind: 'given-up', token, scope, first: span?.first ?? 0, last: span?.last ?? 0 } });
    this.#settle(now, out);
  }

  /** A body was removed from a record of the store. */
  onRewritten(ref: RecordRef, record: Uint8Array): void {
    this.#outgoing.onRewritten(ref, record);
  }

  /** The peer ends; nothing is said, kept or answered afterwards. Who keeps nothing leaves its rooms: nobody waits for it there. */
  quit(now: Now, out: ChatOutput[]): void {
    if (this.#context.isEphemeral) for (const room of this.rooms) this.leave(now, room, true, out);
    this.#outgoing.release(out);
  }

  /** From now on somebody reads what is said to us directly. */
  read(now: Now, out: ChatOutput[]): void {
    this.#incoming.read(now, out);
    this.#settle(now, out);
  }

  /** The program of an ephemeral peer has taken a message. */
  onTaken(_now: Now, id: EntryId, _out: ChatOutput[]): void {
    this.#incoming.onTaken(id);
  }

  // ---- what peers do --------------------------------------------------------------------------------------------------------------

  /** A session with a proven peer began; any before it is over. */
  onMet(now: Now, met: Met, out: ChatOutput[]): void {
    if (this.#sessions.has(met.peer)) this.onGone(now, met.peer, out);
    const session: Session = { ...met, key: peerKey(met.peer) };
    this.#sessions.set(met.peer, session);
    pin(this.#context, session, false, out); // they can be written to when they are away
    out.push({ kind: 'frame', to: met.peer, frame: this.#roomsFrame() });
    this.#outgoing.onMet(now, met.peer, out);
    this.#settle(now, out);
  }

  onGone(now: Now, peer: PeerId, out: ChatOutput[]): void {
    this.#sessions.delete(peer);
    this.#membership.forget(peer);
    this.#outgoing.onGone(peer);
    this.#incoming.onGone(peer);
    this.#exchange.onGone(now, peer, out);
  }

  /** A frame of a session. Names are not for this floor. */
  onFrame(now: Now, peer: PeerId, frame: AppFrame, out: ChatOutput[]): void {
    const session = this.#sessions.get(peer);
    if (session === undefined) {
      out.push({ kind: 'dropped', reason: 'unwanted-entry' });
      return;
    }
    switch (frame.kind) {
      case 'rooms':
        this.#onRooms(now, peer, frame, out);
        break;
      case 'run':
        if (this.#incoming.onRun(now, session, frame, out) && frame.author !== undefined) this.#exchange.onProgress(now.at, peer);
        break;
      case 'start':
        this.#incoming.onStart(now, session, frame, out);
        break;
      case 'hold':
        this.#outgoing.onHold(now, peer, frame, out);
        break;
      case 'want':
        this.#onWant(now, peer, frame, out);
        break;
      case 'digest':
        this.#exchange.onDigest(now, peer, frame, out);
        break;
      case 'holdings':
        this.#exchange.onHoldings(now, peer, frame, out);
        break;
      case 'served':
        this.#exchange.onServed(now, peer, frame, out);
        break;
      case 'name':
      case 'status':
      case 'typing':
      case 'peers':
      case 'unlisted':
      case 'watch':
      case 'silent':
        break;
      default:
        frame satisfies never;
    }
    this.#settle(now, out);
  }

  #onRooms(now: Now, peer: PeerId, frame: RoomsFrame, out: ChatOutput[]): void {
    const change = this.#membership.claim(peer, frame);
    if (change === undefined) return;
    for (const room of change.left) {
      this.#outgoing.onNotMember(peer, room, out);
      this.#exchange.onNotMember(peer, room);
    }
    for (const room of change.joined) this.#onMember(now, peer, room, out);
    if (change.isFirst) this.#outgoing.onKnown(peer);
  }

  /** Somebody who is here is in a room; whether we are too is to be seen. */
  #onMember(now: Now, peer: PeerId, room: RoomName, out: ChatOutput[]): void {
    this.#outgoing.onMember(now, peer, room, out);
    if (!this.#rooms.has(room)) return;
    const presence = this.#context.networks.meet(now.wall, peer, room);
    if (presence !== undefined) this.#journal.write({ kind: 'note' }, { kind: 'presence', ...presence }, false, out);
    this.#exchange.onMember(now, peer, room);
    this.#incoming.forks.onMember(peer, room, out);
  }

  #onWant(now: Now, peer: PeerId, frame: WantFrame, out: ChatOutput[]): void {
    const { author, scope } = frame;
    if (author === undefined) this.#outgoing.onWant(now, peer, frame, out);
    else if (scope !== null) this.#exchange.onWant(now, peer, scope, { ...frame, author }, out);
    else out.push({ kind: 'dropped', reason: 'unwanted-entry' });
  }

  #onRoomsChanged(out: ChatOutput[]): void {
    this.#generation += 1;
    this.#journal.write({ kind: 'note' }, { kind: 'rooms', rooms: this.#roomsKept }, false, out);
    for (const peer of this.#sessions.keys()) out.push({ kind: 'frame', to: peer, frame: this.#roomsFrame() });
  }

  /** Those of the next start. */
  get #roomsKept(): readonly RoomName[] {
    return [...this.#rooms, ...this.#parked];
  }

  get #parts(): Restored {
    const { networks, archive } = this.#context;
    return { outgoing: this.#outgoing, incoming: this.#incoming, pins: this.#pins, rooms: this.#rooms, networks, archive };
  }

  #roomsFrame(): RoomsFrame {
    return { kind: 'rooms', generation: this.#generation, rooms: this.rooms };
  }

  // ---- the store ----------------------------------------------------------------------------------------------------------------

  onPersisted(now: Now, ticket: number, ref: RecordRef, out: ChatOutput[]): void {
    this.#keeper.onPersisted(now, ticket, ref, out);
  }

  /** The store could not keep a record: what depends on it is not acknowledged. */
  onPersistFailed(now: Now, ticket: number, why: string, out: ChatOutput[]): void {
    this.#keeper.onPersistFailed(now, ticket, why, out);
  }

  onLoaded(now: Now, ref: RecordRef, record: Uint8Array | undefined, out: ChatOutput[]): void {
    this.#incoming.forks.onLoaded(now, ref, record, out);
    this.#outgoing.onLoaded(ref, record);
    this.#exchange.onLoaded(ref, record);
  }

  /** Without a store everything counts as kept at once. @returns whether anything was. */
  #settle(now: Now, out: ChatOutput[]): boolean {
    return this.#keeper.settle(now, out);
  }

  // ---- time -----------------------------------------------------------------------------------------------------------------------

  /** The turn is over: what was said becomes runs, receipts go out, and everybody is sent what they lack. */
  flush(now: Now, out: ChatOutput[]): void {
    do this.#outgoing.cut(now, out);
    while (this.#settle(now, out));
    this.#incoming.flush(out);
    this.#outgoing.flush(out);
    this.#exchange.flush(out);
  }

  nextTimeout(): Instant | undefined {
    return earliest(this.#outgoing.nextTimeout(), this.#incoming.nextTimeout(), this.#exchange.nextTimeout());
  }

  onTimeout(now: Now, out: ChatOutput[]): void {
    this.#outgoing.onTimeout(now, out);
    this.#incoming.onTimeout(now, out);
    this.#exchange.onTimeout(now, out);
  }
}
