/**
 * What others said, handed on by somebody else: taken into a room we are in if its author's signature holds, kept, and shown at
 * once as late, in whatever order it comes.
 */
import type { DropReason } from '../base/drop-reason.ts';
import { type LogId, type PeerId, peerKey, type RoomName } from '../base/ids.ts';
import { type Instant, type Now, type WallTime, wallTime } from '../base/time.ts';
import { hashRun, verifyRun } from '../crypto/signed-run.ts';
import type { Run } from '../wire/run.ts';
import { fromWireTime } from './clock.ts';
import type { ChatContext } from './context.ts';
import type { Spoken } from './event.ts';
import { HANDED_ON_BURST, HANDED_ON_RATE, KEEPING_TOTAL_MAX, NEW_LOGS_MAX } from './limits.ts';
import type { ChatOutput } from './output.ts';
import { openRun } from './received-run.ts';
import type { RecordRef } from './record.ts';
import type { Shelf } from './shelf.ts';

export type LentRun = {
  readonly shelf: Shelf;
  readonly previous: number;
  readonly first: number;
  readonly last: number;
  readonly sizeBytes: number;
  readonly heardAt: WallTime;
  readonly network: number;
  readonly check: number;
  /** Bodies are missing. */
  readonly isHollow: boolean;
  readonly messages: readonly Spoken[];
};

export class Borrowing {
  readonly #context: ChatContext;
  /** On their way to the store: author, log and last number. BOUNDED: by KEEPING_TOTAL_MAX bytes of runs. */
  readonly #keeping = new Set<string>();
  #keepingBytes = 0;
  /** Signature checks left for each peer that hands on, and when that was counted. BOUNDED: by SESSIONS_MAX. */
  /** Logs that a peer brought and that nobody had told of before. BOUNDED: by SESSIONS_MAX. */
  readonly #newLogs = new Map<PeerId, number>();
  readonly #checksLeft = new Map<PeerId, { readonly left: number; readonly at: Instant }>();

  constructor(context: ChatContext) {
    this.#context = context;
  }

  onGone(peer: PeerId): void {
    this.#checksLeft.delete(peer);
    this.#newLogs.delete(peer);
  }

  /** @param held the number up to which the author's own stream is held. @returns why the run is not taken, if it is not. */
  take(
    now: Now,
    from: PeerId,
    author: PeerId,
    run: Run,
    bytes: Uint8Array,
    held: number,
    out: ChatOutput[],
  ): DropReason | undefined {
    const { header } = run;
    if (header.scope.kind !== 'room' || !this.#context.rooms.has(header.scope.room)) return 'foreign-entry';
    const { room } = header.scope;
    const known = this.#context.archive.shelf(room, author, header.log);
    const isHollow = run.content.kind === 'open' && run.content.entries.some(({ kind }) => kind === 'removed');
    const { previous, first, count } = header;
    const last = first + count - 1;
    const key = `${author}${header.log}${room}#${last}`;
    const fit = this.#keeping.has(key) ? 'duplicate' : known?.fit(first, last, isHollow);
    if (fit === 'duplicate') return 'duplicate-entry';
    if (fit === 'conflict') return 'conflicting-entry';
    if (this.#keepingBytes + bytes.length > KEEPING_TOTAL_MAX) return 'log-full';
    if (!this.#mayCheck(now.at, from)) return 'rate-limited';
    const { suite, identity, networks } = this.#context;
    const authorKey = peerKey(author);
    if (!verifyRun(suite, authorKey, hashRun(suite, authorKey, run).run, run.signature)) return 'bad-signature';
    const shelf = known ?? this.#newShelf(from, room, author, header.log);
    if (shelf === undefined) return 'log-full';
    const opener = { suite, dh: identity.dh, author, authorKey, wall: now.wall, lateUpTo: Number.POSITIVE_INFINITY };
    const opened = openRun(run, opener);
    if (!opened.ok) return opened.reason;
    this.#context.clock.observe(opened.value.latest, now.wall);
    // What was said long ago is no newer for having come a long way round.
    const heardAt = wallTime(Math.min(now.wall, fromWireTime(header.time).ms));
    const network = networks.current.number;
    const { messages, check } = opened.value;
    const lent: LentRun = { shelf, previous, first, last, sizeBytes: bytes.length, heardAt, network, check, isHollow, messages };
    this.#keeping.add(key);
    this.#keepingBytes += bytes.length;
    const place = { author, log: header.log, scope: room, held, first, count, previous, received: heardAt };
    const record = {
      kind: 'received',
      ...place,
      isLive: false,
      run: bytes,
      plain: undefined,
      network,
      isLent: true,
      check,
      isHollow,
    } as const;
    this.#context.journal.write({ kind: 'lent', run: lent }, record, false, out);
    return undefined;
  }

  /** @returns whether it is new. */
  onKept(lent: LentRun, ref: RecordRef): boolean {
    this.#done(lent);
    const { shelf, previous, first, last, heardAt, network, check, isHollow } = lent;
    const placing = shelf.add({ previous, first, last, ref, heardAt, network, check, isHollow });
    return placing === 'added' || placing === 'filled';
  }

  onNotKept(lent: LentRun): void {
    this.#done(lent);
  }

  /** A log that nobody told of before; each peer may bring so many. */
  #newShelf(from: PeerId, room: RoomName, author: PeerId, log: LogId): Shelf | undefined {
    const count = this.#newLogs.get(from) ?? 0;
    if (count >= NEW_LOGS_MAX) return undefined;
    this.#newLogs.set(from, count + 1);
    return this.#context.archive.shelfFor(room, author, log);
  }

  #done({ shelf, last, sizeBytes }: LentRun): void {
    if (this.#keeping.delete(`${shelf.author}${shelf.log}${shelf.room}#${last}`)) this.#keepingBytes -= sizeBytes;
  }

  #mayCheck(now: Instant, peer: PeerId): boolean {
    const known = this.#checksLeft.get(peer);
    const refill = known === undefined ? HANDED_ON_BURST : known.left + ((now - known.at) * HANDED_ON_RATE) / 1000;
    const left = Math.min(HANDED_ON_BURST, refill);
    this.#checksLeft.set(peer, { left: left >= 1 ? left - 1 : left, at: now });
    return left >= 1;
  }
}
