/** The RTT of the path with no queue on it: the smallest of the last 2 to 4 s. */
import type { Instant } from '../../base/time.ts';

/** Short, so that who came when a queue stood soon knows better; no shorter than the time between two drains. */
const BUCKET_MS = 2_000;

/** Two buckets: the one being filled, and the one before. */
export class MinimumRtt {
  #since: number | undefined;
  #current = Number.POSITIVE_INFINITY;
  #previous = Number.POSITIVE_INFINITY;

  /** Milliseconds; infinite before the first sample. */
  get ms(): number {
    return Math.min(this.#current, this.#previous);
  }

  update(now: Instant, rttMs: number): void {
    if (this.#since === undefined || now - this.#since >= BUCKET_MS) {
      const isStale = this.#since !== undefined && now - this.#since >= 2 * BUCKET_MS;
      this.#previous = isStale ? Number.POSITIVE_INFINITY : this.#current;
      this.#current = Number.POSITIVE_INFINITY;
      this.#since = now;
    }
    this.#current = Math.min(this.#current, rttMs);
  }
}
