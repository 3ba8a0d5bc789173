/** Asks own runs back from the store, a few at a time. */
import { IN_MEMORY } from './journal.ts';
import { LOADS_AHEAD, LOADS_MAX, READ_BACK_SIZE_MAX } from './limits.ts';
import type { ChatOutput } from './output.ts';
import type { OwnLog } from './own-log.ts';
import { decodeRecord, type RecordRef } from './record.ts';
import { RunCache } from './run-cache.ts';

export class RunLoader {
  /** Apart from what was said last: reading through a long backlog must not push out what all others are about to be sent. */
  readonly #cache = new RunCache(READ_BACK_SIZE_MAX);
  /** BOUNDED: by LOADS_MAX. */
  readonly #loading = new Map<RecordRef, { readonly log: OwnLog; readonly at: number }>();

  /** Run `at` is needed, and those behind it soon. @returns true if it turned out to be lost. */
  need(log: OwnLog, at: number, out: ChatOutput[]): boolean {
    if (log.index.ref(at) === IN_MEMORY) {
      log.index.markLost(at); // there is no store, and memory has let go of it
      return true;
    }
    const end = Math.min(at + LOADS_AHEAD, log.index.length);
    for (let next = at; next < end && this.#loading.size < LOADS_MAX; next++) {
      const ref = log.index.ref(next);
      if (log.cached.has(next) || log.index.isLost(next) || this.#loading.has(ref)) continue;
      this.#loading.set(ref, { log, at: next });
      out.push({ kind: 'load', ref });
    }
    return false;
  }

  /** A record came back; one that is not there or not what it should be makes its run lost. @returns the log it belongs to. */
  onLoaded(ref: RecordRef, record: Uint8Array | undefined): OwnLog | undefined {
    const asked = this.#loading.get(ref);
    if (asked === undefined) return undefined;
    this.#loading.delete(ref);
    const stored = record === undefined ? undefined : decodeRecord(record);
    const { log, at } = asked;
    const isRight =
      stored?.ok && stored.value.kind === 'own-run' && stored.value.first + stored.value.count - 1 === log.index.last(at);
    if (isRight && stored.value.kind === 'own-run') this.#cache.put(log, at, stored.value.run.slice());
    else log.index.markLost(at);
    return log;
  }
}
