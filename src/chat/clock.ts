/**
 * Hybrid logical clock (Kulkarni and others, 2014): wall time where it moves on, a counter where it does not. Times of one
 * author strictly increase even if its wall clock jumps back, and what answers a message is later than the message.
 */
import { CLOCK_AHEAD_MAX_MS } from '../base/limits.ts';
import type { WallTime } from '../base/time.ts';
import type { WireTime } from '../wire/run.ts';

/** Milliseconds since 1970 and a counter of 22 bits. Ordered by `ms`, then by `counter`. */
export type HybridTime = { readonly ms: number; readonly counter: number };

const COUNTER_BITS = 22;
const COUNTER_MAX = 2 ** COUNTER_BITS - 1;
/** The last moment whose seconds are u32. */
const MS_MAX = 2 ** 32 * 1000 - 1;

/** @param time `ms` up to the year 2106. */
export const toWireTime = ({ ms, counter }: HybridTime): WireTime => ({
  seconds: Math.floor(ms / 1000),
  fraction: (((ms % 1000) << COUNTER_BITS) | counter) >>> 0,
});
export const fromWireTime = ({ seconds, fraction }: WireTime): HybridTime => ({
  ms: seconds * 1000 + (fraction >>> COUNTER_BITS),
  counter: fraction & COUNTER_MAX,
});

export class HybridClock {
  #ms = 0;
  #counter = 0;

  /** The time of the first of `count` entries said now; the others' counters follow. Later than everything given out or seen. */
  stamp(wall: WallTime, count: number): HybridTime {
    const ms = Math.min(Math.max(0, Math.floor(wall)), MS_MAX);
    if (ms > this.#ms) {
      this.#ms = ms;
      this.#counter = 0;
    } else if (this.#counter + count <= COUNTER_MAX) this.#counter += 1;
    else {
      this.#ms = Math.min(this.#ms + 1, MS_MAX);
      this.#counter = 0;
    }
    const first = { ms: this.#ms, counter: this.#counter };
    this.#counter += count - 1;
    return first;
  }

  /** A time of our own from before a restart. */
  restore(time: HybridTime): void {
    if (time.ms < this.#ms || (time.ms === this.#ms && time.counter <= this.#counter)) return;
    this.#ms = time.ms;
    this.#counter = time.counter;
  }

  /** The latest time given out or seen. */
  get latest(): HybridTime {
    return { ms: this.#ms, counter: this.#counter };
  }

  /** A time somebody else gave out. One too far ahead of our wall clock never moves ours. */
  observe(time: HybridTime, wall: WallTime): void {
    if (time.ms < wall + CLOCK_AHEAD_MAX_MS) this.restore(time);
  }
}
