/** Which records are beyond what is to be kept: in each room and conversation, and in all. */
import type { ScopeKey } from '../../base/ids.ts';
import type { Database, Row } from './database.ts';

type Amount = { readonly entries: number; readonly bytes: number };

export type SizeLimits = {
  readonly of: (key: ScopeKey) => Amount;
  /** Of all records: beyond, the largest places give until none is larger than the others that give. */
  readonly bytesInAll: number;
  /** Of one author, of each limit of a place: beyond, theirs go before anybody else's. */
  readonly share: number;
};

type Place = Amount & { readonly s: number; readonly key: ScopeKey };
type Kept = Amount & { readonly ref: number; readonly p: number };

/** @returns references, for each place those of its loudest authors first, and the oldest of each first. */
export const recordsBeyond = (database: Database, limits: SizeLimits): readonly number[] => {
  const places = placesOf(database);
  const level = levelOf(
    places.map(({ key, bytes }) => Math.min(bytes, limits.of(key).bytes)),
    limits.bytesInAll,
  );
  return places.flatMap((place) => {
    const { entries, bytes } = limits.of(place.key);
    const most = { entries, bytes: Math.min(bytes, level) };
    if (place.entries <= most.entries && place.bytes <= most.bytes) return [];
    return [...beyondIn(keptIn(database, place.s), most, limits.share)];
  });
};

/** Oldest first. */
const keptIn = (database: Database, s: number): readonly Kept[] =>
  database
    .prepare('SELECT ref, p, entries, size AS bytes FROM records WHERE s = ? ORDER BY ref')
    .all(s) as readonly Row[] as readonly Kept[];

const placesOf = (database: Database): readonly Place[] =>
  database
    .prepare('SELECT s, key, sum(entries) AS entries, sum(size) AS bytes FROM records JOIN scopes USING (s) GROUP BY s')
    .all() as readonly Row[] as readonly Place[];

const beyondIn = (kept: readonly Kept[], most: Amount, share: number): ReadonlySet<number> => {
  const refs = new Set<number>();
  for (const measure of ['entries', 'bytes'] as const) {
    const totals = new Map<number, number>();
    for (const { ref, p, [measure]: amount } of kept) if (!refs.has(ref)) totals.set(p, (totals.get(p) ?? 0) + amount);
    let excess = [...totals.values()].reduce((sum, amount) => sum + amount, 0) - most[measure];
    const take = (amount: number, from: readonly Kept[]): void => {
      let taken = 0;
      for (const one of from) {
        if (taken >= amount) break;
        if (refs.has(one.ref)) continue;
        refs.add(one.ref);
        taken += one[measure];
      }
      excess -= taken;
    };
    const loud = [...totals].filter(([, amount]) => amount > most[measure] * share).sort((a, b) => b[1] - a[1]);
    for (const [author, amount] of loud) {
      const own = Math.min(excess, amount - most[measure] * share);
      if (own > 0)
        take(
          own,
          kept.filter(({ p }) => p === author),
        );
    }
    if (excess > 0) take(excess, kept);
  }
  return refs;
};

/** The size at which to cut the largest, so that all together are at most `total`; Infinity if they are. */
const levelOf = (sizes: readonly number[], total: number): number => {
  const ascending = [...sizes].sort((a, b) => a - b);
  let left = total;
  for (const [at, size] of ascending.entries()) {
    const each = left / (ascending.length - at);
    if (size > each) return each;
    left -= size;
  }
  return Number.POSITIVE_INFINITY;
};
