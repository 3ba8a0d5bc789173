/** A running peer, as a program uses it. */
import type { DropReason } from '../base/drop-reason.ts';
import { ApiMisuse } from '../base/errors.ts';
import { directScope, type EntryId, type LogId, type PeerId, type RoomName, roomScope, type Scope } from '../base/ids.ts';
import { ROOMS_JOINED_MAX } from '../base/limits.ts';
import type { Visibility } from '../base/visibility.ts';
import type { DeliveryState } from '../chat/audience.ts';
import type { SpokenBody } from '../chat/event.ts';
import type { PeerEvent, PeerView } from '../peer/event.ts';
import type { Clock } from './clock.ts';
import { answerOn, type ControlHandler } from './control.ts';
import type { CorePeer } from './core-peer.ts';
import { EventHub, type EventKind, type Listener } from './event-hub.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { HistoryQuery, KnownPerson, SearchQuery, StoredMessage, Topic, Unread } from './index/look-back.ts';
import type { ProfileLock } from './lock.ts';
import { OwnMessages, type QueuedMessage } from './own-messages.ts';
import type { Past } from './past.ts';
import type { PlacePreferences } from './place-preferences.ts';
import type { Problems } from './problems.ts';
import { type Receipt, Receipts } from './receipts.ts';
import { REFUSAL_DETAILS, RefusedError } from './refused-error.ts';
import type { Runner } from './run.ts';
import { bodyOf, NOWHERE, roomOf, type SayOptions } from './say-options.ts';
import type { Retention } from './store/retention.ts';
import type { UdpStats } from './udp.ts';

export type { SayOptions } from './say-options.ts';

export type PeerStats = UdpStats & {
  /** What was discarded, by reason. */
  readonly drops: Readonly<Partial<Record<DropReason, number>>>;
  readonly sessions: number;
  /** What went wrong with disk or network and may concern the user: the last sentences, oldest first. */
  readonly problems: readonly string[];
};

/** What a peer consists of; made by start-peer.ts. */
export type PeerParts = {
  readonly id: PeerId;
  /** Of what we say in this run. */
  readonly log: LogId;
  readonly port: number;
  readonly visibility: Visibility;
  readonly isEphemeral: boolean;
  readonly core: CorePeer;
  readonly clock: Clock;
  /** Gets the function that takes events. */
  readonly makeRunner: (onEvent: (event: PeerEvent) => void) => Runner;
  readonly addresses: () => readonly string[];
  readonly udpStats: () => UdpStats;
  readonly problems: Problems;
  /** Nobody answered a dial at this address. */
  readonly onDialFailed: (event: Extract<PeerEvent, { readonly kind: 'dial-failed' }>) => void;
  readonly keepName: (name: string) => void;
  readonly preferences: PlacePreferences;
  readonly lock: ProfileLock | undefined;
  readonly past: Past;
  /** Of a peer that keeps something. */
  readonly retention: Retention | undefined;
  /** Closes everything but the runner, in order. */
  readonly close: () => Promise<void>;
};

/** Closing waits this long for the last receipts to arrive: a lost one would be told as a message not delivered. */
const SETTLE_MAX_MS = 250;

type Waiting = {
  readonly body: SpokenBody;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: RefusedError) => void;
};

/** Everything from `openPeer` until `close`. */
export class EarshotPeer implements AsyncIterable<PeerEvent> {
  readonly id: PeerId;
  /** For people to compare: from the key, in groups. */
  readonly fingerprint: string;
  /** The UDP port others reach this peer on. */
  readonly port: number;
  /** What the program keeps about rooms and conversations; across restarts, unless nothing is kept. */
  readonly preferences: PlacePreferences;
  /** Who learns that this peer is here. */
  readonly visibility: Visibility;
  readonly #parts: PeerParts;
  readonly #runner: Runner;
  readonly #hub: EventHub;
  readonly #receipts = new Receipts();
  /** BOUNDED: the runner and the core refuse beyond their bounds, each with an answer. */
  readonly #waiting = new Map<number, Waiting>();
  readonly #own: OwnMessages;
  /** Last known names of those who were here. BOUNDED: by the people met in one run of the program; names are short. */
  readonly #names = new Map<PeerId, string>();
  #nextToken = 1;
  /** The room last spoken in, as it was given and as it is meant: a program that says much says it in one place. */
  #lastSaid: { readonly room: string | undefined; readonly scope: Scope } = { room: undefined, scope: NOWHERE };
  #closing: Promise<void> | undefined;

  /** @internal Use `openPeer`. */
  constructor(parts: PeerParts) {
    this.id = parts.id;
    this.fingerprint = fingerprintOf(parts.id);
    this.port = parts.port;
    this.preferences = parts.preferences;
    this.visibility = parts.visibility;
    this.#parts = parts;
    this.#runner = parts.makeRunner((event) => this.#onEvent(event));
    const { core, past, log } = parts;
    const drop = (token: number, scope: Scope, sequence: number) => this.#runner.post({ kind: 'drop', token, scope, sequence });
    this.#own = new OwnMessages({ self: parts.id, log, core, past, drop });
    this.#hub = new EventHub(parts.isEphemeral, (message) => this.#runner.post({ kind: 'taken', message }));
    parts.problems.tellTo((problem) => this.#hub.emit({ kind: 'warning', ...problem }));
  }

  /** The name others are shown, as it is now. */
  get name(): string {
    return this.#parts.core.name;
  }

  /** What we say about being away; undefined while we are not. */
  get away(): string | undefined {
    return this.#parts.core.away;
  }

  /** Where others reach this peer: `192.168.1.5:4455`, `[fe80::1%eth0]:4455`. */
  get addresses(): readonly string[] {
    return this.#parts.addresses();
  }

  /** Everybody proven and here. */
  get peers(): readonly PeerView[] {
    return this.#parts.core.people(this.#parts.clock.now());
  }

  /** The rooms this peer is in. */
  get rooms(): readonly RoomName[] {
    return this.#parts.core.rooms();
  }

  /** Who else is in a room. */
  members(room: RoomName): readonly PeerId[] {
    return this.#parts.core.members(room);
  }

  /** @param room with or without its `#`. @throws ApiMisuse for what is no room name. */
  join(room: string): void {
    const name = roomOf(room);
    if (this.rooms.length >= ROOMS_JOINED_MAX && !this.rooms.includes(name))
      throw new ApiMisuse(`at most ${ROOMS_JOINED_MAX} rooms can be joined; leave some first`);
    this.#runner.post({ kind: 'join', room: name });
  }

  /** @param room with or without its `#`. @param isForNow we are in it again after the next start. @throws ApiMisuse for what is no room name. */
  leave(room: string, isForNow = false): void {
    this.#runner.post({ kind: 'leave', room: roomOf(room), isForNow });
  }

  /** From now on what is said to us directly is taken, if it was not (`OpenOptions.isReading`). */
  read(): void {
    this.#runner.post({ kind: 'read' });
  }

  /** Takes another name, and keeps it for the next start. @throws WorldError profile-not-writable; the name is then taken for now. */
  rename(name: string): void {
    this.#runner.post({ kind: 'rename', name });
    this.#parts.keepName(name);
  }

  /**
   * Says something in a room. Resolves when the message has its number and is kept, which is before it is sent.
   * Rejects with RefusedError if it is not accepted, ApiMisuse for what is no room name.
   */
  async say(room: string, text: string, options: SayOptions = {}): Promise<Receipt> {
    if (this.#lastSaid.room !== room) this.#lastSaid = { room, scope: roomScope(roomOf(room)) };
    return this.#say(this.#lastSaid.scope, bodyOf(text, options));
  }

  /** Says something to one person; kept for them if they are away. Resolves and rejects as `say`. */
  tell(peer: PeerId, text: string, options: SayOptions = {}): Promise<Receipt> {
    return this.#say(directScope(peer), bodyOf(text, options));
  }

  /** From now on a message of ours says something else; what it said before stays to be seen. Resolves and rejects as `say`. */
  edit(scope: Scope, of: EntryId, text: string): Promise<Receipt> {
    return this.#say(scope, { kind: 'edit', of, text });
  }

  /** Takes a message of ours back: everybody who hears of it forgets what it said. Resolves and rejects as `say`. */
  remove(scope: Scope, of: EntryId): Promise<Receipt> {
    return this.#say(scope, { kind: 'delete', of });
  }

  /** Sets a reaction to anybody's message, or takes ours back. @param emoji at most 64 bytes. Resolves and rejects as `say`. */
  react(scope: Scope, of: EntryId, emoji: string, isOn = true): Promise<Receipt> {
    return this.#say(scope, { kind: 'reaction', of, emoji, isOn });
  }

  /** Says what a room is about, at most 512 bytes; an empty text takes the topic away. Resolves and rejects as `say`. */
  setTopic(room: string, text: string): Promise<Receipt> {
    return this.#say(roomScope(roomOf(room)), { kind: 'topic', text });
  }

  /** Says that we are away, with at most 200 bytes about it; undefined: we are back. */
  setAway(text: string | undefined): void {
    this.#runner.post({ kind: 'away', text });
  }

  /** Tells those in a room, or the one we write to, that we are writing, or have stopped. */
  setTyping(scope: Scope, isTyping: boolean): void {
    this.#runner.post({ kind: 'typing', scope, isTyping });
  }

  // ---- what becomes of it ------------------------------------------------------------------------------------------------

  /** What of ours somebody still lacks, oldest first; what is older than 30 days, or was given up, is not waited for. */
  queue(): Promise<readonly QueuedMessage[]> {
    return this.#own.queue();
  }

  /** How many messages that queue has, counted as far as `most`: cheap, however many there are. */
  queuedCount(most: number): Promise<number> {
    return this.#own.queuedCount(most);
  }

  /** Whom a message of ours is for, and who holds it; undefined for one of others, or of before this profile was copied or repaired. */
  deliveryOf(id: EntryId): Promise<DeliveryState | undefined> {
    return this.#own.deliveryOf(id);
  }

  /**
   * Gives a message up: nobody who lacks it is sent it any more. What was said to one person together with others goes with them.
   * @returns all that was given up; empty if there is nothing of ours with this id.
   */
  drop(id: EntryId): Promise<readonly StoredMessage[]> {
    return this.#own.drop(id);
  }

  /** Everybody known, here or away, with the name they go or went by; '' if none is known. */
  everybody(): Promise<readonly KnownPerson[]> {
    return this.#parts.past.everybody(this.peers);
  }

  /** Those of them with this name, whatever its case, or whose id begins with these six digits or more. */
  peopleNamed(text: string): Promise<readonly KnownPerson[]> {
    return this.#parts.past.peopleNamed(this.peers, text);
  }

  // ---- what was said before ---------------------------------------------------------------------------------------------

  /** The newest messages asked for, oldest first. A direct scope names the other side. */
  history(query: HistoryQuery): Promise<readonly StoredMessage[]> {
    return this.#parts.past.history(query);
  }

  /** Words, "phrases", beginnings*, AND, OR, NOT; newest first. Rejects with ApiMisuse for a search that asks for nothing. */
  search(query: SearchQuery): Promise<readonly StoredMessage[]> {
    return this.#parts.past.search(query);
  }

  /** One message as it stands now, if it is known. */
  message(id: EntryId): Promise<StoredMessage | undefined> {
    return this.#parts.past.message(id);
  }

  /** The ids that begin with these hex digits, two at the most. */
  idsFrom(digits: string): Promise<readonly EntryId[]> {
    return this.#parts.past.idsFrom(digits);
  }

  /** Every room and conversation with something in it, and how much of it is unread. */
  unread(): Promise<readonly Unread[]> {
    return this.#parts.past.unread();
  }

  /** What others said there and is not marked as read, in the order it came. @param limit the newest so many, 10,000 at most. */
  unreadIn(scope: Scope, limit: number): Promise<readonly StoredMessage[]> {
    return this.#parts.past.unreadIn(scope, limit);
  }

  /** What came in a room, or in the conversation with `scope.reader`, up to a message or by now, is read; kept across restarts. */
  markRead(scope: Scope, upTo?: EntryId): void {
    this.#parts.past.markRead(scope, upTo);
  }

  /** How many messages of a room or conversation were let go of, because they were old or many. */
  prunedIn(scope: Scope): Promise<number> {
    return this.#parts.past.prunedIn(scope);
  }

  /**
   * Forgets everything said in a room or conversation, or (undefined) everywhere: it is overwritten on the disk; and what was kept about
   * it. Of a conversation also the other's name and key. @returns how many messages that were; 0 for a peer that keeps nothing.
   */
  async forget(scope: Scope | undefined): Promise<number> {
    const everybody = scope === undefined ? (await this.everybody()).map(({ id }) => id) : [];
    const people = scope?.kind === 'direct' ? [scope.reader] : everybody;
    const messages = (await this.#parts.retention?.forget(scope, people)) ?? 0;
    this.preferences.forget(scope);
    return messages;
  }

  /** @throws ApiMisuse for what is no room name. */
  topicOf(room: string): Promise<Topic | undefined> {
    return this.#parts.past.topicOf(roomOf(room));
  }

  /**
   * Every event from now on, until the peer is closed. To ask for the next event is to have taken the one before.
   * Asking too slowly for too long (100,000 events waiting) rejects with FellBehindError.
   */
  [Symbol.asyncIterator](): AsyncIterator<PeerEvent> {
    return this.#hub.iterate();
  }

  /** Calls `listener` for events of one kind, in order. What it throws becomes an uncaught exception. @returns the unsubscribe. */
  on<K extends EventKind>(kind: K, listener: Listener<K>): () => void {
    return this.#hub.on(kind, listener);
  }

  stats(): PeerStats {
    return {
      ...this.#parts.udpStats(),
      drops: this.#runner.drops(),
      sessions: this.#parts.core.sessionCount(),
      problems: this.#parts.problems.list(),
    };
  }

  /** Answers other processes of this user that use the same profile (`callControl`). @throws ApiMisuse for an ephemeral peer: nobody can find it. */
  serve(handler: ControlHandler): void {
    if (this.#parts.lock === undefined) throw new ApiMisuse('an ephemeral peer has no profile to be found by');
    answerOn(this.#parts.lock, handler);
  }

  /** Says goodbye to everybody, flushes what is kept and lets go of everything. May be called again. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#runner.settle(SETTLE_MAX_MS);
    this.#runner.stop();
    for (const { reject } of this.#waiting.values()) reject(new RefusedError('closed', REFUSAL_DETAILS.closed));
    this.#waiting.clear();
    this.#receipts.close();
    this.#hub.end();
    this.#parts.retention?.close();
    this.#parts.past.close();
    await this.#parts.close();
  }

  #say(scope: Scope, body: SpokenBody): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      const why = this.#closing !== undefined ? 'closed' : this.#runner.mayPost() ? undefined : 'queue-full';
      if (why !== undefined) return reject(new RefusedError(why, REFUSAL_DETAILS[why]));
      const token = this.#nextToken++;
      this.#waiting.set(token, { body, resolve, reject });
      this.#runner.post({ kind: 'say', token, scope, body });
    });
  }

  #onEvent(event: PeerEvent): void {
    switch (event.kind) {
      case 'sent': {
        const receipt = this.#receipts.onSent(event, this.#parts.clock.now().at);
        const waiting = this.#waiting.get(event.token);
        if (waiting !== undefined) this.#parts.past.onSaid(event, waiting.body);
        waiting?.resolve(receipt);
        this.#waiting.delete(event.token);
        break;
      }
      case 'refused':
        this.#waiting.get(event.token)?.reject(new RefusedError(event.why, event.detail || REFUSAL_DETAILS[event.why]));
        this.#waiting.delete(event.token);
        break;
      case 'erasable':
        this.#parts.retention?.onErasable(event.token);
        return;
      case 'given-up':
        this.#own.onGivenUp(event);
        break;
      case 'delivered':
        this.#receipts.onDelivered(event, this.#names.get(event.peer) ?? '', this.#parts.clock.now().at);
        break;
      case 'joined':
      case 'changed':
        this.#names.set(event.peer.id, event.peer.name);
        break;
      case 'dial-failed':
        this.#parts.onDialFailed(event);
        break;
      default:
        break; // for the program only
    }
    if (this.#parts.past.onEvent(event)) this.#hub.emit(event);
  }
}
