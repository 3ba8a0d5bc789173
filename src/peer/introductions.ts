/**
 * Peers of peers: whom one we have a session with has sessions with, for those whom no multicast and no broadcast reaches
 * (protocol.md §12.3). Nobody is told of unasked. Asked are those who were not found by mDNS, soon after they were met, and
 * everybody in turn, one a minute. What is told is a hint: where to dial; the handshake proves.
 *
 * Nobody is told of somebody on another link, and nobody dials what is not near the one who told it, so that no peer can aim
 * others at third hosts.
 */
import type { Address } from '../base/address.ts';
import type { PeerId } from '../base/ids.ts';
import { PEERS_TOLD_MAX } from '../base/limits.ts';
import { earliest, type Instant, later } from '../base/time.ts';
import type { Entropy } from '../crypto/suite.ts';
import { uniform } from '../discovery/chance.ts';
import type { LinkInterface } from '../discovery/dns-message.ts';
import { hostOf, ipBytes, isLinkLocal6, isOnLink, isOwnHost, isSameNeighbourhood, isUsableTarget } from '../discovery/link.ts';
import type { ToldPeer } from '../wire/network-frame.ts';
import type { MetSession } from './dialer.ts';
import type { FoundVia } from './event.ts';

/** From meeting somebody to asking them: by then most are found by other ways. */
const ASK_AFTER_MS = 1_000;
/** Between two questions to peers in turn; in a crowd others ask too, and it is so much a peer. */
const ASK_EVERY_MS = 60_000;
const ASK_EVERY_PER_PEER_MS = 4_000;
/** Asked soon after they were met, within ASK_EVERY_MS: of a crowd, a few know them all. */
const ASKED_SOON_MAX = 4;
/** A peer that asks more often than this is not answered. */
const ANSWER_EVERY_MS = 500;
/** An answer later than this was not asked for. */
const ANSWER_WITHIN_MS = 30_000;

type Acquaintance = {
  askAt: Instant | undefined;
  askedAt: Instant | undefined;
  answeredAt: Instant | undefined;
  /** They have said which rooms they are in, and before that whether others may be told of them. */
  hasSaidRooms: boolean;
  /** Nobody is to be told of them. */
  isUnlisted: boolean;
};

/** By whom we are told of others, and whom we tell. */
export type IntroductionRules = {
  /** false: nobody is told of or taken from an answer; those who were named are asked all the same, for their time. */
  readonly isFinding?: boolean;
  /** false: nobody is told of. */
  readonly isTelling?: boolean;
  /** Whether somebody told of may be dialled. */
  readonly mayMeet?: (peer: PeerId) => boolean;
};

export class Introductions {
  readonly #id: PeerId;
  readonly #entropy: Entropy;
  readonly #isFinding: boolean;
  readonly #isTelling: boolean;
  readonly #mayMeet: (peer: PeerId) => boolean;
  #links: readonly LinkInterface[] = [];
  /** In the order in which they are asked in turn. BOUNDED: by the sessions. */
  readonly #known = new Map<PeerId, Acquaintance>();
  #turnAt: Instant | undefined;
  /** BOUNDED: by ASKED_SOON_MAX. */
  #askedSoonAt: readonly Instant[] = [];
  /** Where the next answer begins: with more peers than an answer holds, each one is told at some time. */
  #offset = 0;

  constructor(
    id: PeerId,
    entropy: Entropy,
    { isFinding = true, isTelling = true, mayMeet = () => true }: IntroductionRules = {},
  ) {
    this.#isFinding = isFinding;
    this.#isTelling = isFinding && isTelling;
    this.#mayMeet = mayMeet;
    this.#id = id;
    this.#entropy = entropy;
  }

  onInterfaces(interfaces: readonly LinkInterface[]): void {
    this.#links = interfaces;
  }

  onMet(now: Instant, peer: PeerId, via: FoundVia): void {
    const askAt = via !== 'mdns' && this.#mayAskSoon(now) ? later(now, ASK_AFTER_MS) : undefined;
    this.#known.set(peer, { askAt, askedAt: undefined, answeredAt: undefined, hasSaidRooms: false, isUnlisted: false });
    if (this.#isFinding) this.#turnAt ??= later(now, uniform(this.#entropy, ASK_EVERY_MS / 2, ASK_EVERY_MS));
  }

  /** Whether others may be told of them: not before they could say that they hide. */
  mayTellOf(peer: PeerId): boolean {
    const acquaintance = this.#known.get(peer);
    return acquaintance?.hasSaidRooms === true && !acquaintance.isUnlisted;
  }

  onRooms(peer: PeerId): void {
    const acquaintance = this.#known.get(peer);
    if (acquaintance !== undefined) acquaintance.hasSaidRooms = true;
  }

  /** They ask that nobody be told of them. */
  onUnlisted(peer: PeerId): void {
    const acquaintance = this.#known.get(peer);
    if (acquaintance !== undefined) acquaintance.isUnlisted = true;
  }

  onGone(peer: PeerId): void {
    this.#known.delete(peer);
    if (this.#known.size === 0) this.#turnAt = undefined;
  }

  nextTimeout(): Instant | undefined {
    let first = this.#turnAt;
    for (const { askAt } of this.#known.values()) first = earliest(first, askAt);
    return first;
  }

  /** @returns whom to ask now. */
  onTimeout(now: Instant): readonly PeerId[] {
    const asked: PeerId[] = [];
    for (const [peer, acquaintance] of this.#known) {
      if (acquaintance.askAt === undefined || acquaintance.askAt > now) continue;
      acquaintance.askAt = undefined;
      acquaintance.askedAt = now;
      asked.push(peer);
    }
    if (this.#turnAt === undefined || this.#turnAt > now) return asked;
    this.#turnAt = later(now, Math.max(ASK_EVERY_MS, ASK_EVERY_PER_PEER_MS * this.#known.size));
    for (const [peer, acquaintance] of this.#known) {
      this.#known.delete(peer); // to the end of the row
      this.#known.set(peer, acquaintance);
      acquaintance.askedAt = now;
      if (!asked.includes(peer)) asked.push(peer);
      break;
    }
    return asked;
  }

  /** @returns whom to tell of in answer to a question; undefined: it is not answered. */
  answer(now: Instant, from: PeerId, sessions: readonly MetSession[]): readonly ToldPeer[] | undefined {
    const acquaintance = this.#known.get(from);
    const asker = sessions.find(({ peer }) => peer === from);
    if (acquaintance === undefined || asker === undefined) return undefined;
    if (acquaintance.answeredAt !== undefined && now - acquaintance.answeredAt < ANSWER_EVERY_MS) return undefined;
    acquaintance.answeredAt = now;
    if (!this.#isTelling) return [];
    const theirs = this.#linkOf(asker.address);
    const told: ToldPeer[] = [];
    for (let i = 0; i < sessions.length && told.length < PEERS_TOLD_MAX; i++) {
      const session = sessions[(this.#offset + i) % sessions.length];
      if (session === undefined || session.peer === from || !this.mayTellOf(session.peer)) continue;
      const link = this.#linkOf(session.address);
      if (link === undefined || (theirs !== undefined && theirs.name !== link.name)) continue;
      const host = session.address.host.split('%', 1)[0] ?? '';
      const address = ipBytes(host);
      if (address === undefined || (theirs === undefined && isLinkLocal6(host))) continue;
      told.push({ peer: session.peer, address, port: session.address.port });
    }
    if (sessions.length > 0) this.#offset = (this.#offset + told.length) % sessions.length;
    return told;
  }

  /** @returns where those may be met whom we do not know yet; nothing if we did not ask. */
  onTold(now: Instant, from: PeerId, told: readonly ToldPeer[], sessions: readonly MetSession[]): readonly Address[] {
    const acquaintance = this.#known.get(from);
    const teller = sessions.find(({ peer }) => peer === from);
    if (!this.#isFinding || acquaintance?.askedAt === undefined || teller === undefined) return [];
    if (now - acquaintance.askedAt > ANSWER_WITHIN_MS) return [];
    acquaintance.askedAt = undefined;
    const link = this.#linkOf(teller.address);
    const addresses: Address[] = [];
    for (const { peer, address, port } of told) {
      if (peer === this.#id || !this.#mayMeet(peer) || sessions.some((session) => session.peer === peer)) continue;
      const host = hostOf(address);
      if (!this.#isNear(host, teller.address.host, link)) continue;
      addresses.push({ host: isLinkLocal6(host) ? `${host}%${link?.name}` : host, port });
    }
    return addresses;
  }

  #mayAskSoon(now: Instant): boolean {
    this.#askedSoonAt = this.#askedSoonAt.filter((at) => now - at < ASK_EVERY_MS);
    if (this.#askedSoonAt.length >= ASKED_SOON_MAX) return false;
    this.#askedSoonAt = [...this.#askedSoonAt, now];
    return true;
  }

  #isNear(host: string, teller: string, link: LinkInterface | undefined): boolean {
    if (this.#links.some((own) => isOwnHost(own, host)) && host !== teller) return false;
    if (link !== undefined) return isUsableTarget(link, host, '');
    const last = ipBytes(host)?.at(-1);
    // somebody named by the user, beyond a router: those beside them, but never everybody there at once
    return isSameNeighbourhood(host, teller) && !isLinkLocal6(host) && (host.includes(':') || (last !== 0 && last !== 255));
  }

  #linkOf(address: Address): LinkInterface | undefined {
    return this.#links.find((link) => isOnLink(link, address.host));
  }
}
