import { describe, expect, test } from '@jest/globals';
import { instant, type Now, wallTime } from '../../src/base/time.ts';
import { SleepDetector, systemClock } from '../../src/platform/clock.ts';

const now = (at: number, wall: number): Now => ({ at: instant(at), wall: wallTime(1_700_000_000_000 + wall) });

describe('the clock', () => {
  test('never goes back', () => {
    let last = systemClock.now().at;
    for (let count = 0; count < 1000; count++) {
      const { at } = systemClock.now();
      expect(at).toBeGreaterThanOrEqual(last);
      last = at;
    }
  });
});

describe('sleep', () => {
  test.each([
    ['a regular look', now(2000, 2000), false],
    ['a look that a busy process is late for', now(6000, 6000), false],
    ['a night during which the monotonic clock stood still', now(2000, 30_000_000), true],
    ['a pause that both clocks saw', now(60_000, 60_000), true],
    ['a wall clock set back', now(2000, -3_600_000), false],
  ])('%s', (_name, second, expected) => {
    const detector = new SleepDetector(2000);
    expect(detector.look(now(0, 0))).toBe(false);
    expect(detector.look(second)).toBe(expected);
  });

  test('is told once', () => {
    const detector = new SleepDetector(2000);
    detector.look(now(0, 0));
    expect([detector.look(now(2000, 100_000)), detector.look(now(4000, 102_000))]).toEqual([true, false]);
  });
});
