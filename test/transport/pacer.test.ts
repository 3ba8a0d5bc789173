import { describe, expect, test } from '@jest/globals';
import { instant } from '../../src/base/time.ts';
import { Pacer } from '../../src/transport/pacer.ts';

/** Datagrams of 1200 bytes that go at one moment. */
const burst = (pacer: Pacer, at: number, rate: number): number => {
  let count = 0;
  while (pacer.maySend(instant(at), 1200, rate) && count < 10_000) {
    pacer.onSent(1200);
    count++;
  }
  return count;
};

describe('a pacer', () => {
  test('lets 16 datagrams go at once at any rate', () => {
    expect(burst(new Pacer(), 0, 1)).toBe(16);
  });

  test('then one for each that the rate earns', () => {
    const pacer = new Pacer();
    burst(pacer, 0, 1200);
    expect([burst(pacer, 1, 1200), burst(pacer, 3, 1200), burst(pacer, 3, 1200)]).toEqual([1, 2, 0]);
  });

  test('a pause earns no more than a burst', () => {
    const pacer = new Pacer();
    burst(pacer, 0, 1200);
    expect(burst(pacer, 60_000, 1200)).toBe(16);
  });

  test('a fast path is not held up by timers that are late', () => {
    const pacer = new Pacer();
    const rate = 100 * 1200;
    burst(pacer, 0, rate);
    expect(burst(pacer, 4, rate)).toBe(400);
  });

  test('says when the next may go, a millisecond ahead at least', () => {
    const pacer = new Pacer();
    burst(pacer, 0, 120);
    expect(pacer.nextSendAt(instant(0), 1200, 120)).toBe(10);
    expect(pacer.nextSendAt(instant(9.5), 1200, 120)).toBe(10.5);
    expect(pacer.nextSendAt(instant(10), 1200, 120)).toBe(10);
  });

  test('what goes without asking is paid back', () => {
    const pacer = new Pacer();
    burst(pacer, 0, 1200);
    pacer.onSent(2400);
    expect([burst(pacer, 2, 1200), burst(pacer, 3, 1200)]).toEqual([0, 1]);
  });
});
