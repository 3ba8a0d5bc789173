/** Three notions of time: instants that never go back, wall time that lies, and the order of what was said (chat/clock.ts). */
import type { Branded } from './ids.ts';

/** Monotonic milliseconds (with fraction) since an arbitrary start. */
export type Instant = Branded<number, 'Instant'>;
/** Milliseconds since 1970-01-01T00:00:00Z as this machine believes. */
export type WallTime = Branded<number, 'WallTime'>;

export const instant = (milliseconds: number): Instant => milliseconds as Instant;
export const wallTime = (milliseconds: number): WallTime => milliseconds as WallTime;
export const later = (from: Instant, milliseconds: number): Instant => (from + milliseconds) as Instant;
/** The earlier of deadlines that may be absent. */
export const earliest = (...deadlines: readonly (Instant | undefined)[]): Instant | undefined => {
  let first: Instant | undefined;
  for (const deadline of deadlines) if (deadline !== undefined && (first === undefined || deadline < first)) first = deadline;
  return first;
};

/** What a step is told about time. `at` never decreases; `wall` may jump. */
export type Now = { readonly at: Instant; readonly wall: WallTime };

export const isDue = (now: Now, deadline: Instant | undefined): boolean => deadline !== undefined && deadline <= now.at;
