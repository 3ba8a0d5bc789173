/**
 * Asks for what others hold and we lack: of each log from one peer at a time, the newest page of every log first, then the rest
 * downwards. What a peer does not give is asked of the next that offers it.
 */
import type { LogId, PeerId, RoomName } from '../base/ids.ts';
import { earliest, type Instant, later } from '../base/time.ts';
import type { Holding, NumberRange, ServedFrame } from '../wire/sync-frame.ts';
import type { Archive } from './archive.ts';
import {
  OFFERS_MAX,
  PULL_CHUNK,
  PULL_PAGE,
  PULL_STALLED_AFTER_MS,
  PULLS_EMPTY_MAX,
  PULLS_MAX,
  PULLS_MUTED_MS,
} from './limits.ts';
import type { ChatOutput } from './output.ts';

type Offer = {
  readonly room: RoomName;
  readonly author: PeerId;
  readonly log: LogId;
  readonly newest: number;
  /** What was not asked of this peer yet, ascending. */
  left: readonly NumberRange[];
  hasPage: boolean;
};
type Pull = { readonly key: string; readonly from: number; readonly to: number; until: Instant };
type Source = {
  /** Newest log first. BOUNDED: by OFFERS_MAX. */
  readonly offers: Map<string, Offer>;
  /** What was asked and not yet served. BOUNDED: by PULLS_MAX. */
  pulls: Pull[];
};

export class Puller {
  readonly #archive: Archive;
  /** BOUNDED: by SESSIONS_MAX. */
  readonly #sources = new Map<PeerId, Source>();
  /** Who gave nothing new when asked, how often in turn, and until when they are not asked. BOUNDED: by SESSIONS_MAX. */
  readonly #empty = new Map<PeerId, { count: number; until: Instant | undefined }>();
  /** Of whom each log is being asked. BOUNDED: by the sources and PULLS_MAX. */
  readonly #claims = new Map<string, PeerId>();

  constructor(archive: Archive) {
    this.#archive = archive;
  }

  /** What a peer offered of a room is no longer so. */
  withdraw(peer: PeerId, room: RoomName): void {
    const offers = this.#sources.get(peer)?.offers;
    for (const [key, offer] of offers ?? []) if (offer.room === room) offers?.delete(key);
  }

  /** What a peer holds of a room, would tell us, and we may lack. */
  offer(now: Instant, peer: PeerId, room: RoomName, logs: readonly Holding[], out: ChatOutput[]): void {
    if (this.#isMuted(now, peer)) return;
    const source = this.#sources.get(peer) ?? { offers: new Map(), pulls: [] };
    for (const { author, log, newest, ranges } of [...logs].sort((a, b) => b.newest - a.newest)) {
      if (source.offers.size >= OFFERS_MAX) break;
      const left = this.#archive.shelf(room, author, log)?.missing(ranges) ?? ranges;
      if (left.length > 0) source.offers.set(keyOf(room, author, log), { room, author, log, newest, left, hasPage: false });
    }
    this.#sources.set(peer, source);
    this.#ask(now, peer, source, out);
  }

  onServed(now: Instant, peer: PeerId, frame: ServedFrame, out: ChatOutput[]): void {
    const source = this.#sources.get(peer);
    const key = keyOf(frame.room, frame.author, frame.log);
    const at = source?.pulls.findIndex((pull) => pull.key === key && pull.from === frame.from && pull.to === frame.to) ?? -1;
    if (source === undefined || at < 0) return;
    source.pulls.splice(at, 1);
    this.#noteServed(now, peer, source);
    this.#release(peer, source, key);
    this.#askAll(now, out);
  }

  /** Served, with something new in it (count −1) or without. */
  #noteServed(now: Instant, peer: PeerId, source: Source): void {
    const empty = this.#empty.get(peer) ?? { count: 0, until: undefined };
    this.#empty.set(peer, empty);
    empty.count += 1;
    if (empty.count < PULLS_EMPTY_MAX) return;
    empty.count = 0;
    empty.until = later(now, PULLS_MUTED_MS);
    source.offers.clear();
  }

  #isMuted(now: Instant, peer: PeerId): boolean {
    const until = this.#empty.get(peer)?.until;
    return until !== undefined && now < until;
  }

  /** Something new of a log came from a peer: it is not stalled. */
  onProgress(now: Instant, peer: PeerId): void {
    this.#empty.set(peer, { count: -1, until: undefined });
    for (const pull of this.#sources.get(peer)?.pulls ?? []) pull.until = later(now, PULL_STALLED_AFTER_MS);
  }

  onGone(now: Instant, peer: PeerId, out: ChatOutput[]): void {
    if (!this.#sources.delete(peer)) return;
    for (const [key, claimer] of this.#claims) if (claimer === peer) this.#claims.delete(key);
    this.#askAll(now, out);
  }

  nextTimeout(): Instant | undefined {
    let next: Instant | undefined;
    for (const { pulls } of this.#sources.values()) for (const { until } of pulls) next = earliest(next, until);
    return next;
  }

  /** A peer that gives nothing is asked no more, until it offers again. */
  onTimeout(now: Instant, out: ChatOutput[]): void {
    for (const [peer, { pulls }] of this.#sources) {
      if (pulls.some(({ until }) => until <= now)) this.onGone(now, peer, out);
    }
  }

  #askAll(now: Instant, out: ChatOutput[]): void {
    for (const [peer, source] of this.#sources) this.#ask(now, peer, source, out);
  }

  #ask(now: Instant, peer: PeerId, source: Source, out: ChatOutput[]): void {
    while (source.pulls.length < PULLS_MAX) {
      const next = this.#nextOffer(peer, source);
      if (next === undefined) break;
      const [key, offer] = next;
      const chunk = this.#takeChunk(offer);
      if (chunk === undefined) {
        source.offers.delete(key);
        this.#release(peer, source, key);
        continue;
      }
      this.#claims.set(key, peer);
      source.pulls.push({ key, ...chunk, until: later(now, PULL_STALLED_AFTER_MS) });
      const { room: scope, author, log } = offer;
      out.push({ kind: 'frame', to: peer, frame: { kind: 'want', scope, log, ...chunk, author } });
    }
    if (source.offers.size === 0 && source.pulls.length === 0) this.#sources.delete(peer);
  }

  /** The newest log whose newest page was not asked, else the newest. */
  #nextOffer(peer: PeerId, source: Source): readonly [string, Offer] | undefined {
    let first: readonly [string, Offer] | undefined;
    for (const entry of source.offers) {
      const claimer = this.#claims.get(entry[0]);
      if (claimer !== undefined && claimer !== peer) continue;
      if (!entry[1].hasPage) return entry;
      first ??= entry;
    }
    return first;
  }

  /** The topmost numbers that are still missing. */
  #takeChunk(offer: Offer): NumberRange | undefined {
    const missing = this.#archive.shelf(offer.room, offer.author, offer.log)?.missing(offer.left) ?? offer.left;
    const top = missing.at(-1);
    if (top === undefined) return undefined;
    const from = Math.max(top.from, top.to - (offer.hasPage ? PULL_CHUNK : PULL_PAGE) + 1);
    offer.hasPage = true;
    offer.left = below(missing, from);
    return { from, to: top.to };
  }

  #release(peer: PeerId, source: Source, key: string): void {
    if (this.#claims.get(key) !== peer || source.offers.has(key) || source.pulls.some((pull) => pull.key === key)) return;
    this.#claims.delete(key);
  }
}

const keyOf = (room: RoomName, author: PeerId, log: LogId): string => `${author}${log}#${room}`;

const below = (ranges: readonly NumberRange[], number: number): readonly NumberRange[] =>
  ranges.filter(({ from }) => from < number).map(({ from, to }) => ({ from, to: Math.min(to, number - 1) }));
