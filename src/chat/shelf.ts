/**
 * The runs that are held of one log in one room, whoever wrote it and from whomever it came: where they are in the store, when
 * and on which network they were heard. As arrays of numbers, 39 bytes a run.
 *
 * A run covers the numbers from behind its predecessor to its last: what lies between was never used.
 */
import type { LogId, PeerId, RoomName } from '../base/ids.ts';
import type { NumberRange } from '../wire/sync-frame.ts';
import { packColumns, unpackColumns } from './columns.ts';
import type { RecordRef } from './record.ts';

export type ShelvedRun = {
  readonly previous: number;
  readonly first: number;
  readonly last: number;
  readonly ref: RecordRef;
  /** Milliseconds since 1970 on our clock. */
  readonly heardAt: number;
  /** Number of a network, see networks.ts. */
  readonly network: number;
  /** The first four bytes of the run's hash; 0: not known. */
  readonly check: number;
  /** Bodies are missing that its author may never have taken back: handed on so, it does not count as held. */
  readonly isHollow: boolean;
};
/** Whether what was heard on a network at a time (milliseconds) may be told. */
export type MayTell = (network: number, heardAt: number) => boolean;
export type Placing = 'added' | 'filled' | 'duplicate' | 'conflict';

export class Shelf {
  readonly author: PeerId;
  readonly log: LogId;
  readonly room: RoomName;
  /** Numbers up to this one are wanted no more, though not held. */
  floor = 0;
  /** BOUNDED: by the store's retention. Ascending by `last`. */
  #previous: Uint32Array = new Uint32Array(4);
  #first: Uint32Array = new Uint32Array(4);
  #last: Uint32Array = new Uint32Array(4);
  #refs: Float64Array = new Float64Array(4);
  #heardAt: Float64Array = new Float64Array(4);
  #networks: Uint16Array = new Uint16Array(4);
  #checks: Uint32Array = new Uint32Array(4);
  #hollow: Uint8Array = new Uint8Array(4);
  #length = 0;
  #newest = 0;
  /** Of everything, until something changes. */
  #ranges: readonly NumberRange[] | undefined;

  constructor(author: PeerId, log: LogId, room: RoomName) {
    this.author = author;
    this.log = log;
    this.room = room;
  }

  get length(): number {
    return this.#length;
  }

  /** When the newest was heard, milliseconds since 1970; 0 if there is none. */
  get newest(): number {
    return this.#newest;
  }

  run(at: number): ShelvedRun {
    return {
      previous: this.#previous[at] ?? 0,
      first: this.#first[at] ?? 0,
      last: this.#last[at] ?? 0,
      ref: this.#refs[at] ?? 0,
      heardAt: this.#heardAt[at] ?? 0,
      network: this.#networks[at] ?? 0,
      check: this.#checks[at] ?? 0,
      isHollow: this.#hollow[at] === 1,
    };
  }

  /** What adding a run with these numbers would do. */
  fit(first: number, last: number, isHollow = false): Placing {
    const at = this.above(first - 1);
    if (at >= this.#length || (this.#first[at] ?? 0) > last) return 'added';
    if (this.#first[at] !== first || this.#last[at] !== last) return 'conflict';
    return this.#hollow[at] === 1 && !isHollow ? 'filled' : 'duplicate';
  }

  add(run: ShelvedRun): Placing {
    const placing = this.fit(run.first, run.last, run.isHollow);
    if (placing === 'filled') {
      this.#put(this.above(run.last - 1), run);
      this.#ranges = undefined;
    }
    if (placing !== 'added') return placing;
    const at = this.above(run.last);
    if (this.#length === this.#first.length) this.#grow();
    for (const column of this.#columns()) column.copyWithin(at + 1, at, this.#length);
    this.#put(at, run);
    this.#length += 1;
    this.#newest = Math.max(this.#newest, run.heardAt);
    this.#ranges = undefined;
    return 'added';
  }

  /** Of the newest run that counts: its last number and its check; zeros if there is none. */
  get tip(): { readonly last: number; readonly check: number } {
    for (let at = this.#length - 1; at >= 0; at--)
      if (this.#hollow[at] !== 1) return { last: this.#last[at] ?? 0, check: this.#checks[at] ?? 0 };
    return { last: 0, check: 0 };
  }

  /** The check of a run becomes known. */
  setCheck(last: number, check: number): void {
    const at = this.above(last - 1);
    if (at < this.#length && this.#last[at] === last) this.#checks[at] = check;
  }

  /** The runs that have a number from `first` to `last`. */
  overlapping(first: number, last: number): readonly ShelvedRun[] {
    const runs: ShelvedRun[] = [];
    for (let at = this.above(first - 1); at < this.#length && (this.#first[at] ?? 0) <= last; at++) runs.push(this.run(at));
    return runs;
  }

  /** Lets go of the run that ends in `last`. */
  remove(last: number): void {
    const at = this.above(last - 1);
    if (at >= this.#length || this.#last[at] !== last) return;
    for (const column of this.#columns()) column.copyWithin(at, at + 1, this.#length);
    this.#length -= 1;
    this.#ranges = undefined;
  }

  /** All runs as bytes, for a snapshot. */
  pack(): Uint8Array {
    return packColumns(this.#length, this.#columns());
  }

  /** In place of what is there. @returns false, with nothing changed, if that is no packed shelf. */
  unpack(bytes: Uint8Array): boolean {
    let made:
      | readonly [Uint32Array, Uint32Array, Uint32Array, Float64Array, Float64Array, Uint32Array, Uint16Array, Uint8Array]
      | undefined;
    const length = unpackColumns(bytes, (size) => {
      const numbers = [new Uint32Array(size), new Uint32Array(size), new Uint32Array(size)] as const;
      made = [
        ...numbers,
        new Float64Array(size),
        new Float64Array(size),
        new Uint32Array(size),
        new Uint16Array(size),
        new Uint8Array(size),
      ];
      return made;
    });
    if (length === undefined || made === undefined) return false;
    [this.#previous, this.#first, this.#last, this.#refs, this.#heardAt, this.#checks, this.#networks, this.#hollow] = made;
    this.#length = length;
    for (let at = 0; at < length; at++) this.#newest = Math.max(this.#newest, this.#heardAt[at] ?? 0);
    this.#ranges = undefined;
    return true;
  }

  /** The first run whose last number is above `number`; `length` if there is none. */
  above(number: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#last[middle] ?? 0) > number) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The numbers covered, ascending, apart; of what may be told only, if asked so. */
  ranges(mayTell?: MayTell): readonly NumberRange[] {
    if (mayTell !== undefined && !this.#isUniform(mayTell)) return this.#covered((at) => this.mayTell(at, mayTell));
    if (mayTell !== undefined && this.#length > 0 && !this.mayTell(0, mayTell)) return [];
    this.#ranges ??= this.#covered(() => true);
    return this.#ranges;
  }

  mayTell(at: number, mayTell: MayTell): boolean {
    return mayTell(this.#networks[at] ?? 0, this.#heardAt[at] ?? 0);
  }

  /** What of the numbers of `asked` is not covered, ascending. */
  missing(asked: readonly NumberRange[]): readonly NumberRange[] {
    const missing: NumberRange[] = [];
    const held = this.ranges();
    let i = 0;
    for (const range of asked) {
      let from = Math.max(range.from, this.floor + 1);
      while (i < held.length && (held[i]?.to ?? 0) < from) i += 1;
      for (let j = i; from <= range.to; j++) {
        const next = held[j];
        if (next === undefined || next.from > range.to) {
          missing.push({ from, to: range.to });
          break;
        }
        if (next.from > from) missing.push({ from, to: next.from - 1 });
        from = next.to + 1;
      }
    }
    return missing;
  }

  /** All of it was heard on one network, and the rule holds for its first and last hearing alike. */
  #isUniform(mayTell: MayTell): boolean {
    const [first] = this.#networks;
    const isFirstTold = this.#length === 0 || this.mayTell(0, mayTell);
    for (let at = 1; at < this.#length; at++) {
      if (this.#networks[at] !== first || this.mayTell(at, mayTell) !== isFirstTold) return false;
    }
    return true;
  }

  #covered(isMeant: (at: number) => boolean): readonly NumberRange[] {
    const ranges: { from: number; to: number }[] = [];
    for (let at = 0; at < this.#length; at++) {
      if (this.#hollow[at] === 1 || !isMeant(at)) continue;
      const from = (this.#previous[at] ?? 0) + 1;
      const before = ranges.at(-1);
      if (before !== undefined && from <= before.to + 1) before.to = this.#last[at] ?? 0;
      else ranges.push({ from, to: this.#last[at] ?? 0 });
    }
    return ranges;
  }

  #columns(): readonly (Uint32Array | Float64Array | Uint16Array | Uint8Array)[] {
    return [this.#previous, this.#first, this.#last, this.#refs, this.#heardAt, this.#checks, this.#networks, this.#hollow];
  }

  #put(at: number, run: ShelvedRun): void {
    this.#previous[at] = run.previous;
    this.#first[at] = run.first;
    this.#last[at] = run.last;
    this.#refs[at] = run.ref;
    this.#heardAt[at] = run.heardAt;
    this.#networks[at] = run.network;
    this.#checks[at] = run.check;
    this.#hollow[at] = run.isHollow ? 1 : 0;
  }

  #grow(): void {
    const size = this.#length * 2;
    this.#previous = grown(this.#previous, new Uint32Array(size));
    this.#first = grown(this.#first, new Uint32Array(size));
    this.#last = grown(this.#last, new Uint32Array(size));
    this.#refs = grown(this.#refs, new Float64Array(size));
    this.#heardAt = grown(this.#heardAt, new Float64Array(size));
    this.#networks = grown(this.#networks, new Uint16Array(size));
    this.#checks = grown(this.#checks, new Uint32Array(size));
    this.#hollow = grown(this.#hollow, new Uint8Array(size));
  }
}

const grown = <A extends Uint32Array | Float64Array | Uint16Array | Uint8Array>(from: A, to: A): A => {
  to.set(from);
  return to;
};
