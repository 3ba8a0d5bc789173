/** A person with a machine: the real core on a simulated host, with a disk that outlives it. Does what platform/run does. */

import type { Address } from '../../src/base/address.ts';
import type { LogId, PeerId, RoomName } from '../../src/base/ids.ts';
import { directScope, logId, roomScope } from '../../src/base/ids.ts';
import { parseRoomName } from '../../src/base/room-name.ts';
import type { Visibility } from '../../src/base/visibility.ts';
import type { NewcomerHistory } from '../../src/chat/networks.ts';
import { type Identity, makeIdentity } from '../../src/crypto/identity.ts';
import type { CryptoSuite } from '../../src/crypto/suite.ts';
import type { Effect } from '../../src/peer/effect.ts';
import type { Message, PeerEvent } from '../../src/peer/event.ts';
import type { Input } from '../../src/peer/input.ts';
import { Peer } from '../../src/peer/peer.ts';
import { Disk } from './disk.ts';
import type { Random } from './random.ts';
import { LAN, type SeenEvent, type World } from './world.ts';

export type HostOptions = {
  readonly name?: string;
  readonly isEphemeral?: boolean;
  readonly isReading?: boolean;
  readonly newcomers?: NewcomerHistory;
  readonly useDiscovery?: boolean;
  /** Of the next start. */
  visibility?: Visibility;
  /** Rooms joined at the first start. Default: the lobby. */
  readonly rooms?: readonly string[];
  /** How far this host's wall clock is ahead of the world's, in ms. */
  readonly skewMs?: number;
  /** What fdatasync takes. */
  readonly flushMs?: number;
  readonly hasDigest?: boolean;
};

export const room = (text: string): RoomName => {
  const name = parseRoomName(text);
  if (name === undefined) throw new Error(`not a room name: ${text}`);
  return name;
};

export class SimulatedPeer {
  readonly host: string;
  readonly address: Address;
  readonly name: string;
  readonly disk = new Disk();
  /** Everything the peer said to its user, over all its lives. */
  readonly events: SeenEvent[] = [];
  /** How many of the events are messages. */
  messageCount = 0;
  readonly drops = new Map<string, number>();
  readonly identity: Identity;
  readonly log: LogId;
  /** Counts starts: what was meant for an earlier life does not reach a later one. */
  life = 0;
  /** A running digest of every byte sent and stored, to compare two runs of one world; kept where `hasDigest`. */
  digest = 0;
  readonly #world: World;
  readonly #suite: CryptoSuite;
  readonly #random: Random;
  readonly #options: HostOptions;
  #peer: Peer | undefined;
  readonly #inputs: Input[] = [];
  #wakeAt: number | undefined;
  #token = 0;

  constructor(world: World, suite: CryptoSuite, random: Random, host: string, options: HostOptions) {
    this.#world = world;
    this.#suite = suite;
    this.#random = random;
    this.#options = options;
    this.host = host;
    this.address = { host, port: 40_000 };
    this.name = options.name ?? `peer-${host}`;
    this.identity = makeIdentity(suite, random.bytes(32), random.bytes(32), 1);
    this.log = logId(random.bytes(8));
  }

  get peer(): Peer {
    if (this.#peer === undefined) throw new Error(`${this.name} is not running`);
    return this.#peer;
  }

  get id(): PeerId {
    return this.peer.id;
  }

  get isRunning(): boolean {
    return this.#peer !== undefined;
  }

  start(): void {
    this.life += 1;
    this.#inputs.length = 0;
    const now = this.#world.time(this.#options.skewMs ?? 0);
    const peer = new Peer({
      suite: this.#suite,
      entropy: (length) => this.#random.bytes(length),
      identity: this.identity,
      log: this.log,
      boot: this.#random.bytes(8),
      name: this.name,
      port: this.address.port,
      label: Array.from(this.#random.bytes(26), (byte) => 'abcdefghijklmnopqrstuvwxyz234567'[byte & 31]).join(''),
      isEphemeral: this.#options.isEphemeral ?? false,
      isReading: this.#options.isReading ?? true,
      newcomers: this.#options.newcomers ?? 'recent',
      visibility: this.#options.visibility ?? 'open',
      useDiscovery: this.#options.useDiscovery ?? true,
    });
    this.disk.records.forEach((record, ref) => {
      peer.restore(record, ref);
    });
    this.#peer = peer;
    this.#carryOut(peer.restored(now));
    this.receive({
      kind: 'interfaces',
      interfaces: [{ name: LAN, ipv4: [{ address: this.host, prefix: 16 }], ipv6: [], isLoopback: false }],
    });
    for (const name of this.#options.rooms ?? ['lobby']) this.receive({ kind: 'join', room: room(name) });
  }

  /** As kill -9: the process is gone, what the operating system holds is kept. */
  kill(): void {
    this.#peer = undefined;
    this.#wakeAt = undefined;
    this.life += 1;
  }

  /** As pulling the plug: what was not flushed is gone, but for `kept` records. */
  cutPower(kept = 0): void {
    this.kill();
    this.disk.cutPower(kept);
  }

  quit(): void {
    this.receive({ kind: 'quit' });
    this.turn(this.life);
    this.kill();
  }

  say(text: string, where = 'lobby'): number {
    return this.#say(text, roomScope(room(where)));
  }

  tell(to: PeerId, text: string): number {
    return this.#say(text, directScope(to));
  }

  /** Messages shown, in the order shown. */
  messages(): readonly Message[] {
    return this.events.flatMap(({ event }) => (event.kind === 'message' ? [event.message] : []));
  }

  texts(): readonly string[] {
    return this.messages().map((message) => message.body.text);
  }

  seen<K extends PeerEvent['kind']>(kind: K): readonly Extract<PeerEvent, { kind: K }>[] {
    return this.events.flatMap(({ event }) => (event.kind === kind ? [event as Extract<PeerEvent, { kind: K }>] : []));
  }

  receive(input: Input): void {
    if (this.#peer === undefined) return;
    this.#inputs.push(input);
    if (this.#inputs.length === 1) this.#world.turnAfterInput(this);
  }

  /** All inputs that wait, then what is due. */
  turn(life: number): void {
    if (life !== this.life || this.#peer === undefined) return;
    const now = this.#world.time(this.#options.skewMs ?? 0);
    for (const input of this.#inputs.splice(0)) this.#carryOut(this.peer.step(now, input));
    this.#carryOut(this.peer.step(now, { kind: 'flush' }));
    while (this.#inputs.length > 0) {
      for (const input of this.#inputs.splice(0)) this.#carryOut(this.peer.step(now, input));
      this.#carryOut(this.peer.step(now, { kind: 'flush' }));
    }
    this.#arm();
  }

  #say(text: string, scope: ReturnType<typeof roomScope>): number {
    const token = ++this.#token;
    this.receive({ kind: 'say', token, scope, body: { kind: 'text', text } });
    return token;
  }

  #arm(): void {
    const next = this.#peer?.nextTimeout();
    if (next === undefined || this.#wakeAt === next) return;
    this.#wakeAt = next;
    this.#world.wake(this, next);
  }

  #carryOut(effects: readonly Effect[]): void {
    for (const effect of effects) {
      switch (effect.kind) {
        case 'transmit':
          this.#digest(effect.bytes);
          this.#world.transmit(this.address, effect.to, effect.bytes);
          break;
        case 'persist':
          this.#digest(effect.record);
          this.#persist(effect);
          break;
        case 'load':
          this.#inputs.push({ kind: 'loaded', ref: effect.ref, record: this.disk.read(effect.ref) });
          break;
        case 'replace':
          this.disk.replace(effect.ref, effect.record);
          break;
        case 'mdns':
          this.#world.multicast(this.address, effect);
          break;
        case 'notify':
          this.events.push({ at: this.#world.now, event: effect.event });
          if (effect.event.kind === 'message') this.messageCount += 1;
          if (this.#options.isEphemeral === true && effect.event.kind === 'message') {
            this.#inputs.push({ kind: 'taken', message: effect.event.message.id });
          }
          break;
        case 'dropped':
          this.drops.set(effect.reason, (this.drops.get(effect.reason) ?? 0) + 1);
          break;
        default:
          effect satisfies never;
      }
    }
  }

  #persist(effect: Extract<Effect, { kind: 'persist' }>): void {
    const ref = this.disk.append(effect.record);
    if (ref === undefined) {
      this.#inputs.push({ kind: 'persist-failed', ticket: effect.ticket, why: this.disk.failure ?? '' });
      return;
    }
    const flushMs = this.#options.flushMs ?? 1;
    const { life } = this;
    this.#world.at(effect.mustFlush ? flushMs : 100, () => {
      if (this.life === life) this.disk.flush();
    });
    const persisted: Input = { kind: 'persisted', ticket: effect.ticket, ref };
    if (effect.mustFlush) this.#world.later(this, flushMs, persisted);
    else this.#inputs.push(persisted);
  }

  #digest(bytes: Uint8Array): void {
    if (this.#options.hasDigest !== true) return;
    let digest = this.digest;
    for (const byte of bytes) digest = Math.imul(digest ^ byte, 0x01000193);
    this.digest = digest;
  }
}
