/**
 * Whom to try to meet, and when. What discovery heard and what the user named are targets; a target is dialled until somebody
 * answers there, at a bounded rate, so that announcements cannot make us flood a third party.
 *
 * States of a target: waiting (dialled at `dialAt`) → dialling → met (a session stands) → waiting again when it ends.
 * An instance with several addresses is dialled one address after the other, each `NEXT_ADDRESS_AFTER_MS` later, until one is met.
 */
import { type Address, type AddressKey, addressKey, sameAddress } from '../base/address.ts';
import type { PeerId } from '../base/ids.ts';
import { DIAL_AGAIN_AFTER_MS, DIAL_RATE_TOTAL, HINTED_TARGETS_MAX, SESSIONS_MAX, UNPROVEN_PEERS_MAX } from '../base/limits.ts';
import { earliest, type Instant, later } from '../base/time.ts';
import type { DialFailure, FoundVia } from './event.ts';
import { SilentHosts } from './silent-hosts.ts';

const NEXT_ADDRESS_AFTER_MS = 250;
/** Announced targets on one host: many peers may share it, but whoever sends false announcements must not aim us at one victim. */
const TARGETS_PER_HOST_MAX = 64;
/** Back-off between dials of one target never grows beyond this; a target that the user named is tried more often. */
const DIAL_AGAIN_MAX_MS = 60_000;
const DIAL_AGAIN_STATIC_MAX_MS = 5_000;
/** Whoever hides and does not answer most likely does not know us: they are tried again seldom. */
const KNOCK_AGAIN_AFTER_MS = 30_000;
const KNOCK_AGAIN_MAX_MS = 600_000;
/** A target that nobody announces is let go of after so many dials in vain, which take about four minutes. */
const HINT_FAILURES_MAX = 8;
/** A session this young explains a newly heard announcement of the same peer; an older one may be what a restart left behind. */
const FRESH_SESSION_MS = 5_000;

type TargetState =
  | { readonly kind: 'waiting'; readonly dialAt: Instant }
  | { readonly kind: 'dialling' }
  | { readonly kind: 'met'; readonly peer: PeerId }
  /** It answered that it is us, or will never be met: not dialled again while it stays announced. */
  | { readonly kind: 'given-up' };

type TargetKind = 'open' | 'hidden' | 'unknown';

type Target = {
  readonly address: Address;
  via: FoundVia;
  instance: string | undefined;
  /** `open`: they say who they are, and answer everybody; `hidden`: they do not; `unknown`: nothing is known. */
  readonly kind: TargetKind;
  /** Whoever is there said so, as far as is known, or the user did. What others say of a host is counted apart, and cannot keep it from being dialled. */
  isOwnWord: boolean;
  failures: number;
  state: TargetState;
};

/** What the dialer needs to know of a session. */
export type MetSession = { readonly peer: PeerId; readonly address: Address; readonly since: Instant };
/** What a beacon, or another peer, says: somebody may be met there. */
export type Hint = { readonly address: Address; readonly via: 'beacon' | 'peer'; readonly idHint: string | undefined };
export type FoundClaim = {
  readonly address: Address;
  readonly instance: string;
  readonly idHint: string | undefined;
  /** They do not say who they are. */
  readonly hides?: boolean;
  /** It was said from there. */
  readonly isOwnWord?: boolean;
};
/** Whom to dial now. */
export type DueDial = { readonly address: Address; readonly isOpen: boolean; readonly isNamed: boolean };

export class Dialer {
  /** BOUNDED: by UNPROVEN_PEERS_MAX, beside SESSIONS_MAX that are met; what was announced and waits gives way to what is announced, the failed first. */
  readonly #targets = new Map<AddressKey, Target>();
  readonly #silentHosts = new SilentHosts();
  /** The earliest `dialAt`, or something earlier: asked at every step, so it is kept, and made right when it is reached. */
  #dueAt: Instant | undefined;
  /** Whether a link leads to an address now, as told last. */
  #isOnLink: (address: Address) => boolean = () => true;
  #secondStart: Instant | undefined;
  #dialsThisSecond = 0;

  /** Discovery heard of an instance at an address. @returns the instance for which there is no room, if there are too many targets. */
  found(now: Instant, claim: FoundClaim, sessions: readonly MetSession[]): string | undefined {
    const key = addressKey(claim.address);
    const known = this.#targets.get(key);
    let lost: string | undefined;
    const isOwnWord = claim.isOwnWord === true;
    if (known?.instance === claim.instance && known.state.kind !== 'given-up') {
      if (isOwnWord && !known.isOwnWord && known.state.kind === 'waiting') {
        const inTurn = later(now, NEXT_ADDRESS_AFTER_MS * (this.#addressesOf(claim.instance) - 1));
        this.#wait(known, earliest(known.state.dialAt, inTurn) ?? inTurn);
      }
      known.isOwnWord ||= isOwnWord;
      return lost;
    }
    if (known === undefined && this.#targetsAt(claim.address.host, isOwnWord) >= TARGETS_PER_HOST_MAX) return claim.instance;
    if (known === undefined && this.#isFull()) {
      const room = this.#makeRoom();
      if (!room.isMade) return claim.instance;
      lost = room.displaced;
    }
    const target: Target = {
      address: claim.address,
      via: known === undefined || (isHinted(known) && known.state.kind !== 'met') ? 'mdns' : known.via,
      instance: claim.instance,
      isOwnWord: isOwnWord || known?.isOwnWord === true,
      kind: claim.hides === true ? 'hidden' : claim.idHint === undefined ? 'unknown' : 'open',
      failures: 0,
      state: { kind: 'waiting', dialAt: later(now, NEXT_ADDRESS_AFTER_MS * this.#addressesOf(claim.instance)) },
    };
    const met = sessions.find(
      (session) =>
        now - session.since < FRESH_SESSION_MS &&
        (sameAddress(session.address, claim.address) ||
          (this.#isOnLink(session.address) &&
            session.address.port === claim.address.port &&
            claim.idHint !== undefined &&
            session.peer.startsWith(claim.idHint))),
    );
    if (met !== undefined) target.state = { kind: 'met', peer: met.peer };
    this.#targets.set(key, target);
    if (target.state.kind === 'waiting') this.#wakeAt(target.state.dialAt);
    return lost;
  }

  /** Somebody may be met at an address: dialled a little later, as most are found by better ways first. @returns false if there is no room. */
  hint(now: Instant, { address, via, idHint }: Hint, sessions: readonly MetSession[]): boolean {
    const key = addressKey(address);
    if (this.#targets.has(key)) return true;
    const isMet = sessions.some(
      (session) => now - session.since < FRESH_SESSION_MS && idHint !== undefined && session.peer.startsWith(idHint),
    );
    if (isMet) return true;
    const isOwnWord = via === 'beacon';
    if (this.#targetsAt(address.host, isOwnWord) >= TARGETS_PER_HOST_MAX) return false;
    let hinted = 0;
    for (const target of this.#targets.values()) if (isHinted(target) && target.state.kind !== 'met') hinted += 1;
    if (hinted >= HINTED_TARGETS_MAX || this.#isFull()) {
      const displaced = this.#choose(isHinted);
      if (displaced === undefined) return false;
      this.#targets.delete(displaced);
    }
    const dialAt = later(now, NEXT_ADDRESS_AFTER_MS);
    const kind = idHint === undefined ? 'unknown' : 'open';
    const state = { kind: 'waiting', dialAt } as const;
    this.#targets.set(key, { address, via, instance: undefined, kind, isOwnWord, failures: 0, state });
    this.#wakeAt(dialAt);
    return true;
  }

  /** The instance said goodbye or expired: it is not dialled any more; sessions stay. */
  gone(instance: string): void {
    for (const [key, target] of this.#targets) {
      if (target.instance !== instance) continue;
      if (target.via === 'mdns') this.#targets.delete(key);
      else target.instance = undefined;
    }
  }

  /** The user, or the profile's memory, names an address. Asking again makes it due again. */
  ask(now: Instant, address: Address, via: FoundVia): boolean {
    const key = addressKey(address);
    const known = this.#targets.get(key);
    if (known !== undefined) {
      if (known.state.kind === 'waiting') this.#wait(known, now);
      return true;
    }
    if (this.#isFull()) return false;
    const state = { kind: 'waiting', dialAt: now } as const;
    this.#targets.set(key, { address, via, instance: undefined, kind: 'unknown', isOwnWord: true, failures: 0, state });
    this.#wakeAt(now);
    return true;
  }

  /** A session stands with whoever is at `address`. */
  onEstablished(now: Instant, peer: PeerId, address: Address): void {
    this.#onAnswer(now, address.host);
    const target = this.#targets.get(addressKey(address));
    if (target === undefined) return;
    target.state = { kind: 'met', peer };
    target.failures = 0;
  }

  onFailed(now: Instant, address: Address, why: DialFailure): void {
    if (why !== 'no-answer' && why !== 'rate-limited') this.#onAnswer(now, address.host);
    const target = this.#targets.get(addressKey(address));
    if (target === undefined || target.state.kind === 'met') return;
    if (why === 'ourselves' || why === 'own-key-elsewhere' || why === 'stranger') {
      target.state = { kind: 'given-up' };
      return;
    }
    target.failures += 1;
    const isHidden = target.kind === 'hidden' && target.via !== 'static';
    const longest = isHidden ? KNOCK_AGAIN_MAX_MS : target.via === 'static' ? DIAL_AGAIN_STATIC_MAX_MS : DIAL_AGAIN_MAX_MS;
    const first = isHidden ? KNOCK_AGAIN_AFTER_MS : DIAL_AGAIN_AFTER_MS;
    if (why === 'rate-limited') target.failures -= 1; // it was not even dialled
    if (target.instance === undefined && target.via !== 'static' && target.failures >= HINT_FAILURES_MAX) {
      this.#targets.delete(addressKey(address));
      return;
    }
    const wait =
      why === 'no-answer' || why === 'rate-limited'
        ? Math.min(longest, first * 2 ** Math.min(10, Math.max(0, target.failures - 1)))
        : longest;
    this.#wait(target, later(now, wait));
  }

  /** The session with `peer` ended: its addresses are tried again. @param hasLeft they said so: then only if somebody names them. */
  onEnded(now: Instant, peer: PeerId, hasLeft: boolean): void {
    for (const [key, target] of this.#targets) {
      if (target.state.kind !== 'met' || target.state.peer !== peer) continue;
      if (hasLeft && isHinted(target)) this.#targets.delete(key);
      else this.#wait(target, later(now, DIAL_AGAIN_AFTER_MS));
    }
  }

  /** Links changed. Whoever is where no link leads any more is dialled at once at other addresses announced, and the session goes on. */
  onLinks(now: Instant, sessions: readonly MetSession[], isOnLink: (address: Address) => boolean): void {
    this.#isOnLink = isOnLink;
    const lost = new Set<PeerId>();
    const instances = new Set<string>();
    for (const { peer, address } of sessions) {
      if (isOnLink(address)) continue;
      lost.add(peer);
      const instance = this.instanceOf(address);
      if (instance !== undefined) instances.add(instance);
    }
    if (lost.size === 0) return;
    for (const { state, instance } of this.#targets.values()) {
      if (state.kind === 'met' && instance !== undefined && lost.has(state.peer)) instances.add(instance);
    }
    for (const target of this.#targets.values()) {
      // also what is being dialled: a dial that only gave a standing session a second way is never heard of again
      if (target.instance === undefined || !instances.has(target.instance) || target.state.kind === 'given-up') continue;
      this.#wait(target, isOnLink(target.address) ? now : later(now, DIAL_AGAIN_AFTER_MS));
    }
  }

  /** How the peer at this address was found, if it is a target. */
  viaOf(address: Address): FoundVia | undefined {
    return this.#targets.get(addressKey(address))?.via;
  }

  /** The announced instance that named this address, if one did. */
  instanceOf(address: Address): string | undefined {
    return this.#targets.get(addressKey(address))?.instance;
  }

  /** Whether whoever is there announces themselves without saying who they are: silence is to be expected. */
  isHidden(address: Address): boolean {
    return this.#targets.get(addressKey(address))?.kind === 'hidden';
  }

  /** Whom to dial now. */
  takeDue(now: Instant): readonly DueDial[] {
    const due: DueDial[] = [];
    if (this.#dueAt === undefined || this.#dueAt > now) return due;
    this.#dueAt = undefined;
    // the newest first: a flood of false announcements holds up nobody who comes after it
    for (const target of [...this.#targets.values()].reverse()) {
      if (target.state.kind !== 'waiting') continue;
      if (target.state.dialAt > now) {
        this.#wakeAt(target.state.dialAt);
        continue;
      }
      if (target.instance !== undefined && this.#isMet(target.instance)) {
        this.#wait(target, later(now, DIAL_AGAIN_MAX_MS));
        continue;
      }
      const mayDialAt = target.via === 'static' ? now : this.#silentHosts.mayDialAt(now, silenceOf(target));
      if (mayDialAt > now) {
        this.#wait(target, mayDialAt);
        continue;
      }
      if (!this.#mayDial(now)) {
        this.#wait(target, later(this.#secondStart ?? now, 1_000));
        continue;
      }
      this.#silentHosts.onDial(now, silenceOf(target));
      target.state = { kind: 'dialling' };
      due.push({ address: target.address, isOpen: target.kind === 'open', isNamed: target.via === 'static' });
    }
    return due;
  }

  nextTimeout(): Instant | undefined {
    return this.#dueAt;
  }

  /** Lets a hinted target that waits go, else an announced one. @returns `displaced`: its instance, if it had one. */
  #makeRoom(): { readonly isMade: boolean; readonly displaced: string | undefined } {
    const isAnnounced = ({ via, instance }: Target): boolean => via === 'mdns' && instance !== undefined;
    const isTold = (target: Target): boolean => isAnnounced(target) && !target.isOwnWord;
    const chosen = this.#choose(isHinted) ?? this.#choose(isTold) ?? this.#choose(isAnnounced);
    const displaced = chosen === undefined ? undefined : this.#targets.get(chosen)?.instance;
    if (chosen !== undefined) this.#targets.delete(chosen);
    return { isMade: chosen !== undefined, displaced };
  }

  /** Of those that fit and are not met or being dialled: one that was given up or failed, else the oldest. */
  #choose(fits: (target: Target) => boolean): AddressKey | undefined {
    let oldest: AddressKey | undefined;
    for (const [key, target] of this.#targets) {
      if (target.state.kind === 'met' || target.state.kind === 'dialling' || !fits(target)) continue;
      if (target.state.kind === 'given-up' || target.failures > 0) return key;
      oldest ??= key;
    }
    return oldest;
  }

  /** Whoever was held back because nobody had answered at a host is tried now. */
  #onAnswer(now: Instant, host: string): void {
    const wasHeldBack = [true, false].map((isOwnWord) =>
      this.#silentHosts.onAnswer(silenceOf({ address: { host, port: 0 }, isOwnWord })),
    );
    if (!wasHeldBack.includes(true)) return;
    for (const target of this.#targets.values())
      if (target.address.host === host && target.state.kind === 'waiting' && target.failures === 0) this.#wait(target, now);
  }

  #wait(target: Target, dialAt: Instant): void {
    target.state = { kind: 'waiting', dialAt };
    this.#wakeAt(dialAt);
  }

  #wakeAt(dialAt: Instant): void {
    this.#dueAt = earliest(this.#dueAt, dialAt);
  }

  #addressesOf(instance: string): number {
    let count = 0;
    for (const target of this.#targets.values()) if (target.instance === instance) count += 1;
    return count;
  }

  #targetsAt(host: string, isOwnWord: boolean): number {
    let count = 0;
    for (const target of this.#targets.values()) if (target.address.host === host && target.isOwnWord === isOwnWord) count += 1;
    return count;
  }

  #isMet(instance: string): boolean {
    for (const target of this.#targets.values()) if (target.instance === instance && target.state.kind === 'met') return true;
    return false;
  }

  /** Whoever is met keeps no newcomer from being dialled. */
  #isFull(): boolean {
    if (this.#targets.size < UNPROVEN_PEERS_MAX) return false;
    let unmet = 0;
    for (const { state } of this.#targets.values()) if (state.kind !== 'met') unmet += 1;
    return unmet >= UNPROVEN_PEERS_MAX || this.#targets.size >= UNPROVEN_PEERS_MAX + SESSIONS_MAX;
  }

  #mayDial(now: Instant): boolean {
    if (this.#secondStart === undefined || now - this.#secondStart >= 1_000) {
      this.#secondStart = now;
      this.#dialsThisSecond = 0;
    }
    this.#dialsThisSecond += 1;
    return this.#dialsThisSecond <= DIAL_RATE_TOTAL;
  }
}

/** It rests on a hint alone: neither announced nor named by the user or the profile. */
const isHinted = ({ via, instance }: Target): boolean => (via === 'beacon' || via === 'peer') && instance === undefined;

/** As what silence counts: of those who are there themselves, or of those that others name. */
const silenceOf = ({ address, isOwnWord }: Pick<Target, 'address' | 'isOwnWord'>): string =>
  isOwnWord ? address.host : `told of ${address.host}`;
