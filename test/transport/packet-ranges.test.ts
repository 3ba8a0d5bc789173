import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ACK_RANGES_MAX } from '../../src/base/limits.ts';
import { type PacketRange, PacketRanges } from '../../src/transport/packet-ranges.ts';
import { runs, seedNote } from '../wire/seed.ts';

/** Descending ranges of a Set. */
const rangesOf = (numbers: ReadonlySet<number>): PacketRange[] => {
  const ranges: [number, number][] = [];
  for (const number of [...numbers].sort((a, b) => b - a)) {
    const last = ranges.at(-1);
    if (last !== undefined && last[0] === number + 1) last[0] = number;
    else ranges.push([number, number]);
  }
  return ranges;
};

describe('packet ranges', () => {
  test('numbers in order are one range', () => {
    const ranges = new PacketRanges();
    for (let number = 5; number < 1000; number++) ranges.add(number);
    expect(ranges.toAck()).toEqual([[5, 999]]);
    expect(ranges.largest).toBe(999);
  });

  test('a number between two ranges joins them', () => {
    const ranges = new PacketRanges();
    for (const number of [1, 3, 7, 2]) ranges.add(number);
    expect(ranges.toAck()).toEqual([
      [7, 7],
      [1, 3],
    ]);
  });

  test('an ack frame takes the newest ranges first, as many as it has room for', () => {
    const ranges = new PacketRanges();
    for (const number of [1, 3, 5, 7]) ranges.add(number);
    expect(ranges.toAck(2)).toEqual([
      [7, 7],
      [5, 5],
    ]);
  });

  test('a full set drops its oldest range, and takes nothing older', () => {
    const ranges = new PacketRanges();
    for (let number = 0; number <= ACK_RANGES_MAX; number++) ranges.add(10 + 2 * number);
    expect(ranges.count).toBe(ACK_RANGES_MAX);
    expect(ranges.has(10)).toBe(false);
    ranges.add(3);
    expect(ranges.has(3)).toBe(false);
    expect(ranges.toAck().at(-1)).toEqual([12, 12]);
  });

  test('what the other side has seen acknowledged is forgotten', () => {
    const ranges = new PacketRanges();
    for (const number of [1, 2, 5, 6, 7, 9]) ranges.add(number);
    ranges.forgetUpTo(6);
    expect(ranges.toAck()).toEqual([
      [9, 9],
      [7, 7],
    ]);
    ranges.forgetUpTo(9);
    expect([ranges.toAck(), ranges.largest]).toEqual([[], -1]);
  });

  test(`they hold what a Set holds, the newest ranges of it ${seedNote}`, () => {
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.record({ kind: fc.constant('add' as const), number: fc.nat(200) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget' as const), number: fc.nat(120) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 250 }), (steps) => {
        const ranges = new PacketRanges();
        const naive = new Set<number>();
        for (const { kind, number } of steps) {
          if (kind === 'add') {
            ranges.add(number);
            naive.add(number);
            for (const [from, to] of rangesOf(naive).slice(ACK_RANGES_MAX)) for (let n = from; n <= to; n++) naive.delete(n);
          } else {
            ranges.forgetUpTo(number);
            for (const n of naive) if (n <= number) naive.delete(n);
          }
          expect(ranges.toAck()).toEqual(rangesOf(naive));
        }
        for (let number = 0; number <= 200; number++) expect(ranges.has(number)).toBe(naive.has(number));
        expect(ranges.largest).toBe(Math.max(-1, ...naive));
      }),
      runs(300),
    );
  });
});
