/** A few endpoints in virtual time over a seeded, lossy link: enough of a LAN for the transport's own tests. */
import type { Address } from '../../src/base/address.ts';
import { addressKey, isIPv6 } from '../../src/base/address.ts';
import type { DropReason } from '../../src/base/drop-reason.ts';
import { type PeerId, peerId } from '../../src/base/ids.ts';
import { type Instant, instant } from '../../src/base/time.ts';
import { type Identity, makeIdentity } from '../../src/crypto/identity.ts';
import type { CryptoSuite, Entropy } from '../../src/crypto/suite.ts';
import { Endpoint } from '../../src/transport/endpoint.ts';
import type { EndpointOutput, SessionInfo } from '../../src/transport/endpoint-output.ts';
import type { AppFrame } from '../../src/wire/frame.ts';
import { cheapSuite } from '../sim/cheap-suite.ts';

/** mulberry32: numbers from 0 to below 1. */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};
export const entropyFrom =
  (random: () => number): Entropy =>
  (length) =>
    Uint8Array.from({ length }, () => Math.floor(random() * 256));

export type LinkOptions = { lossRate: number; delayMs: number; jitterMs: number };
export type Captured = { readonly from: Address; readonly to: Address; readonly bytes: Uint8Array; readonly at: number };
type Flying = { readonly at: number; readonly from: Address; readonly to: Address; readonly bytes: Uint8Array };
type NodeOptions = {
  readonly identity?: Identity;
  readonly serial?: number;
  readonly host?: string;
  readonly knownSerial?: (id: PeerId) => number | undefined;
  readonly name?: string;
};

/** A host with one endpoint, and all it was told. */
export class Node {
  address: Address;
  readonly identity: Identity;
  readonly id: PeerId;
  readonly endpoint: Endpoint;
  readonly established: SessionInfo[] = [];
  readonly ended: { readonly peer: PeerId; readonly why: string; readonly at: number }[] = [];
  readonly frames: { readonly from: PeerId; readonly frame: AppFrame; readonly at: number }[] = [];
  readonly failures: { readonly to: Address; readonly why: string; readonly at: number }[] = [];
  readonly drops = new Map<DropReason, number>();
  /** Where peers were seen to be, after the handshake. */
  readonly moves: { readonly host: string; readonly at: number }[] = [];
  /** Kinds of what happened to sessions, in order. */
  /** How sessions began and ended, and twins. */
  readonly history: string[] = [];
  /** How often somebody was asked and had not answered so far. */
  silences = 0;
  bytesOut = 0;
  datagramsOut = 0;
  /** Neither hears nor speaks. */
  isCut = false;
  /** Hears and speaks, but nobody runs it: as a stopped process. */
  isStopped = false;
  /** Sent to everybody met, in the turn of the meeting. */
  greetings: readonly AppFrame[] = [];

  constructor(address: Address, identity: Identity, endpoint: Endpoint) {
    this.address = address;
    this.identity = identity;
    this.id = peerId(identity.signing.publicKey);
    this.endpoint = endpoint;
  }

  dropped(reason: DropReason): number {
    return this.drops.get(reason) ?? 0;
  }
}

export class Lan {
  readonly link: LinkOptions;
  readonly random: () => number;
  readonly entropy: Entropy;
  readonly nodes: Node[] = [];
  readonly captured: Captured[] = [];
  /** Datagrams for which this says false are lost. */
  passes: (datagram: Flying) => boolean = () => true;
  isCapturing = false;
  readonly #suite: CryptoSuite;
  readonly #flying: Flying[] = [];
  /** What a node speaks from to an IPv6 address. */
  readonly #ipv6 = new Map<Node, Address>();
  readonly #byAddress = new Map<string, Node>();
  #now = 1000;

  constructor(seed: number, link: Partial<LinkOptions> = {}, suite: CryptoSuite = cheapSuite) {
    this.random = randomFrom(seed);
    this.entropy = entropyFrom(this.random);
    this.link = { lossRate: 0, delayMs: 0.2, jitterMs: 0.1, ...link };
    this.#suite = suite;
  }

  get now(): Instant {
    return instant(this.#now);
  }

  identity(serial = 1): Identity {
    return makeIdentity(this.#suite, this.entropy(32), this.entropy(32), serial);
  }

  /** Another process at `host` replaces the one there. */
  add(options: NodeOptions = {}): Node {
    const identity = options.identity ?? this.identity(options.serial);
    const address = { host: options.host ?? `10.0.0.${this.nodes.length + 1}`, port: 4000 };
    const endpoint = new Endpoint({
      suite: this.#suite,
      entropy: this.entropy,
      identity,
      boot: this.entropy(8),
      name: () => options.name ?? 'somebody',
      knownSerial: options.knownSerial ?? (() => undefined),
    });
    const node = new Node(address, identity, endpoint);
    this.nodes.push(node);
    this.#byAddress.set(addressKey(address), node);
    return node;
  }

  /** A node has another address from now on, and not the one before. */
  move(node: Node, host: string): void {
    this.#byAddress.delete(addressKey(node.address));
    node.address = { ...node.address, host };
    this.#byAddress.set(addressKey(node.address), node);
  }

  remove(node: Node): void {
    this.nodes.splice(this.nodes.indexOf(node), 1);
    if (this.#byAddress.get(addressKey(node.address)) === node) this.#byAddress.delete(addressKey(node.address));
  }

  /** What goes to this address arrives at the node too. */
  alias(address: Address, node: Node): void {
    if (isIPv6(address.host)) this.#ipv6.set(node, address);
    this.#byAddress.set(addressKey(address), node);
  }

  /** Something happens at a node: a turn of its own, with the flush behind it. */
  act(node: Node, action: (endpoint: Endpoint, now: Instant, out: EndpointOutput[]) => void): void {
    const out: EndpointOutput[] = [];
    action(node.endpoint, this.now, out);
    for (const output of out) {
      if (output.kind === 'established') for (const frame of node.greetings) node.endpoint.send(output.session.peer, frame);
    }
    node.endpoint.flush(this.now, out);
    this.#carryOut(node, out);
  }

  dial(node: Node, to: Node | Address): void {
    this.act(node, (endpoint, now, out) => endpoint.dial(now, to instanceof Node ? to.address : to, out));
  }

  send(node: Node, to: Node, ...frames: readonly AppFrame[]): void {
    this.act(node, (endpoint) => {
      for (const frame of frames) endpoint.send(to.id, frame);
    });
  }

  /** A datagram that no node sent arrives at once. @returns what the node answers to it. */
  inject(from: Address, to: Node, bytes: Uint8Array): EndpointOutput[] {
    const out: EndpointOutput[] = [];
    to.endpoint.receive(this.now, from, bytes, out);
    to.endpoint.flush(this.now, out);
    this.#carryOut(to, out);
    return out;
  }

  /** Lets time pass until `until` says so, or for `forMs`. */
  run(forMs: number, until: () => boolean = () => false): void {
    const end = this.#now + forMs;
    let turns = 0;
    let turnsAt = this.#now;
    while (!until()) {
      const next = Math.min(this.#nextTimeout(), this.#flying[0]?.at ?? Number.POSITIVE_INFINITY);
      if (next > end) {
        this.#now = end;
        return;
      }
      this.#now = Math.max(this.#now, next);
      turns = this.#now === turnsAt ? turns + 1 : 0;
      turnsAt = this.#now;
      if (turns > 20_000) throw new Error(`no end of turns at ${this.#now}`);
      this.#turn();
    }
  }

  #turn(): void {
    const flying = this.#flying[0];
    if (flying !== undefined && flying.at <= this.#now) {
      this.#flying.shift();
      const node = this.#byAddress.get(addressKey(flying.to));
      if (node === undefined || node.isCut) return;
      if (node.isStopped) {
        this.#insert({ ...flying, at: this.#now + 100 });
        return;
      }
      this.act(node, (endpoint, now, out) => endpoint.receive(now, flying.from, flying.bytes, out));
      return;
    }
    for (const node of this.nodes) {
      const at = node.endpoint.nextTimeout();
      if (!node.isStopped && at !== undefined && at <= this.#now)
        this.act(node, (endpoint, now, out) => endpoint.onTimeout(now, out));
    }
  }

  #nextTimeout(): number {
    let first = Number.POSITIVE_INFINITY;
    for (const node of this.nodes) if (!node.isStopped) first = Math.min(first, node.endpoint.nextTimeout() ?? first);
    return first;
  }

  #carryOut(node: Node, out: readonly EndpointOutput[]): void {
    for (const output of out) {
      switch (output.kind) {
        case 'transmit':
          this.#transmit(node, output.to, output.bytes);
          break;
        case 'established':
          node.established.push(output.session);
          node.history.push('established');
          break;
        case 'frame':
          node.frames.push({ from: output.from, frame: output.frame, at: this.#now });
          break;
        case 'moved':
          node.moves.push({ host: output.address.host, at: this.#now });
          break;
        case 'ended':
          node.ended.push({ peer: output.peer, why: output.why, at: this.#now });
          node.history.push(`ended ${output.why}`);
          break;
        case 'silent':
          node.silences += 1;
          break;
        case 'twin':
          node.history.push('twin');
          break;
        case 'dial-failed':
          node.failures.push({ to: output.to, why: output.why, at: this.#now });
          break;
        case 'dropped':
          node.drops.set(output.reason, node.dropped(output.reason) + 1);
          break;
        default:
          output satisfies never;
      }
    }
  }

  #transmit(node: Node, to: Address, bytes: Uint8Array): void {
    node.bytesOut += bytes.length;
    node.datagramsOut += 1;
    if (this.isCapturing) this.captured.push({ from: node.address, to, bytes, at: this.#now });
    const from = (isIPv6(to.host) ? this.#ipv6.get(node) : undefined) ?? node.address;
    const flying = { at: this.#now + this.link.delayMs + this.random() * this.link.jitterMs, from, to, bytes };
    if (node.isCut || this.random() < this.link.lossRate || !this.passes(flying)) return;
    this.#insert(flying);
  }

  #insert(flying: Flying): void {
    let low = 0;
    let high = this.#flying.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#flying[middle]?.at ?? 0) <= flying.at) low = middle + 1;
      else high = middle;
    }
    this.#flying.splice(low, 0, flying);
  }
}

/** A frame that can be told from others. */
export const frameNumber = (number: number): AppFrame => ({ kind: 'name', generation: number, name: `n${number}` });
export const numbersOf = (node: Node): number[] =>
  node.frames.map(({ frame }) => (frame.kind === 'name' ? frame.generation : -1));
/** 0 to below `count`. */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
export const ascending = (numbers: readonly number[]): number[] => [...new Set(numbers)].sort((a, b) => a - b);
