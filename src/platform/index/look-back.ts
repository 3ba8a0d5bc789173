/** Looking back into the index: pages of a conversation, searches, what was not read yet. */
import {
  directScope,
  type EntryId,
  entryIdBytes,
  type LogId,
  type PeerId,
  parsePeerId,
  type RoomName,
  roomScope,
  type Scope,
  type ScopeKey,
} from '../../base/ids.ts';
import { type WallTime, wallTime } from '../../base/time.ts';
import type { MessageBody } from '../../chat/event.ts';
import { Amended, type Edit, type Reaction } from './amended.ts';
import type { Database, Row } from './database.ts';
import { isMeant, matchOf, parseQuery } from './query.ts';
import { idOf, type Place, STATE } from './tables.ts';

/** A message as it stands now. */
export type StoredMessage = {
  readonly id: EntryId;
  /** The room, or the direct conversation by its other side (`reader`), whoever wrote. */
  readonly scope: Scope;
  readonly author: PeerId;
  readonly authorName: string;
  readonly sequence: number;
  /** Of its author, if it could be read back. */
  readonly log: LogId | undefined;
  /** What it says now; the text is empty if it was deleted or could not be read back. */
  readonly body: MessageBody;
  readonly time: WallTime;
  readonly receivedAt: WallTime;
  /** What it said before each edit, oldest first, with the time of the edit. */
  readonly edits: readonly Edit[];
  readonly isDeleted: boolean;
  readonly reactions: readonly Reaction[];
};

export type HistoryQuery = {
  /** Absent: everywhere. A direct scope names the other side. */
  readonly scope?: Scope;
  readonly since?: WallTime;
  readonly until?: WallTime;
  readonly from?: PeerId;
  /** Only what comes before this message in the same order. */
  readonly before?: EntryId;
  /** Newest messages at most, 1 to PAGE_MAX. */
  readonly limit: number;
};
export type SearchQuery = {
  /** See query.ts. */
  readonly words: string;
  readonly scope?: Scope;
  readonly limit: number;
};
export type Unread = { readonly scope: Scope; readonly count: number; readonly mentions: number };
export type Topic = { readonly text: string; readonly by: PeerId; readonly time: WallTime };

/** BOUNDED: messages of one page. */
export const PAGE_MAX = 10_000;
/** BOUNDED: texts tried for one search. */
const TRIED_MAX = 20_000;

export type Said = { readonly body: MessageBody; readonly log: LogId | undefined };
/** Somebody heard of, with the name they went by last. */
export type KnownPerson = { readonly id: PeerId; readonly name: string };

export type LookBackOptions = {
  readonly database: Database;
  /** The message as it was said. */
  readonly saidAt: (place: Place) => Said | undefined;
  readonly textAt: (place: Place) => string | undefined;
};

export class LookBack {
  readonly #options: LookBackOptions;
  readonly #amended: Amended;

  constructor(options: LookBackOptions) {
    this.#options = options;
    this.#amended = new Amended(options.database, options.textAt);
  }

  /**
   * The newest messages asked for, oldest first. In one place by the time they were said, then as they came; everywhere (there is
   * no one order in which they were said, and none to look them up by) those that came last, by the time they were said.
   */
  history(query: HistoryQuery): readonly StoredMessage[] {
    const { conditions, values } = this.#conditions(query.scope, query.from);
    const add = (condition: string, ...more: readonly (number | Uint8Array)[]): void => {
      conditions.push(condition);
      values.push(...more);
    };
    const isEverywhere = query.scope === undefined;
    if (query.since !== undefined) add('time >= ?', Math.floor(query.since));
    if (query.until !== undefined) add('time <= ?', Math.floor(query.until));
    if (query.before !== undefined) {
      const id = entryIdBytes(query.before);
      const at = this.#get('SELECT m, time FROM messages WHERE substr(id, 1, 6) = ? AND id = ?', id.subarray(0, 6), id);
      if (at === undefined) return [];
      if (isEverywhere) add('m < ?', at.m as number);
      else add('(time, m) < (?, ?)', at.time as number, at.m as number);
    }
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    const order = isEverywhere ? 'm DESC' : 'time DESC, m DESC';
    const rows = this.#all(`${SELECT} ${where} ORDER BY ${order} LIMIT ?`, ...values, pageOf(query.limit)).toReversed();
    const messages = rows.map((row) => this.#message(row));
    return isEverywhere ? messages.sort((a, b) => a.time - b.time) : messages;
  }

  /** Newest first. @throws ApiMisuse for a search that asks for nothing. */
  search(query: SearchQuery): readonly StoredMessage[] {
    const asked = parseQuery(query.words);
    const limit = pageOf(query.limit);
    const { conditions, values } = this.#conditions(query.scope, undefined);
    const match = matchOf(asked);
    const found: StoredMessage[] = [];
    const where = [...conditions, `state <> ${STATE.deleted}`, ...(match === undefined ? [] : ['words MATCH ?'])].join(' AND ');
    const from = match === undefined ? SELECT : SELECT_WORDS;
    // by the full-text index's own order where it is asked: nothing is sorted
    const order = match === undefined ? 'm' : 'words.rowid';
    const statement = this.#options.database.prepare(`${from} WHERE ${where} ORDER BY ${order} DESC LIMIT ?`);
    const rows = statement.iterate(...values, ...(match === undefined ? [] : [match]), TRIED_MAX) as Iterable<Row>;
    for (const row of rows) {
      const message = this.#message(row);
      if (!isMeant(asked, message.body.text)) continue;
      found.push(message);
      if (found.length >= limit) break;
    }
    return found;
  }

  /** Every room and conversation with something in it, and what of it is unread. */
  unread(): readonly Unread[] {
    return this.#all('SELECT key, unread, mentions FROM scopes ORDER BY s').flatMap((row) => {
      const scope = scopeOf(row.key as ScopeKey);
      return scope === undefined ? [] : [{ scope, count: row.unread as number, mentions: row.mentions as number }];
    });
  }

  /** What others said in a scope and was not read, in the order it came. */
  unreadIn(key: ScopeKey, self: PeerId, limit: number): readonly StoredMessage[] {
    const scope = this.#get('SELECT s, read, unread FROM scopes WHERE key = ? AND unread > 0', key);
    if (scope === undefined) return [];
    const where = '+s = ? AND m > ? AND p IS NOT (SELECT p FROM people WHERE key = ?)'; // "+s": from the newest, and no further
    const most = Math.min(pageOf(limit), scope.unread as number);
    const rows = this.#all(
      `${SELECT} WHERE ${where} ORDER BY m DESC LIMIT ?`,
      scope.s as number,
      scope.read as number,
      self,
      most,
    );
    return rows.map((row) => this.#message(row)).reverse();
  }

  topicOf(key: ScopeKey): Topic | undefined {
    const row = this.#get(
      'SELECT topic, topic_time, people.key AS author FROM scopes JOIN people ON p = topic_by WHERE scopes.key = ?',
      key,
    );
    if (row === undefined || row.topic === '') return undefined;
    return { text: row.topic as string, by: row.author as PeerId, time: wallTime(row.topic_time as number) };
  }

  /** How many messages of a scope were let go of. */
  prunedIn(key: ScopeKey): number {
    return (this.#get('SELECT pruned FROM scopes WHERE key = ?', key)?.pruned as number | undefined) ?? 0;
  }

  /** Of every scope: up to which message it was read, whether that is all, and how many messages were let go of. */
  standing(): readonly {
    readonly scope: Scope;
    readonly readUpTo: EntryId | undefined;
    readonly isAllRead: boolean;
    readonly pruned: number;
  }[] {
    const rows = this.#all('SELECT key, unread, pruned, (SELECT id FROM messages WHERE m = scopes.read) AS id FROM scopes');
    return rows.flatMap((row) => {
      const scope = scopeOf(row.key as ScopeKey);
      if (scope === undefined) return [];
      const readUpTo = row.id === null ? undefined : idOf(row);
      return [{ scope, readUpTo, isAllRead: row.unread === 0, pruned: row.pruned as number }];
    });
  }

  /** One message, if it is there. */
  message(id: EntryId): StoredMessage | undefined {
    const bytes = entryIdBytes(id);
    const row = this.#get(`${SELECT} WHERE substr(id, 1, 6) = ? AND id = ?`, bytes.subarray(0, 6), bytes);
    return row === undefined ? undefined : this.#message(row);
  }

  /** Where a message's body is. */
  placeOf(id: EntryId): Place | undefined {
    const bytes = entryIdBytes(id);
    return this.#get('SELECT ref, at FROM messages WHERE substr(id, 1, 6) = ? AND id = ?', bytes.subarray(0, 6), bytes) as
      | Place
      | undefined;
  }

  /** Messages whose id begins so, two at the most: for people who type the beginning of one. @param digits hex. */
  idsFrom(digits: string): readonly EntryId[] {
    return this.#all(
      'SELECT id FROM messages WHERE hex(id) LIKE ? ORDER BY m DESC LIMIT 2',
      `${digits.replaceAll(/[^0-9a-f]/gi, '')}%`,
    ).map(idOf);
  }

  /** Messages of one author in a scope with numbers above one, newest first. */
  above(key: ScopeKey, author: PeerId, number: number): readonly StoredMessage[] {
    const where = 's = (SELECT s FROM scopes WHERE key = ?) AND p = (SELECT p FROM people WHERE key = ?) AND seq > ?';
    return this.#all(`${SELECT} WHERE ${where} ORDER BY m DESC LIMIT ?`, key, author, number, PAGE_MAX).map((row) =>
      this.#message(row),
    );
  }

  /** Where the messages of one author in a scope are, newest first; nothing is read back, nor looked for further than it is taken. */
  *placesOf(key: ScopeKey, author: PeerId): Iterable<Place & { readonly sequence: number; readonly isDeleted: boolean }> {
    const [s, p] = [
      this.#get('SELECT s FROM scopes WHERE key = ?', key)?.s,
      this.#get('SELECT p FROM people WHERE key = ?', author)?.p,
    ];
    if (s === undefined || p === undefined) return;
    // "+s": as they came, without looking for all of them first
    const statement = this.#options.database.prepare(
      'SELECT seq, ref, at, state FROM messages WHERE +s = ? AND p = ? ORDER BY m DESC',
    );
    for (const row of statement.iterate(s as number, p as number) as Iterable<Row>)
      yield { sequence: row.seq as number, isDeleted: row.state === STATE.deleted, ref: row.ref as number, at: row.at as number };
  }

  /** Everybody who said something or was met, with the name they went by last; '' if none is known. */
  people(): readonly KnownPerson[] {
    return this.#all('SELECT key, name FROM people').map((row) => ({ id: row.key as PeerId, name: row.name as string }));
  }

  #conditions(scope: Scope | undefined, from: PeerId | undefined) {
    const conditions: string[] = [];
    const values: (string | number | Uint8Array)[] = [];
    if (scope !== undefined) {
      conditions.push('s = (SELECT s FROM scopes WHERE key = ?)');
      values.push(scope.kind === 'room' ? `#${scope.room}` : `@${scope.reader}`);
    }
    if (from !== undefined) {
      conditions.push('p = (SELECT p FROM people WHERE key = ?)');
      values.push(from);
    }
    return { conditions, values };
  }

  #message(row: Row): StoredMessage {
    const { body: said, log } = this.#options.saidAt({ ref: row.ref as number, at: row.at as number }) ?? {};
    const { text, edits, isDeleted, reactions } = this.#amended.of(row.id as Uint8Array, row.p as number);
    const isGone = isDeleted || said === undefined;
    return {
      id: idOf(row),
      scope: scopeOf(row.scope as ScopeKey) ?? NOWHERE,
      author: row.author as PeerId,
      authorName: row.name as string,
      sequence: row.seq as number,
      log,
      body: isGone ? { kind: said?.kind ?? 'text', text: '' } : { ...said, text: text ?? said.text },
      time: wallTime(row.time as number),
      receivedAt: wallTime(row.received as number),
      edits: isGone ? [] : edits.map(({ time }, i) => ({ text: i === 0 ? said.text : (edits[i - 1]?.text ?? ''), time })),
      isDeleted,
      reactions,
    };
  }

  #get(sql: string, ...values: readonly (string | number | Uint8Array)[]): Row | undefined {
    return this.#options.database.prepare(sql).get(...values) as Row | undefined;
  }

  #all(sql: string, ...values: readonly (string | number | Uint8Array)[]): readonly Row[] {
    return this.#options.database.prepare(sql).all(...values) as readonly Row[];
  }
}

const COLUMNS = `m, id, p, seq, time, received, ref, at, state,
  (SELECT key FROM scopes WHERE scopes.s = messages.s) AS scope,
  (SELECT key FROM people WHERE people.p = messages.p) AS author, (SELECT name FROM people WHERE people.p = messages.p) AS name`;
const SELECT = `SELECT ${COLUMNS} FROM messages`;
const SELECT_WORDS = `SELECT ${COLUMNS} FROM words JOIN messages ON m = words.rowid`;
/** Stands for a scope that is no scope: the database was written by somebody else. */
const NOWHERE: Scope = roomScope('lobby' as RoomName);

const pageOf = (limit: number): number => Math.max(1, Math.min(PAGE_MAX, Math.floor(limit)));

const scopeOf = (key: ScopeKey): Scope | undefined => {
  if (key.startsWith('#')) return roomScope(key.slice(1) as RoomName);
  const peer = parsePeerId(key.slice(1));
  return peer === undefined ? undefined : directScope(peer);
};
