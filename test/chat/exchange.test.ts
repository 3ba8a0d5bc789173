import { describe, expect, test } from '@jest/globals';
import type { RoomName } from '../../src/base/ids.ts';
import { encodeFrame } from '../../src/wire/frame.ts';
import { LOBBY, type Node, PERFECT, pairInLobby, ROUGH, room, World } from './chat-world.ts';

const inLobby = (world: World, name: string): Node => {
  const node = world.node(name);
  node.newcomers = 'recent';
  node.restart();
  node.join(LOBBY);
  return node;
};
const three = (world: World): readonly [Node, Node, Node] => [
  inLobby(world, 'ann'),
  inLobby(world, 'bob'),
  inLobby(world, 'cat'),
];
const sorted = (node: Node): readonly string[] => [...node.texts].sort();
const bytesOf = (node: Node, ...kinds: readonly string[]): number =>
  node.sentFrames.reduce((sum, frame) => sum + (kinds.includes(frame.kind) ? encodeFrame(frame).length : 0), 0);
const SYNC = ['digest', 'holdings', 'served'];
const enter = (node: Node, key: string): void => node.step((chat, now, out) => chat.enterNetwork(now, key, out));

describe('members of a room', () => {
  test('hand on what was said by one who has left, with its signature, late and once', () => {
    const world = new World(1);
    const [ann, bob, cat] = three(world);
    world.connect(ann, cat);
    world.run(50);
    ann.say(LOBBY, 'the door code has changed');
    world.run(50);
    world.disconnectAll(ann);
    world.connect(bob, cat);
    world.run(500);
    expect(bob.messages.map(({ author, body, isLate }) => [author, body.text, isLate])).toEqual([
      [ann.id, 'the door code has changed', true],
    ]);
    world.connect(ann, bob);
    world.run(3_000);
    expect(bob.texts).toEqual(['the door code has changed']);
  });

  test('hand a newcomer what they said themselves on this network, newest page first', () => {
    const world = new World(2, PERFECT);
    const [ann, bob] = three(world);
    for (let i = 1; i <= 300; i++) {
      ann.say(LOBBY, `m${i}`);
      world.run(5);
    }
    world.connect(ann, bob);
    world.run(1_000);
    expect(bob.texts.length).toBe(300);
    expect(bob.texts.slice(0, 64)).toContain('m300');
    expect(bob.texts.slice(0, 64)).not.toContain('m200');
  });

  test('that hold the same spend a digest each on finding out, under 100 bytes together', () => {
    const world = new World(3);
    const [ann, bob, cat] = three(world);
    for (const [a, b] of [
      [ann, bob],
      [ann, cat],
      [bob, cat],
    ] as const)
      world.connect(a, b);
    world.run(50);
    for (const node of [ann, bob, cat]) node.say(LOBBY, `${node.name} was here`);
    world.run(60_000);
    world.disconnect(bob, cat);
    for (const node of [bob, cat]) node.sentFrames.length = 0;
    world.connect(bob, cat);
    world.run(60_000);
    expect(bytesOf(bob, ...SYNC) + bytesOf(cat, ...SYNC)).toBeLessThanOrEqual(100);
    expect(bob.sentFrames.some(({ kind }) => kind === 'holdings')).toBe(false);
  });

  test.each([1, 2, 3, 4, 5])('heal a partition of three sides, whoever meets first (seed %d)', (seed) => {
    const world = new World(seed, ROUGH);
    const nodes = [...three(world), ...['dan', 'eve', 'fay'].map((name) => inLobby(world, name))];
    const sides = [nodes.slice(0, 2), nodes.slice(2, 4), nodes.slice(4)];
    const all = (group: readonly Node[]): void => {
      for (const [i, a] of group.entries()) for (const b of group.slice(i + 1)) world.connect(a, b);
    };
    all(nodes);
    world.run(2_000);
    for (const node of nodes) world.disconnectAll(node);
    for (const side of sides) all(side);
    world.run(1_000);
    for (const node of nodes) for (let i = 0; i < 20; i++) node.say(LOBBY, `${node.name} ${i}`);
    world.run(2_000);
    // one from each side meets one of the next; nobody meets everybody
    const order = world.random.chance(0.5) ? [0, 1, 2] : [2, 0, 1];
    for (const i of order) {
      const [a, b] = [sides[i]?.[0], sides[(i + 1) % 3]?.[1]];
      if (a !== undefined && b !== undefined) world.connect(a, b);
      world.run(700);
    }
    world.run(60_000);
    const everything = nodes.flatMap((node) => Array.from({ length: 20 }, (_, i) => `${node.name} ${i}`));
    for (const node of nodes) {
      const own = everything.filter((text) => text.startsWith(node.name));
      expect([...node.texts, ...own].sort()).toEqual([...everything].sort());
      expect(new Set(node.texts).size).toBe(node.texts.length);
    }
  });

  test('also hand on to somebody who is connected to only one of them, while they talk', () => {
    const world = new World(6);
    const [ann, bob, cat] = three(world);
    world.connect(ann, bob);
    world.connect(bob, cat);
    world.run(50);
    ann.say(LOBBY, 'can you hear me, cat?');
    world.run(30_000);
    expect(cat.texts).toEqual(['can you hear me, cat?']);
  });

  test('go on after a restart of whoever hands on', () => {
    const world = new World(7);
    const [ann, bob, cat] = three(world);
    world.connect(ann, cat);
    world.run(50);
    ann.say(LOBBY, 'before the restart');
    world.run(50);
    world.disconnectAll(ann);
    cat.kill();
    cat.restart();
    world.connect(bob, cat);
    world.run(500);
    expect(bob.texts).toEqual(['before the restart']);
  });
});

describe('a laptop that travels', () => {
  const HOME = '192.168.1.0/24 aa:aa';
  const OFFICE = '192.168.1.0/24 bb:bb';

  test('takes no talk of one network to another, and picks each up where it was left', () => {
    const world = new World(8);
    const [ann, bob, cat] = three(world); // ann at home, bob in the office, cat carries the laptop
    enter(cat, HOME);
    world.connect(ann, cat);
    world.run(50);
    ann.say(LOBBY, 'dinner is at eight');
    world.run(50);
    world.disconnectAll(cat);
    world.run(3_600_000);
    enter(cat, OFFICE);
    world.connect(bob, cat);
    world.run(50);
    bob.say(LOBBY, 'the meeting is at nine');
    world.run(60_000);
    expect(bob.texts).toEqual([]);
    world.disconnectAll(cat);
    const dan = inLobby(world, 'dan'); // comes to the office later
    world.connect(dan, cat);
    world.run(60_000);
    expect(dan.texts).toEqual(['the meeting is at nine']);
    world.disconnectAll(cat);
    enter(cat, HOME);
    const eve = inLobby(world, 'eve'); // a guest at home, after the change of network
    world.connect(eve, cat);
    world.connect(ann, cat);
    world.run(60_000);
    expect(eve.texts).toEqual([]);
    expect(ann.texts).toEqual([]);
  });

  test('remembers across a restart on which network it heard what, and whom it met there', () => {
    const world = new World(9);
    const [ann, bob, cat] = three(world);
    enter(cat, HOME);
    world.connect(ann, cat);
    world.connect(bob, cat);
    world.run(50);
    world.disconnect(bob, cat);
    ann.say(LOBBY, 'for those at home');
    world.run(50);
    world.disconnectAll(cat);
    enter(cat, OFFICE);
    cat.kill();
    cat.restart();
    world.connect(bob, cat); // was met at home, and is met again elsewhere
    world.run(1_000);
    expect(bob.texts).toEqual(['for those at home']);
  });
});

describe('what a member asks for and offers', () => {
  test('is looked at in proportion to what is held, whatever numbers it names', () => {
    const world = new World(10);
    const [ann, bob] = pairInLobby(world);
    bob.newcomers = 'all';
    ann.say(LOBBY, 'one');
    world.run(20);
    const log = ann.log;
    const wanted = { kind: 'want', scope: LOBBY, log, from: 1, to: 2 ** 32 - 1, author: ann.id } as const;
    for (let i = 0; i < 100; i++) bob.step((chat, now, out) => chat.onFrame(now, ann.id, wanted, out));
    const offered = { author: 'ab'.repeat(32) as never, log, newest: 1, ranges: [{ from: 1, to: 2 ** 32 - 1 }], check: 0 };
    for (let i = 0; i < 100; i++) {
      const frame = { kind: 'holdings', room: LOBBY, generation: i, isLast: true, logs: [offered] } as const;
      bob.step((chat, now, out) => chat.onFrame(now, ann.id, frame, out));
    }
    const wants = bob.sentFrames.filter(({ kind }) => kind === 'want').length;
    expect(wants).toBeLessThanOrEqual(8); // BOUNDED: PULLS_MAX at a time; nothing was served
    world.run(60_000);
    ann.say(LOBBY, 'two');
    world.run(100);
    expect(bob.texts).toEqual(['one', 'two']);
  });

  test('of rooms that are not shared is not answered', () => {
    const world = new World(11);
    const [ann, bob] = pairInLobby(world);
    bob.say(room('tea'), 'to myself');
    world.run(20);
    bob.sentFrames.length = 0;
    for (const scope of ['tea' as RoomName]) {
      const frame = { kind: 'want', scope, log: bob.log, from: 1, to: 9, author: bob.id } as const;
      bob.step((chat, now, out) => chat.onFrame(now, ann.id, frame, out));
      bob.step((chat, now, out) => chat.onFrame(now, ann.id, { kind: 'digest', room: scope, digest: new Uint8Array(8) }, out));
    }
    world.run(1_000);
    expect(bob.sentFrames.filter(({ kind }) => kind === 'run' || kind === 'holdings')).toEqual([]);
    expect(sorted(ann)).toEqual([]);
  });
});
