/** Whatever is said on a link, and by whomever: nobody who never answers is flooded by those who believe it. */
import { describe, expect, test } from '@jest/globals';
import type { Address } from '../../src/base/address.ts';
import type { PeerId } from '../../src/base/ids.ts';
import { peerId } from '../../src/base/ids.ts';
import { PATH_AMPLIFICATION_MAX } from '../../src/base/limits.ts';
import { instant } from '../../src/base/time.ts';
import { ipBytes } from '../../src/discovery/link.ts';
import { encodeBeacon } from '../../src/wire/beacon.ts';
import { announcement } from '../discovery/mdns-world.ts';
import { cheapSuite } from '../sim/cheap-suite.ts';
import type { SimulatedPeer } from '../sim/simulated-peer.ts';
import { LAN, World } from '../sim/world.ts';
import { Liar } from './liar.ts';

const SEED = 667;
const VICTIM = '10.0.5.5';
const MINUTES = 5;
const EVERY_MS = 100;
/** Of the 15 s that a dial lasts. */
const DATAGRAMS_A_DIAL = 13;
/** As many as fit into a datagram. */
const TOLD = 20;

/** A world in which what goes to the victim is counted, minute by minute. */
class Watched {
  readonly world = new World({ seed: SEED, suite: cheapSuite });
  readonly ann: SimulatedPeer;
  readonly datagrams = Array.from({ length: MINUTES }, () => 0);
  bytes = 0;
  /** What the liar sent as if from the victim. */
  spoofedBytes = 0;
  /** Where the liar is. */
  readonly liarAt: Address = { host: '10.0.66.1', port: 4000 };
  liar: Liar | undefined;

  constructor() {
    this.world.tap = (_, to, datagram) => {
      if (to.host === this.liarAt.host) this.world.at(0.2, () => this.liar?.receive(datagram));
      if (to.host !== VICTIM) return;
      const minute = Math.floor(this.world.now / 60_000);
      this.datagrams[minute] = (this.datagrams[minute] ?? 0) + 1;
      this.bytes += datagram.length;
    };
    this.ann = this.world.add({ name: 'Ann' });
  }

  /** Five minutes of claims, ten a second. */
  attack(claim: (i: number) => void): readonly number[] {
    while (this.world.now < MINUTES * 60_000 - EVERY_MS) {
      claim(Math.round(this.world.now / EVERY_MS));
      this.world.run(EVERY_MS);
    }
    return this.datagrams;
  }

  announce(source: string, label: string, at: Address, ttl?: number): void {
    // with an id: whoever hides is dialled by those alone who have contacts
    const message = announcement(label, {
      address: at.host,
      port: at.port,
      id: 'aa'.repeat(8),
      ...(ttl === undefined ? {} : { ttl }),
    });
    this.ann.receive({ kind: 'mdns', interface: LAN, from: { host: source, port: 5353 }, message });
  }

  /** Somebody with a session, who may then say what they like. @param from where its datagrams say they are from. */
  meetLiar(from: () => Address = () => this.liarAt): Liar {
    const random = this.world.random.fork();
    const liar = new Liar({
      suite: cheapSuite,
      entropy: (length) => random.bytes(length),
      now: () => instant(this.world.now),
      transmit: (to, bytes) => {
        if (from().host === VICTIM) this.spoofedBytes += bytes.length;
        this.world.transmit(from(), to, bytes);
      },
    });
    this.liar = liar;
    liar.open(this.ann.address);
    expect(this.world.runUntil(() => liar.hasSession && this.ann.peer.sessionCount() === 1, 20_000)).toBe(true);
    return liar;
  }
}

const source = (i: number): string => `10.0.${100 + ((i >> 8) % 100)}.${i & 255}`;
const someone = (i: number): PeerId => peerId(Uint8Array.from({ length: 32 }, (_, at) => (at < 4 ? (i >> (8 * at)) & 255 : 7)));

describe(`a host that never answers, seed ${SEED}`, () => {
  /** Sixteen dials at once, then one after 1, 2, 4 … 60 s. */
  const isFew = (datagrams: readonly number[]): void => {
    expect(datagrams[0]).toBeGreaterThan(DATAGRAMS_A_DIAL); // it is believed as far as a few dials
    expect(datagrams[0]).toBeLessThanOrEqual(DATAGRAMS_A_DIAL * (16 + 7));
    expect(Math.max(...datagrams.slice(1))).toBeLessThanOrEqual(DATAGRAMS_A_DIAL * 2);
  };

  test('named by ever new instances of ever new sources at ever new ports: a few dials, then one a minute', () => {
    const watched = new Watched();
    isFew(watched.attack((i) => watched.announce(source(i), `fake${i}`, { host: VICTIM, port: 1 + (i % 60_000) })));
  });

  test('as if it announced itself, left, and came back under another name', () => {
    const watched = new Watched();
    isFew(
      watched.attack((i) => watched.announce(VICTIM, `fake${i >> 4}`, { host: VICTIM, port: 9 }, i % 16 === 15 ? 0 : undefined)),
    );
  });

  test('as if beacons came from it', () => {
    const watched = new Watched();
    const datagrams = watched.attack((i) => {
      const bytes = encodeBeacon({ tag: watched.world.random.bytes(8), idHint: new Uint8Array(8).fill(i & 255) });
      watched.ann.receive({ kind: 'beacon', from: { host: VICTIM, port: 1 + (i % 60_000) }, bytes });
    });
    isFew(datagrams);
  });

  test('told of by a peer, whenever it is asked and whenever it is not', () => {
    const watched = new Watched();
    const liar = watched.meetLiar();
    const address = ipBytes(VICTIM) ?? new Uint8Array();
    const datagrams = watched.attack((i) => {
      const peers = Array.from({ length: TOLD }, (_, n) => ({
        peer: someone(i * TOLD + n),
        address,
        port: 1 + ((i * TOLD + n) % 60_000),
      }));
      liar.send({ kind: 'peers', isAsking: false, seconds: 0, peers });
    });
    expect(liar.heard.some((frame) => frame.kind === 'peers' && frame.isAsking)).toBe(true);
    expect(datagrams.some((count) => count > 0)).toBe(true); // it is believed as far as a few dials
    for (const count of datagrams) expect(count).toBeLessThanOrEqual(DATAGRAMS_A_DIAL * (16 + 7));
  });

  test('as if a peer had moved there: at most three times what came from there', () => {
    const watched = new Watched();
    let from = watched.liarAt;
    const liar = watched.meetLiar(() => from);
    watched.attack((i) => {
      from = { host: VICTIM, port: 1 + (i % 60_000) };
      liar.send({ kind: 'ping' });
    });
    expect(watched.bytes).toBeGreaterThan(0);
    expect(watched.bytes).toBeLessThanOrEqual(PATH_AMPLIFICATION_MAX * watched.spoofedBytes);
  });

  test('who is really there is met at once in the middle of it', () => {
    const watched = new Watched();
    const { world, ann } = watched;
    const host = '10.0.0.2'; // of whoever comes next
    for (let i = 0; i < 600; i++) {
      watched.announce(source(i), `fake${i}`, { host, port: 1 + i });
      world.run(EVERY_MS);
    }
    const cat = world.add({ name: 'Cat' });
    const isMet = (): boolean => ann.peer.sessionCount() === 1 && cat.peer.sessionCount() === 1;
    let i = 600;
    const start = world.now;
    while (!isMet() && world.now - start < 10_000) {
      watched.announce(source(i), `fake${i}`, { host, port: 1 + i++ });
      world.run(EVERY_MS);
    }
    expect(world.now - start).toBeLessThan(2_000);
  });
});
