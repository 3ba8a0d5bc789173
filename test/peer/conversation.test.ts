import { describe, expect, test } from '@jest/globals';
import { nodeSuite } from '../../src/crypto/primitives/node-suite.ts';
import type { LinkOptions } from '../sim/link.ts';
import { room, type SimulatedPeer } from '../sim/simulated-peer.ts';
import { World } from '../sim/world.ts';

const SEED = 20_260_101;

const lan = (link: Partial<LinkOptions> = {}, seed = SEED) => {
  const world = new World({ seed, suite: nodeSuite, link });
  const ann = world.add({ name: 'Ann', hasDigest: true });
  const bob = world.add({ name: 'Bob', hasDigest: true });
  return { world, ann, bob };
};
const haveMet = (...peers: readonly SimulatedPeer[]) => peers.every((peer) => peer.peer.sessionCount() === peers.length - 1);
const numbered = (count: number, prefix = 'm') => Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);
const isDelivered = (author: SimulatedPeer, count: number) => author.seen('delivered').some(({ upTo }) => upTo >= count);

describe(`a conversation in a simulated LAN, seed ${SEED}`, () => {
  test('two peers find each other by mDNS within a second and know names, rooms and the way they were found', () => {
    const { world, ann, bob } = lan();
    expect(world.runUntil(() => haveMet(ann, bob), 1_000)).toBe(true);
    world.run(50);
    expect(ann.peer.people(world.time(0))).toMatchObject([
      {
        id: bob.id,
        name: 'Bob',
        address: bob.address,
        via: 'mdns',
        state: 'connected',
        rooms: ['lobby'],
        isTwin: false,
        isPinned: false,
      },
    ]);
    expect(ann.seen('joined')).toHaveLength(1);
    expect(bob.seen('joined')).toHaveLength(1);
  });

  test('what is said is shown once, in order, with the same id on both sides, and the receipt says it is stored', () => {
    const { world, ann, bob } = lan();
    world.runUntil(() => haveMet(ann, bob), 1_000);
    for (const text of numbered(20)) {
      ann.say(text);
      world.run(3);
    }
    world.runUntil(() => isDelivered(ann, 20), 1_000);
    expect(bob.texts()).toEqual(numbered(20));
    expect(bob.messages().map(({ id }) => id)).toEqual(ann.seen('sent').map(({ id }) => id));
    expect(bob.messages().map(({ sequence, authorName, isLate }) => [sequence, authorName, isLate])).toEqual(
      numbered(20).map((_, i) => [i + 1, 'Ann', false]),
    );
    expect(ann.seen('delivered').at(-1)).toMatchObject({ peer: bob.id, upTo: 20, isStored: true });
    expect(ann.texts()).toEqual([]);
  });

  test.each([
    ['20 % loss both ways', { loss: 0.2 }],
    ['bursts of loss', { bursts: { enter: 0.02, leave: 0.2, loss: 0.9 } }],
    ['jitter and reordering', { jitterMs: 8, reorder: 0.1, reorderMs: 25 }],
    ['duplication', { duplicate: 0.5, jitterMs: 3 }],
    ['corruption', { corrupt: 0.1 }],
    ['a slow bottleneck', { bottleneck: { bytesPerMs: 125, queueBytes: 20_000 } }],
    ['everything at once', { loss: 0.1, jitterMs: 5, reorder: 0.05, reorderMs: 15, duplicate: 0.1, corrupt: 0.03 }],
  ] satisfies readonly (readonly [string, Partial<LinkOptions>])[])(
    'with %s every message arrives once and in order, both ways',
    (_, link) => {
      const { world, ann, bob } = lan(link);
      expect(world.runUntil(() => haveMet(ann, bob), 20_000)).toBe(true);
      const annSays = numbered(300, 'a');
      const bobSays = numbered(300, 'b');
      annSays.forEach((text, i) => world.at(i * 2, () => ann.say(text)));
      bobSays.forEach((text, i) => world.at(i < 150 ? i : 400, () => bob.say(text)));
      const isDone = () => isDelivered(ann, 300) && isDelivered(bob, 300);
      expect(world.runUntil(isDone, 60_000)).toBe(true);
      expect(bob.texts()).toEqual(annSays);
      expect(ann.texts()).toEqual(bobSays);
    },
  );

  test('a message of the largest size crosses in fragments, one byte more is refused', () => {
    const { world, ann, bob } = lan({ loss: 0.2 });
    world.runUntil(() => haveMet(ann, bob), 20_000);
    const largest = 'é'.repeat(4096);
    ann.say(largest);
    const token = ann.say(`${largest}x`);
    world.runUntil(() => isDelivered(ann, 1), 10_000);
    expect(bob.texts()).toEqual([largest]);
    expect(ann.seen('refused')).toMatchObject([{ token, why: 'too-long' }]);
  });

  test('a direct message reaches its reader only, and nobody else can read it on the way', () => {
    const { world, ann, bob } = lan();
    const cat = world.add({ name: 'Cat' });
    const seen: Uint8Array[] = [];
    world.tap = (_, __, bytes) => seen.push(bytes);
    world.runUntil(() => haveMet(ann, bob, cat), 2_000);
    ann.tell(bob.id, 'between us');
    world.runUntil(() => isDelivered(ann, 1), 1_000);
    world.run(200);
    expect(bob.messages()).toMatchObject([
      { scope: { kind: 'direct', reader: bob.id }, author: ann.id, body: { text: 'between us' } },
    ]);
    expect(cat.texts()).toEqual([]);
    expect(seen.some((bytes) => Buffer.from(bytes).includes('between us'))).toBe(false);
  });

  test('a room is heard by those who are in it', () => {
    const { world, ann, bob } = lan();
    const cat = world.add({ name: 'Cat', rooms: ['lobby', 'tea'] });
    world.runUntil(() => haveMet(ann, bob, cat), 2_000);
    world.run(100);
    ann.say('milk?', 'tea');
    world.run(500);
    expect(cat.texts()).toEqual(['milk?']);
    expect(bob.texts()).toEqual([]);
    expect(ann.peer.members(room('tea'))).toEqual([cat.id]);
  });

  test('the same world run twice has the same effects, byte for byte; another seed has others', () => {
    const digests = (seed: number) => {
      const { world, ann, bob } = lan({ loss: 0.1, jitterMs: 2, duplicate: 0.05 }, seed);
      for (let i = 0; i < 100; i++) world.at(500 + i * 7, () => (i % 2 === 0 ? ann : bob).say(`${i}`));
      world.run(20_000);
      return [ann.digest, bob.digest];
    };
    expect(digests(SEED)).toEqual(digests(SEED));
    expect(digests(SEED)).not.toEqual(digests(SEED + 1));
  });
});
