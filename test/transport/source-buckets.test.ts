import { expect, test } from '@jest/globals';
import { instant } from '../../src/base/time.ts';
import { SourceBuckets } from '../../src/transport/source-buckets.ts';

test('what one host used up another has still, and a flood of hosts is not remembered for ever', () => {
  const allowances = new SourceBuckets(2, 1);
  const take = (host: string): boolean => allowances.take(instant(0), host);
  expect([take('a'), take('a'), take('a'), take('b')]).toEqual([true, true, false, true]);
  allowances.giveBack('a');
  allowances.giveBack('nowhere');
  expect([take('a'), take('a')]).toEqual([true, false]);
  for (let i = 0; i < 5_000; i++) {
    take(`host${i}`);
    take('a'); // whoever goes on is not forgotten
  }
  expect(allowances.size).toBe(1_024);
  expect([take('a'), take('b')]).toEqual([false, true]);
});
