import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { REPLAY_WINDOW_BITS } from '../../src/base/limits.ts';
import { ReplayWindow } from '../../src/transport/replay-window.ts';
import { runs, seedNote } from '../wire/seed.ts';

/** The same with a Set. */
class NaiveWindow {
  readonly #seen = new Set<number>();
  #largest = -1;
  has(number: number): boolean {
    return number <= this.#largest - REPLAY_WINDOW_BITS || this.#seen.has(number);
  }
  accept(number: number): boolean {
    if (this.has(number)) return false;
    this.#seen.add(number);
    this.#largest = Math.max(this.#largest, number);
    return true;
  }
}

describe('a replay window', () => {
  test('a number is accepted once', () => {
    const window = new ReplayWindow();
    expect([window.has(7), window.accept(7), window.has(7), window.accept(7), window.has(6), window.accept(6)]).toEqual([
      false,
      true,
      true,
      false,
      false,
      true,
    ]); // prettier-ignore
  });

  test('the oldest number still told apart is 4095 behind the largest', () => {
    const window = new ReplayWindow();
    window.accept(10_000);
    expect(window.has(10_000 - 4095)).toBe(false);
    expect(window.accept(10_000 - 4095)).toBe(true);
    expect(window.accept(10_000 - 4096)).toBe(false);
    expect(window.largest).toBe(10_000);
  });

  test.each([31, 32, 33, 4063, 4064, 4095, 4096, 4097, 8191, 8192, 8193, 2 ** 31])(
    'a jump of exactly %i leaves no number from before by mistake',
    (jump) => {
      const window = new ReplayWindow();
      const naive = new NaiveWindow();
      for (let number = 0; number < 100; number += 3) expect(window.accept(number)).toBe(naive.accept(number));
      expect(window.accept(99 + jump)).toBe(naive.accept(99 + jump));
      for (let number = 0; number < 110; number++) expect([number, window.has(number)]).toEqual([number, naive.has(number)]);
      for (let number = 99 + jump - 4200; number < 99 + jump + 10; number++) {
        if (number >= 0) expect([number, window.accept(number)]).toEqual([number, naive.accept(number)]);
      }
    },
  );

  test('the largest u32 is a number like any other', () => {
    const window = new ReplayWindow();
    expect([window.accept(0xffff_ffff), window.accept(0xffff_ffff), window.accept(0xffff_fffe)]).toEqual([true, false, true]);
  });

  test(`it answers as a Set of all numbers would ${seedNote}`, () => {
    const jumps = fc.oneof(
      fc.integer({ min: -5000, max: 40 }),
      fc.constantFrom(1, 1, 1, 2, 31, 32, 33, 64, 4064, 4095, 4096, 4097, 8160, 8192, -32, -4095, -4096, -4097),
      fc.integer({ min: -40, max: 9000 }),
    );
    fc.assert(
      fc.property(fc.array(jumps, { maxLength: 300 }), (steps) => {
        const window = new ReplayWindow();
        const naive = new NaiveWindow();
        let largest = 0;
        for (const step of steps) {
          const number = Math.max(0, largest + step);
          expect(window.has(number)).toBe(naive.has(number));
          expect(window.accept(number)).toBe(naive.accept(number));
          largest = Math.max(largest, number);
        }
      }),
      runs(300),
    );
  });
});
