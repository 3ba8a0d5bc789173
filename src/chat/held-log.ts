/**
 * One log of somebody else: which of its numbers are seen, kept and shown.
 *
 * seen ⊇ kept: a run is seen when it is accepted, kept when the store has it. Runs are shown in order of their numbers, each
 * once its predecessor was shown, or once the gap before it was.
 */
import type { DropReason } from '../base/drop-reason.ts';
import type { LogId, PeerId } from '../base/ids.ts';
import { GAP_SHOWN_AFTER_MS } from '../base/limits.ts';
import { earliest, type Instant, later, type WallTime } from '../base/time.ts';
import type { FrameScope } from '../wire/frame.ts';
import type { Spoken } from './event.ts';
import { type Fit, HeldRanges } from './held-ranges.ts';
import {
  KEEPING_PER_LOG_MAX,
  KEEPING_TOTAL_MAX,
  WAITING_PER_LOG_MAX,
  WAITING_TOTAL_MAX,
  WANT_AFTER_MS,
  WANT_AGAIN_AFTER_MAX_MS,
  WANT_AGAIN_AFTER_MS,
} from './limits.ts';

/** A run of somebody else, accepted. */
export type ReceivedRun = {
  readonly at: Instant;
  readonly heardAt: WallTime;
  /** The first four bytes of its hash. */
  readonly check: number;
  readonly previous: number;
  readonly first: number;
  readonly last: number;
  readonly sizeBytes: number;
  /** Something before it was missing when it came. */
  readonly isBeyond: boolean;
  /** What of it is to be shown. */
  readonly messages: readonly Spoken[];
};

/** Bytes of all logs together. keeping: handed to the store. waiting: beyond a gap. */
export type Backlog = { keeping: number; waiting: number };
export type Gap = { readonly from: number; readonly to: number };
/** What to do with a run that is kept: show it, show it as healing a shown gap, or let it wait. */
export type Turn = 'show' | 'late' | 'wait';

export class HeldLog {
  readonly author: PeerId;
  readonly log: LogId;
  readonly scope: FrameScope;
  /** What the last receipt of this session said; less than any number if one is owed in any case. */
  toldUpTo = 0;
  /** What is at or below this number was said before this session began; unknown until its author tells where the log begins. */
  lateUpTo: number | undefined;
  /** What is at or below this number its author, who is here, does not give; undefined until it has said so. */
  floor: number | undefined;
  /** Numbers of messages told to the program and not yet taken, ascending (ephemeral peers). BOUNDED: by UNTAKEN_MAX. */
  readonly untaken: number[] = [];
  readonly #backlog: Backlog;
  #seen = new HeldRanges();
  readonly #kept = new HeldRanges();
  #shown = 0;
  #hasRuns = false;
  /** Kept and not shown, ascending. BOUNDED: by WAITING_PER_LOG_MAX bytes. */
  readonly #waiting: ReceivedRun[] = [];
  #waitingBytes = 0;
  #keepingBytes = 0;
  /** Highest number that came and was refused for want of room: it is to be asked for. */
  #refusedUpTo = 0;
  #missingFrom = 0;
  #wantAt: Instant | undefined;
  #wantAfterMs = WANT_AGAIN_AFTER_MS;

  constructor(author: PeerId, log: LogId, scope: FrameScope, backlog: Backlog) {
    this.author = author;
    this.log = log;
    this.scope = scope;
    this.#backlog = backlog;
  }

  /** Every number up to this one is kept, void or not coming. */
  get upTo(): number {
    return this.#kept.upTo;
  }

  /** Nothing is under way: it can be forgotten. */
  get isIdle(): boolean {
    return this.#keepingBytes === 0 && this.#waitingBytes === 0 && this.untaken.length === 0;
  }

  /** Nothing of it ever came: all there is to know is what its author says at the next `start`. */
  get isEmpty(): boolean {
    return !this.#hasRuns;
  }

  /** A run of the store. @param held the number up to which the log was held when it came. */
  restore(held: number, previous: number, first: number, last: number): void {
    this.#hasRuns = true;
    this.#kept.advance(held);
    const fit = this.#kept.fit(previous, first, last);
    if (fit === 'next' || fit === 'beyond') this.#kept.add(previous, first, last);
    this.#seen = this.#kept.clone();
    this.#shown = this.#kept.upTo;
  }

  /** What is kept of it, for a record that says so. */
  pack(): readonly number[] {
    return this.#kept.pack();
  }

  /** What was kept of it when such a record was written. */
  unpack(ranges: readonly number[]): void {
    this.#hasRuns = true;
    this.#kept.unpack(ranges);
    this.#seen = this.#kept.clone();
    this.#shown = this.#kept.upTo;
  }

  /** A run that somebody else handed on is kept, and was shown. */
  lend(previous: number, first: number, last: number): void {
    const isNext = previous <= this.#reached;
    for (const ranges of [this.#seen, this.#kept]) {
      const fit = ranges.fit(previous, first, last);
      if (fit === 'next' || fit === 'beyond') ranges.add(previous, first, last);
    }
    if (isNext) this.#shown = Math.max(this.#shown, last);
  }

  /** The author says that nothing up to `after` is coming. @returns what that leaves out for good, if we had heard of it. */
  start(after: number): Gap | undefined {
    const lost = this.#shown > 0 && after > this.#shown ? { from: this.#shown + 1, to: after } : undefined;
    this.#seen.advance(after);
    this.#kept.advance(after);
    this.#shown = Math.max(this.#shown, after);
    return lost;
  }

  fit(previous: number, first: number, last: number): Fit {
    return this.#seen.fit(previous, first, last);
  }

  /** Why there is no room for a run of this size, if there is none; it is asked for again later. */
  refusal(fit: Fit, last: number, sizeBytes: number): DropReason | undefined {
    const isFull =
      fit === 'full' ||
      this.#keepingBytes + sizeBytes > KEEPING_PER_LOG_MAX ||
      this.#backlog.keeping + sizeBytes > KEEPING_TOTAL_MAX ||
      (fit === 'beyond' &&
        (this.#waitingBytes + sizeBytes > WAITING_PER_LOG_MAX || this.#backlog.waiting + sizeBytes > WAITING_TOTAL_MAX));
    if (!isFull) return undefined;
    this.missed(last);
    return 'log-full';
  }

  /** Something up to `last` came and could not be taken. */
  missed(last: number): void {
    this.#refusedUpTo = Math.max(this.#refusedUpTo, last);
  }

  /** A run that fits goes to the store. */
  accept(run: ReceivedRun): void {
    this.#hasRuns = true;
    this.#seen.add(run.previous, run.first, run.last);
    this.#keeping(run.sizeBytes);
    if (run.isBeyond) this.#wait(run.sizeBytes);
  }

  /** The store has it. */
  onKept(run: ReceivedRun): Turn {
    this.#keeping(-run.sizeBytes);
    const reached = this.#reached;
    this.#kept.add(run.previous, run.first, run.last);
    if (run.previous > reached) {
      let at = this.#waiting.length;
      while (at > 0 && (this.#waiting[at - 1]?.first ?? 0) > run.first) at -= 1;
      this.#waiting.splice(at, 0, run);
      if (!run.isBeyond) this.#wait(run.sizeBytes);
      return 'wait';
    }
    if (run.isBeyond) this.#wait(-run.sizeBytes);
    if (run.first <= this.#shown) return 'late';
    this.#shown = run.last;
    return 'show';
  }

  /** The store does not have it. @param keeping the runs of this log that it has not answered for, in order. */
  onNotKept(run: ReceivedRun, keeping: Iterable<ReceivedRun>): void {
    this.#keeping(-run.sizeBytes);
    if (run.isBeyond) this.#wait(-run.sizeBytes);
    this.#seen = this.#kept.clone();
    for (const other of keeping) this.#seen.add(other.previous, other.first, other.last);
    this.missed(run.last);
  }

  /** The next run that waited and whose turn it is now; it counts as shown. */
  takeWaiting(): ReceivedRun | undefined {
    const next = this.#waiting[0];
    if (next === undefined || next.previous > this.#reached) return undefined;
    this.#waiting.shift();
    this.#wait(-next.sizeBytes);
    this.#shown = Math.max(this.#shown, next.last);
    return next;
  }

  // ---- gaps -------------------------------------------------------------------------------------------------------------

  /** To be called after every change. @returns when something is due because of what is missing. */
  nextTimeout(now: Instant): Instant | undefined {
    const missing = this.#missing();
    if (missing === undefined) {
      this.#wantAt = undefined;
      this.#missingFrom = 0;
    } else if (missing.from !== this.#missingFrom) {
      this.#missingFrom = missing.from;
      this.#wantAt = later(now, WANT_AFTER_MS);
      this.#wantAfterMs = WANT_AGAIN_AFTER_MS;
    }
    return earliest(this.#wantAt, this.#gapShownAt);
  }

  /** The numbers to ask the author for now. */
  takeWant(now: Instant): Gap | undefined {
    const missing = this.#missing();
    if (missing === undefined || this.#wantAt === undefined || this.#wantAt > now) return undefined;
    this.#wantAt = later(now, this.#wantAfterMs);
    this.#wantAfterMs = Math.min(this.#wantAfterMs * 2, WANT_AGAIN_AFTER_MAX_MS);
    return missing;
  }

  /** The gap to show now; what waits behind it has its turn then. */
  takeGap(now: Instant): Gap | undefined {
    const next = this.#waiting[0];
    if (next === undefined || this.#gapShownAt === undefined || this.#gapShownAt > now) return undefined;
    const missing = this.#kept.firstGap();
    const isFirst = missing !== undefined && this.#shown < missing.from;
    const gap = isFirst
      ? { from: missing.from, to: Math.min(missing.to, next.previous) }
      : { from: this.#shown + 1, to: next.previous };
    this.#shown = next.previous;
    return gap;
  }

  /** All up to this number was shown or needs no showing: what is kept and does not wait is from before a restart. */
  get #reached(): number {
    return Math.max(this.#shown, this.#kept.upTo);
  }

  get #gapShownAt(): Instant | undefined {
    const next = this.#waiting[0];
    return next === undefined ? undefined : later(next.at, GAP_SHOWN_AFTER_MS);
  }

  #missing(): Gap | undefined {
    const gap = this.#seen.firstGap();
    if (gap !== undefined) return gap;
    return this.#refusedUpTo > this.#seen.upTo ? { from: this.#seen.upTo + 1, to: this.#refusedUpTo } : undefined;
  }

  #keeping(sizeBytes: number): void {
    this.#keepingBytes += sizeBytes;
    this.#backlog.keeping += sizeBytes;
  }

  #wait(sizeBytes: number): void {
    this.#waitingBytes += sizeBytes;
    this.#backlog.waiting += sizeBytes;
  }
}
