import { describe, expect, test } from '@jest/globals';
import type { RoomName } from '../../src/base/ids.ts';
import { decodeRecord } from '../../src/chat/record.ts';
import { hashRun } from '../../src/crypto/signed-run.ts';
import type { AppFrame } from '../../src/wire/frame.ts';
import { decodeRun, encodeOpenRun, encodeRemoved } from '../../src/wire/run.ts';
import { cheapSuite } from '../sim/cheap-suite.ts';
import { LOBBY, type Node, numbered, World } from './chat-world.ts';
import { give, madeRun } from './made-run.ts';

const TEA = 'tea' as RoomName;

type Scene = { readonly world: World; readonly ann: Node; readonly cat: Node; readonly mal: Node; readonly vic: Node };

/** Ann has spoken and left; cat holds it all; vic comes late and meets mal first, who says it holds it too. */
const scene = (seed: number): Scene => {
  const world = new World(seed);
  const [ann, cat, mal, vic] = ['ann', 'cat', 'mal', 'vic'].map((name) => world.node(name)) as [Node, Node, Node, Node];
  for (const node of [ann, cat, mal, vic]) {
    node.newcomers = 'all';
    node.restart();
    node.step((chat, now, out) => chat.enterNetwork(now, 'home', out));
    node.join(LOBBY);
  }
  world.connect(ann, cat);
  world.run(100);
  ann.say(LOBBY, ...numbered('true ', 20));
  world.run(2_000);
  world.disconnectAll(ann);
  world.connect(mal, vic);
  world.run(100);
  return { world, ann, cat, mal, vic };
};

const from = (mal: Node, vic: Node, frame: AppFrame): void => {
  vic.step((chat, now, out) => chat.onFrame(now, mal.id, frame, out));
};
/** Mal offers all of ann's log, and is asked for it. */
const offer = (mal: Node, vic: Node, ann: Node, to = 20): void => {
  const logs = [{ author: ann.id, log: ann.log, newest: 1_700_000_100, ranges: [{ from: 1, to }], check: 0 }];
  from(mal, vic, { kind: 'holdings', room: LOBBY, generation: 1, isLast: true, logs });
};
const runsOf = (node: Node, author: Node): readonly Uint8Array[] =>
  node.disk.records.flatMap((bytes) => {
    const record = decodeRecord(bytes);
    return record.ok && record.value.kind === 'received' && record.value.author === author.id ? [record.value.run] : [];
  });

/** With every body replaced by its hash: anybody can do that to a run. */
const stripped = (bytes: Uint8Array, author: Node): Uint8Array => {
  const run = decodeRun(bytes);
  if (!run.ok) throw new Error('no run');
  const { entries } = hashRun(cheapSuite, author.identity.signing.publicKey, run.value);
  return encodeOpenRun(run.value.headerBytes, entries.map(encodeRemoved), run.value.signature);
};

describe('a member that serves history', () => {
  test.each<readonly [string, (scene: Scene) => readonly Uint8Array[], string]>([
    [
      'that it made up',
      ({ mal, ann }) => [madeRun(mal, { log: ann.log, first: 1, texts: numbered('false ', 20) })],
      'bad-signature',
    ],
    [
      'with a word changed',
      ({ cat, ann }) =>
        runsOf(cat, ann).map((run) => {
          const text = Buffer.from(run);
          const at = text.indexOf('true 3');
          if (at >= 0) text[at] = 0x54;
          return new Uint8Array(text);
        }),
      'bad-signature',
    ],
    [
      'of a room that is not shared',
      ({ ann }) => [madeRun(ann, { scope: { kind: 'room', room: TEA }, first: 1 })],
      'foreign-entry',
    ],
    ['that is no run', () => [new Uint8Array(100).fill(0x9f)], 'not-canonical'],
  ])('%s is not believed, and the truth is fetched from another', (_, lies, reason) => {
    const all = scene(1);
    const { world, ann, cat, mal, vic } = all;
    offer(mal, vic, ann);
    for (const run of lies(all)) give(vic, mal, run, ann.id);
    from(mal, vic, { kind: 'served', room: LOBBY, author: ann.id, log: ann.log, from: 1, to: 20 });
    expect(vic.drops).toContain(reason);
    expect(vic.texts).toEqual([]);
    world.connect(cat, vic);
    world.run(30_000);
    expect([...vic.texts].sort()).toEqual([...numbered('true ', 20)].sort());
  });

  test('without what was said keeps nobody from the author, nor from others who have it', () => {
    for (const healer of ['ann', 'cat'] as const) {
      const all = scene(4);
      const { world, ann, cat, mal, vic } = all;
      for (const run of runsOf(cat, ann)) give(vic, mal, stripped(run, ann), ann.id);
      world.run(100);
      expect(vic.drops).not.toContain('bad-signature'); // the signature holds
      expect(vic.texts).toEqual([]);
      vic.kill();
      vic.restart();
      world.connect(all[healer], vic);
      world.run(30_000);
      expect([...vic.texts].sort()).toEqual([...numbered('true ', 20)].sort());
      expect(new Set(vic.messages.map(({ id }) => id)).size).toBe(20);
    }
  });

  test('and gives nothing of what it offers holds nobody up', () => {
    const { world, ann, cat, mal, vic } = scene(2);
    offer(mal, vic, ann);
    world.run(100);
    world.connect(cat, vic);
    world.run(30_000);
    expect(vic.texts).toHaveLength(20);
  });

  test('with endless rounds of offers is asked no more than a few times, and answered no more than it may be', () => {
    const { world, ann, mal, vic } = scene(3);
    vic.sentFrames.length = 0;
    for (let round = 0; round < 2_000; round++) {
      from(mal, vic, { kind: 'digest', room: LOBBY, digest: Uint8Array.of(round >> 8, round & 255, 0, 0, 0, 0, 0, 0) });
      offer(mal, vic, ann, 2 ** 32 - 1 - round);
      from(mal, vic, { kind: 'served', room: LOBBY, author: ann.id, log: ann.log, from: 1, to: 2 ** 32 - 1 });
    }
    world.run(5_000);
    const wants = vic.sentFrames.filter(({ kind }) => kind === 'want').length;
    expect(wants).toBeLessThan(50);
    expect(vic.sentFrames.length).toBeLessThan(100);
  });
});
