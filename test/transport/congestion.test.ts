import { describe, expect, test } from '@jest/globals';
import { DATAGRAM_SIZE_MAX, WINDOW_DATAGRAMS_MAX, WINDOW_DATAGRAMS_MIN } from '../../src/base/limits.ts';
import { instant } from '../../src/base/time.ts';
import { LanController } from '../../src/transport/congestion/lan-controller.ts';
import { LossBaseline } from '../../src/transport/congestion/loss-baseline.ts';
import { MinimumRtt } from '../../src/transport/congestion/minimum-rtt.ts';

const datagrams = (controller: LanController): number => controller.windowBytes / DATAGRAM_SIZE_MAX;

/** A sender that always fills its window: each round all of it is acknowledged after `rttMs`, but for the share lost. */
class FullSender {
  readonly controller = new LanController();
  #now = 0;
  #number = 0;
  round(rttMs: number, loss = 0, fill = 1): void {
    const count = Math.max(1, Math.floor(fill * datagrams(this.controller)));
    for (let sent = 1; sent <= count; sent++) {
      this.controller.onSent(instant(this.#now), this.#number++, DATAGRAM_SIZE_MAX, sent * DATAGRAM_SIZE_MAX);
    }
    this.#now += rttMs;
    const lost = Math.floor(count * loss);
    const largest = this.#number - 1;
    if (lost > 0) this.controller.onLost(instant(this.#now), { packets: lost, bytes: lost * DATAGRAM_SIZE_MAX, largest });
    const packets = count - lost;
    this.controller.onAcked(instant(this.#now), {
      packets,
      bytes: packets * DATAGRAM_SIZE_MAX,
      largest,
      rttMs,
      bytesInFlightBefore: count * DATAGRAM_SIZE_MAX,
    });
  }
  rounds(count: number, rttMs: number, loss = 0, fill = 1): number {
    for (let round = 0; round < count; round++) this.round(rttMs, loss, fill);
    return datagrams(this.controller);
  }
}

describe('the congestion window', () => {
  test('starts at 16 datagrams and doubles each round trip while no queue builds', () => {
    const sender = new FullSender();
    expect([sender.rounds(0, 1), sender.rounds(1, 1), sender.rounds(1, 1), sender.rounds(1, 1)]).toEqual([16, 32, 64, 128]);
  });

  test('never grows beyond 2048 datagrams', () => {
    expect(new FullSender().rounds(50, 1)).toBe(WINDOW_DATAGRAMS_MAX);
  });

  test('does not grow while the application sends less than it allows', () => {
    expect(new FullSender().rounds(50, 1, 0, 0.5)).toBe(16);
  });

  test('shrinks to what the empty path holds when a queue stands for a round trip', () => {
    const sender = new FullSender();
    expect([sender.rounds(4, 1), sender.rounds(1, 8)]).toEqual([256, 64]); // grew to 512 on the way, then an eighth
  });

  test('a delay below 4 ms is no queue', () => {
    const sender = new FullSender();
    sender.rounds(4, 1);
    expect(sender.rounds(1, 4.9)).toBeGreaterThanOrEqual(256);
  });

  test('never falls below 16 datagrams, whatever happens', () => {
    const sender = new FullSender();
    sender.rounds(3, 0.2);
    const seen = Array.from({ length: 20 }, () => sender.rounds(1, 500, 0.9));
    expect(Math.min(...seen)).toBe(WINDOW_DATAGRAMS_MIN);
    expect(Math.max(...seen.slice(5))).toBeLessThan(WINDOW_DATAGRAMS_MIN + 2);
    sender.controller.onPersistentCongestion(instant(99_999));
    expect(datagrams(sender.controller)).toBe(WINDOW_DATAGRAMS_MIN);
  });

  test('sudden loss shrinks it, the same loss all the time does not', () => {
    const sender = new FullSender();
    sender.rounds(4, 1);
    sender.rounds(1, 8);
    const before = sender.rounds(20, 1);
    expect(sender.rounds(1, 1, 0.2)).toBeLessThan(before);
    expect(sender.rounds(30, 1, 0.2)).toBeLessThan(64);
    expect(sender.rounds(300, 1, 0.2)).toBeGreaterThan(200);
  });

  test('loss beyond 30 % keeps it small: nobody can tell that from a queue cut short', () => {
    const sender = new FullSender();
    expect(sender.rounds(300, 1, 0.6)).toBeLessThan(2 * WINDOW_DATAGRAMS_MIN);
  });

  test('is left empty for a moment every two seconds, and is as large as before after it', () => {
    const sender = new FullSender();
    sender.rounds(8, 10);
    const seen = new Set<number>();
    for (let round = 0; round < 250; round++) seen.add(sender.rounds(1, 10));
    expect([...seen]).toEqual([2048, 16]);
    expect(datagrams(sender.controller)).toBe(2048);
  });

  test('is paced faster than it is acknowledged, at a finite rate on any path', () => {
    const sender = new FullSender();
    expect(sender.controller.pacingRate).toBeLessThan(Number.POSITIVE_INFINITY);
    sender.rounds(20, 2);
    expect(sender.controller.pacingRate).toBeGreaterThan(sender.controller.windowBytes / 2);
  });
});

describe('the usual loss', () => {
  test('is learnt at once where the window is small', () => {
    const baseline = new LossBaseline();
    for (let round = 0; round < 20; round++) expect(baseline.judge(4, 16, true)).toBe(false);
    expect(baseline.usual).toBeCloseTo(0.2, 2);
    expect([baseline.judge(20, 80, false), baseline.judge(40, 60, false)]).toEqual([false, true]);
  });

  test('is not learnt from what is unusual', () => {
    const baseline = new LossBaseline();
    for (let round = 0; round < 20; round++) expect(baseline.judge(40, 60, false)).toBe(true);
    expect(baseline.usual).toBe(0);
  });

  test('a single packet lost of a few is chance', () => {
    expect(new LossBaseline().judge(1, 15, false)).toBe(false);
  });
});

test('the smallest RTT is that of the last 2 to 4 s', () => {
  const minimum = new MinimumRtt();
  const seen = [0, 1, 1.9, 2, 3.9, 4, 5, 60].map((seconds) => {
    minimum.update(instant(seconds * 1000), seconds === 1 || seconds === 5 ? 0.5 : 2);
    return minimum.ms;
  });
  expect(seen).toEqual([2, 0.5, 0.5, 0.5, 0.5, 2, 0.5, 2]);
});
