import { describe, expect, test } from '@jest/globals';
import { roomScope } from '../../src/base/ids.ts';
import { GAP_SHOWN_AFTER_MS, LOG_RANGES_MAX } from '../../src/base/limits.ts';
import { WAITING_PER_LOG_MAX } from '../../src/chat/limits.ts';
import type { AppFrame } from '../../src/wire/frame.ts';
import { LOBBY, type Node, numbered, PERFECT, pairInLobby, World } from './chat-world.ts';
import { give, madeRun, OTHER_LOG } from './made-run.ts';

const wants = (node: Node): readonly AppFrame[] => node.sentFrames.filter((frame) => frame.kind === 'want');
const holds = (node: Node): readonly number[] => node.sentFrames.flatMap((frame) => (frame.kind === 'hold' ? [frame.upTo] : []));

describe('a gap', () => {
  test('is waited for, asked for, shown, and healed late', () => {
    const world = new World(1);
    const [ada, bob] = pairInLobby(world);
    give(bob, ada, madeRun(ada, { first: 1 }));
    give(bob, ada, madeRun(ada, { first: 4 }));
    world.run(199);
    expect(bob.texts).toEqual(['n1']);
    expect(wants(bob)).toEqual([]);
    world.run(GAP_SHOWN_AFTER_MS - 200);
    expect(bob.texts).toEqual(['n1']);
    expect(wants(bob)).toEqual([
      { kind: 'want', scope: LOBBY, log: ada.log, from: 2, to: 3 },
      { kind: 'want', scope: LOBBY, log: ada.log, from: 2, to: 3 },
    ]);
    world.run(2);
    expect(bob.eventsOf('gap')).toEqual([{ kind: 'gap', author: ada.id, scope: roomScope(LOBBY), from: 2, to: 3 }]);
    expect(bob.texts).toEqual(['n1', 'n4']);
    expect(holds(bob).at(-1)).toBe(1);
    give(bob, ada, madeRun(ada, { first: 2, texts: ['n2', 'n3'] }));
    world.run(10);
    expect(bob.texts).toEqual(['n1', 'n4', 'n2', 'n3']);
    expect(bob.messages.map((message) => message.isLate)).toEqual([false, false, true, true]);
    expect(holds(bob).at(-1)).toBe(4);
    expect(bob.chat.nextTimeout() === undefined || wants(bob).length < 5).toBe(true);
  });

  test('that heals in time is never shown', () => {
    const world = new World(2);
    const [ada, bob] = pairInLobby(world);
    for (const first of [5, 3, 2, 4, 1]) {
      give(bob, ada, madeRun(ada, { first }));
      world.run(100);
    }
    world.run(5000);
    expect(bob.texts).toEqual(['n1', 'n2', 'n3', 'n4', 'n5']);
    expect(bob.eventsOf('gap')).toEqual([]);
  });

  test('void numbers are neither a gap nor a request', () => {
    const world = new World(3);
    const [ada, bob] = pairInLobby(world);
    give(bob, ada, madeRun(ada, { first: 1 }));
    give(bob, ada, madeRun(ada, { first: 5000, previous: 1 }));
    world.run(5000);
    expect(bob.texts).toEqual(['n1', 'n5000']);
    expect([...bob.eventsOf('gap'), ...wants(bob)]).toEqual([]);
    expect(holds(bob).at(-1)).toBe(5000);
  });

  test('several gaps are shown one by one, each 2 s after what follows it came', () => {
    const world = new World(4);
    const [ada, bob] = pairInLobby(world);
    give(bob, ada, madeRun(ada, { first: 3 }));
    world.run(1000);
    give(bob, ada, madeRun(ada, { first: 6 }));
    world.run(1100);
    expect(bob.texts).toEqual(['n3']);
    world.run(1000);
    expect(bob.texts).toEqual(['n3', 'n6']);
    expect(bob.eventsOf('gap').map(({ from, to }) => [from, to])).toEqual([
      [1, 2],
      [4, 5],
    ]);
  });

  test('lost runs are asked for and sent again by the author, once a want', () => {
    for (let seed = 10; seed < 20; seed++) {
      const world = new World(seed, { ...PERFECT, jitterMs: 5, lostRuns: 0.3 });
      const [ada, bob] = pairInLobby(world);
      for (let i = 0; i < 50; i++) {
        ada.say(LOBBY, `m${i}`);
        world.run(10);
      }
      for (let i = 50; i < 90; i++) {
        ada.say(LOBBY, `m${i}`); // so that somebody hears that the last is missing
        world.run(1000);
      }
      world.run(70_000); // some were lost several times
      const healed = new Set(bob.texts);
      const missing = numbered('m', 80).filter((text) => !healed.has(text));
      expect(missing).toEqual([]);
      expect(new Set(bob.texts).size).toBe(bob.texts.length);
    }
  });

  test('of 2^31 or 10^9 missing numbers costs no work in proportion', () => {
    const world = new World(5);
    const [ada, bob] = pairInLobby(world);
    give(bob, ada, madeRun(ada, { first: 2 ** 31 }));
    give(bob, ada, madeRun(ada, { first: 10 ** 9, log: OTHER_LOG }));
    give(bob, ada, madeRun(ada, { first: 2 ** 32 - 2, texts: ['a', 'b'] }));
    world.run(3000);
    expect(bob.texts).toEqual(['n2147483648', 'a', 'b', 'n1000000000']);
    expect(wants(bob)).toContainEqual({ kind: 'want', scope: LOBBY, log: ada.log, from: 1, to: 2 ** 31 - 1 });
    expect(bob.eventsOf('gap').map(({ from, to }) => [from, to])).toEqual([
      [1, 2 ** 31 - 1],
      [2 ** 31 + 1, 2 ** 32 - 3],
      [1, 10 ** 9 - 1],
    ]);
  });

  test('ranges beyond it are bounded: one more is dropped, and asked for when there is room', () => {
    const world = new World(6);
    const [ada, bob] = pairInLobby(world);
    for (let i = 1; i <= LOG_RANGES_MAX; i++) give(bob, ada, madeRun(ada, { first: 10 * i }));
    expect(bob.drops).toEqual([]);
    give(bob, ada, madeRun(ada, { first: 10 * (LOG_RANGES_MAX + 1) }));
    expect(bob.drops).toEqual(['log-full']);
    give(bob, ada, madeRun(ada, { first: 11 }));
    expect(bob.drops).toEqual(['log-full']); // joins a range
    give(bob, ada, madeRun(ada, { first: 10 }));
    expect(bob.drops).toEqual(['log-full', 'duplicate-entry']);
    give(bob, ada, madeRun(ada, { first: 8, texts: ['n8', 'n9', 'n10'] }));
    expect(bob.drops.at(-1)).toBe('conflicting-entry');
  });

  test('what waits behind it is bounded in bytes', () => {
    const world = new World(7);
    const [ada, bob] = pairInLobby(world);
    const text = 'x'.repeat(8000);
    const runs = Math.ceil(WAITING_PER_LOG_MAX / 8000) + 5;
    for (let i = 0; i < runs; i++) give(bob, ada, madeRun(ada, { first: 2 + i, texts: [text] }));
    const refused = bob.drops.length;
    expect(refused).toBeGreaterThan(3);
    expect(bob.drops.every((reason) => reason === 'log-full')).toBe(true);
    give(bob, ada, madeRun(ada, { first: 1 }));
    world.run(50);
    expect(bob.texts.length).toBe(1 + runs - refused);
    world.run(300);
    expect(wants(bob)).toContainEqual({ kind: 'want', scope: LOBBY, log: ada.log, from: 2 + runs - refused, to: 1 + runs });
  });

  test('that heals late is not acknowledged by a peer without a store before its program has taken it', () => {
    const world = new World(9);
    const ada = world.node('ada');
    const eph = world.node('eph', { isEphemeral: true });
    eph.join(LOBBY);
    world.connect(ada, eph);
    eph.isTaking = false;
    give(eph, ada, madeRun(ada, { first: 1 }));
    give(eph, ada, madeRun(ada, { first: 3 }));
    world.run(3000);
    give(eph, ada, madeRun(ada, { first: 2 }));
    const take = (text: string): void => {
      const id = eph.messages.find(({ body }) => body.text === text)?.id;
      if (id !== undefined) eph.step((chat, now, out) => chat.onTaken(now, id, out));
    };
    expect(eph.texts).toEqual(['n1', 'n3', 'n2']);
    take('n1');
    expect(holds(eph).at(-1)).toBe(1);
    take('n3');
    expect(holds(eph).at(-1)).toBe(1);
    take('n2');
    expect(holds(eph).at(-1)).toBe(3);
  });

  test('is asked for more and more seldom while nothing comes', () => {
    const world = new World(8);
    const [ada, bob] = pairInLobby(world);
    give(bob, ada, madeRun(ada, { first: 3 }));
    world.run(10 * 60_000);
    expect(wants(bob).length).toBeLessThan(20);
  });
});

describe('an author asked again', () => {
  const want = (ada: Node, bob: Node, from: number, to: number): void =>
    ada.step((chat, now, out) => chat.onFrame(now, bob.id, { kind: 'want', scope: LOBBY, log: ada.log, from, to }, out));
  const runs = (ada: Node): number => ada.sentFrames.filter((frame) => frame.kind === 'run').length;

  test('sends what it has of any range, twice a second at most', () => {
    const world = new World(30);
    const [ada, bob] = pairInLobby(world);
    for (let i = 0; i < 5; i++) {
      ada.say(LOBBY, `m${i}`);
      world.run(10);
    }
    expect(runs(ada)).toBe(5);
    want(ada, bob, 2, 2 ** 32 - 1);
    want(ada, bob, 1, 5);
    expect(runs(ada)).toBe(9);
    expect(ada.drops).toEqual(['rate-limited']);
    world.run(1000);
    want(ada, bob, 3, 3);
    expect(runs(ada)).toBe(10);
    world.run(1000);
    expect(bob.texts).toEqual(numbered('m', 5));
  });

  test('says of numbers it never used that they are not coming', () => {
    const world = new World(33);
    const [ada, bob] = pairInLobby(world);
    ada.say(LOBBY, 'one');
    world.run(10);
    ada.kill();
    ada.restart();
    world.connect(ada, bob);
    ada.say(LOBBY, 'two');
    world.run(10);
    const before = ada.sentFrames.length;
    want(ada, bob, 2, 100);
    expect(ada.sentFrames.slice(before)).toEqual([{ kind: 'start', scope: LOBBY, log: ada.log, after: 100, last: 1 }]);
    world.run(1000);
    want(ada, bob, 5000, 6000); // nobody knows yet
    expect(ada.sentFrames.slice(before).filter(({ kind }) => kind !== 'digest').length).toBe(1);
    expect(bob.texts).toEqual(['one', 'two']);
    expect(bob.eventsOf('gap')).toEqual([]);
  });

  test('drops inverted ranges, other logs and rooms it does not speak in', () => {
    const world = new World(31);
    const [ada, bob] = pairInLobby(world);
    ada.say(LOBBY, 'm');
    world.run(10);
    want(ada, bob, 5, 1);
    want(ada, bob, 0, 1);
    ada.step((chat, now, out) => chat.onFrame(now, bob.id, { kind: 'want', scope: LOBBY, log: OTHER_LOG, from: 1, to: 1 }, out));
    ada.step((chat, now, out) => chat.onFrame(now, bob.id, { kind: 'want', scope: null, log: ada.log, from: 1, to: 1 }, out));
    expect(ada.drops).toEqual(['unwanted-entry', 'unwanted-entry', 'unwanted-entry', 'unwanted-entry']);
    expect(runs(ada)).toBe(1);
  });

  test('never sends what was said before the asker was met', () => {
    const world = new World(32);
    const [ada] = pairInLobby(world);
    ada.say(LOBBY, 'before');
    world.run(10);
    const cyd = world.node('cyd');
    cyd.join(LOBBY);
    world.connect(ada, cyd);
    world.run(10);
    ada.say(LOBBY, 'after');
    world.run(10);
    want(ada, cyd, 1, 2);
    world.run(10);
    expect(cyd.texts).toEqual(['after']);
    expect(cyd.drops).toEqual(['duplicate-entry']);
  });
});
