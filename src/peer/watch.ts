/**
 * Who watches whom, so that a silent death is noticed while most sessions sleep (protocol.md §7.1).
 *
 * Each peer chooses two others, on different hosts if it can, and is chosen by others; only these sessions are kept: both ends
 * probe their silence. All others sleep. Whoever finds somebody silent tells everybody, who then ask for themselves: what is told
 * costs a question and ends nothing. So that liars cannot hide a death for good, the choice changes, and one sleeping session
 * after the other is asked as well.
 *
 * A session is kept (chosen, or it chose us; a new one until the next choice) or asleep. An asleep one that is asked ends, or sleeps on.
 */
import type { PeerId } from '../base/ids.ts';
import { WATCHERS_CHOSEN, WATCHING_MAX } from '../base/limits.ts';
import { earliest, type Instant, later } from '../base/time.ts';
import type { Entropy } from '../crypto/suite.ts';
import { uniform } from '../discovery/chance.ts';
import { Allowance } from '../discovery/schedule.ts';
import type { SessionInfo } from '../transport/endpoint-output.ts';
import { SourceBuckets } from '../transport/source-buckets.ts';
import type { SilentFrame, WatchFrame } from '../wire/watch-frame.ts';

/** Of a few, everybody is chosen: it costs no more than a crowd's share. */
const CIRCLE_MAX = 4;
/** From a meeting to the choice: many come at once. */
const SETTLE_MS = 1_000;
const CHOICE_CHANGES_MS = 120_000;
/** Between two questions to sleeping sessions, the one unheard for longest first. */
const SWEEP_EVERY_MS = 30_000;
/** Asked besides, at random, when somebody fell silent: a switch takes many at once. */
const ASKED_BESIDES = 2;
const BESIDES_BURST = 64;
const BESIDES_RATE = 0.2;
/** What may be told without being true: by those on one host, a burst, then one a minute; by all together. What proves true is free. */
const TELLER_BURST = 32;
const TELLER_RATE = 1 / 60;
/** How often we tell of those on one host: whoever falls silent and comes back, again and again, must not make everybody talk. */
const TELLING_BURST = 16;
const TELLING_RATE = 1 / 60;
const TOLD_BURST = 256;
const TOLD_RATE = 4;
/**
 * The same session is not asked again within this because of what is told, unless it answered and somebody on another host says so now;
 * nor if it was heard within the shorter time.
 */
const TOLD_AGAIN_MS = 10_000;
const HEARD_MS = 1_000;

type Known = {
  readonly host: string;
  isChosen: boolean;
  hasChosenUs: boolean;
  /** We asked it out of turn. */
  isAsked: boolean;
  /** When somebody's word last made us ask, and on which host they are. */
  toldAt: Instant | undefined;
  toldBy: string | undefined;
};

/** What the watch needs of the sessions. */
export type Sessions = {
  keep(peer: PeerId, isKept: boolean): void;
  ask(peer: PeerId): void;
  session(peer: PeerId): SessionInfo | undefined;
  send(peer: PeerId, frame: WatchFrame | SilentFrame): void;
};

export class Watch {
  readonly #entropy: Entropy;
  readonly #sessions: Sessions;
  readonly #mayTell: (peer: PeerId) => boolean;
  /** BOUNDED: by the sessions. */
  readonly #known = new Map<PeerId, Known>();
  readonly #besides = new Allowance(BESIDES_BURST, BESIDES_RATE);
  readonly #told = new Allowance(TOLD_BURST, TOLD_RATE);
  readonly #tellers = new SourceBuckets(TELLER_BURST, TELLER_RATE);
  readonly #tellings = new SourceBuckets(TELLING_BURST, TELLING_RATE);
  #chooseAt: Instant | undefined;
  #changeAt: Instant | undefined;
  #sweepAt: Instant | undefined;

  /** @param mayTell whether others may be told of somebody: not of those who hide. */
  constructor(entropy: Entropy, sessions: Sessions, mayTell: (peer: PeerId) => boolean) {
    this.#mayTell = mayTell;
    this.#entropy = entropy;
    this.#sessions = sessions;
  }

  onMet(now: Instant, peer: PeerId, host: string): void {
    const none = { isChosen: false, hasChosenUs: false, isAsked: false, toldAt: undefined, toldBy: undefined };
    this.#known.set(peer, { host, ...none });
    this.#chooseAt ??= later(now, SETTLE_MS);
    this.#changeAt ??= this.#soon(now, CHOICE_CHANGES_MS);
    this.#sweepAt ??= this.#soon(now, SWEEP_EVERY_MS);
  }

  /** @param isDead it fell silent and answered no question of ours. */
  onGone(now: Instant, peer: PeerId, isDead: boolean): void {
    const known = this.#known.get(peer);
    this.#known.delete(peer);
    if (known?.isChosen === true || this.#known.size <= CIRCLE_MAX) this.#chooseAt ??= later(now, SETTLE_MS);
    if (this.#known.size === 0) this.#chooseAt = this.#changeAt = this.#sweepAt = undefined;
    if (!isDead || known?.toldBy === undefined) return;
    this.#told.giveBack();
    this.#tellers.giveBack(known.toldBy);
  }

  /** Somebody wants to be watched by us, or no longer. @returns false: by no more than so many. */
  onWatch(peer: PeerId, isWatching: boolean): boolean {
    const known = this.#known.get(peer);
    if (known === undefined) return true;
    if (isWatching && !known.hasChosenUs && !this.#mayBeWatched(known.host)) return false;
    known.hasChosenUs = isWatching;
    if (this.#chooseAt === undefined) this.#sessions.keep(peer, known.isChosen || isWatching);
    return true;
  }

  /** Somebody says that another does not answer. @returns false: too much was said that was not so. */
  onTold(now: Instant, from: PeerId, silent: PeerId): boolean {
    const known = this.#known.get(silent);
    const teller = this.#known.get(from);
    const session = this.#sessions.session(silent);
    if (known === undefined || teller === undefined || session === undefined || from === silent) return true;
    if (known.toldAt !== undefined && now - known.toldAt < TOLD_AGAIN_MS) {
      // who has answered may be dead by now: whoever was wrong before may not say it again so soon, but another may
      if (session.lastHeard <= known.toldAt || known.toldBy === teller.host) return true;
    }
    if (!this.#tellers.take(now, teller.host) || !this.#told.take(now)) return false;
    if (now - session.lastHeard < HEARD_MS) return true;
    known.toldAt = now;
    known.toldBy = teller.host;
    this.#sessions.ask(silent);
    return true;
  }

  /** It does not answer us. Whoever watches it tells the others; whoever was told, or only had something to say, does not. */
  onSilent(now: Instant, peer: PeerId): void {
    const silent = this.#known.get(peer);
    if (silent === undefined) return;
    this.#askBesides(now);
    const isTold = silent.toldAt !== undefined && now - silent.toldAt < TOLD_AGAIN_MS;
    const isFound = silent.isChosen || silent.hasChosenUs || (silent.isAsked && !isTold);
    silent.isAsked = false;
    if (silent.isChosen && this.#chooseAt === undefined) this.#choose();
    if (!isFound || !this.#mayTell(peer) || !this.#tellings.take(now, silent.host)) return;
    for (const other of this.#known.keys()) {
      if (other !== peer && !this.#isSilent(other)) this.#sessions.send(other, { kind: 'silent', peer });
    }
  }

  nextTimeout(): Instant | undefined {
    return earliest(this.#chooseAt, this.#changeAt, this.#sweepAt);
  }

  onTimeout(now: Instant): void {
    if (this.#changeAt !== undefined && this.#changeAt <= now) {
      this.#changeAt = this.#soon(now, CHOICE_CHANGES_MS);
      const chosen = [...this.#known.values()].filter(({ isChosen }) => isChosen);
      if (this.#known.size > CIRCLE_MAX) this.#choose(this.#pick(chosen));
    }
    if (this.#chooseAt !== undefined && this.#chooseAt <= now) this.#choose();
    if (this.#sweepAt !== undefined && this.#sweepAt <= now) {
      this.#sweepAt = this.#soon(now, SWEEP_EVERY_MS);
      this.#sweep();
    }
  }

  /** @param tired one who was chosen and is no longer. */
  #choose(tired?: Known): void {
    this.#chooseAt = undefined;
    const wasChosen = new Set([...this.#known].filter(([, { isChosen }]) => isChosen).map(([peer]) => peer));
    if (this.#known.size <= CIRCLE_MAX) for (const known of this.#known.values()) known.isChosen = true;
    else this.#chooseSome(tired);
    for (const [peer, { isChosen, hasChosenUs }] of this.#known) {
      if (isChosen !== wasChosen.has(peer)) this.#sessions.send(peer, { kind: 'watch', isWatching: isChosen });
      this.#sessions.keep(peer, isChosen || hasChosenUs);
    }
  }

  #chooseSome(tired: Known | undefined): void {
    const kept: Known[] = [];
    for (const [peer, known] of this.#known) {
      if (!known.isChosen) continue;
      known.isChosen = false;
      if (known !== tired && !this.#isSilent(peer)) kept.push(known);
    }
    while (kept.length > WATCHERS_CHOSEN) kept.splice(Math.floor(uniform(this.#entropy, 0, kept.length)), 1);
    while (kept.length < WATCHERS_CHOSEN) {
      const hosts = new Set(kept.map(({ host }) => host));
      const free = [...this.#known].filter(([peer, known]) => known !== tired && !kept.includes(known) && !this.#isSilent(peer));
      const elsewhere = free.filter(([, { host }]) => !hosts.has(host));
      const next = this.#pickByHost((elsewhere.length > 0 ? elsewhere : free).map(([, known]) => known));
      if (next === undefined) break;
      kept.push(next);
    }
    for (const known of kept) known.isChosen = true;
  }

  /** A host first, so that whoever runs many peers on one is chosen no more often. */
  #pickByHost(from: readonly Known[]): Known | undefined {
    const host = this.#pick([...new Set(from.map((known) => known.host))]);
    return this.#pick(from.filter((known) => known.host === host));
  }

  /** Of the host that has the most wishes granted one gives way to whoever is on a host that has fewer. */
  #mayBeWatched(host: string): boolean {
    const byHost = new Map<string, PeerId[]>();
    let count = 0;
    for (const [peer, known] of this.#known) {
      if (!known.hasChosenUs) continue;
      count += 1;
      byHost.set(known.host, [...(byHost.get(known.host) ?? []), peer]);
    }
    if (count < WATCHING_MAX) return true;
    const most = [...byHost.values()].reduce((longest, peers) => (peers.length > longest.length ? peers : longest));
    const [first] = most;
    if (first === undefined || most.length <= (byHost.get(host)?.length ?? 0) + 1) return false;
    this.onWatch(first, false);
    return true;
  }

  #sweep(): void {
    let longest: PeerId | undefined;
    let heard: Instant | undefined;
    for (const [peer, { isChosen, hasChosenUs }] of this.#known) {
      const session = isChosen || hasChosenUs ? undefined : this.#sessions.session(peer);
      if (session === undefined || (heard !== undefined && session.lastHeard >= heard)) continue;
      longest = peer;
      heard = session.lastHeard;
    }
    if (longest !== undefined) this.#ask(longest);
  }

  #askBesides(now: Instant): void {
    const asleep = [...this.#known].filter(([, known]) => !known.isChosen && !known.hasChosenUs && !known.isAsked);
    for (let i = 0; i < ASKED_BESIDES && asleep.length > 0 && this.#besides.take(now); i++) {
      const [chosen] = asleep.splice(Math.floor(uniform(this.#entropy, 0, asleep.length)), 1);
      if (chosen !== undefined) this.#ask(chosen[0]);
    }
  }

  #ask(peer: PeerId): void {
    const known = this.#known.get(peer);
    if (known !== undefined) known.isAsked = true;
    this.#sessions.ask(peer);
  }

  #isSilent(peer: PeerId): boolean {
    return this.#sessions.session(peer)?.isSilent ?? true;
  }

  #pick<T>(from: readonly T[]): T | undefined {
    return from[Math.floor(uniform(this.#entropy, 0, from.length))];
  }

  /** Within half and one and a half of it: a crowd that came together does not stay in step. */
  #soon(now: Instant, durationMs: number): Instant {
    return later(now, uniform(this.#entropy, durationMs / 2, (3 * durationMs) / 2));
  }
}
