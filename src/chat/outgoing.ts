/**
 * What we say: checked, numbered in its scope's log, kept, then sent to whoever is to have it.
 *
 * A saying waits for a reserved number and for the live window; at the end of the turn everything that waits in a log is cut
 * into runs. Nothing leaves before its run is kept.
 */

import { type PeerId, type RoomName, roomScope, type Scope } from '../base/ids.ts';
import { AWAY_ENTRIES_MAX, AWAY_SIZE_TOTAL_MAX } from '../base/limits.ts';
import { earliest, type Instant, type Now, wallTime } from '../base/time.ts';
import { encodeEntry } from '../wire/entry.ts';
import type { FrameScope, HoldFrame, WantFrame } from '../wire/frame.ts';
import type { DeliveryState } from './audience.ts';
import { toWireTime } from './clock.ts';
import { composeRun, type OwnRun, type Saying } from './compose.ts';
import type { ChatContext } from './context.ts';
import type { RefusedReason, SpokenBody } from './event.ts';
import { checkOf } from './forks.ts';
import type { Lane } from './lane.ts';
import { OWN_LOGS_MAX, SAYINGS_SIZE_MAX, SAYINGS_WAITING_MAX } from './limits.ts';
import type { ChatOutput } from './output.ts';
import type { OwnLog } from './own-log.ts';
import { type OwnLogRecord, OwnLogs } from './own-logs.ts';
import { pin } from './pins.ts';
import { Recipients } from './recipients.ts';
import { decodeRecord, type RecordRef, type StoredRecord } from './record.ts';
import { sayable } from './sayable.ts';
import { Sender } from './sender.ts';

export class Outgoing {
  readonly #context: ChatContext;
  readonly #sender: Sender;
  readonly #recipients: Recipients;
  readonly #logs: OwnLogs;
  /** Last numbers in our rooms when a session began, until its peer has said in which it is. BOUNDED: by SESSIONS_MAX. */
  readonly #lastAtMeeting = new Map<PeerId, ReadonlyMap<RoomName, number>>();
  /** Logs in which something waits to be numbered. */
  readonly #speaking = new Set<OwnLog>();
  #waitingBytes = 0;

  constructor(context: ChatContext) {
    this.#context = context;
    this.#sender = new Sender(context);
    this.#recipients = new Recipients(context);
    this.#logs = new OwnLogs(context, ({ scope }) => {
      if (scope.kind === 'direct') this.#recipients.audience.join(scope, scope.reader, 0);
    });
  }

  // ---- after a restart ----------------------------------------------------------------------------------------------

  restore(record: OwnLogRecord, ref: RecordRef): void {
    this.#logs.restore(record, ref);
  }

  /** Who was met, came and left, who holds what, and what was given up. */
  restoreAudience(record: Extract<StoredRecord, { readonly kind: 'met' | 'member' | 'held' | 'dropped' }>): void {
    if (record.kind === 'met') this.#recipients.restoreMet(record);
    else if (record.kind !== 'dropped') this.#recipients.restore(record);
    else if (record.log === this.#context.log) this.#giveUp(record.scope, record.first, record.last);
  }

  /** The runs of a log as a snapshot has them. @returns whether they could be taken. */
  restoreIndex(scope: Scope, bytes: Uint8Array): boolean {
    return this.#logs.need(scope)?.restoreIndex(bytes) === true;
  }

  restored(out: ChatOutput[]): void {
    this.#logs.restored();
    for (const room of this.#context.rooms) this.openRoom(room, out);
  }

  /** Everything but the runs. */
  *stateRecords(): Iterable<StoredRecord> {
    yield* this.#logs.stateRecords();
    yield* this.#recipients.stateRecords();
  }

  ownLogs(): readonly OwnLog[] {
    return this.#logs.all();
  }

  /** The process ends in good order. */
  release(out: ChatOutput[]): void {
    this.#recipients.writeNotes(out);
    this.#logs.release(out);
  }

  // ---- people and rooms ---------------------------------------------------------------------------------------------

  /** A room was joined: it has a log, and numbers ahead of need. */
  openRoom(room: RoomName, out: ChatOutput[]): void {
    const log = this.#logs.need(roomScope(room));
    if (log !== undefined) this.#reserve(log, out);
  }

  /** A session began. */
  onMet(now: Now, peer: PeerId, out: ChatOutput[]): void {
    this.#lastAtMeeting.set(peer, this.#logs.lastInRooms());
    const log = this.#logs.ofReader(peer);
    if (log !== undefined) this.#sender.open(now, peer, log, { after: 0, last: log.last }, out);
  }

  onGone(peer: PeerId): void {
    this.#sender.closeAll(peer);
    this.#lastAtMeeting.delete(peer);
  }

  /** The peer has said in which rooms it was when its session began. */
  onKnown(peer: PeerId): void {
    this.#lastAtMeeting.delete(peer);
  }

  /** The peer is in a room in which we speak, or spoke. */
  onMember(now: Now, peer: PeerId, room: RoomName, out: ChatOutput[]): void {
    const log = this.#logs.ofRoom(room);
    if (log === undefined) return;
    const last = this.#lastAtMeeting.get(peer)?.get(room) ?? log.last;
    const after = this.#metPoint(peer, room, log, out);
    this.#recipients.join(room, peer, log.last, out);
    this.#sender.open(now, peer, log, { after, last }, out);
  }

  /** What was said before the session in which they were first seen in the room is not for them; what was said in it is. */
  #metPoint(peer: PeerId, room: RoomName, log: OwnLog, out: ChatOutput[]): number {
    const known = this.#recipients.metPoint(room, peer);
    if (known !== undefined) return known;
    const atMeeting = this.#lastAtMeeting.get(peer);
    const after = atMeeting === undefined ? log.last : (atMeeting.get(room) ?? 0);
    this.#recipients.meet(room, peer, after, out);
    return after;
  }

  /** The peer says that it is not in the room (any more). */
  onNotMember(peer: PeerId, room: RoomName, out: ChatOutput[]): void {
    const log = this.#logs.ofRoom(room);
    if (log === undefined) return;
    this.#sender.close(peer, log);
    this.#recipients.leave(room, peer, log.last, out);
  }

  // ---- saying ---------------------------------------------------------------------------------------------------------

  say(now: Now, token: number, scope: Scope, body: SpokenBody, out: ChatOutput[]): void {
    const said = sayable(scope, body);
    if (!said.ok) {
      refuse(token, said.why, said.detail, out);
      return;
    }
    const log = this.#isReachable(token, scope, out) ? this.#speakingLog(now, token, scope, out) : undefined;
    if (log === undefined) return;
    if (log.isExhausted || log.waiting >= SAYINGS_WAITING_MAX || this.#waitingBytes >= SAYINGS_SIZE_MAX) {
      refuse(token, 'queue-full', `${log.waiting} messages wait to be sent already`, out);
      return;
    }
    if (scope.kind === 'direct' && this.#isTooMuch(scope.reader, log)) {
      refuse(token, 'queue-full', 'too much waits for that person already; see earshot queue', out);
      return;
    }
    const entry = encodeEntry(0, said.body);
    this.#waitingBytes += entry.length;
    log.say({ token, entry });
    this.#speaking.add(log);
  }

  /** More waits for somebody than is kept for them. */
  #isTooMuch(reader: PeerId, log: OwnLog): boolean {
    const held = this.#recipients.audience.heldBy(log.scope, reader);
    const { index } = log;
    return log.entriesAbove(held) >= AWAY_ENTRIES_MAX || index.sizeAbove(held) >= AWAY_SIZE_TOTAL_MAX;
  }

  // ---- what became of it ----------------------------------------------------------------------------------------------

  /** Whom the message with this number is for, and who holds it. */
  stateOf(scope: Scope, number: number): DeliveryState {
    return this.#recipients.audience.state(scope, number);
  }

  /** Where something waits for somebody, and above which number at the earliest. */
  waiting(): readonly { readonly scope: Scope; readonly above: number }[] {
    return this.#recipients.audience.waiting((scope) => this.#logs.get(scope)?.last ?? 0);
  }

  /**
   * Nobody is sent this message any more. In a room only if its run holds nothing else: the rest of a larger one goes on.
   * @returns the numbers given up, all of its run if that is sealed as one; undefined if there is no such message.
   */
  drop(scope: Scope, number: number, out: ChatOutput[]): { readonly first: number; readonly last: number } | undefined {
    const log = this.#logs.get(scope);
    const run = log?.index.runWith(number);
    if (log === undefined || run === undefined) return undefined;
    const span = scope.kind === 'direct' ? run : { first: number, last: number };
    this.#giveUp(scope, span.first, span.last);
    const record = { kind: 'dropped', log: this.#context.log, scope, ...span } as const;
    this.#context.journal.write({ kind: 'note' }, record, false, out);
    return span;
  }

  #giveUp(scope: Scope, first: number, last: number): void {
    this.#recipients.audience.drop(scope, first, last);
    const log = this.#logs.get(scope);
    const run = log?.index.runWith(first);
    if (log === undefined || run === undefined || run.first < first || run.last > last) return;
    log.index.markLost(run.at);
  }

  /** A run is let go of: nobody is sent it any more. @returns the last run there was, which the next one names. */
  letGo(scope: Scope, first: number): { readonly last: number; readonly hash: Uint8Array } | undefined {
    const log = this.#logs.get(scope);
    const at = log?.index.runWith(first)?.at;
    if (log === undefined || at === undefined) return undefined;
    log.index.markLost(at);
    return log.kept.last === 0 ? undefined : log.kept;
  }

  /** The store holds less of a run than it did: what is in memory of it is to be no more. */
  onRewritten(ref: RecordRef, record: Uint8Array): void {
    const stored = decodeRecord(record);
    if (!stored.ok || stored.value.kind !== 'own-run') return;
    const { scope, first, run } = stored.value;
    const log = this.#logs.get(scope);
    const at = log?.index.runWith(first)?.at;
    if (log !== undefined && at !== undefined && log.index.ref(at) === ref && log.cached.has(at)) log.cached.set(at, run.slice());
  }

  /** Everything said in this turn becomes runs. */
  cut(now: Now, out: ChatOutput[]): void {
    for (const log of this.#speaking) {
      this.#reserve(log, out);
      for (let sayings = log.takeSayings(now.at); sayings.length > 0; sayings = log.takeSayings(now.at)) {
        this.#cutRun(now, log, sayings, out);
      }
      this.#reserve(log, out);
      if (log.isExhausted) this.#refuseWaiting(log, 'queue-full', 'there are no numbers left', out);
      if (log.waiting === 0) this.#speaking.delete(log);
    }
  }

  /** Hands kept runs to the sessions. */
  flush(out: ChatOutput[]): void {
    this.#sender.flush(out);
  }

  #cutRun(now: Now, log: OwnLog, sayings: readonly Saying[], out: ChatOutput[]): void {
    for (const { entry } of sayings) this.#waitingBytes -= entry.length;
    const run = composeRun(now, this.#context, log, sayings);
    if (run === undefined) {
      for (const { token } of sayings) refuse(token, 'unknown-peer', 'the key of that person cannot be written to', out);
      return;
    }
    log.onComposed(run);
    const { first, count, previous, plain } = run;
    const place = { log: this.#context.log, scope: log.scope, first, count, previous };
    const network = this.#context.networks.current.number;
    const record = {
      kind: 'own-run',
      ...place,
      time: toWireTime(run.time),
      run: run.bytes,
      plain,
      network,
      check: checkOf(run.hash),
    } as const;
    this.#context.journal.write({ kind: 'own-run', run }, record, false, out);
  }

  /** What we said ourselves is handed on to newcomers as what others said is. */
  #shelve({ log, previous, first, count, time, hash }: OwnRun, ref: RecordRef): void {
    const { archive, self, networks } = this.#context;
    if (log.scope.kind !== 'room') return;
    const run = {
      previous,
      first,
      last: first + count - 1,
      ref,
      heardAt: time.ms,
      network: networks.current.number,
      check: checkOf(hash),
      isHollow: false,
    };
    archive.shelfFor(log.scope.room, self, this.#context.log)?.add(run);
  }

  #reserve(log: OwnLog, out: ChatOutput[]): void {
    const upTo = log.reservationDue();
    if (upTo === undefined) return;
    const record = { kind: 'reservation', log: this.#context.log, scope: log.scope, upTo } as const;
    this.#context.journal.write({ kind: 'reservation', log, upTo }, record, true, out);
  }

  // ---- the store ------------------------------------------------------------------------------------------------------

  onKept(run: OwnRun, ref: RecordRef, out: ChatOutput[]): void {
    const { scope } = run.log;
    this.#shelve(run, ref);
    const time = wallTime(run.time.ms);
    for (let i = 0; i < run.sayings.length; i++) {
      const saying = run.sayings[i];
      const id = run.ids[i];
      if (saying === undefined || id === undefined) continue;
      out.push({ kind: 'event', event: { kind: 'sent', token: saying.token, id, sequence: run.first + i, scope, time } });
    }
    this.#sender.onKept(run, ref);
  }

  onNotKept(run: OwnRun, why: string, out: ChatOutput[]): void {
    run.log.onNotKept(run);
    for (const { token } of run.sayings) refuse(token, 'not-stored', why, out);
  }

  onReservationFailed(log: OwnLog, why: string, out: ChatOutput[]): void {
    if (log.onReservationFailed()) this.#refuseWaiting(log, 'not-stored', why, out);
  }

  #refuseWaiting(log: OwnLog, why: RefusedReason, detail: string, out: ChatOutput[]): void {
    for (let saying = log.takeSaying(); saying !== undefined; saying = log.takeSaying()) {
      this.#waitingBytes -= saying.entry.length;
      refuse(saying.token, why, detail, out);
    }
  }

  onLoaded(ref: RecordRef, record: Uint8Array | undefined): void {
    this.#sender.onLoaded(ref, record);
  }

  // ---- frames ---------------------------------------------------------------------------------------------------------

  onHold(now: Now, peer: PeerId, frame: HoldFrame, out: ChatOutput[]): void {
    const lane = this.#lane(peer, frame.scope);
    if (lane === undefined || frame.log !== this.#context.log) out.push({ kind: 'dropped', reason: 'unwanted-entry' });
    else {
      this.#sender.onHold(now, lane, frame, out);
      this.#recipients.hold(now.at, lane.log.scope, peer, lane.held);
    }
  }

  onWant(now: Now, peer: PeerId, frame: WantFrame, out: ChatOutput[]): void {
    const lane = this.#lane(peer, frame.scope);
    const isSound = frame.log === this.#context.log && frame.from >= 1 && frame.from <= frame.to;
    if (lane === undefined || !isSound) out.push({ kind: 'dropped', reason: 'unwanted-entry' });
    else this.#sender.onWant(now, lane, frame, out);
  }

  // ---- time -----------------------------------------------------------------------------------------------------------

  nextTimeout(): Instant | undefined {
    let first = this.#recipients.nextTimeout();
    for (const log of this.#speaking) first = earliest(first, log.nextTimeout());
    return first;
  }

  onTimeout(now: Now, out: ChatOutput[]): void {
    for (const log of this.#speaking) log.onTimeout(now.at);
    this.#recipients.onTimeout(now, out);
  }

  #lane(peer: PeerId, scope: FrameScope): Lane | undefined {
    return (scope === null ? this.#logs.ofReader(peer) : this.#logs.ofRoom(scope))?.lanes.get(peer);
  }

  /** Whether the reader's key is known; it is the one meant by the reader's name from now on. */
  #isReachable(token: number, scope: Scope, out: ChatOutput[]): boolean {
    if (scope.kind === 'room') return true;
    const { self, sessions, pins } = this.#context;
    const { reader } = scope;
    const known = pins.get(reader);
    if (known?.isMeant === true) return true;
    const met = sessions.get(reader) ?? (known === undefined ? undefined : { peer: reader, ...known });
    if (met !== undefined && reader !== self) {
      pin(this.#context, met, true, out);
      return true;
    }
    refuse(token, 'unknown-peer', 'the key of that person is not known: they were never met', out);
    return false;
  }

  /** The log of a scope; when it is new, everybody who is to hear it is told so. */
  #speakingLog(now: Now, token: number, scope: Scope, out: ChatOutput[]): OwnLog | undefined {
    const known = this.#logs.get(scope);
    if (known !== undefined) return known;
    const log = this.#logs.need(scope);
    if (log === undefined) {
      refuse(token, 'queue-full', `at most ${OWN_LOGS_MAX} rooms and people can be spoken to`, out);
      return undefined;
    }
    if (scope.kind === 'room')
      for (const member of this.#context.membership.members(scope.room)) this.onMember(now, member, scope.room, out);
    else if (this.#context.sessions.has(scope.reader)) this.#sender.open(now, scope.reader, log, { after: 0, last: 0 }, out);
    return log;
  }
}

const refuse = (token: number, why: RefusedReason, detail: string, out: ChatOutput[]): void => {
  out.push({ kind: 'event', event: { kind: 'refused', token, why, detail } });
};
