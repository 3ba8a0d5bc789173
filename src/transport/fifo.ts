/** First in, first out, over an array: the head moves on instead of shifting; now and then the emptied front is cut off. */

const COMPACT_AT = 512;

/** BOUNDED: by its owner. */
export class Fifo<T> {
  readonly #items: (T | undefined)[] = [];
  #head = 0;

  /** Items waiting. */
  get length(): number {
    return this.#items.length - this.#head;
  }
  /** The oldest item, which stays; undefined if there is none. */
  get first(): T | undefined {
    return this.#items[this.#head];
  }
  push(item: T): void {
    this.#items.push(item);
  }
  /** Removes and gives the oldest item; undefined if there is none. */
  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head >= COMPACT_AT && 2 * this.#head >= this.#items.length) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
    return item;
  }
}
