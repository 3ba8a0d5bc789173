/** A queue between those who push and the one who takes. */

/** One consumer. BOUNDED: by whoever pushes; `size` says how much waits. */
export class Mailbox<T> implements AsyncIterable<T> {
  #items: T[] = [];
  #at = 0;
  #isClosed = false;
  #wake: (() => void) | undefined;
  /** BOUNDED: by the producers that wait. */
  #producers: (() => void)[] = [];

  get size(): number {
    return this.#items.length - this.#at;
  }

  push(item: T): void {
    if (this.#isClosed) return;
    this.#items.push(item);
    this.#rouse();
  }

  /** What was pushed before is still taken; what is pushed later is not. */
  close(): void {
    this.#isClosed = true;
    this.#rouseProducers();
    this.#rouse();
  }

  /** Resolves when few items wait (or it is closed): for a producer that can wait. */
  async room(sizeMax: number): Promise<void> {
    while (this.size > sizeMax && !this.#isClosed) {
      await new Promise<void>((resolve) => this.#producers.push(resolve));
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for (;;) {
      while (this.#at < this.#items.length) {
        const item = this.#items[this.#at] as T;
        this.#at += 1;
        if (this.#at === this.#items.length) {
          this.#items = [];
          this.#at = 0;
        }
        this.#rouseProducers();
        yield item;
      }
      if (this.#isClosed) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #rouseProducers(): void {
    if (this.#producers.length === 0) return;
    const producers = this.#producers;
    this.#producers = [];
    for (const wake of producers) wake();
  }

  #rouse(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
