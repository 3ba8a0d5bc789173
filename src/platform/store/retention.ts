/**
 * What is let go of: what is older than its owner keeps it (`retention-limits`), and of a room or conversation what is more than
 * that, the oldest of those first who said more than a quarter of it; and whatever its owner wants forgotten. Always whole runs.
 *
 * A run is let go of in this order: the core writes down what is to be known of it still; its record is erased; it leaves the
 * index. A full segment in which no run is left is removed, once the core's state has been written again behind it; one of
 * which much is erased gives that back to the disk.
 */
import { type PeerId, type Scope, type ScopeKey, scopeKey } from '../../base/ids.ts';
import { RETENTION_AUTHOR_SHARE } from '../../base/limits.ts';
import { fromWireTime } from '../../chat/clock.ts';
import { decodeRecord, type OwnRunRecord, type ReceivedRecord } from '../../chat/record.ts';
import type { RecordRef } from '../../peer/effect.ts';
import type { Input } from '../../peer/input.ts';
import type { Clock } from '../clock.ts';
import type { Book } from '../index/book.ts';
import { prunedMark } from '../index/pruned-mark.ts';
import { worldText } from '../world-text.ts';
import type { RetentionLimits } from './retention-limits.ts';
import type { Store } from './store.ts';

export type RetentionOptions = {
  readonly self: PeerId;
  readonly store: Store;
  readonly book: Book;
  readonly clock: Clock;
  readonly post: (input: Input) => void;
  /** Everything the core knows but the runs, as records. */
  readonly stateRecords: () => readonly Uint8Array[];
  /** The profile counts on these segments no more. @throws what the disk says. */
  readonly onReplaced: (segments: readonly number[]) => void;
  readonly onProblem: (text: string) => void;
  readonly limits: RetentionLimits;
};

type Run = OwnRunRecord | ReceivedRecord;

const LOOK_EVERY_MS = 60_000;
const EVERY_MS = 3_600_000;
/** Segments filled since the last time: a flood is not waited out. */
const SOONER_AFTER_SEGMENTS = 8;
/** Records looked at, or let go of, before other work has its turn. */
const SLICE = 256;

export class Retention {
  readonly #options: RetentionOptions;
  /** Who waits for the core. BOUNDED: by the calls under way, one at a time. */
  readonly #waiting = new Map<number, () => void>();
  #nextToken = 1;
  readonly #timer: NodeJS.Timeout;
  /** Of the last pruning; undefined before the first. */
  #last: { readonly atMs: number; readonly segment: number } | undefined;
  #isClosed = false;
  /** What is under way: one after the other. */
  #work: Promise<unknown> = Promise.resolve();

  constructor(options: RetentionOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  /** The core has let go of what it was asked to. */
  onErasable(token: number): void {
    this.#waiting.get(token)?.();
    this.#waiting.delete(token);
  }

  /** Everything that is due. @returns how many messages went. */
  prune(): Promise<number> {
    return this.#next(async () => {
      const count = (await this.#pruneOld()) + (await this.#pruneMany());
      if (count > 0) await this.#removeSegments();
      return count;
    });
  }

  /** Everything said in a scope, or everywhere. A direct scope names the other side. @param people whose keys go too. */
  forget(scope: Scope | undefined, people: readonly PeerId[]): Promise<number> {
    return this.#next(async () => {
      const wanted = scope === undefined ? undefined : scopeKey(scope);
      const count = await this.#letGo((run) => wanted === undefined || this.#keyOf(run) === wanted, people);
      await this.#removeSegments();
      await this.#options.book.sweep();
      return count;
    });
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    for (const go of this.#waiting.values()) go();
    this.#waiting.clear();
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => undefined);
    return done;
  }

  #look(): void {
    const { store, onProblem } = this.#options;
    const [atMs, segment] = [performance.now(), store.fullSegments.at(-1) ?? 0];
    const isDue =
      this.#last === undefined || atMs - this.#last.atMs >= EVERY_MS || segment - this.#last.segment >= SOONER_AFTER_SEGMENTS;
    if (!isDue) return;
    this.#last = { atMs, segment };
    this.prune().catch((error: unknown) => onProblem(`old messages could not be let go of: ${worldText(error)}`));
  }

  /** Records stand in the order they came: the first slice whose runs are all too young is the last one looked at. */
  async #pruneOld(): Promise<number> {
    const { clock, limits } = this.#options;
    const { wall } = clock.now();
    const isOver = (run: Run, ageMs: number): boolean => wall - cameAt(run) > ageMs;
    return this.#letGo(
      (run) => isOver(run, limits.of(this.#keyOf(run)).ageMs),
      [],
      (run) => !isOver(run, limits.shortestMs),
    );
  }

  async #pruneMany(): Promise<number> {
    const { book, limits } = this.#options;
    const refs = await book.beyond({ of: (key) => limits.of(key), bytesInAll: limits.bytesInAll, share: RETENTION_AUTHOR_SHARE });
    let count = 0;
    for (let at = 0; at < refs.length && !this.#isClosed; at += SLICE)
      count += await this.#erase(refs.slice(at, at + SLICE), [], true);
    return count;
  }

  async #letGo(
    isMeant: (run: Run) => boolean,
    people: readonly PeerId[],
    /** Of pruning: a slice of such is the last one looked at. */
    isTooYoung?: (run: Run) => boolean,
  ): Promise<number> {
    const { store } = this.#options;
    let count = 0;
    let next: RecordRef = 0;
    let isFirst = true;
    const isPruning = isTooYoung !== undefined;
    while (next < store.end && !this.#isClosed) {
      const refs: RecordRef[] = [];
      let young = 0;
      let others = 0;
      next = store.scan(next, SLICE, (bytes, ref) => {
        const run = runOf(bytes);
        if (run === undefined) return;
        if (isTooYoung?.(run) === true) young += 1;
        else others += 1;
        if (isMeant(run)) refs.push(ref);
      });
      if (young > 0 && others === 0) break;
      if (refs.length > 0 || isFirst) count += await this.#erase(refs, isFirst ? people : [], isPruning);
      isFirst = false;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return count;
  }

  /** @returns the messages that were in them. */
  async #erase(refs: readonly RecordRef[], people: readonly PeerId[], isPruning: boolean): Promise<number> {
    const { store, book, post, clock } = this.#options;
    const records = refs.flatMap((ref) => store.read(ref) ?? []);
    const token = this.#nextToken++;
    const released = new Promise<void>((resolve) => this.#waiting.set(token, resolve));
    post({ kind: 'forget', token, records, people });
    await released;
    if (this.#isClosed) return 0;
    const leave = await book.leaving(refs);
    for (const ref of refs) await store.rewrite(ref, undefined);
    const counts = leave();
    if (isPruning) {
      const marks = [...counts].map(([key, count]) => ({ record: prunedMark(key, count, clock.now().wall), mustFlush: false }));
      if (marks.length > 0) store.append(marks);
    }
    return [...counts.values()].reduce((sum, count) => sum + count, 0);
  }

  async #removeSegments(): Promise<void> {
    const { store, book, stateRecords, onReplaced } = this.#options;
    const empty: number[] = [];
    for (const number of store.fullSegments) {
      if (!hasRuns(store, number)) empty.push(number);
      else store.punchHoles(number, () => onReplaced([number]));
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#isClosed) return;
    }
    if (empty.length === 0) return;
    const records = [...stateRecords(), ...(await book.standing())].map((record) => ({ record, mustFlush: true }));
    await new Promise<void>((resolve, reject) => {
      const appended = store.append(records, (failure) => (failure === undefined ? resolve() : reject(new Error(failure))));
      if (appended.kind === 'failed') reject(new Error(appended.why));
    });
    if (this.#isClosed) return;
    onReplaced(empty);
    for (const number of empty) store.removeSegment(number);
  }

  #keyOf(run: Run): ScopeKey {
    if (run.kind === 'own-run') return scopeKey(run.scope);
    return (run.scope === null ? `@${run.author}` : `#${run.scope}`) as ScopeKey;
  }
}

const runOf = (bytes: Uint8Array): Run | undefined => {
  const record = decodeRecord(bytes);
  return record.ok && (record.value.kind === 'own-run' || record.value.kind === 'received') ? record.value : undefined;
};

const cameAt = (run: Run): number => (run.kind === 'received' ? run.received : fromWireTime(run.time).ms);

/** Whether anything somebody said is in a segment, or the place of something that was rewritten. */
const hasRuns = (store: Store, number: number): boolean => {
  let has = false;
  store.scanOne(number, (bytes) => {
    has ||= bytes[0] === 1 || runOf(bytes) !== undefined;
  });
  return has;
};
