/**
 * Which of very many things is due next: a binary heap that is put right when it is looked at, so that putting something off costs
 * nothing until its old time has come.
 */
import type { Instant } from '../base/time.ts';

/** More than twice as many times as things, and these: then it is made anew. */
const SLACK = 64;

type Planned<T> = { readonly at: Instant; readonly what: T };

export class Deadlines<T> {
  readonly #dueAt: (what: T) => Instant | undefined;
  /** The earliest first; a time may be earlier than the true one. BOUNDED: by twice the things there are (`rebuild`). */
  #heap: Planned<T>[] = [];

  /** @param dueAt when a thing is due by now; undefined: it is gone. */
  constructor(dueAt: (what: T) => Instant | undefined) {
    this.#dueAt = dueAt;
  }

  /** A new thing, or one that is due earlier than before; one that is due later need not be told. */
  add(at: Instant, what: T): void {
    this.#heap.push({ at, what });
    this.#rise(this.#heap.length - 1);
  }

  /** Whether so much of it is out of date that it wants to be made anew. @param count of the things there are. */
  isOverfull(count: number): boolean {
    return this.#heap.length > 2 * count + SLACK;
  }

  /** Of all the things there are. */
  rebuild(all: Iterable<T>): void {
    this.#heap = [];
    for (const what of all) {
      const at = this.#dueAt(what);
      if (at !== undefined) this.add(at, what);
    }
  }

  /** The earliest true time. */
  next(): Instant | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined) return undefined;
      const at = this.#dueAt(first.what);
      if (at === first.at) return at;
      this.#replaceFirst(at === undefined ? undefined : { at, what: first.what });
    }
  }

  /** One that is due; it is added again if it is to be due again. */
  take(now: Instant): T | undefined {
    const at = this.next();
    const first = this.#heap[0];
    if (at === undefined || at > now || first === undefined) return undefined;
    this.#replaceFirst(undefined);
    return first.what;
  }

  #replaceFirst(planned: Planned<T> | undefined): void {
    const placed = planned ?? this.#heap.pop();
    if (placed === undefined || this.#heap.length === 0) return;
    this.#heap[0] = placed;
    this.#sink(0);
  }

  #rise(from: number): void {
    const heap = this.#heap;
    const item = heap[from];
    let child = from;
    while (item !== undefined && child > 0) {
      const parent = (child - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || above.at <= item.at) break;
      heap[child] = above;
      child = parent;
    }
    if (item !== undefined) heap[child] = item;
  }

  #sink(from: number): void {
    const heap = this.#heap;
    const item = heap[from];
    let parent = from;
    for (;;) {
      const left = heap[2 * parent + 1];
      const right = heap[2 * parent + 2];
      const lesser = right !== undefined && left !== undefined && right.at < left.at ? right : left;
      if (item === undefined || lesser === undefined || item.at <= lesser.at) break;
      heap[parent] = lesser;
      parent = lesser === left ? 2 * parent + 1 : 2 * parent + 2;
    }
    if (item !== undefined) heap[parent] = item;
  }
}
