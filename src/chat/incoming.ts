/**
 * What others say: accepted if it is for us, fits its log and is new; kept; then shown in order, once, and acknowledged.
 *
 * A run from its author's own session is authentic by the session. One handed on by somebody else is taken only into a log
 * that its author told us of, and only with a signature that holds.
 */
import type { DropReason } from '../base/drop-reason.ts';
import { directScope, type EntryId, type LogId, type PeerId, type RoomName, roomScope, type Scope } from '../base/ids.ts';
import { LOGS_MAX } from '../base/limits.ts';
import { earliest, type Instant, type Now } from '../base/time.ts';
import type { FrameScope, RunFrame, StartFrame } from '../wire/frame.ts';
import { decodeRun, type Run } from '../wire/run.ts';
import type { ChatContext, Session } from './context.ts';
import { isAmendment, isMessage, type Spoken } from './event.ts';
import { Forks } from './forks.ts';
import type { HeldLog, ReceivedRun } from './held-log.ts';
import { HeldLogs } from './held-logs.ts';
import { Borrowing, type LentRun } from './lent-run.ts';
import { LOGS_PER_AUTHOR_MAX } from './limits.ts';
import type { ChatOutput } from './output.ts';
import { pin } from './pins.ts';
import { openRun } from './received-run.ts';
import type { ReceivedRecord, RecordRef } from './record.ts';
import { Unkept } from './unkept.ts';
import { Untaken } from './untaken.ts';

export class Incoming {
  readonly #context: ChatContext;
  readonly #untaken = new Untaken();
  /** Logs that may owe a receipt. */
  readonly #owing = new Set<HeldLog>();
  /** Logs from which something is missing. */
  readonly #gapped = new Set<HeldLog>();
  readonly #logs = new HeldLogs({ keeping: 0, waiting: 0 }, (log) => {
    this.#gapped.delete(log);
    this.#owing.delete(log);
  });
  #nextTimeout: Instant | undefined;
  /** Nobody reads what is said to us directly: it is left with its author until somebody does. */
  #isReading: boolean;
  /** Beginnings of direct conversations that wait for a reader: unanswered, their authors send nothing. BOUNDED: by SESSIONS_MAX. */
  readonly #unreadStarts = new Map<PeerId, StartFrame>();
  readonly #borrowing: Borrowing;
  readonly #unkept = new Unkept();
  /** Handed on by somebody else, and shown, before they were kept. */
  readonly #silent = new WeakSet<ReceivedRun>();
  readonly forks: Forks;

  constructor(context: ChatContext) {
    this.#context = context;
    this.#borrowing = new Borrowing(context);
    this.forks = new Forks(context, (messages, out) => this.#tell(messages, true, out));
    this.#isReading = context.isReading;
  }

  /** From now on somebody reads what is said to us directly. */
  read(now: Now, out: ChatOutput[]): void {
    if (this.#isReading) return;
    this.#isReading = true;
    for (const [peer, frame] of this.#unreadStarts) {
      const session = this.#context.sessions.get(peer);
      if (session !== undefined) this.onStart(now, session, frame, out);
    }
    this.#unreadStarts.clear();
  }

  restore(record: ReceivedRecord, ref: RecordRef): boolean {
    const { author, log: id, scope, previous, first, network, received, check, isHollow } = record;
    const last = first + record.count - 1;
    const run = { previous, first, last, ref, heardAt: received, network, check, isHollow };
    if (scope !== null) this.#context.archive.shelfFor(scope, author, id)?.add(run);
    if (record.isLent) {
      if (!isHollow) this.#logs.get(author, id, scope)?.lend(previous, first, last);
      return true;
    }
    const log = this.#logOf(author, id, scope, LOGS_MAX);
    log?.restore(record.held, previous, first, last);
    return log !== undefined;
  }

  /** What is held, log by log. */
  get held(): Pick<HeldLogs, 'stateRecords' | 'holdingOf' | 'restoreHolding'> {
    return this.#logs;
  }

  /** The number above which an author who is here gives a log itself. */
  givenAbove(author: PeerId, id: LogId, room: RoomName): number | undefined {
    return this.#context.sessions.has(author) ? this.#logs.get(author, id, room)?.floor : undefined;
  }

  onGone(peer: PeerId): void {
    for (const log of this.#logs.of(peer)) {
      log.toldUpTo = 0;
      log.lateUpTo = undefined;
      log.floor = undefined;
      if (log.isEmpty) this.#logs.forget(log);
    }
    this.#borrowing.onGone(peer);
    this.#unreadStarts.delete(peer);
  }

  // ---- frames -----------------------------------------------------------------------------------------------------------

  onStart(now: Now, session: Session, frame: StartFrame, out: ChatOutput[]): void {
    if (frame.scope === null && !this.#isReading) {
      this.#unreadStarts.set(session.peer, frame);
      return;
    }
    const isForUs = frame.scope === null || this.#context.rooms.has(frame.scope);
    const log = isForUs ? this.#logOf(session.peer, frame.log, frame.scope, LOGS_PER_AUTHOR_MAX) : undefined;
    if (log === undefined) {
      drop(isForUs ? 'log-full' : 'foreign-entry', out);
      return;
    }
    log.lateUpTo ??= frame.last;
    log.floor = Math.max(log.floor ?? 0, frame.after);
    const lost = log.start(frame.after);
    this.#absorb(log);
    if (lost !== undefined) this.#tellGap(log, lost.from, lost.to, out);
    this.#showWaiting(log, out);
    this.#owe(log);
    this.#watch(now.at, log);
  }

  /** @returns whether it was taken. */
  onRun(now: Now, session: Session, frame: RunFrame, out: ChatOutput[]): boolean {
    const run = decodeRun(frame.run);
    if (!run.ok) {
      drop(run.reason, out);
      return false;
    }
    const { header } = run.value;
    const author = frame.author ?? session.peer;
    const scope = this.#ourScope(header.scope);
    if (author === this.#context.self || scope === undefined) {
      drop('foreign-entry', out);
      return false;
    }
    if (frame.author !== undefined) {
      const held = this.#logs.get(author, header.log, scope)?.upTo ?? 0;
      const reason = this.#borrowing.take(now, session.peer, author, run.value, frame.run, held, out);
      this.#drop(now, author, run.value, frame.run, reason, out);
      return reason === undefined;
    }
    const log = this.#logOf(author, header.log, scope, LOGS_PER_AUTHOR_MAX);
    if (log === undefined) {
      drop('log-full', out);
      return false;
    }
    const reason = this.#refusal(log, run.value, frame.run.length) ?? this.#accept(now, session, log, frame.run, run.value, out);
    this.#drop(now, author, run.value, frame.run, reason, out);
    if (reason === 'duplicate-entry') this.#owe(log); // its author does not know that we have it
    this.#watch(now.at, log);
    return reason === undefined;
  }

  /** What is not taken is counted, unless its numbers were used before with another meaning. */
  #drop(now: Now, author: PeerId, run: Run, bytes: Uint8Array, why: DropReason | undefined, out: ChatOutput[]): void {
    const isHeld = why === 'duplicate-entry' || why === 'conflicting-entry';
    const reason = why !== undefined && isHeld ? this.forks.consider(now, author, run, bytes, why, out) : why;
    if (reason !== undefined) drop(reason, out);
  }

  /** @returns why it cannot be opened, if it cannot. */
  #accept(now: Now, session: Session, log: HeldLog, bytes: Uint8Array, run: Run, out: ChatOutput[]): DropReason | undefined {
    const { suite, identity, clock, networks } = this.#context;
    const lateUpTo = log.lateUpTo ?? 0;
    const opened = openRun(run, { suite, dh: identity.dh, author: log.author, authorKey: session.key, wall: now.wall, lateUpTo });
    if (!opened.ok) return opened.reason;
    const { messages, plain, latest, check } = opened.value;
    clock.observe(latest, now.wall);
    const { first, count, previous } = run.header;
    const last = first + count - 1;
    const isBeyond = log.fit(previous, first, last) === 'beyond';
    const received: ReceivedRun = {
      at: now.at,
      heardAt: now.wall,
      check,
      previous,
      first,
      last,
      sizeBytes: bytes.length,
      isBeyond,
      messages,
    };
    const place = { author: log.author, log: log.log, scope: log.scope, held: log.upTo, first, count, previous };
    log.accept(received);
    if (log.scope === null) pin(this.#context, session, false, out);
    const record = {
      kind: 'received',
      ...place,
      received: now.wall,
      isLive: messages[0]?.isLate === false,
      run: bytes,
      plain,
      network: networks.current.number,
      isLent: false,
      check,
      isHollow: false, // what its author took back itself
    } as const;
    this.#context.journal.write({ kind: 'received', log, run: received }, record, false, out);
    return undefined;
  }

  /** Why it is not taken, if it is not. */
  #refusal(log: HeldLog, run: Run, sizeBytes: number): DropReason | undefined {
    const { previous, first, count } = run.header;
    const last = first + count - 1;
    const fit = log.fit(previous, first, last);
    if (fit === 'duplicate') return 'duplicate-entry';
    if (fit === 'conflict') return 'conflicting-entry';
    if (log.scope === null && !this.#isReading) {
      log.missed(last);
      return 'unwanted-entry';
    }
    if (this.#context.isEphemeral && this.#untaken.isFull) {
      log.missed(last);
      return 'log-full';
    }
    return log.refusal(fit, last, sizeBytes);
  }

  // ---- the store ----------------------------------------------------------------------------------------------------------

  onKept(now: Now, log: HeldLog, run: ReceivedRun, ref: RecordRef, out: ChatOutput[]): void {
    const turn = log.onKept(run);
    const isNew = this.#shelve(log, run, ref);
    if (!isNew) this.#silent.add(run);
    if (turn !== 'wait') {
      this.#show(log, run, turn === 'late', out);
      this.#showWaiting(log, out);
    }
    this.#owing.add(log);
    this.#watch(now.at, log);
    this.forks.onKept(now, log.author, out);
  }

  /** It is shown all the same, once; it is not acknowledged, so it comes again. */
  onNotKept(now: Now, log: HeldLog, run: ReceivedRun, out: ChatOutput[]): void {
    log.onNotKept(run, this.#keeping(log));
    this.#watch(now.at, log);
    const news = this.#unkept.note(run.messages);
    this.#tell(news, false, out);
    this.#unkept.add(news);
  }

  *#keeping(log: HeldLog): Iterable<ReceivedRun> {
    for (const writing of this.#context.journal.unsettled()) {
      if (writing.kind === 'received' && writing.log === log) yield writing.run;
    }
  }

  /** @returns false if somebody else handed it on in the meantime. */
  #shelve(log: HeldLog, { heardAt, previous, first, last, check }: ReceivedRun, ref: RecordRef): boolean {
    if (log.scope === null) return true;
    const { archive, networks } = this.#context;
    const run = { previous, first, last, ref, heardAt, check, network: networks.current.number, isHollow: false };
    return archive.shelfFor(log.scope, log.author, log.log)?.add(run) !== 'duplicate';
  }

  /** @returns the room, if there is something new in it. */
  onLentKept(now: Now, lent: LentRun, ref: RecordRef, out: ChatOutput[]): RoomName | undefined {
    if (!this.#borrowing.onKept(lent, ref)) return undefined;
    const { shelf, previous, first, last } = lent;
    const log = this.#logs.get(shelf.author, shelf.log, shelf.room);
    if (!lent.isHollow) log?.lend(previous, first, last);
    this.#tell(lent.messages, true, out);
    if (lent.isHollow) this.#unkept.add(lent.messages); // the whole run is to come
    if (log !== undefined) {
      this.#showWaiting(log, out);
      this.#owing.add(log);
      this.#watch(now.at, log);
    }
    this.forks.onKept(now, shelf.author, out);
    return shelf.room;
  }

  onLentNotKept(lent: LentRun): void {
    this.#borrowing.onNotKept(lent);
  }

  /** What others handed on of a log counts as held when its author comes. */
  #absorb(log: HeldLog): void {
    if (log.scope === null) return;
    const shelf = this.#context.archive.shelf(log.scope, log.author, log.log);
    if (shelf === undefined) return;
    for (let at = shelf.above(log.upTo); at < shelf.length; at++) {
      const { previous, first, last, isHollow } = shelf.run(at);
      if (!isHollow) log.lend(previous, first, last);
    }
  }

  onTaken(id: EntryId): void {
    const log = this.#untaken.take(id);
    if (log !== undefined) this.#owing.add(log);
  }

  // ---- out ------------------------------------------------------------------------------------------------------------------

  /** Receipts that are owed. */
  flush(out: ChatOutput[]): void {
    for (const log of this.#owing) this.#tellHold(log, out);
    this.#owing.clear();
  }

  nextTimeout(): Instant | undefined {
    return this.#nextTimeout;
  }

  onTimeout(now: Now, out: ChatOutput[]): void {
    if (this.#nextTimeout === undefined || this.#nextTimeout > now.at) return;
    this.#nextTimeout = undefined;
    for (const log of this.#gapped) {
      this.#want(now.at, log, out);
      for (let gap = log.takeGap(now.at); gap !== undefined; gap = log.takeGap(now.at)) {
        this.#tellGap(log, gap.from, gap.to, out);
        this.#showWaiting(log, out);
      }
      this.#watch(now.at, log);
    }
  }

  #want(now: Instant, log: HeldLog, out: ChatOutput[]): void {
    const want = log.takeWant(now);
    if (want === undefined || !this.#context.sessions.has(log.author)) return;
    out.push({ kind: 'frame', to: log.author, frame: { kind: 'want', scope: log.scope, log: log.log, ...want } });
  }

  #watch(now: Instant, log: HeldLog): void {
    const due = log.nextTimeout(now);
    if (due === undefined) this.#gapped.delete(log);
    else this.#gapped.add(log);
    this.#nextTimeout = earliest(this.#nextTimeout, due);
  }

  #owe(log: HeldLog): void {
    log.toldUpTo = OWED;
    this.#owing.add(log);
  }

  #tellHold(log: HeldLog, out: ChatOutput[]): void {
    const firstUntaken = log.untaken[0];
    const upTo = firstUntaken === undefined ? log.upTo : Math.min(log.upTo, firstUntaken - 1);
    if (upTo === log.toldUpTo || !this.#context.sessions.has(log.author)) return;
    log.toldUpTo = upTo;
    const isStored = !this.#context.isEphemeral;
    out.push({ kind: 'frame', to: log.author, frame: { kind: 'hold', scope: log.scope, log: log.log, upTo, isStored } });
  }

  #showWaiting(log: HeldLog, out: ChatOutput[]): void {
    for (let run = log.takeWaiting(); run !== undefined; run = log.takeWaiting()) this.#show(log, run, false, out);
  }

  #show(log: HeldLog, run: ReceivedRun, isLate: boolean, out: ChatOutput[]): void {
    if (!this.#silent.has(run)) this.#tell(run.messages, isLate, out, log);
  }

  #tell(messages: readonly Spoken[], isLate: boolean, out: ChatOutput[], log?: HeldLog): void {
    for (const entry of messages) {
      if (this.#unkept.take(entry.id)) continue; // shown when it could not be kept
      const spoken = isLate ? { ...entry, isLate } : entry;
      if (isAmendment(spoken)) out.push({ kind: 'event', event: { kind: 'amended', amendment: spoken } });
      if (!isMessage(spoken)) continue;
      out.push({ kind: 'event', event: { kind: 'message', message: spoken } });
      if (this.#context.isEphemeral && log !== undefined) this.#untaken.add(spoken.id, log, spoken.sequence);
    }
  }

  #tellGap(log: HeldLog, from: number, to: number, out: ChatOutput[]): void {
    const scope = log.scope === null ? directScope(this.#context.self) : roomScope(log.scope);
    out.push({ kind: 'event', event: { kind: 'gap', author: log.author, scope, from, to } });
  }

  /** A scope as frames name it, if what is said there is for us. */
  #ourScope(scope: Scope): FrameScope | undefined {
    if (scope.kind === 'direct') return scope.reader === this.#context.self ? null : undefined;
    return this.#context.rooms.has(scope.room) ? scope.room : undefined;
  }

  #logOf(author: PeerId, id: LogId, scope: FrameScope, most: number): HeldLog | undefined {
    return this.#logs.get(author, id, scope) ?? this.#logs.add(author, id, scope, most);
  }
}

/** Told nothing that counts: a receipt is due whatever it says. */
const OWED = -1;
const drop = (reason: DropReason, out: ChatOutput[]): void => {
  out.push({ kind: 'dropped', reason });
};
