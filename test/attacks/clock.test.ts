import { describe, expect, test } from '@jest/globals';
import { CLOCK_AHEAD_MAX_MS } from '../../src/base/limits.ts';
import { cheapSuite } from '../sim/cheap-suite.ts';
import { World } from '../sim/world.ts';
import { AttackedWorld } from './attacked-world.ts';

const SEED = 664;
const YEAR_MS = 365.25 * 86_400_000;
const numbered = (prefix: string): readonly string[] => Array.from({ length: 20 }, (_, i) => `${prefix}${i}`);

describe(`clocks, seed ${SEED}`, () => {
  test.each([[10], [-10], [-60], [200]])('%d years off: order and delivery are as ever, also after a restart', (years) => {
    const world = new World({ seed: SEED, suite: cheapSuite });
    const ann = world.add({ name: 'Ann' });
    const bob = world.add({ name: 'Bob', skewMs: years * YEAR_MS });
    expect(world.runUntil(() => ann.peer.sessionCount() + bob.peer.sessionCount() === 2, 5_000)).toBe(true);
    world.run(50);
    numbered('').forEach((text, i) => {
      ann.say(`a${text}`);
      bob.say(`b${text}`);
      world.run(20);
      if (i === 10) {
        bob.kill();
        bob.start();
        world.runUntil(() => bob.peer.sessionCount() === 1, 15_000);
      }
    });
    world.run(3_000);
    expect([bob.texts(), ann.texts()]).toEqual([numbered('a'), numbered('b')]);
    expect(ann.messages().every(({ isLate }) => !isLate)).toBe(true);
  });

  test('that jump ten years to and fro in the middle change no order', () => {
    const attacked = new AttackedWorld(SEED);
    const { world, ann, bob } = attacked;
    const time = world.time.bind(world);
    let jumpMs = 0;
    world.time = (skewMs) => time(skewMs + jumpMs);
    attacked.talkWhile(60, (round) => {
      jumpMs = (round % 3) * 10 * YEAR_MS - 10 * YEAR_MS;
    });
    world.run(500);
    const { heard, said } = attacked.conversation();
    expect(heard).toEqual(said);
    expect(attacked.disturbances()).toEqual([]);
    for (const peer of [ann, bob]) {
      const times = peer.seen('sent').map((event) => event.time);
      expect([...times].sort((a, b) => a - b)).toEqual(times);
    }
  });

  test('of a liar move ours by a minute at most, however often it tries', () => {
    const attacked = new AttackedWorld(SEED);
    const { world, ann } = attacked;
    const liar = attacked.liar(ann);
    const ahead = (ms: number): { seconds: number; fraction: number } => {
      const at = world.time(0).wall + ms;
      return { seconds: Math.floor(at / 1000), fraction: ((Math.floor(at % 1000) << 22) | 0x3fffff) >>> 0 };
    };
    let first = 0;
    for (let round = 0; round < 200; round++) {
      for (const ms of [59_990, 3_600_000, 10 * YEAR_MS]) {
        first += 1;
        liar.send({ kind: 'run', run: liar.run({ first, time: ahead(ms) }) });
      }
      ann.say(`${round}`);
      world.run(10);
    }
    const times = ann.seen('sent').map((event) => event.time);
    expect(times.length).toBe(200);
    expect(Math.max(...times) - world.time(0).wall).toBeLessThanOrEqual(CLOCK_AHEAD_MAX_MS);
    expect([...times].sort((a, b) => a - b)).toEqual(times);
  });
});
