import { describe, expect, test } from '@jest/globals';
import { type Instant, instant } from '../../src/base/time.ts';
import { Deadlines } from '../../src/discovery/deadlines.ts';
import { seededEntropy } from './mdns-world.ts';

type Thing = { name: number; at: number | undefined };
const dueAt = ({ at }: Thing): Instant | undefined => (at === undefined ? undefined : instant(at));

describe('what is due next', () => {
  test('is told in the order of the true times, however things are put off, brought forward and taken away', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const entropy = seededEntropy(seed);
      const below = (limit: number): number => ((entropy(1)[0] ?? 0) * limit) >> 8;
      const deadlines = new Deadlines(dueAt);
      const things = new Set<Thing>();
      for (let round = 0; round < 300; round++) {
        const some = [...things][below(Math.max(1, things.size))];
        const at = round + below(200);
        if (some === undefined || below(3) === 0) {
          const made: Thing = { name: round, at };
          things.add(made);
          deadlines.add(instant(at), made);
        } else if (below(4) === 0) {
          things.delete(some);
          some.at = undefined;
        } else {
          const isSooner = at < (some.at ?? 0);
          some.at = at;
          if (isSooner) deadlines.add(instant(at), some);
        }
        if (deadlines.isOverfull(things.size)) deadlines.rebuild(things);
        const soonest = Math.min(...[...things].map((thing) => thing.at ?? 0));
        expect([seed, round, deadlines.next()]).toEqual([seed, round, things.size === 0 ? undefined : soonest]);
      }
      const told: number[] = [];
      for (let due = deadlines.take(instant(1_000)); due !== undefined; due = deadlines.take(instant(1_000))) {
        told.push(due.at ?? 0);
        things.delete(due);
        due.at = undefined;
      }
      expect([...things]).toEqual([]);
      expect(told).toEqual([...told].sort((a, b) => a - b));
    }
  });

  test('what is due later than now is not taken', () => {
    const deadlines = new Deadlines(dueAt);
    deadlines.add(instant(5), { name: 1, at: 5 });
    expect(deadlines.take(instant(4))).toBeUndefined();
    expect(deadlines.take(instant(5))).toEqual({ name: 1, at: 5 });
  });

  test('a thing brought forward again and again does not fill the memory: the heap is made anew', () => {
    const deadlines = new Deadlines(dueAt);
    const thing: Thing = { name: 1, at: 10_000 };
    let rebuilt = 0;
    for (let at = 10_000; at > 0; at--) {
      thing.at = at;
      deadlines.add(instant(at), thing);
      if (!deadlines.isOverfull(1)) continue;
      deadlines.rebuild([thing]);
      rebuilt += 1;
    }
    expect(rebuilt).toBeGreaterThan(100);
    expect(deadlines.next()).toBe(instant(1));
  });
});
