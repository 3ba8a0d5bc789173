import { expect, jest, test } from '@jest/globals';
import { bundle, run } from '../platform/child.ts';
import type { IdleCrowdResult } from './idle-crowd.ts';

jest.setTimeout(300_000);

/** What it costs a peer does not grow with the crowd; the meeting of a hundred takes most of a minute of real time, so they are fewer. */
const PEERS = 40;
const SCRIPT = `
  import { idleCrowd } from '/test/peer/idle-crowd.ts';
  console.log(JSON.stringify(idleCrowd(7, ${PEERS})));
`;

test('forty peers idle for ten minutes send at most one datagram a second each, and all notice a silent death within 15 s', async () => {
  const result: IdleCrowdResult = JSON.parse((await run(await bundle(SCRIPT)).line()) ?? '');
  expect(result).toMatchObject({ haveMet: true, falseDeaths: 0, noticed: PEERS - 1 });
  expect(result.rate).toBeLessThanOrEqual(1);
  expect(result.mdnsRate).toBeLessThanOrEqual(2);
  expect(result.lastAfterMs).toBeLessThanOrEqual(15_000);
});
