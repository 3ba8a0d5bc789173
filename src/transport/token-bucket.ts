/** A rate with a burst: the bucket refills evenly and never holds more than its burst. */
import type { Instant } from '../base/time.ts';

export class TokenBucket {
  readonly #burst: number;
  readonly #perMs: number;
  #tokens: number;
  #at: Instant;

  /** Starts full. @param burst most tokens it holds. @param perSecond how fast they come back. */
  constructor(now: Instant, burst: number, perSecond: number) {
    this.#burst = burst;
    this.#perMs = perSecond / 1000;
    this.#tokens = burst;
    this.#at = now;
  }

  /** Tokens there are now, 0 to the burst. */
  level(now: Instant): number {
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) * this.#perMs);
    this.#at = now;
    return this.#tokens;
  }

  /** Takes one token if there is one. */
  take(now: Instant): boolean {
    if (this.level(now) < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** What was taken was not used. */
  giveBack(): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + 1);
  }

  isFull(now: Instant): boolean {
    return this.level(now) >= this.#burst;
  }
}
