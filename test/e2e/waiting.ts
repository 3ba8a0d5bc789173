/** Waiting for what a started program prints. */

/** Nothing here takes longer, however busy the machine is. Milliseconds. */
export const DEADLINE_MS = 30_000;

/** Who waits for something that changes, and is woken at each change. */
export class Waiting {
  #wake: (() => void)[] = [];

  /** Something has changed: everybody looks again. */
  changed(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  /**
   * Waits until something is so.
   *
   * @param lost says that it did not come, and can never or has not in time.
   * @throws {Error} with what `lost` says.
   */
  async until(isSo: () => boolean, lost: () => string, isOver: () => boolean = () => false): Promise<void> {
    const deadline = Date.now() + DEADLINE_MS;
    while (!isSo()) {
      if (isOver() || Date.now() > deadline) throw new Error(lost());
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.max(1, deadline - Date.now()));
        this.#wake.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }
}
