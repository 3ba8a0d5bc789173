/** Whatever strangers say on a link: a newcomer is met by those who are there. */
import { describe, expect, test } from '@jest/globals';
import type { Address } from '../../src/base/address.ts';
import { encodeBeacon } from '../../src/wire/beacon.ts';
import { announcement } from '../discovery/mdns-world.ts';
import { cheapSuite } from '../sim/cheap-suite.ts';
import type { SimulatedPeer } from '../sim/simulated-peer.ts';
import { LAN, World } from '../sim/world.ts';

const SEED = 668;
const EVERY_MS = 100;
const source = (i: number): string => `10.0.${100 + ((i >> 8) % 100)}.${i & 255}`;

const announce = (peer: SimulatedPeer, i: number, at: Address): void => {
  const message = announcement(`fake${i}`, { address: at.host, port: at.port, id: 'aa'.repeat(8) });
  peer.receive({ kind: 'mdns', interface: LAN, from: { host: source(i), port: 5353 }, message });
};

describe(`a newcomer, seed ${SEED}`, () => {
  test('named at ever new ports to those who are there, as they are to the newcomer', () => {
    const world = new World({ seed: SEED, suite: cheapSuite });
    const ann = world.add({ name: 'Ann' });
    const host = '10.0.0.2'; // of whoever comes next
    let i = 0;
    for (; i < 700; i++) {
      announce(ann, i, { host, port: 1 + i });
      world.run(EVERY_MS);
    }
    const cat = world.add({ name: 'Cat' });
    for (let n = 0; n < 200; n++) announce(cat, i + n, { host: ann.host, port: 1 + i + n });
    const isMet = (): boolean => ann.peer.sessionCount() === 1 && cat.peer.sessionCount() === 1;
    const start = world.now;
    while (!isMet() && world.now - start < 10_000) {
      i += 1;
      announce(ann, i, { host, port: 1 + i });
      for (let n = 0; n < 5; n++) announce(cat, 20_000 + 5 * i + n, { host: ann.host, port: 1 + 5 * i + n });
      world.run(EVERY_MS);
    }
    expect(world.now - start).toBeLessThan(2_000);
  });

  test('is met although dialled addresses send back what we sent them', () => {
    const world = new World({ seed: SEED, suite: cheapSuite });
    world.isMulticastLost = true;
    const ann = world.add({ name: 'Ann' });
    const mirrors = new Set(Array.from({ length: 8 }, (_, i) => `10.0.66.${i + 1}`));
    world.tap = (from, to, bytes) => {
      if (mirrors.has(to.host)) world.at(0.2, () => world.transmit(to, from, bytes));
    };
    for (let i = 0; i < 512; i++) {
      const at = { host: [...mirrors][i & 7] ?? '', port: 1 + (i >> 3) };
      const bytes = encodeBeacon({ tag: world.random.bytes(8), idHint: world.random.bytes(8) });
      if (i < 128) ann.receive({ kind: 'beacon', from: at, bytes });
      else announce(ann, i, at);
      world.run(EVERY_MS);
    }
    world.run(20_000);
    expect(ann.seen('dial-failed').filter(({ why }) => why === 'ourselves').length).toBeGreaterThan(500);
    const cat = world.add({ name: 'Cat' }); // who hears nothing: Ann's next beacon is far off
    const isMet = (): boolean => ann.peer.sessionCount() === 1 && cat.peer.sessionCount() === 1;
    expect(world.runUntil(isMet, 2_000)).toBe(true);
  });
});
