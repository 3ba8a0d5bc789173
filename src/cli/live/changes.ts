/** Waiting for a condition over things that change: whoever changes them pokes. */

export class Changes {
  #waiting: (() => void)[] = [];

  /** Something changed: everybody who waits looks again. */
  poke(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Resolves as soon as the condition holds; looked at now and after every poke. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
