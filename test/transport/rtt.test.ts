import { describe, expect, test } from '@jest/globals';
import { RttEstimator } from '../../src/transport/rtt.ts';

describe('a round-trip estimator', () => {
  test('before the first sample it assumes 100 ms', () => {
    const rtt = new RttEstimator();
    expect([rtt.smoothedMs, rtt.variationMs, rtt.ptoMs, rtt.hasSample]).toEqual([100, 50, 302, false]);
  });

  test('the first sample replaces the assumption', () => {
    const rtt = new RttEstimator();
    rtt.update(0.4, 2);
    expect([rtt.smoothedMs, rtt.variationMs, rtt.minMs, rtt.latestMs, rtt.hasSample]).toEqual([0.4, 0.2, 0.4, 0.4, true]);
    expect(rtt.ptoMs).toBeCloseTo(0.4 + 1 + 2);
  });

  test('the ack delay is taken off, but never below the smallest sample', () => {
    const rtt = new RttEstimator();
    rtt.update(1, 0);
    rtt.update(3, 2);
    expect([rtt.adjustedMs, rtt.latestMs, rtt.smoothedMs]).toEqual([1, 3, 1]);
    rtt.update(2.5, 2);
    expect(rtt.adjustedMs).toBe(2.5);
    expect(rtt.minMs).toBe(1);
  });

  test('an ack delay beyond what is allowed is not believed', () => {
    const rtt = new RttEstimator();
    rtt.update(1, 0);
    rtt.update(50, 49);
    expect(rtt.adjustedMs).toBe(48);
  });

  test('a clock that seems to run backwards gives 0, not less', () => {
    const rtt = new RttEstimator();
    rtt.update(-3, 0);
    expect(rtt.minMs).toBe(0);
  });

  test('smoothing follows RFC 9002 §5.3', () => {
    const rtt = new RttEstimator();
    rtt.update(8, 0);
    rtt.update(16, 0);
    expect(rtt.variationMs).toBe(0.75 * 4 + 0.25 * 8);
    expect(rtt.smoothedMs).toBe(9);
  });
});
