import { describe, expect, test } from '@jest/globals';
import { LanController } from '../../src/transport/congestion/lan-controller.ts';
import type { CongestionController } from '../../src/transport/congestion.ts';
import { Bottleneck, Flow, type LinkOptions } from './bottleneck.ts';
import { NewReno } from './new-reno.ts';

/** Shares differ from seed to seed, so there is one unless another is asked for. */
const seed = Number(process.env.EARSHOT_SEED ?? 1);
const seedNote = `(EARSHOT_SEED=${seed})`;
/** 100 Mbit/s, 10 ms of queue, a LAN's round trip. */
const LAN: LinkOptions = { seed, datagramsPerMs: 10, queueMax: 100, rttMs: 0.5, loss: 0 };

/** Share of the link's datagrams that brought each flow something new, from `fromMs` to `toMs`. */
const shares = (link: Bottleneck, flows: readonly Flow[], perMs: number, fromMs: number, toMs: number): number[] => {
  link.agenda.runUntil(fromMs);
  const before = flows.map(({ delivered }) => delivered);
  link.queueLargest = 0;
  link.agenda.runUntil(toMs);
  return flows.map(({ delivered }, index) => (delivered - (before[index] ?? 0)) / (perMs * (toMs - fromMs)));
};
const shareOf = (options: LinkOptions, congestion: CongestionController): number => {
  const link = new Bottleneck(options);
  return shares(link, [new Flow(link, { congestion })], options.datagramsPerMs, 1000, 4000)[0] ?? 0;
};

describe(`one flow over a bottleneck ${seedNote}`, () => {
  test('fills it, and leaves most of its queue empty', () => {
    const link = new Bottleneck(LAN);
    const flow = new Flow(link, { congestion: new LanController() });
    expect(shares(link, [flow], 10, 1000, 4000)[0]).toBeGreaterThan(0.97);
    expect(link.overflowed).toBe(0);
    expect(link.queueMean).toBeLessThan(50);
  });

  test.each([
    ['100 Mbit/s', LAN],
    ['1 Gbit/s', { ...LAN, datagramsPerMs: 100, queueMax: 500 }],
    ['a longer path', { ...LAN, rttMs: 10, queueMax: 300 }],
    ['a queue of 2 ms', { ...LAN, queueMax: 20 }],
  ])('at 20 %% random loss both ways keeps more than 60 %% of it: %s', (_what, options) => {
    // a fifth is lost after the bottleneck, so 0.8 is all there is
    expect(shareOf({ ...options, loss: 0.2 }, new LanController())).toBeGreaterThan(0.7);
  });

  test('NewReno on the longer path does not', () => {
    const options = { ...LAN, rttMs: 10, queueMax: 300 };
    expect(shareOf(options, new NewReno())).toBeGreaterThan(0.9);
    expect(shareOf({ ...options, loss: 0.2 }, new NewReno())).toBeLessThan(0.1);
  });

  test('a queue too short to be felt is not kept overflowing', () => {
    const link = new Bottleneck({ ...LAN, queueMax: 20 });
    const flow = new Flow(link, { congestion: new LanController() });
    expect(shares(link, [flow], 10, 1000, 4000)[0]).toBeGreaterThan(0.97);
    expect(link.overflowed / flow.sent).toBeLessThan(0.1);
    expect(link.queueMean).toBeLessThan(18);
  });
});

describe(`two flows over a bottleneck ${seedNote}`, () => {
  test.each([
    [0, 0],
    [0, 0.2],
    [700, 0.2],
    [2500, 0],
    [2500, 0.2],
  ])('started %i ms apart, at a loss of %d, share it within 2 to 1', (startMs, loss) => {
    const link = new Bottleneck({ ...LAN, loss });
    const flows = [
      new Flow(link, { congestion: new LanController() }),
      new Flow(link, { congestion: new LanController(), startMs }),
    ];
    const [first = 0, second = 0] = shares(link, flows, 10, 5000, 15_000);
    expect(first + second).toBeGreaterThan(0.75 * (1 - loss) + 0.1);
    expect(Math.max(first, second) / Math.min(first, second)).toBeLessThan(2);
    expect(link.queueMean).toBeLessThan(75);
    expect(link.overflowed).toBe(0);
  });
});

test.each([
  [0, 1],
  [0.05, 10],
  [0.2, 40],
])(
  `lone messages, 200 a second at a loss of %d both ways: all arrive, the 99th percentile within %i ms ${seedNote}`,
  (loss, withinMs) => {
    const link = new Bottleneck({ ...LAN, loss });
    const flow = new Flow(link, { congestion: new LanController(), everyMs: 5, stopMs: 30_000 });
    link.agenda.runUntil(40_000);
    const delays = flow.delays.sort((a, b) => a - b);
    expect(delays.length).toBe(6000);
    expect(delays[Math.floor(0.99 * delays.length)]).toBeLessThanOrEqual(withinMs);
    expect(flow.recovery.bytesInFlight).toBe(0);
  },
);

test(`the same seed gives the same run ${seedNote}`, () => {
  const run = (): readonly number[] => {
    const link = new Bottleneck({ ...LAN, loss: 0.2 });
    const flows = [new Flow(link, { congestion: new LanController() }), new Flow(link, { congestion: new LanController() })];
    link.agenda.runUntil(1000);
    return [link.passed, link.queueMean, ...flows.flatMap(({ sent, delivered }) => [sent, delivered])];
  };
  expect(run()).toEqual(run());
});
