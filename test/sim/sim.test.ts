import { describe, expect, test } from '@jest/globals';
import { Disk } from './disk.ts';
import { Link, type LinkOptions, PERFECT_LINK } from './link.ts';
import { EventQueue } from './queue.ts';
import { Random } from './random.ts';

const SEED = 4711;
const carried = (options: Partial<LinkOptions>, count = 10_000) => {
  const link = new Link(new Random(SEED), { ...PERFECT_LINK, ...options });
  return Array.from({ length: count }, (_, i) => link.carry(i, new Uint8Array(100)));
};

describe(`the simulated world, seed ${SEED}`, () => {
  test('the same seed draws the same numbers, another seed others', () => {
    const draw = (seed: number) =>
      Array.from(
        { length: 5 },
        (
          (random) => () =>
            random.u32()
        )(new Random(seed)),
      );
    expect(draw(SEED)).toEqual(draw(SEED));
    expect(draw(SEED)).not.toEqual(draw(SEED + 1));
  });

  test('a perfect link delivers everything once, in order, after its delay', () => {
    const arrivals = carried({}, 100).map(([arrival]) => arrival?.at);
    expect(arrivals).toEqual(Array.from({ length: 100 }, (_, i) => i + 0.2));
  });

  test('uniform loss takes its share', () => {
    const lost = carried({ loss: 0.2 }).filter((arrivals) => arrivals.length === 0).length;
    expect(lost).toBeGreaterThan(1_850);
    expect(lost).toBeLessThan(2_150);
  });

  test('burst loss takes runs of datagrams', () => {
    const isLost = carried({ bursts: { enter: 0.01, leave: 0.2, loss: 1 } }).map((arrivals) => arrivals.length === 0);
    const lost = isLost.filter(Boolean).length;
    const afterLoss = isLost.filter((now, i) => now && isLost[i - 1] === true).length;
    expect(lost).toBeGreaterThan(200);
    expect(afterLoss / lost).toBeGreaterThan(0.6);
  });

  test('duplication, reordering, corruption and an MTU do what they say', () => {
    expect(carried({ duplicate: 1 }, 10).every((arrivals) => arrivals.length === 2)).toBe(true);
    expect(carried({ reorder: 1, reorderMs: 5 }, 10).map(([arrival]) => arrival?.at)).toEqual(
      Array.from({ length: 10 }, (_, i) => i + 5.2),
    );
    for (const [arrival] of carried({ corrupt: 1 }, 10)) {
      const flipped = Array.from(arrival?.bytes ?? [], (byte) => byte.toString(2).replaceAll('0', '').length).reduce(
        (a, b) => a + b,
        0,
      );
      expect(flipped).toBe(1);
    }
    expect(carried({ mtu: 99 }, 10).flat()).toEqual([]);
  });

  test('a bottleneck spaces datagrams out and drops what its queue cannot hold', () => {
    const link = new Link(new Random(SEED), { ...PERFECT_LINK, delayMs: 0, bottleneck: { bytesPerMs: 100, queueBytes: 300 } });
    const arrivals = Array.from({ length: 6 }, () => link.carry(0, new Uint8Array(100)).map(({ at }) => at));
    expect(arrivals).toEqual([[1], [2], [3], [4], [], []]);
  });

  test('a kill keeps what was handed over, a power cut what was flushed and as many more as the disk managed', () => {
    const disk = new Disk();
    for (let i = 0; i < 5; i++) {
      disk.append(Uint8Array.of(i));
      if (i === 1) disk.flush();
    }
    expect(disk.records).toHaveLength(5);
    disk.cutPower(1);
    expect(disk.records.map(([first]) => first)).toEqual([0, 1, 2]);
  });

  test('the queue gives things back in order of time, then of arrival', () => {
    const queue = new EventQueue<number>();
    const random = new Random(SEED);
    const put = Array.from({ length: 500 }, (_, i) => ({ at: random.below(50), what: i }));
    for (const { at, what } of put) queue.push(at, what);
    const got = Array.from({ length: 500 }, () => queue.pop());
    expect(got).toMatchObject([...put].sort((a, b) => a.at - b.at || a.what - b.what));
    expect(queue.size).toBe(0);
  });
});
