/** What was said before, as a running peer gives it: the index of its store, with the names people go by now. */
import { directScope, type EntryId, type PeerId, type RoomName, roomScope, type Scope, scopeKey } from '../base/ids.ts';
import type { Spoken, SpokenBody } from '../chat/event.ts';
import type { PeerEvent, PeerView } from '../peer/event.ts';
import type { Book, OwnSpan } from './index/book.ts';
import type { HistoryQuery, KnownPerson, SearchQuery, StoredMessage, Topic, Unread } from './index/look-back.ts';
import type { MemoryRecords } from './index/memory-records.ts';

export type PastOptions = {
  readonly self: PeerId;
  readonly book: Book;
  /** Of a peer without a store: what is said is put down here. */
  readonly memory: MemoryRecords | undefined;
  /** The name somebody goes by, if they are here or known. */
  readonly nameOf: (peer: PeerId) => string | undefined;
};

/** Of those who are here and do nothing, names that wait for them to begin. */
const PASSERS_BY_MAX = 256;

export class Past {
  readonly #options: PastOptions;
  /** Names of those met who were in no room and had no part in anything said: not kept, as `earshot doctor` is with us so. BOUNDED: by PASSERS_BY_MAX, the oldest goes. */
  readonly #passersBy = new Map<PeerId, string>();

  constructor(options: PastOptions) {
    this.#options = options;
  }

  /** @returns whether programs are to be told: another's edit or deletion of what is not theirs, or not known, is not. */
  onEvent(event: PeerEvent): boolean {
    const { book } = this.#options;
    switch (event.kind) {
      case 'message': {
        const { body, ...said } = event.message;
        this.#put(said.scope, { ...said, body });
        this.#onPart(said.author);
        book.wake();
        return true;
      }
      case 'edit':
      case 'delete':
      case 'reaction':
      case 'topic':
        this.#put(event.scope, { ...event, body: bodyOf(event) });
        book.wake();
        return event.kind === 'reaction' || event.kind === 'topic' || book.authorOf(event.of) === event.author;
      case 'joined':
      case 'changed':
        this.#onMet(event.peer);
        return true;
      default:
        return true;
    }
  }

  /** Something of our own is kept. */
  onSaid(sent: Extract<PeerEvent, { readonly kind: 'sent' }>, body: SpokenBody): void {
    const { id, sequence, time, scope } = sent;
    this.#options.memory?.add(scope, { id, sequence, time, author: this.#options.self, body });
    if (scope.kind === 'direct') this.#onPart(scope.reader);
    this.#options.book.wake();
  }

  #onMet({ id, name, rooms }: PeerView): void {
    this.#passersBy.delete(id);
    if (rooms.length > 0) {
      this.#options.book.setName(id, name);
      return;
    }
    for (const oldest of this.#passersBy.keys()) {
      if (this.#passersBy.size < PASSERS_BY_MAX) break;
      this.#passersBy.delete(oldest);
    }
    this.#passersBy.set(id, name);
  }

  /** Somebody said something, or was written to. */
  #onPart(person: PeerId): void {
    const name = this.#passersBy.get(person);
    if (name === undefined) return;
    this.#passersBy.delete(person);
    this.#options.book.setName(person, name);
  }

  async history(query: HistoryQuery): Promise<readonly StoredMessage[]> {
    return (await this.#options.book.history(query)).map((message) => this.#named(message));
  }

  async search(query: SearchQuery): Promise<readonly StoredMessage[]> {
    return (await this.#options.book.search(query)).map((message) => this.#named(message));
  }

  async message(id: EntryId): Promise<StoredMessage | undefined> {
    const message = await this.#options.book.message(id);
    return message === undefined ? undefined : this.#named(message);
  }

  idsFrom(digits: string): Promise<readonly EntryId[]> {
    return this.#options.book.idsFrom(digits);
  }

  unread(): Promise<readonly Unread[]> {
    return this.#options.book.unread();
  }

  ownAbove(scope: Scope, number: number): Promise<readonly StoredMessage[]> {
    return this.#options.book.ownAbove(scopeKey(scope), number);
  }

  countOwnAbove(span: OwnSpan, isSuch: (sequence: number) => boolean): Promise<number> {
    return this.#options.book.countOwnAbove(span, isSuch);
  }

  /** A message of ours is to be handed on no more, though others of its run are: its body goes from what is sent. */
  withhold(message: StoredMessage): Promise<void> {
    return this.#options.book.withhold(message.id);
  }

  prunedIn(scope: Scope): Promise<number> {
    return this.#options.book.prunedIn(scopeKey(scope));
  }

  /** @param here those with the names they go by now. */
  async everybody(here: readonly KnownPerson[]): Promise<readonly KnownPerson[]> {
    const known = new Map((await this.#options.book.people()).map((person) => [person.id, person]));
    for (const { id, name } of here) known.set(id, { id, name });
    known.delete(this.#options.self);
    return [...known.values()];
  }

  async peopleNamed(here: readonly KnownPerson[], text: string): Promise<readonly KnownPerson[]> {
    const wanted = folded(text);
    const isDigits = /^[0-9a-f]{6,64}$/.test(wanted);
    const people = await this.everybody(here);
    return people.filter(({ id, name }) => folded(name) === wanted || (isDigits && id.startsWith(wanted)));
  }

  markRead(scope: Scope, upTo?: EntryId): void {
    this.#options.book.markRead(scope, upTo);
  }

  async unreadIn(scope: Scope, limit: number): Promise<readonly StoredMessage[]> {
    return (await this.#options.book.unreadIn(scopeKey(scope), limit)).map((message) => this.#named(message));
  }

  topicOf(room: RoomName): Promise<Topic | undefined> {
    return this.#options.book.topicOf(scopeKey(roomScope(room)));
  }

  close(): void {
    this.#options.book.close();
  }

  /** A direct conversation is known by its other side. */
  #put(scope: Scope, spoken: Omit<Spoken, 'scope' | 'isLate'>): void {
    const where = scope.kind === 'direct' && scope.reader === this.#options.self ? directScope(spoken.author) : scope;
    this.#options.memory?.add(where, spoken);
  }

  #named(message: StoredMessage): StoredMessage {
    const authorName = this.#options.nameOf(message.author) ?? message.authorName;
    return { ...message, authorName: authorName === '' ? `anon-${message.author.slice(0, 6)}` : authorName };
  }
}

const folded = (name: string): string => name.normalize('NFC').trim().toLowerCase();

type AmendmentEvent = Extract<PeerEvent, { readonly kind: 'edit' | 'delete' | 'reaction' | 'topic' }>;

const bodyOf = (event: AmendmentEvent): SpokenBody => {
  switch (event.kind) {
    case 'edit':
      return { kind: 'edit', of: event.of, text: event.text };
    case 'delete':
      return { kind: 'delete', of: event.of };
    case 'reaction':
      return { kind: 'reaction', of: event.of, emoji: event.emoji, isOn: event.isOn };
    case 'topic':
      return { kind: 'topic', text: event.text };
    default:
      return event satisfies never;
  }
};
