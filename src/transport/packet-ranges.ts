/** Packet numbers received and to be acknowledged (RFC 9000 §13.2.3, §19.3). */
import { ACK_RANGES_MAX } from '../base/limits.ts';

/** Inclusive [smallest, largest]. */
export type PacketRange = readonly [smallest: number, largest: number];

/**
 * A set of packet numbers as ascending, disjoint, non-touching ranges.
 * BOUNDED: by ACK_RANGES_MAX; the range of the oldest numbers is dropped (they are then never acknowledged again: the sender
 * sends their frames once more, and frames are delivered at least once).
 */
export class PacketRanges {
  readonly #smallest = new Float64Array(ACK_RANGES_MAX + 1);
  readonly #largest = new Float64Array(ACK_RANGES_MAX + 1);
  #count = 0;

  /** Number of ranges, 0 to ACK_RANGES_MAX. */
  get count(): number {
    return this.#count;
  }

  /** The largest number in the set, −1 if it is empty. */
  get largest(): number {
    return this.#count === 0 ? -1 : (this.#largest[this.#count - 1] ?? -1);
  }

  /** Adds a number; one already there changes nothing. One older than all of a full set is not taken. */
  add(number: number): void {
    let at = this.#count - 1;
    while (at >= 0 && (this.#smallest[at] ?? 0) > number) at--;
    // `at` is the last range that starts at or before the number, or −1
    if (at >= 0 && number <= (this.#largest[at] ?? 0)) return;
    const joinsBelow = at >= 0 && (this.#largest[at] ?? 0) === number - 1;
    const joinsAbove = at + 1 < this.#count && (this.#smallest[at + 1] ?? 0) === number + 1;
    if (joinsBelow && joinsAbove) {
      this.#largest[at] = this.#largest[at + 1] ?? 0;
      this.#remove(at + 1);
    } else if (joinsBelow) this.#largest[at] = number;
    else if (joinsAbove) this.#smallest[at + 1] = number;
    else this.#insert(at + 1, number);
  }

  has(number: number): boolean {
    let at = this.#count - 1;
    while (at >= 0 && (this.#smallest[at] ?? 0) > number) at--;
    return at >= 0 && number <= (this.#largest[at] ?? 0);
  }

  /** The newest `max` ranges, descending: what an ack frame carries. */
  toAck(max: number = ACK_RANGES_MAX): PacketRange[] {
    const ranges: PacketRange[] = [];
    for (let at = this.#count - 1; at >= 0 && ranges.length < max; at--) {
      ranges.push([this.#smallest[at] ?? 0, this.#largest[at] ?? 0]);
    }
    return ranges;
  }

  /**
   * Forgets the numbers up to and including this one: the other side has seen them acknowledged (RFC 9000 §13.2.4; see
   * `ackedUpTo` of LossRecovery). Keeps ack frames short under loss.
   */
  forgetUpTo(number: number): void {
    let gone = 0;
    while (gone < this.#count && (this.#largest[gone] ?? 0) <= number) gone++;
    if (gone > 0) {
      this.#smallest.copyWithin(0, gone, this.#count);
      this.#largest.copyWithin(0, gone, this.#count);
      this.#count -= gone;
    }
    if (this.#count > 0 && (this.#smallest[0] ?? 0) <= number) this.#smallest[0] = number + 1;
  }

  #insert(at: number, number: number): void {
    this.#smallest.copyWithin(at + 1, at, this.#count);
    this.#largest.copyWithin(at + 1, at, this.#count);
    this.#smallest[at] = number;
    this.#largest[at] = number;
    this.#count++;
    if (this.#count > ACK_RANGES_MAX) this.#remove(0);
  }

  #remove(at: number): void {
    this.#smallest.copyWithin(at, at + 1, this.#count);
    this.#largest.copyWithin(at, at + 1, this.#count);
    this.#count--;
  }
}
