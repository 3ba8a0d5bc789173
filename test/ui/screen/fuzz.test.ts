import { expect, jest, test } from '@jest/globals';
import { bundle, run } from '../../platform/child.ts';

const STEPS = 10_000;
const SEED = Number(process.env.FUZZ_SEED ?? 20_260_131);

jest.setTimeout(300_000);

/** In a process of its own: faster than within a test. */
const SCRIPT = `
  import { fuzz } from '/test/ui/screen/fuzz.ts';
  console.log(fuzz(${SEED}, ${STEPS}));
`;

test(`${STEPS} random keys, resizes, pastes and hostile messages: no throw, no control byte, the cursor inside (seed ${SEED})`, async () => {
  expect(Number(await run(await bundle(SCRIPT)).line())).toBeGreaterThan(100);
});
