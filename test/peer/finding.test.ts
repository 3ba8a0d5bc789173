import { describe, expect, test } from '@jest/globals';
import { concat, utf8 } from '../../src/base/bytes.ts';
import { HINTED_TARGETS_MAX } from '../../src/base/limits.ts';
import { encodeBeacon } from '../../src/wire/beacon.ts';
import { cheapSuite } from '../sim/cheap-suite.ts';
import type { SimulatedPeer } from '../sim/simulated-peer.ts';
import { World } from '../sim/world.ts';

const SEED = 4_117;
const worldOf = (count: number, change: (world: World) => void, options: { readonly useDiscovery?: boolean } = {}) => {
  const world = new World({ seed: SEED, suite: cheapSuite });
  change(world);
  const peers = Array.from({ length: count }, (_, i) => world.add({ name: `p${i + 1}`, ...options }));
  return { world, peers };
};
const know = (peer: SimulatedPeer, count: number) => peer.peer.sessionCount() === count;
const viaOf = (peer: SimulatedPeer) => peer.seen('joined').map(({ peer: { name, via } }) => [name, via]);
const some = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('there is none');
  return value;
};

describe(`ways to be found, seed ${SEED}`, () => {
  test('where multicast is swallowed, the broadcast finds everybody within a second', () => {
    const { world, peers } = worldOf(8, (one) => {
      one.isMulticastLost = true;
    });
    expect(world.runUntil(() => peers.every((peer) => know(peer, 7)), 1_000)).toBe(true);
    expect(viaOf(some(peers[0])).map(([, via]) => via)).toContain('beacon');
  });

  test('a broadcast that was lost comes again while somebody is alone, and no more once they are not', () => {
    const { world, peers } = worldOf(2, (one) => {
      one.isMulticastLost = true;
      one.isBroadcastLost = true;
    });
    world.run(5_000);
    expect(world.beacons).toBe(6);
    world.isBroadcastLost = false;
    expect(world.runUntil(() => peers.every((peer) => know(peer, 1)), 31_000)).toBe(true);
    const { beacons } = world;
    world.run(300_000);
    expect(world.beacons).toBe(beacons);
  });

  test('where both are swallowed, one who is named leads to all others', () => {
    const { world, peers } = worldOf(6, (one) => {
      one.isMulticastLost = true;
      one.isBroadcastLost = true;
    });
    const first = some(peers[0]);
    for (const peer of peers.slice(1)) peer.receive({ kind: 'dial', to: first.address, via: 'static' });
    expect(world.runUntil(() => peers.every((peer) => know(peer, 5)), 5_000)).toBe(true);
    expect(viaOf(some(peers[3]))[0]).toEqual(['p1', 'static']);
    expect(viaOf(some(peers[3])).filter(([, via]) => via === 'peer').length + viaOf(some(peers[2])).length).toBeGreaterThan(2);
  });

  test('without discovery nobody is asked, told of, or dialled unasked', () => {
    const { world, peers } = worldOf(3, () => undefined, { useDiscovery: false });
    const [first, ...rest] = peers;
    for (const peer of rest) peer.receive({ kind: 'dial', to: some(first).address, via: 'static' });
    world.run(130_000);
    expect(peers.map((peer) => peer.peer.sessionCount())).toEqual([2, 1, 1]);
    expect(world.beacons).toBe(0);
  });

  test('two who cannot hear each other do not meet, and try no more than twice a minute', () => {
    const { world, peers } = worldOf(3, () => undefined);
    const [ann, bob] = [some(peers[0]), some(peers[1])];
    world.block(ann, bob);
    world.block(bob, ann);
    world.run(60_000);
    let dials = 0;
    world.tap = (from, to) => {
      if (from.host === ann.host && to.host === bob.host) dials += 1;
    };
    world.run(600_000);
    expect([ann, bob].map((peer) => peer.peer.sessionCount())).toEqual([1, 1]);
    expect(dials).toBeLessThan(2 * 10 * 13); // a dial is up to 13 datagrams in 10 s
    expect(dials).toBeGreaterThan(0);
  });

  test('false beacons of a thousand hosts take up no more than their share, and keep nobody from being met', () => {
    const { world, peers } = worldOf(1, () => undefined);
    const ann = some(peers[0]);
    const dialled = new Set<string>();
    world.tap = (_, to) => dialled.add(to.host);
    for (let i = 0; i < 1_000; i++) {
      const host = `10.0.${100 + (i >> 8)}.${i & 255}`;
      const bytes = encodeBeacon({ tag: concat(utf8('tag0'), Uint8Array.of(0, 0, i >> 8, i & 255)), idHint: utf8('somebody') });
      ann.receive({ kind: 'beacon', from: { host, port: 4000 }, bytes });
    }
    world.run(200);
    const bob = world.add({ name: 'Bob' });
    expect(world.runUntil(() => know(ann, 1) && know(bob, 1), 2_000)).toBe(true);
    world.run(60_000);
    expect(dialled.size).toBeLessThanOrEqual(HINTED_TARGETS_MAX + 2); // and Ann and Bob
  });

  test('clocks that differ are seen, also of one who was only named', () => {
    const world = new World({ seed: SEED, suite: cheapSuite });
    const ann = world.add({ name: 'Ann', useDiscovery: false });
    const bob = world.add({ name: 'Bob', skewMs: 86_400_000, useDiscovery: false });
    ann.receive({ kind: 'dial', to: bob.address, via: 'static' });
    world.run(3_000);
    const skews = [ann, bob].map((peer) => peer.peer.people(world.time(0))[0]?.clockSkewMs ?? 0);
    expect(skews.map((skew) => Math.round(skew / 10_000))).toEqual([8_640, -8_640]);
  });

  test('two idle peers exchange a probe and its answer every five seconds, and next to nothing else', () => {
    const { world } = worldOf(20, () => undefined);
    world.run(30_000);
    const before = world.sent;
    world.run(600_000);
    const pairs = (20 * 19) / 2;
    expect((world.sent - before) / 600 / pairs).toBeLessThan((2 / 5) * 1.1);
  });

  test('a beacon leads to one dial, however many of ours and theirs are heard', () => {
    const { world, peers } = worldOf(2, () => undefined);
    world.run(10_000);
    expect(peers.map((peer) => [peer.seen('joined').length, peer.seen('left').length])).toEqual([
      [1, 0],
      [1, 0],
    ]);
  });

  test('whoever was silent for long and comes back is met again, though nothing announces it', () => {
    const { world, peers } = worldOf(3, (one) => {
      one.isMulticastLost = true;
    });
    const [ann, bob, eve] = [some(peers[0]), some(peers[1]), some(peers[2])];
    expect(world.runUntil(() => peers.every((peer) => know(peer, 2)), 1_000)).toBe(true);
    world.isBroadcastLost = true;
    world.partition([ann, bob], [eve]);
    expect(world.runUntil(() => know(ann, 1) && know(eve, 0), 20_000)).toBe(true);
    world.partition();
    expect(world.runUntil(() => peers.every((peer) => know(peer, 2)), 30_000)).toBe(true);
  });
});
