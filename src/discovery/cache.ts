/** What others said, until it runs out: records per link with their expiry, goodbye and flush rules, and bounds. */
import { earliest, type Instant, later } from '../base/time.ts';
import type { Entropy } from '../crypto/suite.ts';
import { uniform } from './chance.ts';
import type { DnsRecord } from './dns-message.ts';
import {
  CACHE_RECORDS_MAX,
  CACHED_TTL_MAX_S,
  GRACE_MS,
  INSTANCES_PER_SOURCE_MAX,
  RECORDS_PER_NAME_MAX,
  RECORDS_PER_SOURCE_MAX,
  REFRESH_JITTER,
  REFRESH_POINTS,
  REFRESH_TTL_MIN_S,
} from './limits.ts';
import { lower, rdataKey, setKey } from './records.ts';
import { TargetIndex } from './target-index.ts';

export type CachedRecord = {
  readonly record: DnsRecord;
  /** Name of the interface it was heard on: each link has its own cache (RFC 6762 §10.2, §14). */
  readonly link: string;
  /** Address of the host that said it first. */
  readonly source: string;
  readonly receivedAt: Instant;
  readonly ttlMs: number;
  readonly expiresAt: Instant;
  /** Only pointers are needed for long; what a session keeps alive is not asked for again (§5.2). */
  readonly refreshAt: Instant | undefined;
  readonly refreshes: number;
};

/** `kept`: new or renewed; `goodbye`: it goes within the grace; `idle`: a goodbye to what is not here; `full`: a bound of the source or name. */
export type Ingested = 'kept' | 'goodbye' | 'idle' | 'full';

export class RecordCache {
  readonly #entropy: Entropy;
  /** Link and record set → rdata → record; oldest set first. BOUNDED: by CACHE_RECORDS_MAX records. */
  readonly #sets = new Map<string, Map<string, CachedRecord>>();
  /** Records and pointers held for a source. BOUNDED: by the records themselves. */
  readonly #sources = new Map<string, { records: number; pointers: number }>();
  readonly #targets = new TargetIndex();
  #size = 0;
  /** Nothing is due before this; it may be early. */
  #dueAt: Instant | undefined;
  #evicted: CachedRecord[] = [];

  constructor(entropy: Entropy) {
    this.#entropy = entropy;
  }

  get size(): number {
    return this.#size;
  }

  ingest(now: Instant, link: string, source: string, record: DnsRecord): Ingested {
    const key = `${link} ${setKey(record)}`;
    const rdata = rdataKey(record);
    const set = this.#sets.get(key);
    const known = set?.get(rdata);
    if (record.ttl === 0) {
      if (set === undefined || known === undefined) return 'idle';
      this.#expireBy(set, rdata, known, later(now, GRACE_MS));
      return 'goodbye';
    }
    // nobody may flush what all share, whatever bit is set (§10.2)
    if (record.flush && record.data.kind !== 'PTR' && set !== undefined) this.#flush(now, set, rdata);
    if (known === undefined && this.#isFull(source, record, set)) return 'full';
    if (known !== undefined) this.#remove(key, rdata, known);
    this.#insert(key, rdata, this.#entry(now, link, known?.source ?? source, record));
    while (this.#size > CACHE_RECORDS_MAX) this.#evictOldest(key);
    return 'kept';
  }

  /** Records of a name and type on a link, the newest last. */
  get(link: string, type: DnsRecord['data']['kind'], name: string): readonly CachedRecord[] {
    const set = this.#sets.get(`${link} ${type} ${lower(name)}`);
    return set === undefined ? [] : [...set.values()];
  }

  /** The record with this rdata (as `rdataKey` writes it). */
  find(link: string, type: DnsRecord['data']['kind'], name: string, rdata: string): CachedRecord | undefined {
    return this.#sets.get(`${link} ${type} ${lower(name)}`)?.get(rdata);
  }

  /** Names of the services that a link's SRV records place at a host. */
  servicesAt(link: string, host: string): readonly string[] {
    return this.#targets.servicesAt(link, host);
  }

  /** A pointer is in doubt: it goes at a time, unless it is said again (§10.4, §10.5). @returns whether it is held. */
  doubt(at: Instant, link: string, name: string, rdata: string): boolean {
    const set = this.#sets.get(`${link} PTR ${lower(name)}`);
    const entry = set?.get(rdata);
    if (set === undefined || entry === undefined) return false;
    this.#expireBy(set, rdata, entry, at);
    return true;
  }

  /** What was pushed out to make room since the last call. */
  takeEvicted(): readonly CachedRecord[] {
    const evicted = this.#evicted;
    this.#evicted = [];
    return evicted;
  }

  /** The link went away, or is another network now (§10.3). @returns what was held of it. */
  forget(link: string): readonly CachedRecord[] {
    const forgotten: CachedRecord[] = [];
    for (const [key, set] of this.#sets) {
      for (const [rdata, entry] of set) {
        if (entry.link !== link) continue;
        this.#remove(key, rdata, entry);
        forgotten.push(entry);
      }
    }
    return forgotten;
  }

  nextTimeout(): Instant | undefined {
    return this.#dueAt;
  }

  /** @returns what ran out, and the links whose pointers want asking for. */
  onTimeout(now: Instant): { readonly expired: readonly CachedRecord[]; readonly stale: ReadonlySet<string> } {
    const expired: CachedRecord[] = [];
    const stale = new Set<string>();
    if (this.#dueAt === undefined || this.#dueAt > now) return { expired, stale };
    this.#dueAt = undefined;
    for (const [key, set] of this.#sets) {
      for (const [rdata, entry] of set) {
        if (entry.expiresAt <= now) {
          this.#remove(key, rdata, entry);
          expired.push(entry);
          continue;
        }
        let current = entry;
        if (entry.refreshAt !== undefined && entry.refreshAt <= now) {
          stale.add(entry.link);
          current = { ...entry, refreshes: entry.refreshes + 1, refreshAt: this.#refreshAt(entry, entry.refreshes + 1) };
          set.set(rdata, current);
        }
        this.#dueAt = earliest(this.#dueAt, current.expiresAt, current.refreshAt);
      }
    }
    return { expired, stale };
  }

  #entry(now: Instant, link: string, source: string, record: DnsRecord): CachedRecord {
    const ttlMs = Math.min(record.ttl, CACHED_TTL_MAX_S) * 1000;
    const entry = {
      record,
      link,
      source,
      receivedAt: now,
      ttlMs,
      expiresAt: later(now, ttlMs),
      refreshAt: undefined,
      refreshes: 0,
    };
    return record.data.kind === 'PTR' ? { ...entry, refreshAt: this.#refreshAt(entry, 0) } : entry;
  }

  #refreshAt(entry: CachedRecord, refreshes: number): Instant | undefined {
    const share = REFRESH_POINTS[refreshes];
    if (share === undefined || entry.ttlMs < REFRESH_TTL_MIN_S * 1000) return undefined;
    return later(entry.receivedAt, entry.ttlMs * (share + uniform(this.#entropy, 0, REFRESH_JITTER)));
  }

  /** The flush bit: what else was said under this name more than a second ago goes within a second (§10.2). */
  #flush(now: Instant, set: Map<string, CachedRecord>, except: string): void {
    for (const [rdata, entry] of set) {
      if (rdata !== except && now - entry.receivedAt > GRACE_MS) this.#expireBy(set, rdata, entry, later(now, GRACE_MS));
    }
  }

  #expireBy(set: Map<string, CachedRecord>, rdata: string, entry: CachedRecord, at: Instant): void {
    if (entry.expiresAt <= at) return;
    set.set(rdata, { ...entry, expiresAt: at, refreshAt: undefined });
    this.#dueAt = earliest(this.#dueAt, at);
  }

  #isFull(source: string, record: DnsRecord, set: Map<string, CachedRecord> | undefined): boolean {
    const held = this.#sources.get(source);
    if (held !== undefined && held.records >= RECORDS_PER_SOURCE_MAX) return true;
    // instances share one name, so their number is bounded by source; anything else by its name
    if (record.data.kind === 'PTR') return held !== undefined && held.pointers >= INSTANCES_PER_SOURCE_MAX;
    return set !== undefined && set.size >= RECORDS_PER_NAME_MAX;
  }

  #insert(key: string, rdata: string, entry: CachedRecord): void {
    const set = this.#sets.get(key) ?? new Map<string, CachedRecord>();
    set.set(rdata, entry);
    this.#sets.delete(key); // to the end: the oldest set is first
    this.#sets.set(key, set);
    this.#targets.add(entry.link, entry.record);
    this.#count(entry, 1);
    this.#dueAt = earliest(this.#dueAt, entry.expiresAt, entry.refreshAt);
  }

  #remove(key: string, rdata: string, entry: CachedRecord): void {
    const set = this.#sets.get(key);
    if (set?.delete(rdata) !== true) return;
    if (set.size === 0) this.#sets.delete(key);
    this.#targets.delete(entry.link, entry.record);
    this.#count(entry, -1);
  }

  #count(entry: CachedRecord, change: 1 | -1): void {
    const held = this.#sources.get(entry.source) ?? { records: 0, pointers: 0 };
    held.records += change;
    if (entry.record.data.kind === 'PTR') held.pointers += change;
    if (held.records === 0) this.#sources.delete(entry.source);
    else this.#sources.set(entry.source, held);
    this.#size += change;
  }

  /** Room for the newest: the longest unheard set goes first, and of the set just written its oldest record. */
  #evictOldest(newest: string): void {
    for (const [key, set] of this.#sets) {
      if (key === newest && this.#sets.size > 1) continue;
      for (const [rdata, entry] of set) {
        this.#remove(key, rdata, entry);
        this.#evicted.push(entry);
        return;
      }
    }
  }
}
