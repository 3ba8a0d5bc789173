import { describe, expect, jest, test } from '@jest/globals';
import { bundle, run } from '../platform/child.ts';

jest.setTimeout(300_000);

/** In a process of its own: three times as fast as within a test. */
const SCRIPT = `
  import { crowd } from '/test/peer/crowd.ts';
  console.log(JSON.stringify(crowd(Number(process.argv[2]))));
`;

/** One world for each seed. In several test files, so that they run beside each other. */
export const describeCrowd = (seeds: readonly number[]): void =>
  describe('fifty people in one room', () => {
    test.each(seeds)('all hold all 2,000 messages at 5 %% loss, seed %i', async (seed) => {
      const line = await run(await bundle(SCRIPT), String(seed)).line();
      expect(JSON.parse(line ?? '')).toEqual({ haveMet: true, haveAll: true, amiss: [] });
    });
  });
