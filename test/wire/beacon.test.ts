import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeBeacon, encodeBeacon } from '../../src/wire/beacon.ts';
import { bytesOf, damaged } from './samples.ts';
import { runs, seedNote } from './seed.ts';

const beacons = [
  { tag: bytesOf(8), idHint: bytesOf(8, 50) },
  { tag: bytesOf(8, 9), idHint: undefined },
];

describe(`beacons, ${seedNote}`, () => {
  test.each(beacons)('come back as they were encoded', (beacon) => {
    expect(decodeBeacon(encodeBeacon(beacon))).toEqual({ ok: true, value: beacon });
  });

  test('what is damaged never throws, and what is taken is written the same way', () => {
    fc.assert(
      fc.property(damaged(fc.constantFrom(...beacons.map(encodeBeacon))), (bytes) => {
        const beacon = decodeBeacon(bytes);
        if (beacon.ok) expect(encodeBeacon(beacon.value)).toEqual(bytes);
      }),
      runs(2_000),
    );
  });
});
