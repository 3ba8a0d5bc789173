/**
 * Members of a room compare what they hold of it and complete each other (protocol.md §10a): a digest when they meet and when
 * things have been quiet after a change; if the digests differ, each tells what it holds; then each asks for what it lacks.
 */
import { concat, toHex, utf8 } from '../base/bytes.ts';
import type { LogId, PeerId, RoomName } from '../base/ids.ts';
import { HOLDING_RANGES_MAX, HOLDINGS_LOGS_MAX } from '../base/limits.ts';
import { earliest, type Instant, later, type Now } from '../base/time.ts';
import type { WantFrame } from '../wire/frame.ts';
import { DIGEST_SIZE, type DigestFrame, type Holding, type HoldingsFrame, type ServedFrame } from '../wire/sync-frame.ts';
import type { Archive } from './archive.ts';
import type { ChatContext } from './context.ts';
import { Digested } from './digested.ts';
import { Lender } from './lender.ts';
import {
  COMPARED_AGAIN_AFTER_MAX_MS,
  COMPARED_AGAIN_AFTER_MS,
  COMPARED_EVERY_MS,
  COMPARED_WHEN_QUIET_MS,
  DEFERRED_FOR_MS,
  HOLDINGS_MAX,
  TOLD_AGAIN_AFTER_MS,
  TOLD_EVERY_MS,
} from './limits.ts';
import type { ChatOutput } from './output.ts';
import { Puller } from './puller.ts';
import type { RecordRef } from './record.ts';

/** A member and what was compared with it. */
type Pair = {
  readonly peer: PeerId;
  readonly room: RoomName;
  sent: string | undefined;
  sentAt: Instant | undefined;
  /** Both digests at the time our holdings were told: the same two are not worth telling them again. */
  told: string;
  toldAt: Instant | undefined;
  /** They had something that we lacked: if that is so still, we ask again. */
  againAt: Instant | undefined;
  againAfterMs: number;
  generation: number;
  /** Holdings of theirs that are not complete. BOUNDED: by HOLDINGS_MAX. */
  coming: { readonly generation: number; readonly logs: Holding[] } | undefined;
  /** Of logs whose author is here and has not said yet what it gives itself. BOUNDED: by HOLDINGS_MAX. */
  deferred: readonly Holding[];
  deferredUntil: Instant | undefined;
};

export class Exchange {
  readonly #context: ChatContext;
  readonly #archive: Archive;
  readonly #lender: Lender;
  readonly #puller: Puller;
  readonly #digested = new Digested();
  /** BOUNDED: by SESSIONS_MAX, and ROOMS_JOINED_MAX rooms each. */
  readonly #pairs = new Map<string, Pair>();
  #dueAt: Instant | undefined;

  constructor(context: ChatContext, archive: Archive) {
    this.#context = context;
    this.#archive = archive;
    this.#lender = new Lender(context, archive);
    this.#puller = new Puller(archive);
  }

  /** Somebody is in a room we are in. */
  onMember(now: Now, peer: PeerId, room: RoomName): void {
    if (this.#pairs.has(pairKey(peer, room))) return;
    this.#pairs.set(pairKey(peer, room), {
      peer,
      room,
      sent: undefined,
      sentAt: undefined,
      told: '',
      toldAt: undefined,
      againAt: undefined,
      againAfterMs: COMPARED_AGAIN_AFTER_MS,
      generation: 0,
      coming: undefined,
      deferred: [],
      deferredUntil: undefined,
    });
    this.#dueAt = now.at;
  }

  onNotMember(peer: PeerId, room: RoomName): void {
    this.#pairs.delete(pairKey(peer, room));
  }

  onGone(now: Now, peer: PeerId, out: ChatOutput[]): void {
    for (const [key, pair] of this.#pairs) if (pair.peer === peer) this.#pairs.delete(key);
    this.#lender.onGone(peer);
    this.#puller.onGone(now.at, peer, out);
  }

  /** Something was kept in a room. */
  onChange(now: Instant, room: RoomName): void {
    this.#archive.touch(now, room);
    this.#dueAt = earliest(this.#dueAt, later(now, COMPARED_WHEN_QUIET_MS));
  }

  onProgress(now: Instant, peer: PeerId): void {
    this.#puller.onProgress(now, peer);
  }

  onDigest(now: Now, peer: PeerId, frame: DigestFrame, out: ChatOutput[]): void {
    const pair = this.#pairs.get(pairKey(peer, frame.room));
    if (pair === undefined) return;
    const holdings = this.#holdings(now, pair);
    const own = this.#digest(pair, holdings);
    const theirs = toHex(frame.digest);
    if (toHex(own) === theirs) return;
    if (pair.toldAt !== undefined && now.at < later(pair.toldAt, TOLD_EVERY_MS)) {
      pair.againAt = earliest(pair.againAt, later(pair.toldAt, TOLD_EVERY_MS));
      this.#dueAt = earliest(this.#dueAt, pair.againAt);
      return;
    }
    const isSoon = pair.toldAt !== undefined && now.at < later(pair.toldAt, TOLD_AGAIN_AFTER_MS);
    if (isSoon && pair.told === toHex(own) + theirs) return;
    pair.told = toHex(own) + theirs;
    pair.toldAt = now.at;
    pair.sent = undefined; // said again, so that the other finds out too
    this.#tellDigest(now.at, pair, own, out);
    this.#tellHoldings(pair, holdings, out);
  }

  onHoldings(now: Now, peer: PeerId, frame: HoldingsFrame, out: ChatOutput[]): void {
    const pair = this.#pairs.get(pairKey(peer, frame.room));
    if (pair === undefined) return;
    if (pair.coming?.generation !== frame.generation) pair.coming = { generation: frame.generation, logs: [] };
    const { logs } = pair.coming;
    if (logs.length + frame.logs.length > HOLDINGS_MAX) out.push({ kind: 'dropped', reason: 'log-full' });
    else logs.push(...frame.logs);
    if (!frame.isLast) return;
    pair.coming = undefined;
    this.#puller.withdraw(peer, frame.room);
    for (const holding of logs) this.#askOther(peer, frame.room, holding, out);
    if (logs.some((holding) => this.#isLacking(frame.room, holding))) {
      pair.againAt = later(now.at, pair.againAfterMs);
      pair.againAfterMs = Math.min(pair.againAfterMs * 2, COMPARED_AGAIN_AFTER_MAX_MS);
      this.#dueAt = earliest(this.#dueAt, pair.againAt);
    }
    pair.deferred = logs.filter(({ author, log }) => this.#isDeferred(author, log, frame.room));
    pair.deferredUntil = pair.deferred.length === 0 ? undefined : later(now.at, DEFERRED_FOR_MS);
    this.#dueAt = earliest(this.#dueAt, pair.deferredUntil);
    this.#offer(
      now.at,
      pair,
      logs.filter((holding) => !pair.deferred.includes(holding)),
      out,
    );
  }

  #offer(now: Instant, { peer, room }: Pair, logs: readonly Holding[], out: ChatOutput[]): void {
    this.#puller.offer(
      now,
      peer,
      room,
      logs.flatMap((holding) => this.#lacking(room, holding)),
      out,
    );
  }

  /** They hold another run than we do where both end: its author gave one number two meanings. */
  #askOther(peer: PeerId, room: RoomName, { author, log, ranges, check }: Holding, out: ChatOutput[]): void {
    const tip = this.#archive.shelf(room, author, log)?.tip;
    const last = ranges.at(-1)?.to ?? 0;
    if (tip === undefined || tip.last !== last || check === 0 || tip.check === 0 || tip.check === check) return;
    out.push({ kind: 'frame', to: peer, frame: { kind: 'want', scope: room, log, from: last, to: last, author } });
  }

  #isLacking(room: RoomName, { author, log, ranges }: Holding): boolean {
    if (author === this.#context.self) return false;
    return (this.#archive.shelf(room, author, log)?.missing(ranges) ?? ranges).length > 0;
  }

  /** The author is here, in the room, and will tell where its log begins for us. */
  #isDeferred(author: PeerId, log: LogId, room: RoomName): boolean {
    const { membership, givenAbove } = this.#context;
    return membership.isMember(author, room) && givenAbove(author, log, room) === undefined;
  }

  onWant(now: Now, peer: PeerId, room: RoomName, frame: WantFrame & { readonly author: PeerId }, out: ChatOutput[]): void {
    if (this.#pairs.has(pairKey(peer, room))) this.#lender.onWant(now, peer, room, frame, out);
    else out.push({ kind: 'dropped', reason: 'unwanted-entry' });
  }

  onServed(now: Now, peer: PeerId, frame: ServedFrame, out: ChatOutput[]): void {
    this.#puller.onServed(now.at, peer, frame, out);
  }

  onLoaded(ref: RecordRef, record: Uint8Array | undefined): void {
    this.#lender.onLoaded(ref, record);
  }

  flush(out: ChatOutput[]): void {
    this.#lender.flush(out);
  }

  nextTimeout(): Instant | undefined {
    return earliest(this.#dueAt, this.#puller.nextTimeout());
  }

  onTimeout(now: Now, out: ChatOutput[]): void {
    this.#puller.onTimeout(now.at, out);
    if (this.#dueAt === undefined || this.#dueAt > now.at) return;
    this.#dueAt = undefined;
    for (const pair of this.#pairs.values()) {
      if (pair.deferredUntil !== undefined && pair.deferredUntil <= now.at) {
        this.#offer(now.at, pair, pair.deferred, out);
        pair.deferred = [];
        pair.deferredUntil = undefined;
      }
      this.#dueAt = earliest(this.#dueAt, pair.deferredUntil);
      if (pair.againAt !== undefined && pair.againAt <= now.at) {
        pair.againAt = undefined;
        pair.sent = undefined;
        this.#tellDigest(now.at, pair, this.#digest(pair, this.#holdings(now, pair)), out);
      }
      this.#dueAt = earliest(this.#dueAt, pair.againAt);
      const dueAt = this.#comparedAt(pair, now.at);
      if (dueAt === undefined) continue;
      if (dueAt > now.at) this.#dueAt = earliest(this.#dueAt, dueAt);
      else this.#tellDigest(now.at, pair, this.#digest(pair, this.#holdings(now, pair)), out);
    }
  }

  /** When a pair is to be compared: at once when it is new; after a change once it is quiet, or has not been for long. */
  #comparedAt(pair: Pair, now: Instant): Instant | undefined {
    if (pair.sentAt === undefined) return now;
    const changedAt = this.#archive.changedAt(pair.room);
    if (changedAt === undefined || changedAt < pair.sentAt) return undefined;
    const inTurn = later(pair.sentAt, COMPARED_EVERY_MS);
    const whenQuiet = later(changedAt, COMPARED_WHEN_QUIET_MS);
    const atLast = later(inTurn, COMPARED_EVERY_MS);
    return whenQuiet > inTurn ? (whenQuiet < atLast ? whenQuiet : atLast) : inTurn;
  }

  /** What of a room may be told, newest log first. */
  #holdings(now: Now, { peer, room }: Pair): readonly Holding[] {
    const mayTell = this.#context.mayTell(now, peer, room);
    const holdings: Holding[] = [];
    for (const shelf of this.#archive.shelves(room)) {
      const ranges = shelf.ranges(mayTell);
      const { author, log, newest, tip } = shelf;
      if (ranges.length > 0)
        holdings.push({
          author,
          log,
          newest: Math.max(0, Math.min(0xffffffff, Math.floor(newest / 1000))),
          ranges,
          check: tip.check,
        });
    }
    return holdings.sort((a, b) => b.newest - a.newest || (a.author + a.log < b.author + b.log ? -1 : 1)).slice(0, HOLDINGS_MAX);
  }

  #digest({ peer, room }: Pair, holdings: readonly Holding[]): Uint8Array {
    const { suite, sessions } = this.#context;
    const binding = sessions.get(peer)?.binding ?? new Uint8Array(0);
    return suite.hash(concat(LABEL, binding, utf8(`${room};`), this.#digested.of(room, holdings))).slice(0, DIGEST_SIZE);
  }

  #tellDigest(now: Instant, pair: Pair, digest: Uint8Array, out: ChatOutput[]): void {
    pair.sentAt = now;
    if (pair.sent === toHex(digest)) return;
    pair.sent = toHex(digest);
    out.push({ kind: 'frame', to: pair.peer, frame: { kind: 'digest', room: pair.room, digest } });
  }

  #tellHoldings(pair: Pair, holdings: readonly Holding[], out: ChatOutput[]): void {
    pair.generation = (pair.generation + 1) >>> 0;
    const { peer, room, generation } = pair;
    for (let at = 0; at === 0 || at < holdings.length; at += HOLDINGS_LOGS_MAX) {
      const page = holdings.slice(at, at + HOLDINGS_LOGS_MAX);
      const logs = page.map((holding) => ({ ...holding, ranges: holding.ranges.slice(-HOLDING_RANGES_MAX) }));
      const isLast = at + HOLDINGS_LOGS_MAX >= holdings.length;
      out.push({ kind: 'frame', to: peer, frame: { kind: 'holdings', room, generation, isLast, logs } });
    }
  }

  /** What of a holding is to be asked of a peer: of a log whose author is here, only what the author does not give itself. */
  #lacking(room: RoomName, holding: Holding): readonly Holding[] {
    if (holding.author === this.#context.self) return [];
    const floor = this.#context.givenAbove(holding.author, holding.log, room);
    if (floor === undefined) return [holding];
    const ranges = holding.ranges.filter(({ from }) => from <= floor).map(({ from, to }) => ({ from, to: Math.min(to, floor) }));
    return ranges.length === 0 ? [] : [{ ...holding, ranges }];
  }
}

const LABEL = utf8('earshot digest 1');
const pairKey = (peer: PeerId, room: RoomName): string => `${peer}#${room}`;
