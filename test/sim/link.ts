/** One direction between two hosts: what happens to a datagram on its way. Seeded and in virtual time. */
import type { Random } from './random.ts';

export type LinkOptions = {
  readonly delayMs: number;
  /** Uniform extra delay 0…jitterMs: enough of it reorders. */
  readonly jitterMs: number;
  /** Probability that a datagram is lost, each by itself. */
  readonly loss: number;
  /** Gilbert–Elliott bursts: probability to enter and to leave the bad state, and of loss while in it. */
  readonly bursts?: { readonly enter: number; readonly leave: number; readonly loss: number };
  readonly duplicate: number;
  /** Probability of being held back by `reorderMs`. */
  readonly reorder: number;
  readonly reorderMs: number;
  /** Probability that one bit is flipped. */
  readonly corrupt: number;
  /** Larger datagrams vanish. */
  readonly mtu: number;
  /** A bottleneck: bytes a millisecond, and how many may wait; absent: none. */
  readonly bottleneck?: { readonly bytesPerMs: number; readonly queueBytes: number };
};

export const PERFECT_LINK: LinkOptions = {
  delayMs: 0.2,
  jitterMs: 0,
  loss: 0,
  duplicate: 0,
  reorder: 0,
  reorderMs: 0,
  corrupt: 0,
  mtu: 1472,
};

export type Arrival = { readonly at: number; readonly bytes: Uint8Array };

export class Link {
  readonly #random: Random;
  options: LinkOptions;
  #isBad = false;
  #freeAt = 0;

  constructor(random: Random, options: LinkOptions) {
    this.#random = random;
    this.options = options;
  }

  /** When, if ever, and how a datagram handed in at `now` (ms) arrives. */
  carry(now: number, bytes: Uint8Array): readonly Arrival[] {
    const { options } = this;
    if (bytes.length > options.mtu || this.#isLost()) return [];
    let leaves = now;
    if (options.bottleneck !== undefined) {
      const { bytesPerMs, queueBytes } = options.bottleneck;
      const waits = Math.max(0, this.#freeAt - now);
      if (waits * bytesPerMs > queueBytes) return [];
      this.#freeAt = now + waits + bytes.length / bytesPerMs;
      leaves = this.#freeAt;
    }
    const arrivals = [{ at: this.#arrival(leaves), bytes: this.#damaged(bytes) }];
    if (this.#random.chance(options.duplicate)) arrivals.push({ at: this.#arrival(leaves), bytes });
    return arrivals;
  }

  #isLost(): boolean {
    const { loss, bursts } = this.options;
    if (bursts !== undefined) {
      this.#isBad = this.#isBad ? !this.#random.chance(bursts.leave) : this.#random.chance(bursts.enter);
      if (this.#isBad && this.#random.chance(bursts.loss)) return true;
    }
    return this.#random.chance(loss);
  }

  #arrival(leaves: number): number {
    const held = this.#random.chance(this.options.reorder) ? this.options.reorderMs : 0;
    return leaves + this.options.delayMs + this.#random.unit() * this.options.jitterMs + held;
  }

  #damaged(bytes: Uint8Array): Uint8Array {
    if (!this.#random.chance(this.options.corrupt)) return bytes;
    const copy = bytes.slice();
    const at = this.#random.below(copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << this.#random.below(8));
    return copy;
  }
}
