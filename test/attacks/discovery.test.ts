import { describe, expect, test } from '@jest/globals';
import { announcement } from '../discovery/mdns-world.ts';
import { cheapSuite } from '../sim/cheap-suite.ts';
import type { SimulatedPeer } from '../sim/simulated-peer.ts';
import { LAN, World } from '../sim/world.ts';

const SEED = 665;

/** Announcements of people who are not there, each from an address of its own. */
const fakes = (peers: readonly SimulatedPeer[], from: number, to: number, port = 9): void => {
  for (let i = from; i < to; i++) {
    const host = `10.0.${100 + (i >> 8)}.${i & 255}`;
    for (const peer of peers) {
      const message = announcement(`fake${i}`, { address: host, port });
      peer.receive({ kind: 'mdns', interface: LAN, from: { host, port: 5353 }, message });
    }
  }
};

describe(`a link full of false announcements, seed ${SEED}`, () => {
  test('two newcomers meet each other and everybody, and little is sent after the fakes', () => {
    const world = new World({ seed: SEED, suite: cheapSuite });
    let toFakes = 0;
    world.tap = (_, to, bytes) => {
      if (to.port === 9) toFakes += bytes.length;
    };
    const ann = world.add({ name: 'Ann' });
    world.run(2_000);
    for (let i = 0; i < 40; i++) {
      fakes([ann], i * 50, i * 50 + 50);
      world.run(100);
    }
    const cat = world.add({ name: 'Cat' });
    fakes([ann, cat], 2_000, 3_000);
    world.run(200);
    const dan = world.add({ name: 'Dan' });
    fakes([ann, cat, dan], 3_000, 4_000);
    const haveMet = (): boolean => [ann, cat, dan].every((peer) => peer.peer.sessionCount() === 2);
    const start = world.now;
    const isMet = world.runUntil(haveMet, 120_000);
    expect(isMet && world.now - start < 10_000).toBe(true);
    const before = toFakes;
    world.run(60_000);
    // three peers, at most DIAL_RATE_TOTAL dials a second each, a dozen initiations a dial, most of them backed off
    expect(toFakes - before).toBeLessThan(3 * 60 * 400_000);
  });
});
