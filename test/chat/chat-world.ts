/** Chats wired back to back in virtual time: frames instead of datagrams, a disk in memory that can be killed at any record. */
import { type LogId, logId, type PeerId, peerId, type RoomName, roomScope, type Scope } from '../../src/base/ids.ts';
import { instant, type Now, wallTime } from '../../src/base/time.ts';
import { Chat, type ChatOutput } from '../../src/chat/chat.ts';
import type { Met } from '../../src/chat/context.ts';
import type { ChatEvent, SpokenMessage } from '../../src/chat/event.ts';
import type { NewcomerHistory } from '../../src/chat/networks.ts';
import { type Identity, makeIdentity } from '../../src/crypto/identity.ts';
import type { CryptoSuite } from '../../src/crypto/suite.ts';
import type { AppFrame } from '../../src/wire/frame.ts';
import { cheapSuite } from '../sim/cheap-suite.ts';
import { Disk } from '../sim/disk.ts';
import { EventQueue } from '../sim/queue.ts';
import { Random } from '../sim/random.ts';

export const room = (name: string): RoomName => name as RoomName;
export const LOBBY = room('lobby');

export type PipeOptions = {
  readonly delayMs: number;
  readonly jitterMs: number;
  /** A frame arrives twice. */
  readonly duplicate: number;
  /** A frame is lost once, and sent again 50–300 ms later. */
  readonly late: number;
  /** A run frame never arrives: what a session may not do, but a receiver without room does. */
  readonly lostRuns: number;
};
export const PERFECT: PipeOptions = { delayMs: 1, jitterMs: 0, duplicate: 0, late: 0, lostRuns: 0 };
export const ROUGH: PipeOptions = { delayMs: 1, jitterMs: 20, duplicate: 0.2, late: 0.2, lostRuns: 0 };

export class World {
  readonly random: Random;
  readonly pipe: PipeOptions;
  readonly suite: CryptoSuite;
  readonly nodes: Node[] = [];
  readonly #queue = new EventQueue<() => void>();
  /** Sessions that stand, by "a b" with the session's number. */
  readonly #sessions = new Map<string, number>();
  #sessionCount = 0;
  nowMs = 1000;
  /** How far the wall clocks jumped. */
  wallJumpMs = 0;

  constructor(seed: number, pipe: PipeOptions = PERFECT, suite: CryptoSuite = cheapSuite) {
    this.random = new Random(seed);
    this.pipe = pipe;
    this.suite = suite;
  }

  get now(): Now {
    return { at: instant(this.nowMs), wall: wallTime(1_700_000_000_000 + Math.floor(this.nowMs) + this.wallJumpMs) };
  }

  node(name: string, options: { readonly isEphemeral?: boolean } = {}): Node {
    const node = new Node(this, name, options.isEphemeral ?? false);
    this.nodes.push(node);
    return node;
  }

  connect(a: Node, b: Node): void {
    this.#sessionCount += 1;
    this.#sessions.set(pair(a, b), this.#sessionCount);
    this.#sessions.set(pair(b, a), this.#sessionCount);
    a.step((chat, now, out) => chat.onMet(now, b.met, out));
    b.step((chat, now, out) => chat.onMet(now, a.met, out));
  }

  disconnect(a: Node, b: Node): void {
    if (!this.#sessions.delete(pair(a, b))) return;
    this.#sessions.delete(pair(b, a));
    a.step((chat, now, out) => chat.onGone(now, b.id, out));
    b.step((chat, now, out) => chat.onGone(now, a.id, out));
  }

  disconnectAll(node: Node): void {
    for (const other of this.nodes) this.disconnect(node, other);
  }

  later(ms: number, what: () => void): void {
    this.#queue.push(this.nowMs + ms, what);
  }

  send(from: Node, to: PeerId, frame: AppFrame): void {
    const target = this.nodes.find((node) => node.id === to);
    const session = target === undefined ? undefined : this.#sessions.get(pair(from, target));
    if (target === undefined || session === undefined) return;
    from.sentFrames.push(frame);
    if (frame.kind === 'run' && this.random.chance(this.pipe.lostRuns)) return;
    const copies = this.random.chance(this.pipe.duplicate) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const late = this.random.chance(this.pipe.late) ? 50 + this.random.below(250) : 0;
      const delay = this.pipe.delayMs + this.random.unit() * this.pipe.jitterMs + late;
      this.later(delay, () => {
        if (this.#sessions.get(pair(from, target)) !== session) return;
        target.step((chat, now, out) => chat.onFrame(now, from.id, frame, out));
      });
    }
  }

  run(ms: number): void {
    const end = this.nowMs + ms;
    for (;;) {
      let next = this.#queue.nextAt ?? Number.POSITIVE_INFINITY;
      for (const { dueAt } of this.nodes) if (dueAt < next) next = dueAt;
      if (next > end) break;
      this.nowMs = Math.max(this.nowMs, next);
      if ((this.#queue.nextAt ?? Number.POSITIVE_INFINITY) <= this.nowMs) this.#queue.pop()?.what();
      else for (const node of this.nodes) if (node.dueAt <= this.nowMs) node.timeout();
    }
    this.nowMs = end;
  }
}

const pair = (a: Node, b: Node): string => `${a.name} ${b.name}`;

export class Node {
  readonly world: World;
  readonly name: string;
  readonly identity: Identity;
  readonly id: PeerId;
  readonly log: LogId;
  readonly isEphemeral: boolean;
  readonly disk = new Disk();
  chat: Chat;
  budget: (peer: PeerId) => number = () => 64 * 1024;
  newcomers: NewcomerHistory = 'nothing';
  readonly events: ChatEvent[] = [];
  readonly drops: string[] = [];
  readonly sentFrames: AppFrame[] = [];
  loads = 0;
  /** Records appended to the disk in all. */
  persisted = 0;
  /** Called before a record is appended, and after; true kills the process there. */
  killAt: ((step: 'before' | 'after', count: number) => boolean) | undefined;
  /** An ephemeral peer's program takes what it is told at once. */
  isTaking = true;
  isDead = false;
  #incarnation = 0;
  #checkpoint: { readonly snapshot: Uint8Array; readonly at: number } | undefined;
  #nextToken = 1;
  #isStepping = false;
  #dueAt = Number.POSITIVE_INFINITY;

  constructor(world: World, name: string, isEphemeral: boolean) {
    this.world = world;
    this.name = name;
    this.isEphemeral = isEphemeral;
    const { random } = world;
    this.identity = makeIdentity(world.suite, random.bytes(32), random.bytes(32), 1);
    this.id = peerId(this.identity.signing.publicKey);
    this.log = logId(random.bytes(8));
    this.chat = this.#start();
  }

  get met(): Met {
    const { publicKey: sealKey } = this.identity.dh;
    return { peer: this.id, sealKey, serial: this.identity.serial, name: this.name, binding: new Uint8Array(16) };
  }

  /** Does something, ends the turn, and carries out what comes of it. */
  step(action: (chat: Chat, now: Now, out: ChatOutput[]) => void): void {
    if (this.isDead) return;
    if (this.#isStepping) throw new Error('a step within a step');
    this.#isStepping = true;
    const out: ChatOutput[] = [];
    action(this.chat, this.world.now, out);
    this.chat.flush(this.world.now, out);
    this.#isStepping = false;
    this.#dueAt = this.chat.nextTimeout() ?? Number.POSITIVE_INFINITY;
    for (const output of out) this.#carryOut(output);
  }

  /** When the chat wants to be woken; as of its last step. */
  get dueAt(): number {
    return this.isDead ? Number.POSITIVE_INFINITY : this.#dueAt;
  }

  timeout(): void {
    this.step((chat, now, out) => chat.onTimeout(now, out));
  }

  join(name: RoomName): void {
    this.step((chat, now, out) => chat.join(now, name, out));
  }

  leave(name: RoomName): void {
    this.step((chat, now, out) => chat.leave(now, name, false, out));
  }

  say(scope: Scope | RoomName, ...texts: readonly string[]): void {
    const where = typeof scope === 'string' ? roomScope(scope) : scope;
    this.step((chat, now, out) => {
      for (const text of texts) chat.say(now, this.#nextToken++, where, { kind: 'text', text }, out);
    });
  }

  /** From now on a restart begins with what is known by now. Nothing may be on its way to the disk. */
  checkpoint(): void {
    this.#checkpoint = { snapshot: this.chat.snapshot(), at: this.disk.records.length };
  }

  /** The process is gone at once, with everything it had not given to the disk. */
  kill(): void {
    this.isDead = true;
    this.#incarnation += 1;
    this.world.disconnectAll(this);
  }

  restart(): void {
    this.isDead = false;
    this.#incarnation += 1;
    this.chat = this.#start();
  }

  get messages(): readonly SpokenMessage[] {
    return this.events.flatMap((event) => (event.kind === 'message' ? [event.message] : []));
  }

  get texts(): readonly string[] {
    return this.messages.map((message) => message.body.text);
  }

  eventsOf<K extends ChatEvent['kind']>(kind: K): readonly Extract<ChatEvent, { readonly kind: K }>[] {
    return this.events.filter((event): event is Extract<ChatEvent, { readonly kind: K }> => event.kind === kind);
  }

  #start(): Chat {
    const chat = this.restored();
    this.chat = chat;
    this.step((restored, now, out) => restored.restored(now, out));
    return chat;
  }

  /** A chat that has read the disk, and has done nothing yet. @param usesCheckpoint false: every record. */
  restored(usesCheckpoint = true): Chat {
    const chat = new Chat({
      suite: this.world.suite,
      entropy: (length) => this.world.random.bytes(length),
      identity: this.identity,
      log: this.log,
      isEphemeral: this.isEphemeral,
      isReading: true,
      newcomers: this.newcomers,
      budget: (peer) => this.budget(peer),
    });
    const { snapshot, at } = (usesCheckpoint ? this.#checkpoint : undefined) ?? { snapshot: undefined, at: 0 };
    if (snapshot !== undefined && !chat.restoreSnapshot(snapshot)) throw new Error('a snapshot that is none');
    for (const [ref, record] of this.disk.records.entries()) if (ref >= at) chat.restore(record, ref);
    return chat;
  }

  #carryOut(output: ChatOutput): void {
    if (this.isDead) return; // killed by an output before this one
    switch (output.kind) {
      case 'frame':
        this.world.send(this, output.to, output.frame);
        return;
      case 'persist':
        this.#persist(output.ticket, output.record, output.mustFlush);
        return;
      case 'load': {
        this.loads += 1;
        const { ref } = output;
        this.#after(1, () => this.step((chat, now, out) => chat.onLoaded(now, ref, this.disk.read(ref), out)));
        return;
      }
      case 'replace':
        this.disk.replace(output.ref, output.record);
        return;
      case 'dropped':
        this.drops.push(output.reason);
        return;
      case 'event': {
        this.events.push(output.event);
        if (output.event.kind !== 'message' || !this.isEphemeral || !this.isTaking) return;
        const { id } = output.event.message;
        this.#after(0, () => this.step((chat, now, out) => chat.onTaken(now, id, out)));
        return;
      }
      default:
        output satisfies never;
    }
  }

  #persist(ticket: number, record: Uint8Array, mustFlush: boolean): void {
    this.persisted += 1;
    const isLost = this.killAt?.('before', this.persisted) === true;
    const ref = isLost ? undefined : this.disk.append(record);
    if (isLost || this.killAt?.('after', this.persisted)) {
      this.kill();
      return;
    }
    const { failure } = this.disk;
    // A flush takes longer, but tickets come back in order: what was written behind it waits.
    if (mustFlush) this.disk.flush();
    this.#after(1, () =>
      this.step((chat, now, out) => {
        if (ref === undefined) chat.onPersistFailed(now, ticket, failure ?? '', out);
        else chat.onPersisted(now, ticket, ref, out);
      }),
    );
  }

  #after(ms: number, what: () => void): void {
    const incarnation = this.#incarnation;
    this.world.later(ms, () => {
      if (this.#incarnation === incarnation) what();
    });
  }
}

/** Two nodes that have met, both in the lobby. */
export const pairInLobby = (world: World): readonly [Node, Node] => {
  const ada = world.node('ada');
  const bob = world.node('bob');
  ada.join(LOBBY);
  bob.join(LOBBY);
  world.connect(ada, bob);
  world.run(100);
  return [ada, bob];
};

export const numbered = (prefix: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}`);
