/** A rate with a burst for each host that strangers send from. */
import type { Instant } from '../base/time.ts';
import { TokenBucket } from './token-bucket.ts';

/** Sources whose buckets are remembered. Full buckets are forgotten first: they say nothing. */
const SOURCES_MAX = 1024;

/** One bucket a host. BOUNDED: by SOURCES_MAX. */
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
      this.#buckets.set(host, bucket);
    }
    return bucket.take(now);
  }

  /** Forgets the full ones; if there are none, the oldest. */
  #forget(now: Instant): void {
    for (const [host, bucket] of this.#buckets) if (bucket.isFull(now)) this.#buckets.delete(host);
    if (this.#buckets.size < SOURCES_MAX) return;
    for (const host of this.#buckets.keys()) {
      this.#buckets.delete(host);
      return;
    }
  }
}
