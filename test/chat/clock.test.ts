import { describe, expect, test } from '@jest/globals';
import { CLOCK_AHEAD_MAX_MS } from '../../src/base/limits.ts';
import { wallTime } from '../../src/base/time.ts';
import { fromWireTime, HybridClock, type HybridTime, toWireTime } from '../../src/chat/clock.ts';
import { Random } from '../sim/random.ts';

const isLater = (a: HybridTime, b: HybridTime): boolean => a.ms > b.ms || (a.ms === b.ms && a.counter > b.counter);

describe('the clock', () => {
  test('times strictly increase, whatever the wall clock does and others claim', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = new Random(seed);
      const clock = new HybridClock();
      let wall = 1_700_000_000_000;
      let last: HybridTime = { ms: 0, counter: 0 };
      for (let i = 0; i < 500; i++) {
        wall += random.chance(0.05) ? random.below(20) * 31_536_000_000 - 10 * 31_536_000_000 : random.below(3);
        const count = 1 + random.below(64);
        if (random.chance(0.3))
          clock.observe({ ms: wall + random.below(200_000) - 100_000, counter: random.below(2 ** 22) }, wallTime(wall));
        const first = clock.stamp(wallTime(wall), count);
        expect(isLater(first, last)).toBe(true);
        last = { ms: first.ms, counter: first.counter + count - 1 };
        expect(last.counter).toBeLessThan(2 ** 22);
        expect(fromWireTime(toWireTime(first))).toEqual(first);
      }
    }
  });

  test('follows others by less than a minute', () => {
    const clock = new HybridClock();
    const wall = wallTime(1_700_000_000_000);
    clock.observe({ ms: wall + CLOCK_AHEAD_MAX_MS, counter: 5 }, wall);
    clock.observe({ ms: 4e12, counter: 5 }, wall);
    expect(clock.stamp(wall, 1)).toEqual({ ms: wall, counter: 0 });
    clock.observe({ ms: wall + CLOCK_AHEAD_MAX_MS - 1, counter: 5 }, wall);
    expect(clock.stamp(wall, 3)).toEqual({ ms: wall + CLOCK_AHEAD_MAX_MS - 1, counter: 6 });
    expect(clock.stamp(wall, 1)).toEqual({ ms: wall + CLOCK_AHEAD_MAX_MS - 1, counter: 9 });
  });

  test('a full counter moves to the next millisecond', () => {
    const clock = new HybridClock();
    clock.restore({ ms: 1000, counter: 2 ** 22 - 10 });
    expect(clock.stamp(wallTime(1000), 64)).toEqual({ ms: 1001, counter: 0 });
  });

  test('goes on after a restart where it was', () => {
    const clock = new HybridClock();
    clock.restore({ ms: 5000, counter: 3 });
    expect(clock.stamp(wallTime(10), 1)).toEqual({ ms: 5000, counter: 4 });
  });

  test('a wall clock before 1970 or after 2106 stays on the wire', () => {
    const clock = new HybridClock();
    expect(toWireTime(clock.stamp(wallTime(-1e12), 1))).toEqual({ seconds: 0, fraction: 1 });
    const last = toWireTime(clock.stamp(wallTime(1e14), 1));
    expect(last.seconds).toBe(2 ** 32 - 1);
    expect(isLater(clock.stamp(wallTime(1e14), 1), fromWireTime(last))).toBe(true);
  });
});
