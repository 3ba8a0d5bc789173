/** A rate with a burst for each host: what those there may bring about together, under whatever names. */
import type { Instant } from '../base/time.ts';
import { TokenBucket } from './token-bucket.ts';

/** Sources whose buckets are remembered. Full buckets are forgotten first: they say nothing. */
const SOURCES_MAX = 1024;

/** One bucket a host, the longest unused first. BOUNDED: by SOURCES_MAX. */
export class SourceBuckets {
  readonly #burst: number;
  readonly #perSecond: number;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(burst: number, perSecond: number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
  }

  get size(): number {
    return this.#buckets.size;
  }

  take(now: Instant, host: string): boolean {
    let bucket = this.#buckets.get(host);
    if (bucket === undefined) {
      if (this.#buckets.size >= SOURCES_MAX) this.#forget(now);
      bucket = new TokenBucket(now, this.#burst, this.#perSecond);
    }
    this.#buckets.delete(host);
    this.#buckets.set(host, bucket);
    return bucket.take(now);
  }

  /** What was taken was not used. */
  giveBack(host: string): void {
    this.#buckets.get(host)?.giveBack();
  }

  /** Forgets the full ones; if there are none, the longest unused. */
  #forget(now: Instant): void {
    for (const [host, bucket] of this.#buckets) if (bucket.isFull(now)) this.#buckets.delete(host);
    if (this.#buckets.size < SOURCES_MAX) return;
    for (const host of this.#buckets.keys()) {
      this.#buckets.delete(host);
      return;
    }
  }
}
