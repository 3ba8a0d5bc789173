/** A stored record as what was said in it. */
import { type EntryId, entryId, type LogId, type PeerId, peerKey, type ScopeKey, scopeKey } from '../../base/ids.ts';
import { CLOCK_AHEAD_MAX_MS } from '../../base/limits.ts';
import { type WallTime, wallTime } from '../../base/time.ts';
import { fromWireTime } from '../../chat/clock.ts';
import type { SpokenBody } from '../../chat/event.ts';
import { decodeRecord, type OwnRunRecord, type ReceivedRecord } from '../../chat/record.ts';
import { nodeSuite } from '../../crypto/primitives/node-suite.ts';
import { entryHash, headerHash } from '../../crypto/signed-run.ts';
import { decodeEntries, decodeRun, type Run } from '../../wire/run.ts';
import { memoryEntry } from './memory-records.ts';

/** One entry of a record. `at`: its place in the record's run. */
export type StoredEntry = {
  readonly id: EntryId;
  /** The room, or the other side of the direct conversation. */
  readonly scope: ScopeKey;
  readonly author: PeerId;
  readonly sequence: number;
  readonly time: WallTime;
  /** When it came, on our clock; of our own: when it was said. */
  readonly receivedAt: WallTime;
  readonly body: SpokenBody;
  readonly at: number;
  /** Of its author; undefined in memory. */
  readonly log?: LogId;
};

/** What somebody said in one run. `count`: of its entries, also those that cannot be read. */
export type StoredSaying = {
  readonly scope: ScopeKey;
  readonly author: PeerId;
  readonly count: number;
  readonly entries: readonly StoredEntry[];
};

/** @returns what a record holds that people said; undefined for records of other kinds, and for what is no run. */
export const sayingOf = (bytes: Uint8Array, self: PeerId): StoredSaying | undefined => {
  const memory = memoryEntry(bytes);
  if (memory !== undefined) return { scope: memory.scope, author: memory.author, count: 1, entries: [memory] };
  const record = decodeRecord(bytes);
  if (!record.ok || (record.value.kind !== 'own-run' && record.value.kind !== 'received')) return undefined;
  const run = decodeRun(record.value.run);
  if (!run.ok) return undefined;
  const author = record.value.kind === 'received' ? record.value.author : self;
  const begin = fromWireTime(run.value.header.time);
  const under = headerHash(nodeSuite, peerKey(author), run.value.headerBytes);
  const scope = scopeOf(record.value);
  const entries: StoredEntry[] = [];
  for (const [at, entry] of readable(run.value, record.value.plain).entries()) {
    if (entry === undefined || entry.body.kind === 'unknown') continue;
    const said = begin.ms + entry.delayMs;
    const receivedAt = record.value.kind === 'received' ? record.value.received : wallTime(said);
    entries.push({
      id: entryId(entryHash(nodeSuite, under, at, entry.bytes)),
      scope,
      author,
      sequence: run.value.header.first + at,
      time: said <= receivedAt + CLOCK_AHEAD_MAX_MS ? wallTime(said) : receivedAt,
      receivedAt,
      body: entry.body,
      at,
      log: run.value.header.log,
    });
  }
  return { scope, author, count: run.value.header.count, entries };
};

const scopeOf = (record: OwnRunRecord | ReceivedRecord): ScopeKey => {
  if (record.kind === 'own-run') return scopeKey(record.scope);
  return (record.scope === null ? `@${record.author}` : `#${record.scope}`) as ScopeKey;
};

/** The entries in their places; undefined where the body was removed. */
const readable = (run: Run, plain: Uint8Array | undefined) => {
  if (run.content.kind === 'open') return run.content.entries.map((item) => (item.kind === 'entry' ? item.entry : undefined));
  const opened = plain === undefined ? undefined : decodeEntries(plain, run.header.count);
  return opened?.ok === true ? opened.value : [];
};
