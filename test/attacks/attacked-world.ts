/** Two honest peers who talk, and a liar on the same link. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Address } from '../../src/base/address.ts';
import { addressKey } from '../../src/base/address.ts';
import { instant } from '../../src/base/time.ts';
import type { CryptoSuite } from '../../src/crypto/suite.ts';
import { cheapSuite } from '../sim/cheap-suite.ts';
import type { LinkOptions } from '../sim/link.ts';
import type { SimulatedPeer } from '../sim/simulated-peer.ts';
import { World } from '../sim/world.ts';
import { Liar } from './liar.ts';

const LINK_MS = 0.2;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes in use once nothing is left to collect. */
export const heapUsed = (): number => {
  collectGarbage();
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
};

export type Captured = { readonly from: Address; readonly to: Address; readonly bytes: Uint8Array };

export class AttackedWorld {
  readonly world: World;
  readonly suite: CryptoSuite;
  readonly ann: SimulatedPeer;
  readonly bob: SimulatedPeer;
  readonly captured: Captured[] = [];
  isCapturing = false;
  readonly #liars = new Map<string, Liar>();
  #said = 0;

  constructor(seed: number, options: { readonly link?: Partial<LinkOptions>; readonly suite?: CryptoSuite } = {}) {
    this.suite = options.suite ?? cheapSuite;
    this.world = new World({ seed, suite: this.suite, link: options.link ?? {} });
    this.ann = this.world.add({ name: 'Ann' });
    this.bob = this.world.add({ name: 'Bob' });
    this.world.tap = (from, to, bytes) => {
      if (this.isCapturing) this.captured.push({ from, to, bytes: bytes.slice() });
      const liar = this.#liars.get(addressKey(to));
      if (liar !== undefined) this.world.at(LINK_MS, () => liar.receive(bytes));
    };
    this.until(() => this.ann.peer.sessionCount() > 0 && this.bob.peer.sessionCount() > 0);
    this.world.run(50);
  }

  /** Somebody at an address of their own who has a session with `to`. */
  liar(to: SimulatedPeer, name = 'Liar', options: { readonly isKnown?: boolean } = {}): Liar {
    const index = this.#liars.size;
    const address: Address = { host: `10.0.${66 + (index >> 8)}.${index & 255}`, port: 4000 };
    const random = this.world.random.fork();
    const liar = new Liar({
      suite: this.suite,
      entropy: (length) => random.bytes(length),
      now: () => instant(this.world.now),
      transmit: (where, bytes) => this.world.transmit(address, where, bytes),
      name,
    });
    this.#liars.set(addressKey(address), liar);
    if (options.isKnown !== false) {
      liar.open(to.address);
      this.until(() => liar.hasSession && to.peer.people(this.world.time(0)).some(({ id }) => id === liar.id));
      liar.send({ kind: 'rooms', generation: 1, rooms: ['lobby' as never] });
      this.world.run(5);
    }
    return liar;
  }

  until(isDone: () => boolean, limitMs = 20_000): void {
    if (!this.world.runUntil(isDone, limitMs)) throw new Error('it did not come to pass');
  }

  /** `count` rounds of something the attacker does, with the honest talking on, `everyMs` apart. */
  talkWhile(count: number, attack: (round: number) => void, everyMs = 20): void {
    for (let round = 0; round < count; round++) {
      this.#said += 1;
      this.ann.say(`a${this.#said}`);
      this.bob.say(`b${this.#said}`);
      attack(round);
      this.world.run(everyMs);
    }
  }

  /** What each heard of the other, and should have. */
  conversation(): { readonly heard: readonly (readonly string[])[]; readonly said: readonly (readonly string[])[] } {
    const { ann, bob } = this;
    const heard = (reader: SimulatedPeer, author: SimulatedPeer): readonly string[] =>
      reader
        .messages()
        .filter((message) => message.author === author.peer.id)
        .map((message) => message.body.text);
    const numbered = (prefix: string): readonly string[] => Array.from({ length: this.#said }, (_, i) => `${prefix}${i + 1}`);
    return { heard: [heard(ann, bob), heard(bob, ann)], said: [numbered('b'), numbered('a')] };
  }

  /** Whether the honest saw nothing of what went on: no end of their session, no gap, no warning. */
  disturbances(): readonly string[] {
    return [this.ann, this.bob].flatMap((peer) =>
      peer.events.flatMap(({ event }) => {
        if (event.kind === 'left' && [this.ann, this.bob].some(({ id }) => id === event.peer.id)) return [`left: ${event.why}`];
        if (event.kind === 'gap' && [this.ann, this.bob].some(({ id }) => id === event.author)) return ['gap'];
        if (event.kind === 'warning' || event.kind === 'refused') return [event.kind];
        return [];
      }),
    );
  }
}
