/**
 * One of our own logs: what was said in one scope, how it is numbered, and who lacks how much of it.
 *
 * A number is used once: only numbers of a block that the store has on disk are given out, and after a restart numbering goes
 * on behind the last block.
 */
import { EMPTY } from '../base/bytes.ts';
import type { PeerId, Scope } from '../base/ids.ts';
import { LIVE_WINDOW_ENTRIES, RESERVATION_BLOCK, RUN_ENTRIES_MAX } from '../base/limits.ts';
import { earliest, type Instant, later } from '../base/time.ts';
import type { FrameScope } from '../wire/frame.ts';
import type { OwnRun, Saying } from './compose.ts';
import type { Lane } from './lane.ts';
import { RESERVATION_BLOCKS_MAX, RUN_BODY_SIZE_MAX, STALLED_AFTER_MS } from './limits.ts';
import { Queue } from './queue.ts';
import type { OwnRunRecord, RecordRef } from './record.ts';
import { RunIndex } from './run-index.ts';

const NUMBER_MAX = 2 ** 32 - 1;

export class OwnLog {
  readonly scope: Scope;
  readonly frameScope: FrameScope;
  /** The kept runs. */
  readonly index = new RunIndex();
  /** Encoded runs in memory, by their place in `index`. BOUNDED: by RUN_CACHE_SIZE_MAX and READ_BACK_SIZE_MAX. */
  readonly cached = new Map<number, Uint8Array>();
  /** Who is sent this log. BOUNDED: by SESSIONS_MAX. */
  readonly lanes = new Map<PeerId, Lane>();
  /** BOUNDED: by SAYINGS_WAITING_MAX. */
  readonly #sayings = new Queue<Saying>();
  #next = 1;
  #reservedUpTo: number;
  #blocks = 1;
  #isReserving = false;
  /** The last run that was composed, and the last that is kept. */
  #composed: { readonly last: number; readonly hash: Uint8Array } = { last: 0, hash: EMPTY };
  #kept: { readonly last: number; readonly hash: Uint8Array } = { last: 0, hash: EMPTY };
  /** Entries composed and neither kept nor refused. BOUNDED: by LIVE_WINDOW_ENTRIES. */
  #keeping = 0;
  /** Entries composed, all of them. */
  #numbered = 0;
  /** Since when the live window is full and something waits behind it. */
  #blockedSince: Instant | undefined;
  #lastRun: Uint8Array | undefined;

  /** @param isEphemeral numbers need no reservation: the log ends with the process. */
  constructor(scope: Scope, isEphemeral: boolean) {
    this.scope = scope;
    this.frameScope = scope.kind === 'room' ? scope.room : null;
    this.#reservedUpTo = isEphemeral ? NUMBER_MAX : 0;
  }

  // ---- after a restart ----------------------------------------------------------------------------------------------

  restoreRun(record: OwnRunRecord, ref: RecordRef): void {
    if (this.index.append(record, ref, record.run.length) === undefined) return;
    const last = record.first + record.count - 1;
    this.#numbered += record.count;
    this.restoreReservation(last);
    this.#lastRun = record.run.slice();
    this.#composed = { last, hash: EMPTY };
  }

  restoreReservation(upTo: number): void {
    this.#reservedUpTo = Math.max(this.#reservedUpTo, upTo);
    this.#next = Math.max(this.#next, upTo + 1);
  }

  /** The numbers above `upTo` that were reserved so far were not used by whoever reserved them. */
  restoreRelease(upTo: number): void {
    this.#reservedUpTo = Math.max(this.#composed.last, upTo);
    this.#next = this.#reservedUpTo + 1;
  }

  /** Up to which number the store has reserved. */
  get reservedUpTo(): number {
    return this.#reservedUpTo;
  }

  /** The last run that is kept: its last number, and its hash. */
  get kept(): { readonly last: number; readonly hash: Uint8Array } {
    return this.#kept;
  }

  /** The last run and how many entries there were, as a record says. */
  restoreChain(last: number, hash: Uint8Array): void {
    if (last <= this.#composed.last) return;
    this.#composed = { last, hash: hash.slice() };
    this.#kept = this.#composed;
    this.#lastRun = undefined;
    this.restoreReservation(last);
  }

  /** The kept runs, as a snapshot has them; before any other. @returns whether it is one. */
  restoreIndex(bytes: Uint8Array): boolean {
    if (!this.index.unpack(bytes)) return false;
    this.#numbered = this.index.entriesUpTo(NUMBER_MAX);
    return true;
  }

  /** Ends the log for this process. @returns the last number that was given out, if more were reserved. */
  release(): number | undefined {
    const used = this.#next - 1;
    return this.#reservedUpTo > used && this.#reservedUpTo !== NUMBER_MAX ? used : undefined;
  }

  /** All records are in. @param hashOf the run hash of an encoded run. */
  restored(hashOf: (run: Uint8Array) => Uint8Array): void {
    if (this.#lastRun === undefined) return;
    this.#composed = { last: this.#composed.last, hash: hashOf(this.#lastRun) };
    this.#kept = this.#composed;
    this.#lastRun = undefined;
  }

  // ---- numbers --------------------------------------------------------------------------------------------------------

  /** Number of the last entry composed; 0 if none. */
  get last(): number {
    return this.#composed.last;
  }

  get nextPlace(): { readonly first: number; readonly previous: number; readonly previousHash: Uint8Array } {
    return { first: this.#next, previous: this.#composed.last, previousHash: this.#composed.hash };
  }

  get isExhausted(): boolean {
    return this.#next > NUMBER_MAX;
  }

  /** Up to which number a reservation is due now; undefined if there is enough or one is on its way. */
  reservationDue(): number | undefined {
    if (this.#isReserving || this.#reservedUpTo === NUMBER_MAX) return undefined;
    const left = this.#numbersLeft;
    const block = RESERVATION_BLOCK * this.#blocks;
    if (left >= block / 2 && left >= this.#sayings.length) return undefined;
    if (left < this.#sayings.length && this.#numbered > 0) this.#blocks = Math.min(this.#blocks * 2, RESERVATION_BLOCKS_MAX);
    const blocks = Math.max(this.#blocks, Math.ceil(this.#sayings.length / RESERVATION_BLOCK));
    this.#isReserving = true;
    return Math.min(this.#reservedUpTo + blocks * RESERVATION_BLOCK, NUMBER_MAX);
  }

  onReserved(upTo: number): void {
    this.#isReserving = false;
    this.#reservedUpTo = Math.max(this.#reservedUpTo, upTo);
  }

  /** @returns whether what waits has no number to wait for. */
  onReservationFailed(): boolean {
    this.#isReserving = false;
    return this.#numbersLeft === 0;
  }

  get #numbersLeft(): number {
    return this.#reservedUpTo - this.#next + 1;
  }

  // ---- what is said ---------------------------------------------------------------------------------------------------

  get waiting(): number {
    return this.#sayings.length;
  }

  say(saying: Saying): void {
    this.#sayings.push(saying);
  }

  /** What waits longest. */
  takeSaying(): Saying | undefined {
    return this.#sayings.shift();
  }

  /** What the next run is made of; empty if nothing waits, or numbers or the live window are used up. */
  takeSayings(now: Instant): Saying[] {
    const taken: Saying[] = [];
    if (this.#sayings.length === 0) return taken;
    const window = this.#windowLeft();
    this.#blockedSince = window > 0 ? undefined : (this.#blockedSince ?? now);
    const most = Math.min(RUN_ENTRIES_MAX, this.#numbersLeft, window, LIVE_WINDOW_ENTRIES - this.#keeping);
    let size = 0;
    while (taken.length < most) {
      const next = this.#sayings.peek();
      if (next === undefined || (size > 0 && size + next.entry.length > RUN_BODY_SIZE_MAX)) break;
      size += next.entry.length;
      this.#sayings.shift();
      taken.push(next);
    }
    return taken;
  }

  onComposed(run: OwnRun): void {
    const last = run.first + run.count - 1;
    this.#composed = { last, hash: run.hash };
    this.#next = last + 1;
    this.#numbered += run.count;
    this.#keeping += run.count;
  }

  /** @returns its place in `index`, or undefined if it cannot be there (the store answered out of order). */
  onKept(run: OwnRun, ref: RecordRef): number | undefined {
    this.#keeping -= run.count;
    const at = this.index.append(run, ref, run.bytes.length);
    if (at !== undefined) this.#kept = { last: run.first + run.count - 1, hash: run.hash };
    return at;
  }

  /** The store did not keep it: its numbers are void. */
  onNotKept(run: OwnRun): void {
    this.#keeping -= run.count;
    this.#numbered -= run.count;
    if (this.#keeping === 0) this.#composed = this.#kept;
  }

  // ---- the live window --------------------------------------------------------------------------------------------------

  /** Entries composed or waiting, with numbers above one. */
  entriesAbove(number: number): number {
    return this.#numbered - this.index.entriesUpTo(number) + this.#sayings.length;
  }

  /** Entries composed that a member holding `heldEntries` of them lacks. */
  outstanding(heldEntries: number): number {
    return this.#numbered - heldEntries;
  }

  /** When a member that makes no progress stops counting. */
  nextTimeout(): Instant | undefined {
    if (this.#blockedSince === undefined) return undefined;
    let first: Instant | undefined;
    for (const lane of this.lanes.values()) if (this.#isBlocking(lane)) first = earliest(first, this.#stalledAt(lane));
    return first;
  }

  onTimeout(now: Instant): void {
    for (const lane of this.lanes.values()) {
      const isStalled = this.#isBlocking(lane) && this.#stalledAt(lane) <= now;
      if (isStalled) lane.isLive = false;
    }
  }

  #windowLeft(): number {
    let held = this.#numbered;
    for (const lane of this.lanes.values()) if (lane.isLive && lane.heldEntries < held) held = lane.heldEntries;
    return LIVE_WINDOW_ENTRIES - (this.#numbered - held);
  }

  #isBlocking(lane: Lane): boolean {
    return lane.isLive && this.outstanding(lane.heldEntries) >= LIVE_WINDOW_ENTRIES;
  }

  #stalledAt(lane: Lane): Instant {
    const since = this.#blockedSince ?? lane.progressAt;
    return later(since > lane.progressAt ? since : lane.progressAt, STALLED_AFTER_MS);
  }
}
