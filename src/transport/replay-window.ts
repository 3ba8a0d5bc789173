/** Which packet numbers were already received (protocol.md §Sealed datagram). Also remembers completed frame ids in reassembly. */
import { REPLAY_WINDOW_BITS } from '../base/limits.ts';

const WORD_BITS = 32;
const WORDS = REPLAY_WINDOW_BITS / WORD_BITS;

/**
 * The newest `REPLAY_WINDOW_BITS` numbers ending in the largest one accepted; everything below counts as seen.
 * A ring of 32-bit words, one word more than the window so that its oldest, partly used word stays intact (RFC 6479).
 * Call only after the AEAD has succeeded: a forged number must not move the window.
 */
export class ReplayWindow {
  readonly #words = new Uint32Array(WORDS + 1);
  #largest = -1;

  /** The largest number accepted, −1 before the first. */
  get largest(): number {
    return this.#largest;
  }

  /** Whether this number (u32) was accepted before, or is too old to tell. */
  has(number: number): boolean {
    if (number > this.#largest) return false;
    if (this.#largest - number >= REPLAY_WINDOW_BITS) return true;
    return ((this.#words[this.#index(number)] ?? 0) & (1 << (number % WORD_BITS))) !== 0;
  }

  /** Marks the number (u32) as seen. False, and nothing changes, if it was seen before or is too old. */
  accept(number: number): boolean {
    if (this.has(number)) return false;
    if (number > this.#largest) this.#advance(number);
    const index = this.#index(number);
    this.#words[index] = (this.#words[index] ?? 0) | (1 << (number % WORD_BITS));
    return true;
  }

  /** Clears the words between the old largest number and the new one: at most the whole ring, however far the jump. */
  #advance(number: number): void {
    const from = Math.floor(this.#largest / WORD_BITS);
    const steps = Math.min(Math.floor(number / WORD_BITS) - from, this.#words.length);
    for (let step = 1; step <= steps; step++)
      this.#words[(Math.floor(number / WORD_BITS) - steps + step) % this.#words.length] = 0;
    this.#largest = number;
  }

  #index(number: number): number {
    return (number >>> 5) % this.#words.length;
  }
}
