/**
 * The index of what was said: who, where, when, and by which words; the texts themselves stay in the records. Fed with entries
 * in the order they were kept; what amends a message counts whichever of the two comes first.
 */
import { type EntryId, entryIdBytes, type PeerId, type ScopeKey } from '../../base/ids.ts';
import type { AmendmentBody, MessageBody } from '../../chat/event.ts';
import { Amended } from './amended.ts';
import type { Database, Row } from './database.ts';
import type { StoredEntry, StoredSaying } from './entries.ts';
import type { ReadMark } from './read-mark.ts';
import { AMENDMENT, type Place, STATE, type TextAt } from './tables.ts';
import { indexed } from './words.ts';

export type IndexOptions = {
  readonly database: Database;
  readonly self: PeerId;
  readonly textAt: TextAt;
  /** Whether a text in a room calls for us. */
  readonly isMention: (text: string) => boolean;
};

export class MessageIndex {
  readonly #options: IndexOptions;
  readonly #amended: Amended;
  readonly #people = new Map<PeerId, number>();
  readonly #scopes = new Map<ScopeKey, number>();
  readonly #statements: ReturnType<typeof statements>;
  #deleted: Place[] = [];

  constructor(options: IndexOptions) {
    this.#options = options;
    this.#statements = statements(options.database);
    this.#amended = new Amended(options.database, options.textAt);
  }

  /** To be called within a transaction, for records in the order they were kept. @param size of the record, bytes. */
  addRecord(saying: StoredSaying | undefined, ref: number, size: number): void {
    if (saying === undefined) return;
    const { scope, author, count, entries } = saying;
    this.#statements.addRecord.run(ref, this.scope(scope), this.person(author), count, size);
    for (const entry of entries) this.#add(entry, ref);
  }

  #add(entry: StoredEntry, ref: number): void {
    const { body } = entry;
    if (body.kind === 'text' || body.kind === 'action') this.#addMessage(entry, body, ref);
    else if (body.kind === 'topic') this.#addTopic(entry, body.text);
    else this.#addAmendment(entry, body, ref);
  }

  /** Where the bodies are, since the last call, that were deleted by their authors: of messages and of what edited them. */
  takeDeleted(): readonly Place[] {
    const deleted = this.#deleted;
    this.#deleted = [];
    return deleted;
  }

  /** The author of a message that is indexed. */
  authorOf(id: EntryId): PeerId | undefined {
    const found = this.#find(id);
    if (found === undefined) return undefined;
    return (this.#statements.person.get(found.p as number) as Row | undefined)?.key as PeerId | undefined;
  }

  /** The name somebody goes by now, for when they are gone. */
  setName(peer: PeerId, name: string): void {
    this.#statements.setName.run(name, this.person(peer));
  }

  /** The number of a person in the tables; given when first asked for. */
  person(peer: PeerId): number {
    const known = this.#people.get(peer) ?? ((this.#statements.personOf.get(peer) as Row | undefined)?.p as number | undefined);
    const p = known ?? Number(this.#statements.addPerson.run(peer).lastInsertRowid);
    if (this.#people.size < NUMBERS_MAX) this.#people.set(peer, p);
    return p;
  }

  /** The number of a room or conversation in the tables. */
  scope(key: ScopeKey): number {
    const known = this.#scopes.get(key) ?? ((this.#statements.scopeOf.get(key) as Row | undefined)?.s as number | undefined);
    const s = known ?? Number(this.#statements.addScope.run(key).lastInsertRowid);
    if (this.#scopes.size < NUMBERS_MAX) this.#scopes.set(key, s);
    return s;
  }

  /** What came in a scope up to a message was read; one that is not known stands for everything up to now. */
  markRead({ scope, upTo }: ReadMark): void {
    const s = this.scope(scope);
    const found = upTo === undefined ? undefined : this.#find(upTo);
    const last = ((this.#statements.lastMessage.get() as Row).m as number | null) ?? 0;
    const m = found === undefined ? last : (found.m as number);
    const self = this.person(this.#options.self);
    const left = m >= last ? 0 : ((this.#statements.countAbove.get(s, m, self) as Row).n as number);
    this.#statements.markRead.run(m, left, left, s, m);
  }

  /** So many messages of a scope were let go of. */
  addPruned(key: ScopeKey, count: number): void {
    this.#statements.addPruned.run(count, this.scope(key));
  }

  /** The messages of some records, with the words by which they are found: to be asked before the records are erased. */
  leaving(refs: readonly number[]): readonly Leaving[] {
    return refs.flatMap((ref) =>
      (this.#statements.messagesAt.all(ref) as readonly Row[]).map((row) => ({
        m: row.m as number,
        s: row.s as number,
        scope: row.scope as ScopeKey,
        text: this.#shownText(row),
      })),
    );
  }

  /** To be called within a transaction. */
  remove(refs: readonly number[], messages: readonly Leaving[]): void {
    for (const { m, text } of messages) {
      if (text !== undefined) this.#statements.removeWords.run(m, indexed(text));
      this.#statements.removeMessage.run(m);
    }
    for (const ref of refs) {
      this.#statements.removeAmendments.run(ref);
      this.#statements.removeRecord.run(ref);
    }
    const self = this.person(this.#options.self);
    for (const s of new Set(messages.map((message) => message.s))) this.#statements.recount.run(s, self);
  }

  #find(id: EntryId): Row | undefined {
    const bytes = entryIdBytes(id);
    return this.#statements.find.get(bytes.subarray(0, ID_KEY_SIZE), bytes) as Row | undefined;
  }

  #addMessage(entry: StoredEntry, body: MessageBody, ref: number): void {
    const p = this.person(entry.author);
    const s = this.scope(entry.scope);
    if (this.#find(entry.id) !== undefined) return; // it came by two ways at once
    const id = entryIdBytes(entry.id);
    const { sequence, time, receivedAt, at } = entry;
    const times = [Math.floor(time), Math.floor(receivedAt)] as const;
    const { lastInsertRowid } = this.#statements.addMessage.run(id, s, p, sequence, ...times, ref, at, STATE.plain);
    const m = Number(lastInsertRowid);
    this.#statements.addWords.run(m, indexed(body.text));
    if (entry.author !== this.#options.self) {
      const isMention = entry.scope.startsWith('@') || this.#options.isMention(body.text);
      this.#statements.addUnread.run(isMention ? 1 : 0, s);
    }
    if (this.#statements.hasAmendment.get(id) !== undefined) this.#settle(m, id, p, body.text);
  }

  #addTopic(entry: StoredEntry, text: string): void {
    const time = Math.floor(entry.time);
    this.#statements.setTopic.run(time, this.person(entry.author), text, this.scope(entry.scope), time);
  }

  #addAmendment(entry: StoredEntry, body: Exclude<AmendmentBody, { readonly kind: 'topic' }>, ref: number): void {
    const of = entryIdBytes(body.of);
    const p = this.person(entry.author);
    const found = this.#find(body.of);
    const before = found === undefined ? undefined : this.#shownText(found);
    const reaction = body.kind === 'reaction' ? ([body.emoji, body.isOn ? 1 : 0] as const) : ([null, null] as const);
    this.#statements.addAmendment.run(of, AMENDMENT[body.kind], p, Math.floor(entry.time), ...reaction, ref, entry.at);
    if (body.kind !== 'reaction' && found !== undefined && found.p === p) this.#settle(found.m as number, of, p, before);
  }

  /** Brings a message's state and words to what its amendments say. @param before the text it is found by now. */
  #settle(m: number, id: Uint8Array, p: number, before: string | undefined): void {
    const now = this.#amended.of(id, p);
    if (now.isDeleted) {
      if (before !== undefined) this.#statements.removeWords.run(m, indexed(before));
      this.#statements.setState.run(STATE.deleted, m);
      this.#deleted.push(...(this.#statements.bodiesOf.all(m, id, p, AMENDMENT.edit) as readonly Place[]));
    } else if (now.text !== undefined && before !== undefined) {
      this.#statements.removeWords.run(m, indexed(before));
      this.#statements.addWords.run(m, indexed(now.text));
      this.#statements.setState.run(STATE.edited, m);
    }
  }

  /** The text by which a message is found now; undefined if it is deleted or gone. */
  #shownText(row: Row): string | undefined {
    if (row.state === STATE.deleted) return undefined;
    const original = { ref: row.ref as number, at: row.at as number };
    if (row.state === STATE.plain) return this.#options.textAt(original);
    return this.#amended.of(row.id as Uint8Array, row.p as number).text ?? this.#options.textAt(original);
  }
}

/** A message that leaves the index; `text`: by which it is found. */
export type Leaving = { readonly m: number; readonly s: number; readonly scope: ScopeKey; readonly text: string | undefined };

/** BOUNDED: people and scopes whose numbers are remembered; others are looked up. */
const NUMBERS_MAX = 4096;
const ID_KEY_SIZE = 6;

const statements = (database: Database) => ({
  find: database.prepare('SELECT * FROM messages WHERE substr(id, 1, 6) = ? AND id = ?'),
  person: database.prepare('SELECT key FROM people WHERE p = ?'),
  personOf: database.prepare('SELECT p, name FROM people WHERE key = ?'),
  addPerson: database.prepare("INSERT INTO people (key, name) VALUES (?, '')"),
  setName: database.prepare('UPDATE people SET name = ? WHERE p = ?'),
  scopeOf: database.prepare('SELECT s FROM scopes WHERE key = ?'),
  addScope: database.prepare('INSERT INTO scopes (key, unread, mentions, read, pruned, topic_time) VALUES (?, 0, 0, 0, 0, -1)'),
  lastMessage: database.prepare('SELECT max(m) AS m FROM messages'),
  countAbove: database.prepare('SELECT count(*) AS n FROM messages WHERE m > ?2 AND s = ?1 AND p <> ?3'),
  markRead: database.prepare('UPDATE scopes SET read = ?, unread = ?, mentions = min(mentions, ?) WHERE s = ? AND read < ?'),
  addPruned: database.prepare('UPDATE scopes SET pruned = pruned + ? WHERE s = ?'),
  messagesAt: database.prepare(
    'SELECT m, id, s, p, ref, at, state, (SELECT key FROM scopes WHERE scopes.s = messages.s) AS scope FROM messages WHERE ref = ?',
  ),
  addRecord: database.prepare('INSERT OR REPLACE INTO records (ref, s, p, entries, size) VALUES (?, ?, ?, ?, ?)'),
  removeRecord: database.prepare('DELETE FROM records WHERE ref = ?'),
  removeMessage: database.prepare('DELETE FROM messages WHERE m = ?'),
  removeAmendments: database.prepare('DELETE FROM amendments WHERE ref = ?'),
  recount: database.prepare(
    'UPDATE scopes SET unread = (SELECT count(*) FROM messages WHERE s = ?1 AND m > scopes.read AND p IS NOT ?2), mentions = min(mentions, unread) WHERE s = ?1 AND unread > 0',
  ),
  addUnread: database.prepare('UPDATE scopes SET unread = unread + 1, mentions = mentions + ? WHERE s = ?'),
  setTopic: database.prepare('UPDATE scopes SET topic_time = ?, topic_by = ?, topic = ? WHERE s = ? AND topic_time <= ?'),
  addMessage: database.prepare(
    'INSERT INTO messages (id, s, p, seq, time, received, ref, at, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  ),
  setState: database.prepare('UPDATE messages SET state = ? WHERE m = ?'),
  bodiesOf: database.prepare(
    'SELECT ref, at FROM messages WHERE m = ? UNION ALL SELECT ref, at FROM amendments WHERE of = ? AND p = ? AND kind = ?',
  ),
  addWords: database.prepare('INSERT INTO words (rowid, text) VALUES (?, ?)'),
  removeWords: database.prepare("INSERT INTO words (words, rowid, text) VALUES ('delete', ?, ?)"),
  hasAmendment: database.prepare('SELECT 1 FROM amendments WHERE of = ?'),
  addAmendment: database.prepare(
    'INSERT INTO amendments (of, kind, p, time, emoji, is_on, ref, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  ),
});
