import { describe, expect, test } from '@jest/globals';
import { LOBBY, type Node, World } from './chat-world.ts';
import { give, madeRun, OTHER_LOG } from './made-run.ts';

/** Mal, and three who are in a room with him and, if connected, with each other. */
const room = (seed: number): { readonly world: World; readonly mal: Node; readonly others: readonly [Node, Node, Node] } => {
  const world = new World(seed);
  const [mal, ann, bob, cat] = ['mal', 'ann', 'bob', 'cat'].map((name) => world.node(name)) as [Node, Node, Node, Node];
  for (const node of [mal, ann, bob, cat]) {
    node.newcomers = 'all';
    node.restart();
    node.step((chat, now, out) => chat.enterNetwork(now, 'home', out));
    node.join(LOBBY);
  }
  for (const node of [ann, bob, cat]) world.connect(mal, node);
  world.run(100);
  return { world, mal, others: [ann, bob, cat] };
};
const run = (mal: Node, text: string, first = 1): Uint8Array => madeRun(mal, { log: OTHER_LOG, first, texts: [text] });
/** What a node hands on of mal's: the run on its disk. */
const standing = (node: Node): readonly string[] =>
  node.disk.records.flatMap((bytes) =>
    bytes[1] === 2
      ? [
          Buffer.from(bytes)
            .toString('latin1')
            .match(/version [a-z]+/)?.[0] ?? '?',
        ]
      : [],
  );
const warnings = (node: Node) => node.eventsOf('warning').filter(({ code }) => code === 'forked');

describe('an author who gives one number two meanings', () => {
  test.each([1, 2, 3, 4])('is found out, and all come to hold the same of the two, seed %i', (seed) => {
    const { world, mal, others } = room(seed);
    const [ann, bob, cat] = others;
    give(ann, mal, run(mal, 'version one'));
    give(bob, mal, run(mal, 'version two'));
    world.run(100);
    expect([standing(ann), standing(bob)]).toEqual([['version one'], ['version two']]);
    world.connect(ann, bob);
    give(ann, mal, run(mal, 'version two')); // as soon as one of them has heard both
    world.run(5_000);
    expect(standing(ann)).toEqual(standing(bob));
    world.connect(bob, cat); // cat has heard neither
    world.run(20_000);
    expect(standing(cat)).toEqual(standing(ann));
    for (const node of others) {
      expect(node.chat.isForked(mal.id)).toBe(true);
      expect(warnings(node)).toHaveLength(1);
      node.kill();
      node.restart();
      expect(node.chat.isForked(mal.id)).toBe(true);
      expect(warnings(node)).toHaveLength(1);
    }
  });

  test('is found out by the two who hold one each, without anybody else', () => {
    const { world, mal, others } = room(9);
    const [ann, bob] = others;
    give(ann, mal, run(mal, 'version one'));
    give(bob, mal, run(mal, 'version two'));
    world.run(100);
    world.connect(ann, bob);
    world.run(30_000);
    expect(standing(ann)).toEqual(standing(bob));
    for (const node of [ann, bob]) expect(node.chat.isForked(mal.id)).toBe(true);
  });

  test('is shown by the one that stands', () => {
    const { world, mal, others } = room(5);
    const [ann] = others;
    for (const text of ['version one', 'version two', 'version three', 'version four']) {
      give(ann, mal, run(mal, text));
      world.run(100);
    }
    const texts = ann.texts;
    expect(texts[0]).toBe('version one');
    expect(standing(ann)).toEqual([texts.at(-1)]);
    expect(new Set(texts).size).toBe(texts.length);
  });

  test('with a signature that does not hold proves nothing', () => {
    const { world, mal, others } = room(6);
    const [ann] = others;
    give(ann, mal, run(mal, 'version one'));
    world.run(100);
    const forged = run(mal, 'version two').slice();
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
    give(ann, mal, forged);
    world.run(100);
    expect(ann.drops).toContain('bad-signature');
    expect(ann.chat.isForked(mal.id)).toBe(false);
    expect(standing(ann)).toEqual(['version one']);
  });

  test('is looked at only so often, and kept only so many times', () => {
    const { world, mal, others } = room(7);
    const [ann] = others;
    give(ann, mal, run(mal, 'version one'));
    world.run(100);
    for (let n = 0; n < 500; n++) {
      give(ann, mal, run(mal, `version x${n}`));
      world.run(100);
    }
    const kept = [...ann.chat.stateRecords()].filter((record) => record[1] === 16);
    expect(kept.length).toBe(16);
    expect(warnings(ann)).toHaveLength(1);
  });

  test('the same run again is no fork', () => {
    const { world, mal, others } = room(8);
    const [ann, bob] = others;
    for (const node of [ann, bob]) give(node, mal, run(mal, 'version one'));
    world.connect(ann, bob);
    for (let n = 0; n < 5; n++) give(ann, mal, run(mal, 'version one'));
    give(ann, bob, run(mal, 'version one'), mal.id);
    world.run(5_000);
    expect(ann.chat.isForked(mal.id)).toBe(false);
    expect(ann.texts).toEqual(['version one']);
  });
});
