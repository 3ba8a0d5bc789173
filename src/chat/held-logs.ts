/** The logs of others that are remembered, by author, log id and scope. */
import type { LogId, PeerId } from '../base/ids.ts';
import { LOGS_MAX } from '../base/limits.ts';
import type { FrameScope } from '../wire/frame.ts';
import { type Backlog, HeldLog } from './held-log.ts';
import { LOGS_KEPT_PER_AUTHOR } from './limits.ts';
import type { StoredRecord } from './record.ts';

/** Authors looked at to make room for a log. */
const CROWDED_TRIED_MAX = 4;

export class HeldLogs {
  readonly #backlog: Backlog;
  /** BOUNDED: by LOGS_MAX logs. At the maximum, authors with more than LOGS_KEPT_PER_AUTHOR lose their oldest to those with fewer. */
  readonly #byAuthor = new Map<PeerId, Map<string, HeldLog>>();
  /** Those with more than LOGS_KEPT_PER_AUTHOR. */
  readonly #crowded = new Set<PeerId>();
  readonly #onForgotten: (log: HeldLog) => void;
  #count = 0;

  constructor(backlog: Backlog, onForgotten: (log: HeldLog) => void) {
    this.#backlog = backlog;
    this.#onForgotten = onForgotten;
  }

  get(author: PeerId, id: LogId, scope: FrameScope): HeldLog | undefined {
    return this.#byAuthor.get(author)?.get(logKey(id, scope));
  }

  *all(): Iterable<HeldLog> {
    for (const logs of this.#byAuthor.values()) yield* logs.values();
  }

  /** What is held of every log. */
  *stateRecords(): Iterable<StoredRecord> {
    for (const log of this.all()) if (!log.isEmpty) yield recordOf(log);
  }

  /** What is held of one log. */
  holdingOf(author: PeerId, id: LogId, scope: FrameScope): StoredRecord | undefined {
    const log = this.get(author, id, scope);
    return log === undefined || log.isEmpty ? undefined : recordOf(log);
  }

  /** @returns false if there is no room. */
  restoreHolding({ author, log: id, scope, ranges }: Extract<StoredRecord, { readonly kind: 'holding' }>): boolean {
    const log = this.get(author, id, scope) ?? this.add(author, id, scope, LOGS_MAX);
    log?.unpack(ranges);
    return log !== undefined;
  }

  /** All of one author. */
  of(author: PeerId): Iterable<HeldLog> {
    return this.#byAuthor.get(author)?.values() ?? [];
  }

  /** Adds a log that is not there. @param most logs of this author. @returns undefined if there is no room. */
  add(author: PeerId, id: LogId, scope: FrameScope, most: number): HeldLog | undefined {
    const count = this.#byAuthor.get(author)?.size ?? 0;
    if (count >= most || (this.#count >= LOGS_MAX && (count >= LOGS_KEPT_PER_AUTHOR || !this.#makeRoom()))) return undefined;
    const logs = this.#byAuthor.get(author) ?? new Map<string, HeldLog>();
    const log = new HeldLog(author, id, scope, this.#backlog);
    this.#byAuthor.set(author, logs.set(logKey(id, scope), log));
    this.#count += 1;
    if (logs.size > LOGS_KEPT_PER_AUTHOR) this.#crowded.add(author);
    return log;
  }

  /** What comes of it later is as new. */
  forget(log: HeldLog): void {
    const logs = this.#byAuthor.get(log.author);
    if (logs?.delete(logKey(log.log, log.scope)) !== true) return;
    this.#count -= 1;
    if (logs.size <= LOGS_KEPT_PER_AUTHOR) this.#crowded.delete(log.author);
    if (logs.size === 0) this.#byAuthor.delete(log.author);
    this.#onForgotten(log);
  }

  /** The oldest idle log of whoever has too many goes. */
  #makeRoom(): boolean {
    for (let tries = 0; tries < CROWDED_TRIED_MAX; tries++) {
      const [author] = this.#crowded;
      if (author === undefined) return false;
      for (const log of this.of(author)) {
        if (!log.isIdle) continue;
        this.forget(log);
        return true;
      }
      this.#crowded.delete(author); // to the end of the queue
      this.#crowded.add(author);
    }
    return false;
  }
}

const recordOf = (log: HeldLog): StoredRecord => {
  const { author, log: id, scope } = log;
  return { kind: 'holding', author, log: id, scope, ranges: log.pack() };
};

const logKey = (id: LogId, scope: FrameScope): string => (scope === null ? id : `${id}#${scope}`);
