/** Time as this machine tells it. */
import { instant, type Now, wallTime } from '../base/time.ts';

export interface Clock {
  now(): Now;
}

/** `at` is monotonic (it may stand still while the machine sleeps); `wall` is what the machine believes. */
export const systemClock: Clock = { now: () => ({ at: instant(performance.now()), wall: wallTime(Date.now()) }) };

/** How far the two clocks may drift apart between two looks before it counts as sleep. */
const DRIFT_MAX_MS = 5_000;

/** Notices from regular looks at the clock that the machine was asleep, or the process stopped, in between. */
export class SleepDetector {
  #last: Now | undefined;
  readonly #intervalMs: number;

  /** @param intervalMs how often `look` is called. */
  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** @returns whether more time passed since the last look than can be explained by a busy process. A wall clock set forward looks the same. */
  look(now: Now): boolean {
    const last = this.#last;
    this.#last = now;
    if (last === undefined) return false;
    const passedMs = Math.max(now.at - last.at, now.wall - last.wall);
    return passedMs > this.#intervalMs + DRIFT_MAX_MS;
  }
}
