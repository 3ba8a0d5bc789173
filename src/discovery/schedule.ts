/** When to say something again: a series of growing gaps, and an allowance that refills. */
import { type Instant, later } from '../base/time.ts';

/** Times at growing distances: the first when started, each gap twice the one before, up to a cap or a count. */
export class Series {
  readonly #firstGapMs: number;
  readonly #gapMaxMs: number;
  readonly #count: number;
  #gapMs: number;
  #waitMs = 0;
  #left = 0;
  #at: Instant | undefined;

  /** @param count times in all; absent: without end. */
  constructor(options: { readonly gapMs: number; readonly gapMaxMs?: number; readonly count?: number }) {
    this.#firstGapMs = options.gapMs;
    this.#gapMs = options.gapMs;
    this.#gapMaxMs = options.gapMaxMs ?? Number.POSITIVE_INFINITY;
    this.#count = options.count ?? Number.POSITIVE_INFINITY;
  }

  /** The next time; undefined before the start and after the last. */
  get at(): Instant | undefined {
    return this.#at;
  }

  /** From the time before (or the start) to the next. */
  get waitMs(): number {
    return this.#waitMs;
  }

  /** From the beginning, the first time after a delay. */
  start(now: Instant, delayMs: number): void {
    this.#gapMs = this.#firstGapMs;
    this.#left = this.#count;
    this.#waitMs = delayMs;
    this.#at = later(now, delayMs);
  }

  stop(): void {
    this.#at = undefined;
  }

  isDue(now: Instant): boolean {
    return this.#at !== undefined && this.#at <= now;
  }

  /** From the next time to the one after it. */
  get gapMs(): number {
    return this.#gapMs;
  }

  /**
   * The planned time is used up (by us, or by another's equal question): on to the next.
   * @param moreMs beyond the gap, so that hosts set off by one event do not stay in step.
   */
  advance(now: Instant, moreMs = 0): void {
    this.#left -= 1;
    this.#waitMs = this.#gapMs + moreMs;
    this.#at = this.#left > 0 ? later(now, this.#waitMs) : undefined;
    this.#gapMs = Math.min(2 * this.#gapMs, this.#gapMaxMs);
  }
}

/** An allowance of `burst` that refills at `ratePerSecond`. */
export class Allowance {
  readonly #burst: number;
  readonly #ratePerSecond: number;
  #left: number;
  #since: Instant | undefined;

  constructor(burst: number, ratePerSecond: number) {
    this.#burst = burst;
    this.#ratePerSecond = ratePerSecond;
    this.#left = burst;
  }

  /** What was taken was not used. */
  giveBack(): void {
    this.#left = Math.min(this.#burst, this.#left + 1);
  }

  /** Takes one if there is one. */
  take(now: Instant): boolean {
    const elapsedMs = this.#since === undefined ? 0 : now - this.#since;
    this.#since = now;
    this.#left = Math.min(this.#burst, this.#left + (elapsedMs * this.#ratePerSecond) / 1000);
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
