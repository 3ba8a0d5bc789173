import { describe, expect, test } from '@jest/globals';
import { RunIndex, type RunSpan } from '../../src/chat/run-index.ts';
import { Random } from '../sim/random.ts';

describe('the index of own runs', () => {
  test('agrees with a plain list of entries', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = new Random(seed);
      const index = new RunIndex();
      const runs: (RunSpan & { readonly isLost: boolean })[] = [];
      let previous = 0;
      for (let i = 0; i < 100; i++) {
        const hole = random.chance(0.1) ? 1 + random.below(5) : 0;
        if (hole > 0) runs.push({ previous, first: previous + 1, count: hole, isLost: true });
        const named = previous + hole;
        const first = named + 1 + (random.chance(0.2) ? random.below(20) : 0);
        const run = { previous: named, first, count: 1 + random.below(6) };
        runs.push({ ...run, isLost: false });
        expect(index.append(run, 1000 + i)).toBe(runs.length - 1);
        previous = first + run.count - 1;
      }
      expect(index.length).toBe(runs.length);
      for (let number = 0; number <= previous + 1; number++) {
        const above = runs.findIndex((run) => run.first + run.count - 1 > number);
        expect(index.above(number)).toBe(above < 0 ? runs.length : above);
        const beginning = runs.findIndex((run) => run.first > number);
        expect(index.beginningAbove(number)).toBe(beginning < 0 ? runs.length : beginning);
        const entries = runs
          .filter((run) => !run.isLost)
          .reduce((sum, run) => sum + Math.max(0, Math.min(run.count, number - run.first + 1)), 0);
        expect(index.entriesUpTo(number)).toBe(entries);
      }
      for (const [at, run] of runs.entries())
        expect([index.isLost(at), index.last(at)]).toEqual([run.isLost, run.first + run.count - 1]);
    }
  });

  test('takes no run that is not behind all others', () => {
    const index = new RunIndex();
    expect(index.append({ previous: 0, first: 5, count: 3 }, 0)).toBe(0);
    expect(index.append({ previous: 0, first: 7, count: 3 }, 1)).toBeUndefined();
    expect([index.length, index.last(0), index.last(-1), index.isLost(0), index.isLost(5)]).toEqual([1, 7, 0, false, false]);
    index.markLost(0);
    expect(index.isLost(0)).toBe(true);
  });
});
