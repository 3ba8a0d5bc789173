/**
 * What a peer without a store keeps of what was said, for as long as it runs: records like those of the store, in memory.
 *
 * record = [21, room name or the other's key bytes(32), author bytes(32), id bytes(16), sequence, seconds, ms, entry bytes]
 */
import { entryIdBytes, entryIdOf, peerId, peerKey, type Scope, type ScopeKey, scopeKey } from '../../base/ids.ts';
import { isRoomName } from '../../base/room-name.ts';
import { wallTime } from '../../base/time.ts';
import type { Spoken } from '../../chat/event.ts';
import type { RecordRef } from '../../chat/record.ts';
import { decode, encode } from '../../wire/cbor.ts';
import { encodeEntry, entryOf } from '../../wire/entry.ts';
import type { BookStore } from './book.ts';
import type { StoredEntry } from './entries.ts';

const TAG = 21;
/** BOUNDED: records kept; of twice as many, the older half is let go. */
const RECORDS_MAX = 10_000;

export class MemoryRecords implements BookStore {
  #records: Uint8Array[] = [];
  #first: RecordRef = 0;

  /** @param scope the room, or the other side of the conversation. */
  add(scope: Scope, spoken: Omit<Spoken, 'scope' | 'isLate'>): void {
    const { id, author, sequence, time, body } = spoken;
    const ms = Math.max(0, Math.floor(time));
    const where = scope.kind === 'room' ? scope.room : peerKey(scope.reader);
    const entry = encodeEntry(0, body);
    const at = [Math.floor(ms / 1000) % 2 ** 32, ms % 1000] as const;
    this.append([{ record: encode([TAG, where, peerKey(author), entryIdBytes(id), sequence, ...at, entry]) }]);
  }

  append(records: readonly { readonly record: Uint8Array }[]): void {
    for (const { record } of records) this.#records.push(record);
    if (this.#records.length < 2 * RECORDS_MAX) return;
    this.#first += this.#records.length - RECORDS_MAX;
    this.#records = this.#records.slice(-RECORDS_MAX);
  }

  read(ref: RecordRef): Uint8Array | undefined {
    return this.#records[ref - this.#first];
  }

  rewrite(ref: RecordRef, record: Uint8Array | undefined): Promise<void> {
    if (this.read(ref) !== undefined) this.#records[ref - this.#first] = record ?? new Uint8Array(0);
    return Promise.resolve();
  }

  scan(from: RecordRef, most: number, visit: (record: Uint8Array, ref: RecordRef) => void): RecordRef {
    let ref = Math.max(from, this.#first);
    for (const end = Math.min(this.end, ref + most); ref < end; ref++) {
      const record = this.read(ref);
      if (record !== undefined) visit(record, ref);
    }
    return ref;
  }

  get end(): RecordRef {
    return this.#first + this.#records.length;
  }
}

/** @returns what such a record holds; undefined for any other. */
export const memoryEntry = (record: Uint8Array): StoredEntry | undefined => {
  if (record[0] !== 0x88 || record[1] !== TAG) return undefined;
  const item = decode(record);
  if (!item.ok || !Array.isArray(item.value)) return undefined;
  const [, where, author, id, sequence, seconds, ms, bytes] = item.value;
  if (!(author instanceof Uint8Array && id instanceof Uint8Array && bytes instanceof Uint8Array)) return undefined;
  if (typeof sequence !== 'number' || typeof seconds !== 'number' || typeof ms !== 'number') return undefined;
  const scope = scopeOf(where);
  const value = decode(bytes);
  const entry = value.ok ? entryOf(value.value, bytes, 0, bytes.length) : undefined;
  if (scope === undefined || entry === undefined || entry.body.kind === 'unknown') return undefined;
  const time = wallTime(seconds * 1000 + ms);
  return { id: entryIdOf(id), scope, author: peerId(author), sequence, time, receivedAt: time, body: entry.body, at: 0 };
};

const scopeOf = (where: unknown): ScopeKey | undefined => {
  if (typeof where === 'string') return isRoomName(where) ? scopeKey({ kind: 'room', room: where }) : undefined;
  return where instanceof Uint8Array && where.length === 32 ? scopeKey({ kind: 'direct', reader: peerId(where) }) : undefined;
};
