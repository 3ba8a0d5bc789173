import { describe, expect, test } from '@jest/globals';
import { LOG_RANGES_MAX } from '../../src/base/limits.ts';
import { HeldRanges } from '../../src/chat/held-ranges.ts';
import { Random } from '../sim/random.ts';

type Span = { readonly previous: number; readonly first: number; readonly last: number };

/** A log of runs with void numbers between some of them. */
const someLog = (random: Random, runs: number): readonly Span[] => {
  const spans: Span[] = [];
  let previous = 0;
  for (let i = 0; i < runs; i++) {
    const first = previous + 1 + (random.chance(0.3) ? random.below(50) : 0);
    const last = first + random.below(5);
    spans.push({ previous, first, last });
    previous = last;
  }
  return spans;
};

describe('held ranges', () => {
  test('agree with a plain list of runs, in any order and with repeats', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = new Random(seed);
      const log = someLog(random, 2 + random.below(40));
      const held = new Set<Span>();
      const ranges = new HeldRanges();
      for (let i = 0; i < 200; i++) {
        const span = random.pick(log);
        const fit = ranges.fit(span.previous, span.first, span.last);
        if (held.has(span)) expect(fit).toBe('duplicate');
        else {
          expect(['next', 'beyond']).toContain(fit);
          ranges.add(span.previous, span.first, span.last);
          held.add(span);
        }
        const upTo = log.slice(0, log.findIndex((one) => !held.has(one)) >>> 0).at(-1)?.last ?? 0;
        expect(ranges.upTo).toBe(upTo);
        const beyond = log.find((one) => one.first > upTo && held.has(one));
        expect(ranges.firstGap()).toEqual(beyond === undefined ? undefined : { from: upTo + 1, to: beyond.previous });
      }
    }
  });

  test('what half overlaps is a conflict', () => {
    const ranges = new HeldRanges();
    ranges.add(0, 1, 10);
    ranges.add(19, 20, 30);
    expect(ranges.fit(4, 5, 15)).toBe('conflict');
    expect(ranges.fit(14, 15, 20)).toBe('conflict');
    expect(ranges.fit(29, 30, 31)).toBe('conflict');
    expect(ranges.fit(4, 5, 6)).toBe('duplicate');
    expect(ranges.fit(20, 21, 22)).toBe('duplicate');
    expect(ranges.fit(10, 11, 19)).toBe('next');
  });

  test('are so many at most, unless a run joins one', () => {
    const ranges = new HeldRanges();
    for (let i = 1; i <= LOG_RANGES_MAX; i++) ranges.add(10 * i - 1, 10 * i, 10 * i + 1);
    expect(ranges.fit(994, 995, 995)).toBe('full');
    expect(ranges.fit(11, 12, 12)).toBe('beyond');
    expect(ranges.fit(8, 9, 9)).toBe('beyond');
    expect(ranges.fit(6, 7, 7)).toBe('full');
    expect(ranges.fit(0, 1, 9)).toBe('next');
  });

  test('what is not coming is passed over, and what touches it joins', () => {
    const ranges = new HeldRanges();
    ranges.add(9, 10, 12);
    ranges.add(19, 20, 22);
    ranges.advance(9);
    expect([ranges.upTo, ranges.firstGap()]).toEqual([12, { from: 13, to: 19 }]);
    const copy = ranges.clone();
    copy.advance(2 ** 32 - 1);
    expect([copy.upTo, copy.firstGap()]).toEqual([2 ** 32 - 1, undefined]);
    expect(ranges.upTo).toBe(12);
  });
});
