import { expect, test } from '@jest/globals';
import { type PeerId, peerId } from '../../src/base/ids.ts';
import { instant } from '../../src/base/time.ts';
import { FrameRate } from '../../src/peer/frame-rate.ts';

const [ann, bob]: readonly PeerId[] = [1, 2].map((byte) => peerId(new Uint8Array(32).fill(byte)));
const BURST_AND_TEN_SECONDS = 256 + 200;
const name = { kind: 'name', generation: 1, name: 'x' } as const;

test('a flood of names is cut to twenty a second, of one peer only, and talk is not', () => {
  if (ann === undefined || bob === undefined) throw new Error('nobody');
  const rate = new FrameRate();
  let taken = 0;
  for (let ms = 0; ms < 10_000; ms++) {
    for (let n = 0; n < 4; n++) if (rate.mayTake(instant(ms), ann, name)) taken += 1;
  }
  expect(taken).toBeGreaterThanOrEqual(400);
  expect(taken).toBeLessThanOrEqual(BURST_AND_TEN_SECONDS);
  expect(rate.mayTake(instant(10_000), bob, name)).toBe(true);
  expect(rate.mayTake(instant(10_000), ann, { kind: 'run', run: new Uint8Array(1) })).toBe(true);
  rate.forget(ann);
  expect(rate.mayTake(instant(10_000), ann, name)).toBe(true);
});
