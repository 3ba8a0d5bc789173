import { expect, jest, test } from '@jest/globals';
import { bundle, run } from '../platform/child.ts';
import type { MassJoinResult } from './mass-join.ts';

jest.setTimeout(300_000);

/** The cost grows with the square of their number; a thousand are measured by `npm run bench -- --only join`. */
const COUNT = 100;
const SCRIPT = `
  import { massJoin } from '/test/discovery/mass-join.ts';
  console.log(JSON.stringify(massJoin({ seed: 1, count: ${COUNT}, withinMs: 500, minutes: 30 })));
`;

test('a hundred who come within half a second all find all in six packets each, and then nearly fall silent', async () => {
  const result: MassJoinResult = JSON.parse((await run(await bundle(SCRIPT)).line()) ?? '');
  expect(result).toMatchObject({ foundByAll: COUNT - 1, gone: 0 });
  expect(result.packets[0]).toBeLessThanOrEqual(6 * COUNT);
  expect(result.packets).toHaveLength(30);
  for (const packets of result.packets.slice(2)) expect(packets).toBeLessThanOrEqual(2);
});
