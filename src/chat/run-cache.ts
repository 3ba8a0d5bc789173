/** Own runs kept in memory to be sent, up to so many bytes. The one put in first goes first. */
import type { OwnLog } from './own-log.ts';
import { Queue } from './queue.ts';

export class RunCache {
  readonly #sizeMax: number;
  /** BOUNDED: by `sizeMax` bytes of runs. */
  readonly #order = new Queue<{ readonly log: OwnLog; readonly at: number; readonly sizeBytes: number }>();
  #sizeBytes = 0;

  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
  }

  put(log: OwnLog, at: number, bytes: Uint8Array): void {
    if (log.cached.has(at)) return;
    log.cached.set(at, bytes);
    this.#order.push({ log, at, sizeBytes: bytes.length });
    this.#sizeBytes += bytes.length;
    while (this.#sizeBytes > this.#sizeMax) this.#dropOldest();
  }

  #dropOldest(): void {
    const oldest = this.#order.shift();
    if (oldest === undefined) return;
    this.#sizeBytes -= oldest.sizeBytes;
    oldest.log.cached.delete(oldest.at);
  }
}
