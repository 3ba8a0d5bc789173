/** Bytes of chance against every decoder of the wire: no exception, nothing accepted that is not canonical. */
import { describe, expect, test } from '@jest/globals';
import { toHex } from '../../src/base/bytes.ts';
import { decode as decodeCbor, encode } from '../../src/wire/cbor.ts';
import { decodeDatagram } from '../../src/wire/datagram.ts';
import { decodeFrame, decodeFrames, encodeFrame } from '../../src/wire/frame.ts';
import { decodeEntries, decodeRun } from '../../src/wire/run.ts';
import { datagrams, frames, openRun, sealedRun } from '../wire/samples.ts';
import { seed, seedNote } from '../wire/seed.ts';

/** Whole numbers of 0 to 2^32−1 (xorshift32). */
const randomOf = (start: number): (() => number) => {
  let state = start | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
};

const decodeAll = (bytes: Uint8Array): number => {
  let accepted = 0;
  if (decodeDatagram(bytes).ok) accepted++;
  if (decodeFrames(bytes).ok) accepted++;
  if (decodeFrame(bytes).ok) accepted++;
  if (decodeRun(bytes).ok) accepted++;
  if (decodeEntries(bytes, 1 + (bytes.length & 63)).ok) accepted++;
  return accepted;
};

describe(`chance ${seedNote}`, () => {
  test('a million datagrams of 0 to 65,507 random bytes: no exception, and memory stays flat', () => {
    const next = randomOf(seed);
    const pool = new Uint8Array(1 << 20);
    for (let i = 0; i < pool.length; i++) pool[i] = next();
    let accepted = 0;
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 1_000_000; i++) {
      const sizeMax = i % 1000 === 0 ? 65_507 : i % 2 === 0 ? 1200 : 40;
      const from = next() % (pool.length - sizeMax);
      accepted += decodeAll(pool.subarray(from, from + (next() % (sizeMax + 1))));
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
    expect(accepted).toBeLessThan(10_000); // short ones may happen to be an unknown frame
  }, 120_000);

  test('valid bytes with a few bytes changed: no exception, and what any decoder accepts is canonical', () => {
    const next = randomOf(seed);
    const sources = [...Object.values(datagrams), ...frames.map(encodeFrame), openRun, sealedRun];
    let accepted = 0;
    for (let i = 0; i < 200_000; i++) {
      const source = sources[i % sources.length] ?? openRun;
      const bytes = source.slice(0, next() % 4 === 0 ? next() % (source.length + 1) : source.length);
      for (let changes = next() % 4; changes > 0 && bytes.length > 0; changes--) {
        bytes[next() % Math.min(bytes.length, 60)] = next() % 3 === 0 ? next() : ((next() % 8) << 5) | (next() % 28);
      }
      if (decodeAll(bytes) === 0) continue;
      accepted++;
      const item = decodeCbor(bytes);
      if (!item.ok || toHex(encode(item.value)) !== toHex(bytes))
        throw new Error(`accepted, though not canonical: ${toHex(bytes)}`);
    }
    expect(accepted).toBeGreaterThan(1000);
  }, 120_000);
});
