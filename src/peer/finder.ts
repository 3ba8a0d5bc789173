/** How others are found: what discovery hears and what the user names become dials, at the dialer's pace. */
import { type Address, type AddressKey, addressKey, sameAddress } from '../base/address.ts';
import { toHex } from '../base/bytes.ts';
import { type PeerId, peerKey } from '../base/ids.ts';
import { KEEPALIVE_MS, UNPROVEN_PEERS_MAX } from '../base/limits.ts';
import { earliest, type Instant, type Now } from '../base/time.ts';
import type { Visibility } from '../base/visibility.ts';
import type { Entropy } from '../crypto/suite.ts';
import { Beacon, type BeaconOutput } from '../discovery/beacon.ts';
import { Discovery } from '../discovery/discovery.ts';
import type { LinkInterface, MdnsReceived } from '../discovery/dns-message.ts';
import { isOnLink } from '../discovery/link.ts';
import type { DiscoveryOutput } from '../discovery/output.ts';
import type { Endpoint } from '../transport/endpoint.ts';
import type { EndpointOutput } from '../transport/endpoint-output.ts';
import { isQuestion } from '../wire/inquiry.ts';
import type { PeersFrame, ToldPeer, UnlistedFrame } from '../wire/network-frame.ts';
import type { SilentFrame, WatchFrame } from '../wire/watch-frame.ts';
import { Dialer, type MetSession } from './dialer.ts';
import type { Door } from './door.ts';
import type { Effect } from './effect.ts';
import type { DialFailure, FoundVia, LeftReason } from './event.ts';
import { mayDialHeard, mayDialNamed } from './finding-policy.ts';
import { Introductions } from './introductions.ts';
import { Reporter } from './reporter.ts';
import { notify, ownTwinWarning, versionWarning } from './tell.ts';
import { Watch } from './watch.ts';

const LABEL_TAKEN =
  'another host used the random label of this program for discovery, which now has another one: a copied machine, or somebody meddles';

/** What is said of those whom we know, with our time, by which others see how far our clocks are apart. */
const peersFrame = (now: Now, isAsking: boolean, peers: readonly ToldPeer[]): PeersFrame => ({
  kind: 'peers',
  isAsking,
  seconds: Math.min(0xffff_ffff, Math.max(0, Math.floor(now.wall / 1_000))),
  peers,
});

export type FinderOptions = {
  readonly id: PeerId;
  readonly entropy: Entropy;
  readonly visibility: Visibility;
  readonly door: Door;
  /** undefined: only those are met whose address is given. */
  readonly discovery: { readonly label: string; readonly port: number } | undefined;
  readonly endpoint: Endpoint;
};

export class Finder {
  readonly #discovery: Discovery | undefined;
  readonly #beacon: Beacon | undefined;
  readonly #introductions: Introductions;
  readonly #dialer = new Dialer();
  /** Addresses of which it was said that they speak another version, or have our key. BOUNDED: by UNPROVEN_PEERS_MAX. */
  readonly #foreignVersions = new Set<AddressKey>();
  /** Said by discovery in the step under way, not yet routed. */
  readonly #out: DiscoveryOutput[] = [];
  readonly #beaconOut: BeaconOutput[] = [];
  /** Absent: we hide, and tell strangers nothing. */
  readonly #reporter: Reporter | undefined;
  readonly #reports: Effect[] = [];
  readonly #watch: Watch;
  readonly #endpoint: Endpoint;
  readonly #visibility: Visibility;
  readonly #door: Door;

  constructor({ id, entropy, visibility, door, discovery, endpoint }: FinderOptions) {
    this.#endpoint = endpoint;
    this.#visibility = visibility;
    this.#door = door;
    this.#introductions = new Introductions(id, entropy, {
      isFinding: discovery !== undefined,
      isTelling: visibility === 'open',
      mayMeet: (peer) => door.mayMeet(peer),
    });
    const mayTell = (peer: PeerId): boolean => visibility === 'open' && this.#introductions.mayTellOf(peer);
    this.#watch = new Watch(entropy, endpoint, mayTell);
    this.#reporter = visibility === 'open' ? new Reporter(discovery?.port ?? 0) : undefined;
    if (discovery === undefined) return;
    const idHint = visibility === 'open' ? peerKey(id).slice(0, 8) : undefined;
    const silence = { isSilent: visibility === 'stealth' };
    this.#discovery = new Discovery({ ...discovery, ...silence, entropy, idHint, isBrowsing: true });
    this.#beacon = new Beacon({ ...silence, entropy, idHint, port: discovery.port });
  }

  /** @returns whether a datagram was a question to find out why people are not found, and nothing for a session. */
  onDatagram(now: Now, from: Address, bytes: Uint8Array): boolean {
    if (!isQuestion(bytes)) return false;
    this.#onQuestion(now, from, bytes, false);
    return true;
  }

  onMdns(now: Now, received: MdnsReceived): void {
    if (this.#reporter?.onMdns(now, received, this.#reports) === true) return;
    this.#discovery?.onMessage(now.at, received, this.#out);
  }

  onInterfaces(now: Now, interfaces: readonly LinkInterface[], sessions: readonly MetSession[]): void {
    this.#discovery?.onInterfaces(now.at, interfaces, this.#out);
    this.#beacon?.onInterfaces(now.at, interfaces);
    this.#introductions.onInterfaces(interfaces);
    this.#reporter?.onInterfaces(interfaces);
    this.#dialer.onLinks(now.at, sessions, ({ host }) => interfaces.some((link) => isOnLink(link, host)));
  }

  onBeacon(now: Now, from: Address, bytes: Uint8Array): void {
    if (isQuestion(bytes)) this.#onQuestion(now, from, bytes, true);
    else this.#beacon?.onBeacon(from, bytes, this.#beaconOut);
  }

  /** Somebody asks whom we know, or answers that. */
  onPeers(now: Now, from: PeerId, frame: PeersFrame, sessions: readonly MetSession[]): void {
    if (frame.isAsking) {
      const answer = this.#introductions.answer(now.at, from, sessions);
      if (answer !== undefined) this.#endpoint.send(from, peersFrame(now, false, answer));
      return;
    }
    for (const address of this.#introductions.onTold(now.at, from, frame.peers, sessions)) {
      this.#dialer.hint(now.at, { address, via: 'peer', idHint: undefined }, sessions);
    }
  }

  /** Try to meet whoever answers there. */
  ask(now: Now, to: Address, via: FoundVia): void {
    if (mayDialNamed(this.#visibility, via)) this.#dialer.ask(now.at, to, via);
  }

  nextTimeout(): Instant | undefined {
    return earliest(
      this.#discovery?.nextTimeout(),
      this.#beacon?.nextTimeout(),
      this.#introductions.nextTimeout(),
      this.#dialer.nextTimeout(),
      this.#watch.nextTimeout(),
    );
  }

  onTimeout(now: Now): void {
    const due = this.#discovery?.nextTimeout();
    if (due !== undefined && due <= now.at) this.#discovery?.onTimeout(now.at, this.#out);
    this.#beacon?.onTimeout(now.at, this.#beaconOut);
    for (const peer of this.#introductions.onTimeout(now.at)) this.#endpoint.send(peer, peersFrame(now, true, []));
    this.#watch.onTimeout(now.at);
  }

  /** Who is not to be told of, who is to be watched, and who is said to be silent. */
  onWord(now: Now, from: PeerId, frame: UnlistedFrame | WatchFrame | SilentFrame, effects: Effect[]): void {
    if (frame.kind === 'unlisted') {
      this.#introductions.onUnlisted(from);
      return;
    }
    const isTaken =
      frame.kind === 'watch' ? this.#watch.onWatch(from, frame.isWatching) : this.#watch.onTold(now.at, from, frame.peer);
    if (!isTaken) effects.push({ kind: 'dropped', reason: 'rate-limited' });
  }

  /** Somebody has said which rooms they are in: the first that everybody says, but whoever hides. */
  onRooms(peer: PeerId): void {
    this.#introductions.onRooms(peer);
  }

  /** Somebody was asked and does not answer. */
  onSilent(now: Now, peer: PeerId): void {
    this.#watch.onSilent(now.at, peer);
  }

  /** Dials what is due, but where somebody is already. */
  dialDue(now: Now, endpoint: Endpoint, out: EndpointOutput[]): void {
    for (const { address, ...options } of this.#dialer.takeDue(now.at)) {
      const session = endpoint.sessions().find((known) => sameAddress(known.address, address) && !known.isSilent);
      if (session === undefined) endpoint.dial(now.at, address, out, options);
      else this.onAt(now, session.peer, address);
      if (session !== undefined && now.at - session.lastHeard > KEEPALIVE_MS) endpoint.ask(session.peer);
    }
  }

  viaOf(address: Address): FoundVia {
    return this.#dialer.viaOf(address) ?? (this.#discovery === undefined ? 'static' : 'mdns');
  }

  /** Somebody is at an address: a dial there has nothing to do. */
  onAt(now: Now, peer: PeerId, address: Address): void {
    this.#dialer.onEstablished(now.at, peer, address);
  }

  onEstablished(now: Now, peer: PeerId, address: Address): void {
    this.#introductions.onMet(now.at, peer, this.viaOf(address));
    this.#watch.onMet(now.at, peer, address.host);
    this.#beacon?.onAlone(now.at, false);
    this.onAt(now, peer, address);
  }

  /** @param isLast nobody is left. */
  onEnded(
    now: Now,
    ended: { readonly peer: PeerId; readonly address: Address; readonly why: LeftReason },
    isLast: boolean,
  ): void {
    const { peer, address, why } = ended;
    this.#dialer.onEnded(now.at, peer, why === 'goodbye');
    this.#introductions.onGone(peer);
    this.#watch.onGone(now.at, peer, why === 'silent');
    this.#beacon?.onAlone(now.at, isLast);
    // whoever fell silent may come back where nothing announces it
    if (why === 'silent' && this.#discovery !== undefined) this.#dialer.ask(now.at, address, 'remembered');
  }

  onDialFailed(now: Now, to: Address, why: DialFailure, effects: Effect[]): void {
    this.#dialer.onFailed(now.at, to, why);
    const instance = this.#dialer.instanceOf(to);
    if (why === 'no-answer' && instance !== undefined && !this.#dialer.isHidden(to))
      this.#discovery?.onUnreachable(now.at, instance);
    effects.push(notify({ kind: 'dial-failed', to, why }));
    if (why !== 'older' && why !== 'newer' && why !== 'own-key-elsewhere') return;
    // A target is dialled again now and then; this is worth saying once.
    if (this.#foreignVersions.has(addressKey(to)) || this.#foreignVersions.size >= UNPROVEN_PEERS_MAX) return;
    this.#foreignVersions.add(addressKey(to));
    effects.push(notify(why === 'own-key-elsewhere' ? ownTwinWarning(to) : versionWarning(to, why)));
  }

  goodbye(now: Now): void {
    this.#discovery?.goodbye(now.at, this.#out);
  }

  /** Takes what discovery has said to where it belongs. @param sessions those we have by now. */
  route(now: Now, sessions: () => readonly MetSession[], effects: Effect[]): void {
    effects.push(...this.#reports.splice(0));
    for (const output of [...this.#out.splice(0), ...this.#beaconOut.splice(0)]) this.#onOutput(now, output, sessions, effects);
  }

  get hasMore(): boolean {
    return this.#out.length + this.#beaconOut.length + this.#reports.length > 0;
  }

  #onQuestion(now: Now, from: Address, bytes: Uint8Array, isBroadcast: boolean): void {
    if (this.#reporter === undefined) this.#reports.push({ kind: 'dropped', reason: 'foreign-question' });
    else this.#reporter.onDatagram(now, from, bytes, isBroadcast, this.#reports);
  }

  #onOutput(now: Now, output: DiscoveryOutput | BeaconOutput, sessions: () => readonly MetSession[], effects: Effect[]): void {
    switch (output.kind) {
      case 'mdns':
      case 'transmit':
      case 'dropped':
        effects.push(output);
        return;
      case 'hint': {
        const { address, idHint } = output;
        const hint = { address, via: 'beacon', idHint: idHint === undefined ? undefined : toHex(idHint) } as const;
        if (!mayDialHeard(this.#visibility, this.#door, { idHint: hint.idHint, hides: idHint === undefined })) return;
        if (!this.#dialer.hint(now.at, hint, sessions())) effects.push({ kind: 'dropped', reason: 'discovery-full' });
        return;
      }
      case 'found': {
        const { address, instance, idHint, hides, isOwnWord } = output;
        const claim = { address, instance, idHint: idHint === undefined ? undefined : toHex(idHint), hides, isOwnWord };
        if (!mayDialHeard(this.#visibility, this.#door, claim)) {
          this.#discovery?.onRefused(instance); // when it is announced again, we may know them
          return;
        }
        const lost = this.#dialer.found(now.at, claim, sessions());
        if (lost === undefined) return;
        this.#discovery?.onRefused(lost);
        effects.push({ kind: 'dropped', reason: 'discovery-full' });
        return;
      }
      case 'gone':
        this.#dialer.gone(output.instance);
        return;
      case 'renamed':
        if (output.times === 1) effects.push(notify({ kind: 'warning', code: 'label-taken', text: LABEL_TAKEN }));
        return;
      default:
        output satisfies never;
    }
  }
}
