/**
 * Which numbers of one log are held: everything up to a number, and a few ranges beyond it. Work and memory depend on the
 * ranges there are, never on the numbers between them.
 */
import { LOG_RANGES_MAX } from '../base/limits.ts';

/** Runs that follow each other. `after`: the predecessor of the first, so what lies between is void. */
type Range = { readonly after: number; readonly first: number; readonly last: number };

/** What adding a run would do: it fits, or it is held, or half held, or there is no room for one more range. */
export type Fit = 'next' | 'beyond' | 'duplicate' | 'conflict' | 'full';

export class HeldRanges {
  #upTo = 0;
  /** Ascending, apart. BOUNDED: by LOG_RANGES_MAX. */
  #beyond: readonly Range[] = NONE;

  /** [up to, after, first, last, after, first, last, …] */
  pack(): readonly number[] {
    return [this.#upTo, ...this.#beyond.flatMap(({ after, first, last }) => [after, first, last])];
  }

  /** Adds what `pack` gave. */
  unpack([upTo = 0, ...beyond]: readonly number[]): void {
    this.advance(upTo);
    for (let at = 0; at + 2 < beyond.length; at += 3) {
      const [after = 0, first = 0, last = 0] = beyond.slice(at, at + 3);
      const fit = this.fit(after, first, last);
      if (fit === 'next' || fit === 'beyond') this.add(after, first, last);
    }
  }

  /** Every number up to this one is held, void or not coming. */
  get upTo(): number {
    return this.#upTo;
  }

  /** The numbers that are missing below something held. */
  firstGap(): { readonly from: number; readonly to: number } | undefined {
    const range = this.#beyond[0];
    return range === undefined ? undefined : { from: this.#upTo + 1, to: range.after };
  }

  fit(previous: number, first: number, last: number): Fit {
    if (last <= this.#upTo) return 'duplicate';
    if (first <= this.#upTo) return 'conflict';
    for (const range of this.#beyond) {
      if (first >= range.first && last <= range.last) return 'duplicate';
      if (first <= range.last && last >= range.first) return 'conflict';
    }
    if (previous <= this.#upTo) return 'next';
    if (this.#beyond.length < LOG_RANGES_MAX) return 'beyond';
    const touches = this.#beyond.some((range) => range.after <= last && previous <= range.last);
    return touches ? 'beyond' : 'full';
  }

  /** Adds a run that fits as next or beyond. */
  add(previous: number, first: number, last: number): void {
    if (previous > this.#upTo)
      this.#settle([...this.#beyond, { after: previous, first, last }].sort((a, b) => a.first - b.first));
    else this.advance(last); // its author says there is nothing before it that we lack
  }

  /** What is at or below `number` is not coming. */
  advance(number: number): void {
    if (number <= this.#upTo) return;
    this.#upTo = number;
    if (this.#beyond.length > 0) this.#settle(this.#beyond);
  }

  clone(): HeldRanges {
    const copy = new HeldRanges();
    copy.#upTo = this.#upTo;
    copy.#beyond = this.#beyond;
    return copy;
  }

  /** Joins what touches, and moves up what is no longer beyond. */
  #settle(sorted: readonly Range[]): void {
    const apart: Range[] = [];
    for (const range of sorted) {
      const before = apart.at(-1);
      if (before !== undefined && range.after <= before.last) apart[apart.length - 1] = { ...before, last: range.last };
      else if (range.after <= this.#upTo) this.#upTo = Math.max(this.#upTo, range.last);
      else apart.push(range);
    }
    this.#beyond = apart.length === 0 ? NONE : apart;
  }
}

const NONE: readonly Range[] = [];
