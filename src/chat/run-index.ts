/**
 * Where the runs of one own log are: their numbers and the store's references, as arrays of numbers. 32 bytes a run, so that
 * a year of talk stays small in memory.
 *
 * A run that nobody can have any more (the store lost it, or never kept it) stands as lost: `isLost`.
 */
import { packColumns, unpackColumns } from './columns.ts';
import type { RecordRef } from './record.ts';

const LOST: RecordRef = -1;

/** Numbers of a run; what lies between `previous` and `first` was never used. */
export type RunSpan = { readonly previous: number; readonly first: number; readonly count: number };

export class RunIndex {
  /** BOUNDED: by the store; by RUN_CACHE_SIZE_MAX without one. */
  #firsts: Uint32Array = new Uint32Array(16);
  #lasts: Uint32Array = new Uint32Array(16);
  /** Entries in this run and all before it. */
  #totals: Uint32Array = new Uint32Array(16);
  /** Bytes of this run and all before it. */
  #sizes: Float64Array = new Float64Array(16);
  #refs: Float64Array = new Float64Array(16);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Number of the last entry of run `at`; 0 before the first. */
  last(at: number): number {
    return at < 0 ? 0 : (this.#lasts[at] ?? 0);
  }

  ref(at: number): RecordRef {
    return this.#refs[at] ?? LOST;
  }

  isLost(at: number): boolean {
    return at < this.#length && this.#refs[at] === LOST;
  }

  /**
   * Adds a run of `sizeBytes` behind all others; a predecessor that is not there is put down as lost.
   * @returns its place, or undefined if its numbers are not behind all others.
   */
  append(run: RunSpan, ref: RecordRef, sizeBytes = 0): number | undefined {
    const end = this.last(this.#length - 1);
    if (run.first <= end) return undefined;
    const total = this.#totals[this.#length - 1] ?? 0;
    const size = this.#sizes[this.#length - 1] ?? 0;
    if (run.previous > end) this.#push(end + 1, run.previous, total, size, LOST);
    this.#push(run.first, run.first + run.count - 1, total + run.count, size + sizeBytes, ref);
    return this.#length - 1;
  }

  /** All of it as bytes, for a snapshot. */
  pack(): Uint8Array {
    return packColumns(this.#length, [this.#firsts, this.#lasts, this.#totals, this.#sizes, this.#refs]);
  }

  /** In place of what is there. @returns false, with nothing changed, if that is no packed index. */
  unpack(bytes: Uint8Array): boolean {
    let made: readonly [Uint32Array, Uint32Array, Uint32Array, Float64Array, Float64Array] | undefined;
    const length = unpackColumns(bytes, (size) => {
      made = [
        new Uint32Array(size),
        new Uint32Array(size),
        new Uint32Array(size),
        new Float64Array(size),
        new Float64Array(size),
      ];
      return made;
    });
    if (length === undefined || made === undefined) return false;
    [this.#firsts, this.#lasts, this.#totals, this.#sizes, this.#refs] = made;
    this.#length = length;
    return true;
  }

  /** The run that has this number, if it was used. */
  runWith(number: number): { readonly at: number; readonly first: number; readonly last: number } | undefined {
    const at = this.above(number - 1);
    const first = this.#firsts[at] ?? 0;
    return at < this.#length && first <= number ? { at, first, last: this.last(at) } : undefined;
  }

  markLost(at: number): void {
    this.#refs[at] = LOST;
  }

  /** The first run that has a number above `number`; `length` if there is none. */
  above(number: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#lasts[middle] ?? 0) > number) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The first run that begins above `number`; `length` if there is none. */
  beginningAbove(number: number): number {
    const at = this.above(number);
    return at < this.#length && (this.#firsts[at] ?? 0) <= number ? at + 1 : at;
  }

  /** Entries with numbers up to `number`, void numbers and lost runs apart. */
  entriesUpTo(number: number): number {
    const at = this.above(number);
    const before = this.#totals[at - 1] ?? 0;
    const first = this.#firsts[at] ?? 0;
    if (at === this.#length || number < first) return before;
    return Math.min(before + (number - first + 1), this.#totals[at] ?? 0);
  }

  /** Bytes of the runs that have a number above `number`. */
  sizeAbove(number: number): number {
    return (this.#sizes[this.#length - 1] ?? 0) - (this.#sizes[this.above(number) - 1] ?? 0);
  }

  #push(first: number, last: number, total: number, size: number, ref: RecordRef): void {
    if (this.#length === this.#firsts.length) this.#grow();
    this.#firsts[this.#length] = first;
    this.#lasts[this.#length] = last;
    this.#totals[this.#length] = total;
    this.#sizes[this.#length] = size;
    this.#refs[this.#length] = ref;
    this.#length += 1;
  }

  #grow(): void {
    const size = this.#length * 2;
    this.#firsts = grown(this.#firsts, new Uint32Array(size));
    this.#lasts = grown(this.#lasts, new Uint32Array(size));
    this.#totals = grown(this.#totals, new Uint32Array(size));
    this.#sizes = grown(this.#sizes, new Float64Array(size));
    this.#refs = grown(this.#refs, new Float64Array(size));
  }
}

const grown = <A extends Uint32Array | Float64Array>(from: A, to: A): A => {
  to.set(from);
  return to;
};
