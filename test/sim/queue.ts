/** What happens when, in a world of virtual time: a binary heap, first come first served at the same moment. */
export class EventQueue<T> {
  readonly #heap: { readonly at: number; readonly order: number; readonly what: T }[] = [];
  #order = 0;

  get size(): number {
    return this.#heap.length;
  }

  get nextAt(): number | undefined {
    return this.#heap[0]?.at;
  }

  push(at: number, what: T): void {
    const heap = this.#heap;
    const item = { at, order: this.#order++, what };
    heap.push(item);
    let child = heap.length - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(item, above)) break;
      heap[child] = above;
      child = parent;
    }
    heap[child] = item;
  }

  pop(): { readonly at: number; readonly what: T } | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let parent = 0;
    for (;;) {
      const left = 2 * parent + 1;
      const a = heap[left];
      const b = heap[left + 1];
      if (a === undefined) break;
      const isRight = b !== undefined && isBefore(b, a);
      const smaller = isRight ? b : a;
      if (!isBefore(smaller, last)) break;
      heap[parent] = smaller;
      parent = isRight ? left + 1 : left;
    }
    heap[parent] = last;
    return first;
  }
}

type Placed = { readonly at: number; readonly order: number };
const isBefore = (a: Placed, b: Placed): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
