/** What others said, until it runs out: records per link with their expiry, goodbye and flush rules, and bounds. */
import { type Instant, later } from '../base/time.ts';
import type { Entropy } from '../crypto/suite.ts';
import { uniform } from './chance.ts';
import { Deadlines } from './deadlines.ts';
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
import { lower, nameKey, rdataKey, typeOf } from './records.ts';
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

/** As it is kept: changed in place when it is said again, and handed out as it is. */
type Held = { -readonly [Field in keyof CachedRecord]: CachedRecord[Field] } & { readonly set: RecordSet; isHeld: boolean };

/** Of one name and type on a link; `order` grows with every record that is said. */
type RecordSet = {
  readonly name: string;
  readonly shelf: Map<string, RecordSet>;
  /** By rdata, the newest last. */
  readonly records: Map<string, Held>;
  order: number;
};

export class RecordCache {
  readonly #entropy: Entropy;
  /** Link → type → name → record set, the oldest set of a type first. BOUNDED: by CACHE_RECORDS_MAX records. */
  readonly #shelves = new Map<string, Map<string, Map<string, RecordSet>>>();
  /** Records and pointers held for a source. BOUNDED: by the records themselves. */
  readonly #sources = new Map<string, { records: number; pointers: number }>();
  readonly #targets = new TargetIndex();
  readonly #deadlines = new Deadlines<Held>((held) => (held.isHeld ? dueAt(held) : undefined));
  #size = 0;
  #order = 0;
  #evicted: CachedRecord[] = [];

  constructor(entropy: Entropy) {
    this.#entropy = entropy;
  }

  get size(): number {
    return this.#size;
  }

  ingest(now: Instant, link: string, source: string, record: DnsRecord): Ingested {
    const rdata = rdataKey(record);
    const set = this.#set(link, typeOf(record), nameKey(record));
    const known = set?.records.get(rdata);
    if (record.ttl === 0) {
      if (known === undefined) return 'idle';
      this.#expireBy(known, later(now, GRACE_MS));
      return 'goodbye';
    }
    // nobody may flush what all share, whatever bit is set (§10.2)
    if (record.flush && record.data.kind !== 'PTR' && set !== undefined) this.#flush(now, set, rdata);
    if (set !== undefined && known !== undefined) {
      this.#renew(now, set, known, record);
      return 'kept';
    }
    if (this.#isFull(source, record, set)) return 'full';
    const newest = set ?? this.#newSet(link, record);
    this.#insert(now, newest, rdata, { record, link, source });
    while (this.#size > CACHE_RECORDS_MAX) this.#evictOldest(newest);
    return 'kept';
  }

  /** Records of a name and type on a link, the newest last. */
  get(link: string, type: DnsRecord['data']['kind'], name: string): readonly CachedRecord[] {
    const set = this.#set(link, type, lower(name));
    return set === undefined ? [] : [...set.records.values()];
  }

  /** The same by rdata (as `rdataKey` writes it): to look up many, without a copy. It changes with the next call. */
  byRdata(link: string, type: DnsRecord['data']['kind'], name: string): ReadonlyMap<string, CachedRecord> {
    return this.#set(link, type, lower(name))?.records ?? NONE;
  }

  /** Names of the services that a link's SRV records place at a host. */
  servicesAt(link: string, host: string): readonly string[] {
    return this.#targets.servicesAt(link, host);
  }

  /** A pointer is in doubt: it goes at a time, unless it is said again (§10.4, §10.5). @returns whether it is held. */
  doubt(at: Instant, link: string, name: string, rdata: string): boolean {
    const held = this.#set(link, 'PTR', lower(name))?.records.get(rdata);
    if (held === undefined) return false;
    this.#expireBy(held, at);
    return true;
  }

  /** What was pushed out to make room since the last call. */
  takeEvicted(): readonly CachedRecord[] {
    if (this.#evicted.length === 0) return [];
    const evicted = this.#evicted;
    this.#evicted = [];
    return evicted;
  }

  /** The link went away, or is another network now (§10.3). @returns what was held of it. */
  forget(link: string): readonly CachedRecord[] {
    const forgotten = [...this.#all()].filter((held) => held.link === link);
    for (const held of forgotten) this.#remove(held);
    this.#shelves.delete(link);
    return forgotten;
  }

  nextTimeout(): Instant | undefined {
    return this.#deadlines.next();
  }

  /** @returns what ran out, and the links whose pointers want asking for. */
  onTimeout(now: Instant): { readonly expired: readonly CachedRecord[]; readonly stale: ReadonlySet<string> } {
    const expired: CachedRecord[] = [];
    const stale = new Set<string>();
    for (let due = this.#deadlines.take(now); due !== undefined; due = this.#deadlines.take(now)) {
      if (due.expiresAt <= now) {
        this.#remove(due);
        expired.push(due);
        continue;
      }
      stale.add(due.link);
      due.refreshes += 1;
      due.refreshAt = this.#refreshAt(due);
      this.#plan(due);
    }
    return { expired, stale };
  }

  #set(link: string, type: string, name: string): RecordSet | undefined {
    return this.#shelves.get(link)?.get(type)?.get(name);
  }

  #newSet(link: string, record: DnsRecord): RecordSet {
    const ofLink = this.#shelves.get(link) ?? new Map<string, Map<string, RecordSet>>();
    const shelf = ofLink.get(typeOf(record)) ?? new Map<string, RecordSet>();
    this.#shelves.set(link, ofLink.set(typeOf(record), shelf));
    return { name: nameKey(record), shelf, records: new Map(), order: 0 };
  }

  *#all(): Generator<Held> {
    for (const ofLink of this.#shelves.values())
      for (const shelf of ofLink.values()) for (const { records } of shelf.values()) yield* records.values();
  }

  /** When it is to be asked for, which changes with each time that it was. */
  #refreshAt({ record, receivedAt, ttlMs, refreshes }: Omit<CachedRecord, 'refreshAt'>): Instant | undefined {
    const share = REFRESH_POINTS[refreshes];
    if (record.data.kind !== 'PTR' || share === undefined || ttlMs < REFRESH_TTL_MIN_S * 1000) return undefined;
    return later(receivedAt, ttlMs * (share + uniform(this.#entropy, 0, REFRESH_JITTER)));
  }

  /** The flush bit: what else was said under this name more than a second ago goes within a second (§10.2). */
  #flush(now: Instant, { records }: RecordSet, except: string): void {
    for (const [rdata, held] of records)
      if (rdata !== except && now - held.receivedAt > GRACE_MS) this.#expireBy(held, later(now, GRACE_MS));
  }

  #expireBy(held: Held, at: Instant): void {
    if (held.expiresAt <= at) return;
    held.expiresAt = at;
    held.refreshAt = undefined;
    this.#plan(held);
  }

  #isFull(source: string, record: DnsRecord, set: RecordSet | undefined): boolean {
    const from = this.#sources.get(source);
    if (from !== undefined && from.records >= RECORDS_PER_SOURCE_MAX) return true;
    // instances share one name, so their number is bounded by source; anything else by its name
    if (record.data.kind === 'PTR') return from !== undefined && from.pointers >= INSTANCES_PER_SOURCE_MAX;
    return set !== undefined && set.records.size >= RECORDS_PER_NAME_MAX;
  }

  #insert(
    now: Instant,
    set: RecordSet,
    rdata: string,
    { record, link, source }: Pick<CachedRecord, 'record' | 'link' | 'source'>,
  ): void {
    const times = { ...lifeOf(now, record), refreshes: 0 };
    const refreshAt = this.#refreshAt({ record, link, source, ...times });
    const held: Held = { record, link, source, ...times, refreshAt, set, isHeld: true };
    set.records.set(rdata, held);
    this.#toEnd(set);
    this.#targets.add(link, record);
    this.#count(held, 1);
    this.#plan(held);
  }

  /** Said again: it lives as long as it now says, and is the newest of its set. */
  #renew(now: Instant, set: RecordSet, held: Held, record: DnsRecord): void {
    const wasDueAt = dueAt(held);
    const { receivedAt, ttlMs, expiresAt } = lifeOf(now, record);
    held.record = record;
    held.receivedAt = receivedAt;
    held.ttlMs = ttlMs;
    held.expiresAt = expiresAt;
    held.refreshes = 0;
    held.refreshAt = this.#refreshAt(held);
    if (dueAt(held) < wasDueAt) this.#plan(held);
    if (set.records.size > 1) {
      const rdata = rdataKey(record);
      set.records.delete(rdata);
      set.records.set(rdata, held);
    }
    this.#toEnd(set);
  }

  #toEnd(set: RecordSet): void {
    set.order = ++this.#order;
    set.shelf.delete(set.name);
    set.shelf.set(set.name, set);
  }

  #plan(held: Held): void {
    this.#deadlines.add(dueAt(held), held);
    if (this.#deadlines.isOverfull(this.#size)) this.#deadlines.rebuild(this.#all());
  }

  #remove(held: Held): void {
    if (!held.isHeld) return;
    held.isHeld = false;
    const { records, shelf, name } = held.set;
    records.delete(rdataKey(held.record));
    if (records.size === 0) shelf.delete(name);
    this.#targets.delete(held.link, held.record);
    this.#count(held, -1);
  }

  #count({ source, record }: CachedRecord, change: 1 | -1): void {
    const from = this.#sources.get(source) ?? { records: 0, pointers: 0 };
    from.records += change;
    if (record.data.kind === 'PTR') from.pointers += change;
    if (from.records === 0) this.#sources.delete(source);
    else this.#sources.set(source, from);
    this.#size += change;
  }

  /** Room for the newest: the longest unheard set goes first, and of the set just written its oldest record. */
  #evictOldest(newest: RecordSet): void {
    let oldest: RecordSet | undefined;
    for (const ofLink of this.#shelves.values()) {
      for (const shelf of ofLink.values()) {
        for (const set of shelf.values()) {
          if (set === newest) continue;
          if (oldest === undefined || set.order < oldest.order) oldest = set;
          break; // the others of its type are younger
        }
      }
    }
    for (const held of (oldest ?? newest).records.values()) {
      this.#remove(held);
      this.#evicted.push(held);
      return;
    }
  }
}

const dueAt = ({ expiresAt, refreshAt }: CachedRecord): Instant =>
  refreshAt !== undefined && refreshAt < expiresAt ? refreshAt : expiresAt;
const NONE: ReadonlyMap<string, CachedRecord> = new Map();
const lifeOf = (now: Instant, record: DnsRecord): Pick<CachedRecord, 'receivedAt' | 'ttlMs' | 'expiresAt'> => {
  const ttlMs = Math.min(record.ttl, CACHED_TTL_MAX_S) * 1000;
  return { receivedAt: now, ttlMs, expiresAt: later(now, ttlMs) };
};
