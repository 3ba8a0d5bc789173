import { describe, expect, test } from '@jest/globals';
import { roomScope } from '../../src/base/ids.ts';
import { nodeSuite } from '../../src/crypto/primitives/node-suite.ts';
import type { LinkOptions } from '../sim/link.ts';
import { room, type SimulatedPeer } from '../sim/simulated-peer.ts';
import { World } from '../sim/world.ts';

const SEED = 31_337;
const lan = (link: Partial<LinkOptions> = {}) => {
  const world = new World({ seed: SEED, suite: nodeSuite, link });
  const ann = world.add({ name: 'Ann' });
  const bob = world.add({ name: 'Bob' });
  expect(world.runUntil(() => haveMet(ann, bob), 10_000)).toBe(true);
  world.run(50);
  return { world, ann, bob };
};
const haveMet = (...peers: readonly SimulatedPeer[]) =>
  peers.every((peer) => peer.isRunning && peer.peer.sessionCount() === peers.length - 1);
const upTo = (author: SimulatedPeer) => Math.max(0, ...author.seen('delivered').map((event) => event.upTo));

describe(`coming, going and crashing, seed ${SEED}`, () => {
  test('a goodbye is seen at once', () => {
    const { world, ann, bob } = lan();
    bob.quit();
    expect(world.runUntil(() => ann.seen('left').length === 1, 100)).toBe(true);
    expect(ann.seen('left')).toMatchObject([{ why: 'goodbye', peer: { name: 'Bob' } }]);
  });

  test('a silent death is noticed within 15 s, and not before anything is amiss', () => {
    const { world, ann, bob } = lan();
    world.run(120_000);
    expect(ann.seen('left')).toEqual([]);
    bob.kill();
    expect(world.runUntil(() => ann.seen('left').length === 1, 15_000)).toBe(true);
    expect(ann.seen('left')).toMatchObject([{ why: 'silent' }]);
  });

  test('after kill -9 a peer is back at once, its numbers go on, and what it missed comes late and once', () => {
    const { world, ann, bob } = lan();
    bob.say('before');
    ann.say('one');
    world.run(100);
    bob.kill();
    ann.say('two');
    ann.say('three');
    world.run(3_000);
    bob.start();
    expect(world.runUntil(() => bob.texts().length === 3, 10_000)).toBe(true);
    expect(bob.texts()).toEqual(['one', 'two', 'three']);
    expect(bob.messages().map(({ isLate }) => isLate)).toEqual([false, true, true]);
    bob.say('after');
    expect(world.runUntil(() => ann.texts().length === 2, 2_000)).toBe(true);
    const [before, after] = ann.messages();
    expect(after?.sequence).toBeGreaterThan(before?.sequence ?? 0);
    expect(ann.seen('gap')).toEqual([]);
  });

  test('after a goodbye numbers go on without a hole, after a kill behind what was reserved', () => {
    const { world, ann, bob } = lan();
    const restarted = (end: () => void) => {
      end();
      world.run(500);
      ann.start();
      world.runUntil(() => haveMet(ann, bob), 20_000);
      ann.say('again');
      world.run(500);
      return bob.messages().at(-1)?.sequence ?? 0;
    };
    ann.say('first');
    world.run(500);
    expect(restarted(() => ann.quit())).toBe(2);
    expect(restarted(() => ann.quit())).toBe(3);
    expect(restarted(() => ann.kill())).toBeGreaterThan(4_000);
    expect(bob.seen('gap')).toEqual([]);
    expect(bob.texts()).toEqual(['first', 'again', 'again', 'again']);
  });

  test('an author who is killed before delivery delivers after the restart', () => {
    const { world, ann, bob } = lan();
    world.partition([ann], [bob]);
    ann.say('held back');
    world.run(50);
    expect(ann.seen('sent')).toHaveLength(1);
    ann.kill();
    world.partition();
    world.run(1_000);
    ann.start();
    expect(world.runUntil(() => bob.texts().length === 1, 15_000)).toBe(true);
    expect(bob.messages()).toMatchObject([{ id: ann.seen('sent')[0]?.id, body: { text: 'held back' }, isLate: true }]);
  });

  test('after a power cut no number means two things and every message that is still there arrives once', () => {
    const { world, ann, bob } = lan();
    for (let cut = 0; cut < 20; cut++) {
      ann.say(`before cut ${cut}`);
      world.run(world.random.below(150));
      ann.cutPower(world.random.below(3));
      world.run(200);
      ann.start();
      world.runUntil(() => haveMet(ann, bob), 10_000);
    }
    ann.say('last');
    expect(world.runUntil(() => bob.texts().at(-1) === 'last', 10_000)).toBe(true);
    const sequences = bob.messages().map(({ sequence }) => sequence);
    expect(new Set(sequences).size).toBe(sequences.length);
    expect([...sequences].sort((a, b) => a - b)).toEqual(sequences);
    expect(bob.seen('warning')).toEqual([]);
  });

  test('a partition heals: what was said on either side arrives in order when it ends', () => {
    const { world, ann, bob } = lan();
    world.partition([ann], [bob]);
    for (let i = 0; i < 50; i++) {
      ann.say(`a${i}`);
      bob.say(`b${i}`);
      world.run(1_000);
    }
    expect(ann.seen('left')).toHaveLength(1);
    world.partition();
    expect(world.runUntil(() => bob.texts().length === 50 && ann.texts().length === 50, 60_000)).toBe(true);
    expect(bob.texts()).toEqual(Array.from({ length: 50 }, (_, i) => `a${i}`));
    expect(ann.texts()).toEqual(Array.from({ length: 50 }, (_, i) => `b${i}`));
  });

  test('when only one side took the other for dead, both talk again once it hears', () => {
    const { world, ann, bob } = lan();
    world.block(bob, ann);
    expect(world.runUntil(() => ann.seen('left').length === 1, 15_000)).toBe(true);
    expect(bob.seen('left')).toEqual([]);
    ann.say('do you hear me?');
    world.unblock();
    expect(world.runUntil(() => upTo(ann) === 1, 20_000)).toBe(true);
    bob.say('I do');
    expect(world.runUntil(() => upTo(bob) === 1, 1_000)).toBe(true);
    expect([bob.texts(), ann.texts()]).toEqual([['do you hear me?'], ['I do']]);
  });

  test('a newcomer is handed what was said on this network before it came', () => {
    const { world, ann, bob } = lan();
    ann.say('old');
    world.run(500);
    ann.quit();
    const cat = world.add({ name: 'Cat' });
    world.runUntil(() => haveMet(bob, cat), 2_000);
    world.run(500);
    expect(cat.texts()).toEqual(['old']);
  });

  test('or is not, where those who were there are set so', () => {
    const world = new World({ seed: SEED, suite: nodeSuite });
    const ann = world.add({ name: 'Ann', newcomers: 'nothing' });
    const bob = world.add({ name: 'Bob', newcomers: 'nothing' });
    world.runUntil(() => haveMet(ann, bob), 2_000);
    ann.say('old');
    world.run(500);
    const cat = world.add({ name: 'Cat' });
    world.runUntil(() => haveMet(ann, bob, cat), 2_000);
    world.run(100);
    ann.say('new');
    world.run(500);
    expect(cat.texts()).toEqual(['new']);
    expect(bob.texts()).toEqual(['old', 'new']);
  });

  test('a full disk: what cannot be kept is neither sent nor acknowledged, and said so; when there is room again talk goes on', () => {
    const { world, ann, bob } = lan();
    ann.disk.failure = 'ENOSPC';
    const token = ann.say('nowhere to put it');
    world.run(200);
    expect(ann.seen('refused')).toMatchObject([{ token, why: 'not-stored' }]);
    expect(bob.texts()).toEqual([]);
    ann.disk.failure = undefined;
    bob.disk.failure = 'ENOSPC';
    ann.say('for later');
    world.run(500);
    expect(upTo(ann)).toBe(0);
    bob.disk.failure = undefined;
    expect(world.runUntil(() => upTo(ann) > 0, 30_000)).toBe(true);
    expect(bob.texts()).toEqual(['for later']);
  });

  test('an ephemeral reader acknowledges what its program has taken, as not stored', () => {
    const world = new World({ seed: SEED, suite: nodeSuite });
    const ann = world.add({ name: 'Ann' });
    const eve = world.add({ name: 'Eve', isEphemeral: true });
    world.runUntil(() => haveMet(ann, eve), 2_000);
    world.run(50);
    ann.say('catch');
    world.run(200);
    expect(eve.texts()).toEqual(['catch']);
    expect(ann.seen('delivered')).toMatchObject([{ peer: eve.id, isStored: false }]);
    expect(eve.disk.records).toEqual([]);
  });

  test('an ephemeral peer leaves its rooms as it ends: nothing waits for it; who keeps something is waited for', () => {
    const world = new World({ seed: SEED, suite: nodeSuite });
    const ann = world.add({ name: 'Ann' });
    const bob = world.add({ name: 'Bob' });
    const eve = world.add({ name: 'Eve', isEphemeral: true });
    world.runUntil(() => haveMet(ann, bob, eve), 2_000);
    world.run(50);
    const who = bob.id;
    eve.quit();
    world.run(50);
    ann.say('without her');
    world.run(200);
    expect(ann.peer.deliveryOf(roomScope(room('lobby')), 1)).toMatchObject({ audience: [who], holders: [who] });
    expect(ann.peer.waiting()).toEqual([]);
    bob.quit();
    world.run(50);
    ann.say('for later');
    world.run(200);
    expect(ann.peer.deliveryOf(roomScope(room('lobby')), 2)).toMatchObject({ audience: [who], holders: [] });
  });

  test('clocks ten years apart change nothing about order or delivery', () => {
    const world = new World({ seed: SEED, suite: nodeSuite });
    const ann = world.add({ name: 'Ann', skewMs: 10 * 365 * 86_400_000 });
    const bob = world.add({ name: 'Bob', skewMs: -10 * 365 * 86_400_000 });
    world.runUntil(() => haveMet(ann, bob), 2_000);
    world.run(50);
    for (let i = 0; i < 20; i++) {
      ann.say(`a${i}`);
      bob.say(`b${i}`);
      world.run(20);
    }
    world.run(200);
    expect(bob.texts()).toEqual(Array.from({ length: 20 }, (_, i) => `a${i}`));
    expect(ann.texts()).toEqual(Array.from({ length: 20 }, (_, i) => `b${i}`));
  });
});
