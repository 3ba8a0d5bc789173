/** How much is kept of each room and conversation: what its owner says, else what protocol and program hold sensible. */
import { ApiMisuse } from '../../base/errors.ts';
import type { RoomName, ScopeKey } from '../../base/ids.ts';
import { type KeepMeasure, type KeepRule, parseKeepRule } from '../../base/keep-rule.ts';
import { RETENTION_ENTRIES_MAX, RETENTION_MS, RETENTION_SIZE_MAX, RETENTION_SIZE_TOTAL_MAX } from '../../base/limits.ts';

/** Of one room or conversation: milliseconds since it came, entries, bytes of its records. */
export type PlaceLimits = { readonly ageMs: number; readonly entries: number; readonly bytes: number };

export interface RetentionLimits {
  of(key: ScopeKey): PlaceLimits;
  /** The shortest age at which anything goes, milliseconds. */
  readonly shortestMs: number;
  /** Bytes of all records; beyond, the largest places give what they have more than others. */
  readonly bytesInAll: number;
}

const DAY_MS = 86_400_000;
const MEGABYTE = 1_000_000;

/**
 * @param rules as of `parseKeepRule`; of two for the same, the later stands.
 * @throws ApiMisuse for what is no such rule.
 */
export const retentionLimits = (rules: readonly string[]): RetentionLimits => {
  const parsed = rules.map((text) => {
    const rule = parseKeepRule(text);
    if ('mistake' in rule) throw new ApiMisuse(`what is kept cannot be "${text}". ${rule.mistake}`);
    return rule;
  });
  const most = (room: RoomName | undefined, measure: KeepMeasure): number | undefined =>
    parsed.findLast((rule: KeepRule) => rule.room === room && rule.measure === measure)?.most;
  const limitsOf = (room: RoomName | undefined): PlaceLimits => {
    const own = (measure: KeepMeasure): number | undefined => most(room, measure) ?? most(undefined, measure);
    const [days, megabytes] = [own('days'), own('MB')];
    return {
      ageMs: days === undefined ? RETENTION_MS : days * DAY_MS,
      entries: own('messages') ?? RETENTION_ENTRIES_MAX,
      bytes: megabytes === undefined ? RETENTION_SIZE_MAX : megabytes * MEGABYTE,
    };
  };
  const general = limitsOf(undefined);
  const special = new Map(parsed.flatMap(({ room }) => (room === undefined ? [] : [[`#${room}`, limitsOf(room)]])));
  const inAll = most(undefined, 'MB in all');
  return {
    of: (key) => special.get(key) ?? general,
    shortestMs: Math.min(general.ageMs, ...[...special.values()].map(({ ageMs }) => ageMs)),
    bytesInAll: inAll === undefined ? RETENTION_SIZE_TOTAL_MAX : inAll * MEGABYTE,
  };
};
