/** A stand-in for the library's peer: the test says who is here, who joins rooms and who holds what. */

import { createHash } from 'node:crypto';
import { type EntryId, entryId, type PeerId, peerId, type RoomName, type Scope, scopeKey } from '../../src/base/ids.ts';
import { wallTime } from '../../src/base/time.ts';
import type { Visibility } from '../../src/base/visibility.ts';
import { Mailbox } from '../../src/cli/job/mailbox.ts';
import type {
  ChatPeer,
  Delivery,
  PeerEvent,
  PeerStats,
  PeerView,
  Receipt,
  SayOptions,
  StoredMessage,
} from '../../src/cli/library.ts';
import { PlacePreferences } from '../../src/platform/place-preferences.ts';

type Message = Extract<PeerEvent, { readonly kind: 'message' }>['message'];

/** The id of somebody in a test: the same for the same seed. */
export const idOf = (seed: string): PeerId => peerId(new Uint8Array(createHash('sha256').update(seed).digest()));
export const entryOf = (seed: string): EntryId => entryId(new Uint8Array(createHash('sha256').update(seed).digest()));

export const viewOf = (name: string, more: Partial<PeerView> = {}): PeerView => ({
  id: idOf(name),
  name,
  address: { host: '192.0.2.7', port: 4321 },
  via: 'mdns',
  state: 'connected',
  away: undefined,
  rttMs: 0.4,
  clockSkewMs: undefined,
  rooms: [],
  isTwin: false,
  isPinned: false,
  ...more,
});

export type Said = {
  readonly scope: Scope;
  readonly text: string;
  readonly isAction: boolean;
  readonly receipt: Receipt;
  /** Somebody holds it. */
  deliver(name: string, isStored?: boolean): void;
};

export class FakePeer implements ChatPeer {
  readonly id = idOf('alice');
  name = 'alice';
  readonly fingerprint = 'aaaa-bbbb-cccc-dddd';
  readonly port = 4000;
  visibility: Visibility = 'open';
  readonly preferences = new PlacePreferences({}, () => undefined);
  addresses: readonly string[] = ['192.0.2.1:4000'];
  readonly said: Said[] = [];
  /** Refusals to come: the next texts said are refused so. */
  readonly refusals: Error[] = [];
  /** People who are away. */
  readonly known: { readonly id: PeerId; readonly name: string }[] = [];
  isClosed = false;
  /** Events that an iterator has asked past. */
  taken = 0;
  readonly #rooms = new Set<RoomName>();
  readonly #peers = new Map<PeerId, PeerView>();
  readonly #listeners = new Map<string, Set<(event: never) => void>>();
  readonly #feeds = new Set<Mailbox<PeerEvent>>();

  get peers(): readonly PeerView[] {
    return [...this.#peers.values()];
  }

  get rooms(): readonly RoomName[] {
    return [...this.#rooms];
  }

  members(room: RoomName): readonly PeerId[] {
    return this.peers.filter(({ rooms }) => rooms.includes(room)).map(({ id }) => id);
  }

  join(room: string): void {
    this.#rooms.add(room as RoomName);
  }

  leave(room: string): void {
    this.#rooms.delete(room as RoomName);
  }

  rename(name: string): void {
    this.name = name;
  }

  say(room: string, text: string, options: SayOptions = {}): Promise<Receipt> {
    return this.#say({ kind: 'room', room: room as RoomName }, text, options.isAction === true);
  }

  tell(reader: PeerId, text: string, options: SayOptions = {}): Promise<Receipt> {
    return this.#say({ kind: 'direct', reader }, text, options.isAction === true);
  }

  // ---- what was said before: what a test put there ---------------------------------------------------------------

  away: string | undefined;
  /** Everything said, oldest first. */
  readonly past: StoredMessage[] = [];
  /** What of it was not read, by where it was said. */
  readonly unreadScopes: { readonly scope: Scope; readonly count: number; readonly mentions: number }[] = [];
  readonly marks: string[] = [];
  readonly amendments: string[] = [];
  readonly waiting: { message: StoredMessage; audience: readonly PeerId[]; holders: readonly PeerId[] }[] = [];
  pruned = 0;
  readonly topics = new Map<string, string>();

  setAway(text: string | undefined): void {
    this.away = text;
  }
  /** Where others were told that we write, or have stopped. */
  readonly typing: (readonly [string, boolean])[] = [];
  setTyping(scope: Scope, isTyping: boolean): void {
    this.typing.push([scopeKey(scope), isTyping]);
  }
  #in(scope: Scope | undefined): readonly StoredMessage[] {
    return this.past.filter((message) => scope === undefined || scopeKey(message.scope) === scopeKey(scope));
  }
  async history(query: {
    readonly scope?: Scope;
    readonly limit: number;
    readonly from?: PeerId;
  }): Promise<readonly StoredMessage[]> {
    return this.#in(query.scope)
      .filter(({ author }) => query.from === undefined || author === query.from)
      .slice(-query.limit);
  }
  async search(query: { readonly scope?: Scope; readonly words: string }): Promise<readonly StoredMessage[]> {
    return this.#in(query.scope).filter(({ body }) => body.text.includes(query.words));
  }
  async message(id: EntryId): Promise<StoredMessage | undefined> {
    return this.past.find((message) => message.id === id);
  }
  async idsFrom(digits: string): Promise<readonly EntryId[]> {
    return this.past.flatMap(({ id }) => (id.startsWith(digits) ? [id] : [])).slice(0, 2);
  }
  async unread() {
    return this.unreadScopes;
  }
  async unreadIn(scope: Scope, limit: number): Promise<readonly StoredMessage[]> {
    return this.#in(scope).slice(-limit);
  }
  markRead(scope: Scope, upTo?: EntryId): void {
    this.marks.push(`${scopeKey(scope)} ${upTo ?? 'all'}`);
  }
  async topicOf(room: string) {
    const text = this.topics.get(room);
    return text === undefined ? undefined : { text, by: this.id, time: wallTime(1) };
  }
  async prunedIn(): Promise<number> {
    return this.pruned;
  }
  async forget(scope: Scope | undefined): Promise<number> {
    return this.#in(scope).length;
  }
  async queue() {
    return this.waiting;
  }
  async queuedCount(most: number) {
    return Math.min(most, this.waiting.length);
  }
  async deliveryOf(id: EntryId) {
    const waiting = this.waiting.find(({ message }) => message.id === id);
    return waiting === undefined ? undefined : { ...waiting, isDropped: false };
  }
  async drop(id: EntryId): Promise<readonly StoredMessage[]> {
    const at = this.waiting.findIndex(({ message }) => message.id === id);
    return at < 0 ? [] : this.waiting.splice(at, 1).map(({ message }) => message);
  }
  async everybody() {
    return [...this.peers.map(({ id, name }) => ({ id, name })), ...this.known];
  }
  async peopleNamed(text: string) {
    return (await this.everybody()).filter(({ id, name }) => name === text || id.startsWith(text));
  }
  edit(scope: Scope, of: EntryId, text: string): Promise<Receipt> {
    this.amendments.push(`edit ${of} ${text}`);
    return this.#say(scope, text, false);
  }
  remove(scope: Scope, of: EntryId): Promise<Receipt> {
    this.amendments.push(`delete ${of}`);
    return this.#say(scope, '', false);
  }
  react(scope: Scope, of: EntryId, emoji: string, isOn = true): Promise<Receipt> {
    this.amendments.push(`${isOn ? 'react' : 'unreact'} ${of} ${emoji}`);
    return this.#say(scope, emoji, false);
  }
  setTopic(room: string, text: string): Promise<Receipt> {
    this.topics.set(room, text);
    return this.#say({ kind: 'room', room: room as RoomName }, text, false);
  }

  async #say(scope: Scope, text: string, isAction: boolean): Promise<Receipt> {
    const refusal = this.refusals.shift();
    if (refusal !== undefined) throw refusal;
    const sequence = this.said.length + 1;
    const deliveries: Delivery[] = [];
    const listeners = new Set<(delivery: Delivery) => void>();
    const receipt: Receipt = {
      id: entryOf(`${sequence} ${text}`),
      sequence,
      scope,
      time: wallTime(1_700_000_000_000 + sequence),
      deliveries,
      onDelivery: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };
    const deliver = (name: string, isStored = true): void => {
      const delivery: Delivery = { peer: idOf(name), name, ms: 2, isStored };
      deliveries.push(delivery);
      for (const listener of [...listeners]) listener(delivery);
    };
    this.said.push({ scope, text, isAction, receipt, deliver });
    return receipt;
  }

  [Symbol.asyncIterator](): AsyncIterator<PeerEvent> {
    const feed = new Mailbox<PeerEvent>();
    this.#feeds.add(feed);
    const events = feed[Symbol.asyncIterator]();
    let hasGiven = false;
    return {
      next: async () => {
        if (hasGiven) this.taken += 1;
        hasGiven = false;
        const step = await events.next();
        hasGiven = step.done !== true;
        return step.done === true ? { done: true, value: undefined } : { done: false, value: step.value };
      },
      return: async () => {
        this.#feeds.delete(feed);
        feed.close();
        return { done: true, value: undefined };
      },
    };
  }

  on<K extends PeerEvent['kind']>(kind: K, listener: (event: Extract<PeerEvent, { readonly kind: K }>) => void): () => void {
    const known = this.#listeners.get(kind) ?? new Set();
    this.#listeners.set(kind, known.add(listener));
    return () => known.delete(listener);
  }

  stats(): PeerStats {
    return { datagramsIn: 3, drops: { replayed: 1 }, sessions: this.#peers.size, problems: [] } as unknown as PeerStats;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    for (const feed of this.#feeds) feed.close();
  }

  // ---- what a test does ------------------------------------------------------------------------------------------

  emit(event: PeerEvent): void {
    for (const listener of [...(this.#listeners.get(event.kind) ?? [])]) listener(event as never);
    for (const feed of this.#feeds) feed.push(event);
  }

  arrive(view: PeerView): void {
    this.#peers.set(view.id, view);
    this.emit({ kind: 'joined', peer: view });
  }

  /** Somebody who is here is different now. */
  change(name: string, more: Partial<PeerView>): void {
    const before = this.#peers.get(idOf(name));
    if (before === undefined) return;
    const view = { ...before, ...more };
    this.#peers.set(view.id, view);
    this.emit({ kind: 'changed', peer: view });
  }

  depart(name: string): void {
    const view = this.#peers.get(idOf(name));
    if (view === undefined) return;
    this.#peers.delete(view.id);
    this.emit({ kind: 'left', peer: view, why: 'goodbye' });
  }

  hear(author: string, text: string, more: Partial<Message> = {}): void {
    const message: Message = {
      id: entryOf(`${author} ${text}`),
      scope: { kind: 'room', room: 'lobby' as RoomName },
      author: idOf(author),
      authorName: author,
      sequence: 1,
      body: { kind: 'text', text },
      time: wallTime(1_700_000_000_000),
      isLate: false,
      ...more,
    };
    this.emit({ kind: 'message', message });
  }
}

/** `lobby`, as a room. */
export const LOBBY = 'lobby' as RoomName;
