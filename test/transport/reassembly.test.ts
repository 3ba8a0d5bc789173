import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FRAME_SIZE_MAX, REASSEMBLY_PER_PEER_MAX, REASSEMBLY_TOTAL_MAX } from '../../src/base/limits.ts';
import { instant } from '../../src/base/time.ts';
import { type Fragment, Reassembly, ReassemblyBudget, reassemblyCharge } from '../../src/transport/reassembly.ts';
import { runs, seedNote } from '../wire/seed.ts';

const start = instant(0);
const bytesOf = (length: number, salt = 0): Uint8Array => Uint8Array.from({ length }, (_, index) => (index * 7 + salt) & 0xff);
const part = (frameId: number, frame: Uint8Array, offset: number, length: number): Fragment => ({
  frameId,
  offset,
  total: frame.length,
  bytes: frame.subarray(offset, offset + length),
});

describe('reassembly', () => {
  test('fragments in any order give the frame', () => {
    const budget = new ReassemblyBudget();
    const reassembly = new Reassembly(budget);
    const frame = bytesOf(3000);
    expect(reassembly.add(start, part(0, frame, 2000, 1000))).toEqual({ kind: 'partial' });
    expect(reassembly.add(start, part(0, frame, 0, 1000))).toEqual({ kind: 'partial' });
    expect([budget.usedBytes, reassembly.usedBytes]).toEqual([0, reassemblyCharge(3000)]);
    expect(reassembly.add(start, part(0, frame, 1000, 1000))).toEqual({ kind: 'frame', bytes: frame });
    expect([budget.usedBytes, reassembly.usedBytes]).toEqual([0, 0]);
  });

  test('what comes again, before or after completion, is a duplicate and costs nothing', () => {
    const reassembly = new Reassembly(new ReassemblyBudget());
    const frame = bytesOf(20);
    reassembly.add(start, part(5, frame, 0, 10));
    expect(reassembly.add(start, part(5, frame, 2, 8))).toEqual({ kind: 'duplicate' });
    reassembly.add(start, part(5, frame, 10, 10));
    expect(reassembly.add(start, part(5, frame, 0, 10))).toEqual({ kind: 'duplicate' });
    expect(reassembly.usedBytes).toBe(0);
  });

  test('the frame given out shares nothing with the datagram', () => {
    const reassembly = new Reassembly(new ReassemblyBudget());
    const datagram = bytesOf(10);
    const result = reassembly.add(start, part(0, datagram, 0, 10));
    datagram.fill(0);
    expect(result).toEqual({ kind: 'frame', bytes: bytesOf(10) });
  });

  test.each<[string, Fragment]>([
    ['another total', { frameId: 0, offset: 50, total: 101, bytes: bytesOf(10) }],
    ['other bytes where some were', { frameId: 0, offset: 5, total: 100, bytes: bytesOf(10, 1) }],
    ['bytes beyond the total', { frameId: 0, offset: 95, total: 100, bytes: bytesOf(10) }],
    ['no bytes', { frameId: 0, offset: 5, total: 100, bytes: bytesOf(0) }],
    ['a total above the largest frame', { frameId: 1, offset: 0, total: FRAME_SIZE_MAX + 1, bytes: bytesOf(10) }],
  ])('%s is a violation', (_what, fragment) => {
    const reassembly = new Reassembly(new ReassemblyBudget());
    reassembly.add(start, part(0, bytesOf(100), 0, 10));
    expect(reassembly.add(start, fragment)).toEqual({ kind: 'violation' });
  });

  test('a million first fragments stay within the bound of a peer', () => {
    const reassembly = new Reassembly(new ReassemblyBudget());
    let taken = 0;
    for (let frameId = 0; frameId < 1_000_000; frameId++) {
      if (reassembly.add(start, { frameId, offset: 0, total: 2, bytes: Uint8Array.of(1) }).kind === 'partial') taken++;
    }
    expect(taken).toBe(510); // a tiny frame counts with more than its bytes
    expect(reassembly.usedBytes).toBeLessThanOrEqual(REASSEMBLY_PER_PEER_MAX);
  });

  test('what was begun can be completed although there is no room for anything new', () => {
    const reassembly = new Reassembly(new ReassemblyBudget());
    const frame = bytesOf(FRAME_SIZE_MAX);
    let frameId = 0;
    while (reassembly.add(start, part(frameId, frame, 0, 1000)).kind === 'partial') frameId++;
    expect(reassembly.add(start, part(frameId, frame, 0, 1000))).toEqual({ kind: 'full' });
    expect(reassembly.add(start, part(0, frame, 1000, FRAME_SIZE_MAX - 1000)).kind).toBe('frame');
    expect(reassembly.add(start, part(frameId, frame, 0, 1000))).toEqual({ kind: 'partial' });
  });

  test('all sessions together stay within one bound, and give back what they held', () => {
    const budget = new ReassemblyBudget();
    const sessions = Array.from({ length: 100 }, () => new Reassembly(budget));
    for (const session of sessions) {
      for (let frameId = 0; frameId < 100; frameId++) session.add(start, part(frameId, bytesOf(9000), 0, 1000));
    }
    expect(budget.usedBytes).toBeLessThanOrEqual(REASSEMBLY_TOTAL_MAX);
    expect(budget.usedBytes).toBeGreaterThan(REASSEMBLY_TOTAL_MAX - reassemblyCharge(9000));
    const late = new Reassembly(budget);
    expect(late.add(start, part(0, bytesOf(FRAME_SIZE_MAX), 0, 1000))).toEqual({ kind: 'partial' }); // room of its own
    expect(late.add(start, part(1, bytesOf(9000), 0, 1000))).toEqual({ kind: 'full' });
    for (const session of [...sessions, late]) session.clear();
    expect(budget.usedBytes).toBe(0);
  });

  test('scattered single bytes are a violation before they cost much', () => {
    const reassembly = new Reassembly(new ReassemblyBudget());
    const frame = bytesOf(FRAME_SIZE_MAX);
    const kinds = Array.from({ length: 200 }, (_, index) => reassembly.add(start, part(0, frame, 2 * index, 1)).kind);
    expect(kinds.indexOf('violation')).toBe(128);
  });

  test('a frame without a new byte for long is seen', () => {
    const reassembly = new Reassembly(new ReassemblyBudget());
    const frame = bytesOf(100);
    reassembly.add(start, part(0, frame, 0, 10));
    reassembly.add(instant(10_000), part(0, frame, 0, 20));
    reassembly.add(instant(20_000), part(0, frame, 0, 20));
    expect([reassembly.isStalled(instant(24_000)), reassembly.isStalled(instant(25_001))]).toEqual([false, true]);
  });

  test(`it agrees with an array of bytes ${seedNote}`, () => {
    const fragments = fc.array(fc.record({ frameId: fc.nat(2), offset: fc.nat(79), length: fc.integer({ min: 1, max: 30 }) }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(fragments, (list) => {
        const reassembly = new Reassembly(new ReassemblyBudget());
        const frames = [0, 1, 2].map((salt) => ({
          bytes: bytesOf(80, salt),
          has: new Array<boolean>(80).fill(false),
          isDone: false,
        }));
        for (const { frameId, offset, length } of list) {
          const frame = frames[frameId];
          if (frame === undefined) continue;
          const end = Math.min(80, offset + length);
          const isNew = !frame.isDone && frame.has.slice(offset, end).includes(false);
          frame.has.fill(true, offset, end);
          const isComplete = isNew && !frame.has.includes(false);
          frame.isDone ||= isComplete;
          const expected = isComplete ? { kind: 'frame', bytes: frame.bytes } : { kind: isNew ? 'partial' : 'duplicate' };
          expect(reassembly.add(start, part(frameId, frame.bytes, offset, end - offset))).toEqual(expected);
        }
        const open = frames.filter(({ has, isDone }) => !isDone && has.includes(true)).length;
        expect(reassembly.usedBytes).toBe(open * reassemblyCharge(80));
      }),
      runs(300),
    );
  });
});
