/**
 * What was said, to look back into: the index, kept up with the store in idle slices, or when somebody asks.
 *
 * States: closed until something is asked or said → open → closed for good. A disk that refuses the index makes a new one in
 * memory, for this run, from the store.
 */
import { type EntryId, type LogId, type PeerId, type Scope, type ScopeKey, scopeKey } from '../../base/ids.ts';
import { wallTime } from '../../base/time.ts';
import type { RecordRef } from '../../chat/record.ts';
import { worldText } from '../world-text.ts';
import { type Database, memoryDatabase, openDatabase, readState, writeState } from './database.ts';
import { type StoredEntry, sayingOf } from './entries.ts';
import { recordsBeyond, type SizeLimits } from './excess.ts';
import {
  type HistoryQuery,
  type KnownPerson,
  LookBack,
  type Said,
  type SearchQuery,
  type StoredMessage,
  type Topic,
  type Unread,
} from './look-back.ts';
import { MessageIndex } from './message-index.ts';
import { prunedMark, prunedMarkOf } from './pruned-mark.ts';
import { readMark, readMarkOf } from './read-mark.ts';
import { stripped } from './strip.ts';
import type { Place } from './tables.ts';

/** The store, as the index needs it. */
export interface BookStore {
  read(ref: RecordRef): Uint8Array | undefined;
  scan(from: RecordRef, most: number, visit: (record: Uint8Array, ref: RecordRef) => void): RecordRef;
  readonly end: RecordRef;
  append(records: readonly { readonly record: Uint8Array; readonly mustFlush: boolean }[]): unknown;
  /** In place of a record from now on: another, or nothing. */
  rewrite(ref: RecordRef, record: Uint8Array | undefined): Promise<void>;
}

/** What we said in a scope above a number, in one of our logs; counted up to `most`. */
export type OwnSpan = { readonly key: ScopeKey; readonly log: LogId; readonly above: number; readonly most: number };

export type BookOptions = {
  readonly store: BookStore;
  /** Of the database; undefined: in memory. */
  readonly path: string | undefined;
  /** Names the store: another name, another index. */
  readonly storeName: string;
  readonly self: PeerId;
  readonly isMention: (text: string) => boolean;
  /** A body was taken out of a record. */
  readonly onRewritten: (ref: RecordRef, record: Uint8Array) => void;
  /** A sentence for people. */
  readonly onProblem: (text: string) => void;
};

/** Records looked at before the time is looked at. */
const STEP_RECORDS = 8;
/** Work of one slice, milliseconds; between slices there is room for everything else. */
const SLICE_MS = 8;
const SLICE_EVERY_MS = 25;
/** Nothing was kept for this long: there is time for the index. */
const IDLE_AFTER_MS = 250;
/** While more and more is kept it is brought on no faster than this; it may lag. */
const BUSY_EVERY_MS = 1_000;
/** BOUNDED: milliseconds spent at once to tell whose message an amendment is of. */
const AT_ONCE_MS = 50;
/** BOUNDED: names that wait to be put down; who comes when there are more is put down another time. */
const NAMES_WAITING_MAX = 4096;

type Open = { readonly database: Database; readonly index: MessageIndex; readonly back: LookBack };

export class Book {
  readonly #options: BookOptions;
  #open: Open | undefined;
  /** Where the index goes on in the store. */
  #next: RecordRef = 0;
  #timer: NodeJS.Timeout | undefined;
  /** When something was kept last, and when the last slice was done; milliseconds of this process. */
  #keptAt = 0;
  #slicedAt = 0;
  #isClosed = false;
  /** Names to be put down with the next slice. BOUNDED: by NAMES_WAITING_MAX. */
  readonly #names = new Map<PeerId, string>();
  #lastRead: { readonly ref: RecordRef; readonly entries: ReadonlyMap<number, StoredEntry> } | undefined;

  constructor(options: BookOptions) {
    this.#options = options;
  }

  /** Something may have been kept: it is indexed when there is time. */
  wake(): void {
    this.#keptAt = performance.now();
    if (this.#timer === undefined && !this.#isClosed) this.#later(IDLE_AFTER_MS);
  }

  #later(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#isClosed) return;
      const idleMs = performance.now() - this.#keptAt;
      const isBusy = idleMs < IDLE_AFTER_MS;
      if (isBusy && performance.now() - this.#slicedAt < BUSY_EVERY_MS) return this.#later(IDLE_AFTER_MS - idleMs);
      this.#slice(SLICE_MS);
      if (this.#next < this.#options.store.end) this.#later(isBusy ? IDLE_AFTER_MS : SLICE_EVERY_MS);
    }, ms);
    this.#timer.unref();
  }

  /** The newest messages asked for, oldest first. */
  async history(query: HistoryQuery): Promise<readonly StoredMessage[]> {
    return (await this.#upToDate()).back.history(query);
  }

  /** Newest first. Rejects with ApiMisuse for a search that asks for nothing. */
  async search(query: SearchQuery): Promise<readonly StoredMessage[]> {
    return (await this.#upToDate()).back.search(query);
  }

  async unread(): Promise<readonly Unread[]> {
    return (await this.#upToDate()).back.unread();
  }

  /** What others said in a scope and was not read, in the order it came. */
  async unreadIn(key: ScopeKey, limit: number): Promise<readonly StoredMessage[]> {
    return (await this.#upToDate()).back.unreadIn(key, this.#options.self, limit);
  }

  async topicOf(key: ScopeKey): Promise<Topic | undefined> {
    return (await this.#upToDate()).back.topicOf(key);
  }

  async message(id: EntryId): Promise<StoredMessage | undefined> {
    return (await this.#upToDate()).back.message(id);
  }

  /** Ids that begin with these hex digits, two at the most. */
  async idsFrom(digits: string): Promise<readonly EntryId[]> {
    return (await this.#upToDate()).back.idsFrom(digits);
  }

  /** Our own messages in a scope with higher numbers, newest first, as far as they are of the present log. */
  async ownAbove(key: ScopeKey, number: number): Promise<readonly StoredMessage[]> {
    return (await this.#upToDate()).back.above(key, this.#options.self, number);
  }

  /** How many of our messages above a number are such, as far as `most`: cheaper than to read them. */
  async countOwnAbove({ key, log, above, most }: OwnSpan, isSuch: (sequence: number) => boolean): Promise<number> {
    let count = 0;
    for (const place of (await this.#upToDate()).back.placesOf(key, this.#options.self)) {
      if (count >= most) break;
      const isAbove = place.sequence > above;
      if (isAbove && (place.isDeleted || !isSuch(place.sequence))) continue;
      const itsLog = this.#entryAt(place)?.log;
      if (itsLog !== undefined && itsLog !== log) continue;
      if (!isAbove) break; // numbers of a log rise: nothing before it is meant
      count += 1;
    }
    return count;
  }

  /** Everybody heard of. */
  async people(): Promise<readonly KnownPerson[]> {
    return (await this.#upToDate()).back.people();
  }

  /** The author of a message; undefined if it is not known, or not known yet. */
  authorOf(id: EntryId): PeerId | undefined {
    const { index } = this.#opened();
    if (this.#next < this.#options.store.end) this.#slice(AT_ONCE_MS);
    return index.authorOf(id);
  }

  /** The name somebody goes by now, for when they are gone. */
  setName(peer: PeerId, name: string): void {
    if (this.#names.size < NAMES_WAITING_MAX) this.#names.set(peer, name);
    this.wake();
  }

  /** What came in a room or conversation up to a message, or by now, was read. @param scope a direct one names the other side. */
  markRead(scope: Scope, upTo?: EntryId): void {
    this.#options.store.append([{ record: readMark(scope, upTo), mustFlush: false }]);
    this.wake();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    try {
      this.#open?.database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // it is made smaller another time
    }
    this.#close();
  }

  /** The rest of the store is indexed, with room for other work in between. */
  async #upToDate(): Promise<Open> {
    while (this.#next < this.#options.store.end || this.#open === undefined) {
      this.#slice(SLICE_MS);
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#isClosed) throw new Error('the peer was closed');
    }
    return this.#open;
  }

  /** @param ms of work, about. */
  #slice(ms: number): void {
    this.#slicedAt = performance.now();
    const { database, index } = this.#opened();
    if (this.#next >= this.#options.store.end && this.#names.size === 0) return;
    const { store, self } = this.#options;
    try {
      database.exec('BEGIN');
      for (const [peer, name] of this.#names) index.setName(peer, name);
      this.#names.clear();
      const visit = (record: Uint8Array, ref: RecordRef): void => {
        const read = readMarkOf(record);
        const pruned = read === undefined ? prunedMarkOf(record) : undefined;
        if (read !== undefined) index.markRead(read);
        else if (pruned !== undefined) index.addPruned(pruned.scope, pruned.count);
        else index.addRecord(sayingOf(record, self), ref, record.length);
      };
      do this.#next = store.scan(this.#next, STEP_RECORDS, visit);
      while (this.#next < store.end && performance.now() - this.#slicedAt < ms);
      writeState(database, 'next', this.#next);
      database.exec('COMMIT');
      void this.#strip(index.takeDeleted());
    } catch (error) {
      this.#options.onProblem(`the index of messages could not be written, and is made again in memory: ${worldText(error)}`);
      this.#close();
      this.#begin(memoryDatabase());
    }
  }

  /** Records that are beyond what is kept of a room or conversation, or of all. */
  async beyond(limits: SizeLimits): Promise<readonly RecordRef[]> {
    return recordsBeyond((await this.#upToDate()).database, limits);
  }

  /** How many messages of a scope were let go of, because they were old or many. */
  async prunedIn(key: ScopeKey): Promise<number> {
    return (await this.#upToDate()).back.prunedIn(key);
  }

  /** Records are about to be erased. @returns what is to be called once they are: it takes them out, and counts them by scope. */
  async leaving(refs: readonly RecordRef[]): Promise<() => ReadonlyMap<ScopeKey, number>> {
    const { index, database } = await this.#upToDate();
    const messages = index.leaving(refs);
    return () => {
      const counts = new Map<ScopeKey, number>();
      for (const { scope } of messages) counts.set(scope, (counts.get(scope) ?? 0) + 1);
      this.#lastRead = undefined;
      if (this.#open?.database !== database) return counts; // it was made again meanwhile, without them
      database.exec('BEGIN');
      index.remove(refs, messages);
      database.exec('COMMIT');
      return counts;
    };
  }

  /** In place of a record of the store from now on: another, or nothing. */
  replace(ref: RecordRef, record: Uint8Array | undefined): void {
    const work = async (): Promise<void> => {
      const leave = await this.leaving([ref]);
      await this.#options.store.rewrite(ref, record);
      leave();
      if (record === undefined) return;
      const { database, index } = this.#opened();
      database.exec('BEGIN');
      index.addRecord(sayingOf(record, this.#options.self), ref, record.length);
      database.exec('COMMIT');
    };
    work().catch((error: unknown) => this.#options.onProblem(`a record could not be replaced: ${worldText(error)}`));
  }

  /** Nothing is left in the file of what was taken out. */
  async sweep(): Promise<void> {
    const { database } = await this.#upToDate();
    database.exec("INSERT INTO words (words) VALUES ('optimize'); VACUUM; PRAGMA wal_checkpoint(TRUNCATE);");
  }

  /** What is to be known of the past when the records so far are gone: what was read, and what was let go of. */
  async standing(): Promise<readonly Uint8Array[]> {
    return (await this.#upToDate()).back
      .standing()
      .flatMap(({ scope, readUpTo, isAllRead, pruned }) => [
        ...(isAllRead ? [readMark(scope)] : readUpTo === undefined ? [] : [readMark(scope, readUpTo)]),
        ...(pruned === 0 ? [] : [prunedMark(scopeKey(scope), pruned, wallTime(0))]),
      ]);
  }

  /** Takes a message's body out of what is sent, if its record holds others too. */
  async withhold(id: EntryId): Promise<void> {
    const place = (await this.#upToDate()).back.placeOf(id);
    if (place !== undefined && this.#entriesAt(place.ref).size > 1) await this.#strip([place]);
  }

  /** What was deleted is said no more by our records either. */
  async #strip(places: readonly Place[]): Promise<void> {
    const { store, self, onRewritten, onProblem } = this.#options;
    try {
      for (const { ref, at } of places) {
        const before = store.read(ref);
        const record = before === undefined ? undefined : stripped(before, at, self);
        if (record === undefined) continue;
        await store.rewrite(ref, record);
        this.#lastRead = undefined;
        onRewritten(ref, record);
      }
    } catch (error) {
      onProblem(`a deleted message could not be taken out of the store: ${worldText(error)}`);
    }
  }

  #opened(): Open {
    if (this.#open !== undefined) return this.#open;
    const { path, storeName, onProblem, store } = this.#options;
    if (path === undefined) return this.#begin(memoryDatabase());
    let database: Database;
    try {
      database = openDatabase(path, storeName);
      if (Number(readState(database, 'next') ?? 0) > store.end) {
        database.close(); // the store lost its end: what is indexed of it is not there
        database = openDatabase(path, '');
        writeState(database, 'store', storeName);
      }
    } catch (error) {
      onProblem(`the index of messages cannot be kept on the disk, and is made in memory: ${worldText(error)}`);
      database = memoryDatabase();
    }
    return this.#begin(database);
  }

  #begin(database: Database): Open {
    this.#next = Number(readState(database, 'next') ?? 0);
    const textAt = (place: Place): string | undefined => {
      const body = this.#entryAt(place)?.body;
      return body !== undefined && 'text' in body ? body.text : undefined;
    };
    const saidAt = (place: Place): Said | undefined => {
      const entry = this.#entryAt(place);
      const body = entry?.body;
      return body?.kind === 'text' || body?.kind === 'action' ? { body, log: entry?.log } : undefined;
    };
    const index = new MessageIndex({ database, self: this.#options.self, textAt, isMention: this.#options.isMention });
    this.#open = { database, index, back: new LookBack({ database, textAt, saidAt }) };
    return this.#open;
  }

  #close(): void {
    try {
      this.#open?.database.close();
    } catch {
      // it is given up anyway
    }
    this.#open = undefined;
  }

  /** Pages ask for neighbours: the last record stays at hand. */
  #entryAt({ ref, at }: Place): StoredEntry | undefined {
    return this.#entriesAt(ref).get(at);
  }

  #entriesAt(ref: RecordRef): ReadonlyMap<number, StoredEntry> {
    if (this.#lastRead?.ref !== ref) {
      const record = this.#options.store.read(ref);
      const entries = (record === undefined ? undefined : sayingOf(record, this.#options.self))?.entries ?? [];
      this.#lastRead = { ref, entries: new Map(entries.map((entry) => [entry.at, entry])) };
    }
    return this.#lastRead.entries;
  }
}
