/**
 * A LAN in virtual time: peers with disks, links with a seed, multicast, partitions, kills and power cuts. Ten thousand simulated
 * minutes run as fast as the core steps, the same way every time.
 */
import { type Address, addressKey } from '../../src/base/address.ts';
import type { PeerId } from '../../src/base/ids.ts';
import { instant, type Now, wallTime } from '../../src/base/time.ts';
import type { CryptoSuite } from '../../src/crypto/suite.ts';
import type { MdnsSend } from '../../src/discovery/dns-message.ts';
import type { PeerEvent } from '../../src/peer/event.ts';
import type { Input } from '../../src/peer/input.ts';
import { Link, type LinkOptions, PERFECT_LINK } from './link.ts';
import { EventQueue } from './queue.ts';
import { Random } from './random.ts';
import { type HostOptions, SimulatedPeer } from './simulated-peer.ts';

export type WorldOptions = {
  readonly seed: number;
  readonly suite: CryptoSuite;
  readonly link?: Partial<LinkOptions>;
  /** How long what arrives waits for the rest of its batch, as a real event loop lets it. 0: each datagram is a turn of its own. */
  readonly turnMs?: number;
};

type Happening =
  | { readonly kind: 'datagram'; readonly to: string; readonly from: Address; readonly bytes: Uint8Array }
  | { readonly kind: 'beacon'; readonly to: string; readonly from: Address; readonly bytes: Uint8Array }
  | { readonly kind: 'mdns'; readonly to: string; readonly from: Address; readonly send: MdnsSend }
  | { readonly kind: 'turn'; readonly host: string; readonly life: number }
  | { readonly kind: 'input'; readonly host: string; readonly life: number; readonly input: Input }
  | { readonly kind: 'call'; readonly call: () => void };

export const LAN = 'lan0';
/** Of the subnet that all hosts are on. */
const BROADCAST = '10.0.255.255';
const START_OF_TIME = Date.UTC(2026, 0, 1);

export class World {
  readonly random: Random;
  readonly peers: SimulatedPeer[] = [];
  readonly #suite: CryptoSuite;
  readonly #link: LinkOptions;
  readonly #turnMs: number;
  readonly #queue = new EventQueue<Happening>();
  readonly #links = new Map<string, Link>();
  readonly #byKey = new Map<string, SimulatedPeer>();
  /** Hosts in different groups do not hear each other; a host in none hears everybody. */
  #groups = new Map<string, number>();
  /** Directions in which nothing arrives: `from>to`. */
  readonly #blocked = new Set<string>();
  #now = 0;
  /** Datagrams handed to the network. */
  sent = 0;
  /** Broadcasts handed to the network. */
  beacons = 0;
  /** A network that swallows multicast, or broadcast. */
  isMulticastLost = false;
  isBroadcastLost = false;
  /** Called with every datagram on its way, before the link: an eavesdropper. */
  tap: ((from: Address, to: Address, bytes: Uint8Array) => void) | undefined;

  constructor(options: WorldOptions) {
    this.random = new Random(options.seed);
    this.#suite = options.suite;
    this.#link = { ...PERFECT_LINK, ...options.link };
    this.#turnMs = options.turnMs ?? 0;
  }

  get now(): number {
    return this.#now;
  }

  /** A new host with a peer on it, started at once. */
  add(options: HostOptions = {}): SimulatedPeer {
    const index = this.peers.length + 1;
    const host = `10.0.${index >> 8}.${index & 255}`;
    const peer = new SimulatedPeer(this, this.#suite, this.random.fork(), host, options);
    this.peers.push(peer);
    this.#byKey.set(addressKey(peer.address), peer);
    peer.start();
    return peer;
  }

  /** Changes every link there is and will be. */
  setLinks(change: Partial<LinkOptions>): void {
    Object.assign(this.#link, change);
    for (const link of this.#links.values()) link.options = { ...link.options, ...change };
  }

  /** Splits the LAN: peers hear only those of their own group. Without groups, everybody hears everybody again. */
  partition(...groups: readonly (readonly SimulatedPeer[])[]): void {
    this.#groups = new Map(groups.flatMap((group, index) => group.map((peer) => [peer.host, index] as const)));
  }

  /** Nothing from one peer reaches the other, while the way back works. */
  block(from: SimulatedPeer, to: SimulatedPeer): void {
    this.#blocked.add(`${from.host}>${to.host}`);
  }

  unblock(): void {
    this.#blocked.clear();
  }

  /** Time as a host sees it. */
  time(skewMs: number): Now {
    return { at: instant(this.#now), wall: wallTime(START_OF_TIME + Math.floor(this.#now) + skewMs) };
  }

  at(delayMs: number, call: () => void): void {
    this.#queue.push(this.#now + delayMs, { kind: 'call', call });
  }

  /** A peer asks to be stepped at `at` at the latest. */
  wake(peer: SimulatedPeer, at: number): void {
    this.#queue.push(Math.max(at, this.#now), { kind: 'turn', host: addressKey(peer.address), life: peer.life });
  }

  turnAfterInput(peer: SimulatedPeer): void {
    this.wake(peer, this.#now + this.#turnMs);
  }

  later(peer: SimulatedPeer, delayMs: number, input: Input): void {
    this.#queue.push(this.#now + delayMs, { kind: 'input', host: addressKey(peer.address), life: peer.life, input });
  }

  transmit(from: Address, to: Address, bytes: Uint8Array): void {
    if (to.host === BROADCAST) {
      this.#broadcast(from, bytes);
      return;
    }
    this.sent += 1;
    this.tap?.(from, to, bytes);
    if (!this.#isReachable(from.host, to.host)) return;
    for (const arrival of this.#linkBetween(from.host, to.host).carry(this.#now, bytes)) {
      this.#queue.push(arrival.at, { kind: 'datagram', to: addressKey(to), from, bytes: arrival.bytes });
    }
  }

  #broadcast(from: Address, bytes: Uint8Array): void {
    this.beacons += 1;
    if (this.isBroadcastLost) return;
    for (const peer of this.peers) {
      if (!this.#isReachable(from.host, peer.host)) continue;
      for (const arrival of this.#linkBetween(from.host, peer.host).carry(this.#now, bytes)) {
        this.#queue.push(arrival.at, { kind: 'beacon', to: addressKey(peer.address), from, bytes: arrival.bytes });
      }
    }
  }

  multicast(from: Address, send: MdnsSend): void {
    if (this.isMulticastLost) return;
    for (const peer of this.peers) {
      if (!this.#isReachable(from.host, peer.host)) continue;
      if (send.to !== undefined && send.to.host !== peer.host) continue;
      for (const arrival of this.#linkBetween(from.host, peer.host).carry(this.#now, new Uint8Array(200))) {
        this.#queue.push(arrival.at, { kind: 'mdns', to: addressKey(peer.address), from: { host: from.host, port: 5353 }, send });
      }
    }
  }

  /** Runs until `isDone`, or `limitMs` more of virtual time have gone by. @returns whether it was done. */
  runUntil(isDone: () => boolean, limitMs: number): boolean {
    const end = this.#now + limitMs;
    while (!isDone()) {
      const next = this.#queue.nextAt;
      if (next === undefined || next > end) {
        this.#now = end;
        return isDone();
      }
      this.#happen();
    }
    return true;
  }

  run(milliseconds: number): void {
    this.runUntil(() => false, milliseconds);
  }

  #happen(): void {
    const next = this.#queue.pop();
    if (next === undefined) return;
    this.#now = Math.max(this.#now, next.at);
    const { what } = next;
    switch (what.kind) {
      case 'datagram':
        this.#byKey.get(what.to)?.receive({ kind: 'datagram', from: what.from, bytes: what.bytes });
        return;
      case 'beacon':
        this.#byKey.get(what.to)?.receive({ kind: 'beacon', from: what.from, bytes: what.bytes });
        return;
      case 'mdns':
        this.#byKey.get(what.to)?.receive({ kind: 'mdns', interface: LAN, from: what.from, message: what.send.message });
        return;
      case 'turn':
        this.#byKey.get(what.host)?.turn(what.life);
        return;
      case 'input': {
        const peer = this.#byKey.get(what.host);
        if (peer?.life === what.life) peer.receive(what.input);
        return;
      }
      case 'call':
        what.call();
        return;
      default:
        what satisfies never;
    }
  }

  #isReachable(from: string, to: string): boolean {
    if (this.#blocked.has(`${from}>${to}`)) return false;
    const a = this.#groups.get(from);
    const b = this.#groups.get(to);
    return a === undefined || b === undefined || a === b;
  }

  #linkBetween(from: string, to: string): Link {
    const key = `${from}>${to}`;
    let link = this.#links.get(key);
    if (link === undefined) {
      link = new Link(this.random.fork(), this.#link);
      this.#links.set(key, link);
    }
    return link;
  }
}

export type SeenEvent = { readonly at: number; readonly event: PeerEvent };
export const namesOf = (ids: readonly PeerId[], peers: readonly SimulatedPeer[]): readonly string[] =>
  ids.map((id) => peers.find((peer) => peer.id === id)?.name ?? id).sort();
