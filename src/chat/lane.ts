/**
 * One of our logs on its way to one peer that is here: what it holds, what is to be sent next.
 *
 * States: asked (a `start` is out, its `hold` is awaited), open (runs flow from `cursor`).
 */
import type { PeerId } from '../base/ids.ts';
import { LIVE_WINDOW_ENTRIES } from '../base/limits.ts';
import { type Instant, later } from '../base/time.ts';
import { WANT_SERVED_EVERY_MS } from './limits.ts';
import type { OwnLog } from './own-log.ts';

/** What a lane has to do next. load: run `at` of the log is needed. blocked: nothing until the peer holds more. */
export type LaneStep =
  | { readonly kind: 'run'; readonly bytes: Uint8Array }
  | { readonly kind: 'start'; readonly after: number }
  | { readonly kind: 'load'; readonly at: number }
  | { readonly kind: 'idle' }
  | { readonly kind: 'blocked' };

const IDLE: LaneStep = { kind: 'idle' };
const BLOCKED: LaneStep = { kind: 'blocked' };

/** after: what is at or below it is not for this peer. last: the log's last number when the session began. */
export type LaneSpan = { readonly after: number; readonly last: number };

export class Lane {
  readonly peer: PeerId;
  readonly log: OwnLog;
  /** What is at or below this number is not for this peer. */
  readonly after: number;
  readonly last: number;
  /** Entries that the peer holds or that are not for it. */
  heldEntries = 0;
  /** Counts for the live window. */
  isLive = false;
  progressAt: Instant;
  #isOpen = false;
  #held = 0;
  #isStored = false;
  /** Place in the log's index of the next run to send. */
  #cursor = 0;
  /** Runs to send again, places from `next` to before `end`. */
  #again: { next: number; readonly end: number } | undefined;
  /** Asked for, but never used: to be said. */
  #voidUpTo: number | undefined;
  #wantServedAt: Instant | undefined;

  constructor(now: Instant, peer: PeerId, log: OwnLog, { after, last }: LaneSpan) {
    this.peer = peer;
    this.log = log;
    this.after = after;
    this.last = last;
    this.progressAt = now;
    if (log.last === 0) this.#open(); // there is nothing to ask
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** @returns whether that is news: a receipt to tell of. */
  onHold(now: Instant, upTo: number, isStored: boolean): boolean {
    const held = Math.min(Math.max(upTo, this.after), this.log.last);
    const isNews = upTo > this.after && (held > this.#held || (held === this.#held && isStored && !this.#isStored));
    if (held > this.#held) this.progressAt = now;
    if (held > this.#held || isStored) this.#isStored = isStored;
    this.#held = Math.max(this.#held, held);
    if (!this.#isOpen) this.#open();
    this.heldEntries = this.log.index.entriesUpTo(this.#held);
    if (!this.isLive && this.log.outstanding(this.heldEntries) <= LIVE_WINDOW_ENTRIES / 2) this.isLive = true;
    return isNews;
  }

  get held(): number {
    return this.#held;
  }

  get isStored(): boolean {
    return this.#isStored;
  }

  /** The peer asks for numbers again. @returns false if it asks too often. */
  onWant(now: Instant, from: number, to: number): boolean {
    if (this.#wantServedAt !== undefined && now < later(this.#wantServedAt, WANT_SERVED_EVERY_MS)) return false;
    this.#wantServedAt = now;
    const { index } = this.log;
    const next = index.above(Math.max(from - 1, this.after));
    const end = Math.min(index.beginningAbove(to), this.#cursor); // what was not sent yet is coming anyway
    if (next < end) this.#again = { next, end };
    else if (next < this.#cursor && this.#held >= from - 1) this.#voidUpTo = to;
    return true;
  }

  /** Takes the next step; a run or start that is returned counts as sent. */
  step(): LaneStep {
    if (!this.#isOpen) return BLOCKED;
    if (this.#voidUpTo !== undefined) return this.#tellVoid(this.#voidUpTo);
    return this.#stepAgain() ?? this.#stepOn();
  }

  #tellVoid(after: number): LaneStep {
    this.#voidUpTo = undefined;
    return { kind: 'start', after };
  }

  #stepAgain(): LaneStep | undefined {
    const again = this.#again;
    while (again !== undefined && again.next < again.end) {
      const step = this.#stepTo(again.next);
      if (step.kind === 'load') return step;
      again.next += 1;
      if (step.kind === 'run' || (step.kind === 'start' && step.after > this.#held)) return step;
    }
    this.#again = undefined;
    return undefined;
  }

  #stepOn(): LaneStep {
    const { index } = this.log;
    while (this.#cursor < index.length && index.last(this.#cursor) <= this.after) this.#cursor += 1;
    if (this.#cursor >= index.length) return IDLE;
    const step = this.#stepTo(this.#cursor);
    if (step.kind === 'run') this.#cursor += 1;
    if (step.kind === 'start') this.#cursor = index.above(step.after);
    return step;
  }

  /** A lost run is told of only when all before it is held: what is under way must not be taken for lost. */
  #stepTo(at: number): LaneStep {
    const { index, cached } = this.log;
    if (!index.isLost(at)) {
      const bytes = cached.get(at);
      return bytes === undefined ? { kind: 'load', at } : { kind: 'run', bytes };
    }
    if (this.#held < Math.max(this.after, index.last(at - 1))) return BLOCKED;
    let end = at;
    while (index.isLost(end + 1)) end += 1;
    return { kind: 'start', after: index.last(end) };
  }

  #open(): void {
    this.#isOpen = true;
    this.#held = Math.max(this.#held, this.after);
    this.#cursor = this.log.index.above(this.#held);
    this.heldEntries = this.log.index.entriesUpTo(this.#held);
    this.isLive = this.log.outstanding(this.heldEntries) <= LIVE_WINDOW_ENTRIES / 2;
  }
}
