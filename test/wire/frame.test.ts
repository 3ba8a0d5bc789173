import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { concat, toHex, utf8 } from '../../src/base/bytes.ts';
import { logIdBytes, peerKey } from '../../src/base/ids.ts';
import { ACK_RANGES_MAX, FRAME_SIZE_MAX, ROOMS_JOINED_MAX, RUN_SIZE_MAX } from '../../src/base/limits.ts';
import { type CborValue, encode } from '../../src/wire/cbor.ts';
import {
  CLOSE_REASON_SIZE_MAX,
  decodeFrame,
  decodeFrames,
  encodeFrame,
  FRAGMENT_OVERHEAD_MAX,
  type Frame,
  framesHead,
  framesHeadSize,
  isAppFrame,
} from '../../src/wire/frame.ts';
import { bytesOf, damaged, frames, log, peer, room, u32Values } from './samples.ts';
import { runs, seedNote } from './seed.ts';

const packet = (...list: readonly Uint8Array[]): Uint8Array => concat(framesHead(list.length), ...list);
const all = packet(...frames.map(encodeFrame));
const id = logIdBytes(log);

describe('frames', () => {
  test('each kind comes back as it was encoded, alone and together', () => {
    for (const frame of frames) {
      expect(decodeFrames(packet(encodeFrame(frame)))).toEqual({ ok: true, value: { frames: [frame], unknown: 0 } });
    }
    expect(decodeFrames(all)).toEqual({ ok: true, value: { frames, unknown: 0 } });
  });

  test('the head of an array of frames has the size it says', () => {
    for (const count of [1, 23, 24, 255, 256]) {
      expect(framesHead(count)).toHaveLength(framesHeadSize(count));
      expect(packet(...Array.from({ length: count }, () => encodeFrame({ kind: 'ping' })))).toEqual(
        encode(Array.from({ length: count }, () => [1])),
      );
    }
  });

  test('every truncation is refused', () => {
    for (let length = 0; length < all.length; length++) expect(decodeFrames(all.subarray(0, length)).ok).toBe(false);
  });

  test('frames of unknown kinds are counted and skipped', () => {
    const bytes = packet(encode([14, 'later', [1, [2]]]), encodeFrame({ kind: 'ping' }), encode([0]));
    expect(decodeFrames(bytes)).toEqual({ ok: true, value: { frames: [{ kind: 'ping' }], unknown: 2 } });
  });

  const malformed: readonly (readonly [string, CborValue])[] = [
    ['no array', 1],
    ['an empty array', []],
    ['a kind that is no number', ['1']],
    ['a ping with a field', [1, 0]],
    ['a path challenge of seven bytes', [11, bytesOf(7)]],
    ['a path response with two fields', [12, bytesOf(8), 0]],
    ['peers that are no array', [13, true, 0, 0]],
    ['too many peers', [13, false, 0, Array.from({ length: 65 }, () => [bytesOf(32), bytesOf(4), 1])]],
    ['peers without a time', [13, true, []]],
    ['a peer without a port', [13, false, 0, [[bytesOf(32), bytesOf(4), 0]]]],
    ['a peer with a port beyond all', [13, false, 0, [[bytesOf(32), bytesOf(4), 65_536]]]],
    ['a peer whose address is neither', [13, false, 0, [[bytesOf(32), bytesOf(5), 1]]]],
    ['a peer with half a key', [13, false, 0, [[bytesOf(16), bytesOf(4), 1]]]],
    ['an ack without ranges', [2, 9, 0, []]],
    ['an ack with half a range', [2, 9, 0, [1, 0]]],
    ['an ack that goes below zero', [2, 9, 0, [10]]],
    ['an ack whose second range goes below zero', [2, 9, 0, [3, 4, 1]]],
    ['an ack whose gap goes below zero', [2, 9, 0, [3, 5, 0]]],
    ['an ack of too many ranges', [2, 1_000_000, 0, Array.from({ length: 2 * ACK_RANGES_MAX + 1 }, () => 0)]],
    ['an ack with a text for a range', [2, 9, 0, ['1']]],
    ['an ack without a delay', [2, 9, [1]]],
    ['a close with a long reason', [3, 0, 'é'.repeat(CLOSE_REASON_SIZE_MAX / 2 + 1)]],
    ['a close without a reason', [3, 0]],
    ['an empty fragment', [4, 1, 0, 10, new Uint8Array(0)]],
    ['a fragment beyond its total', [4, 1, 8, 10, bytesOf(3)]],
    ['a fragment of too large a frame', [4, 1, 0, FRAME_SIZE_MAX + 1, bytesOf(3)]],
    ['a fragment at the end of the numbers', [4, 1, 0xffff_ffff, 10, bytesOf(3)]],
    ['a long name', [5, 1, 'a'.repeat(129)]],
    ['a name of bytes', [5, 1, bytesOf(3)]],
    ['too many rooms', [6, 1, Array.from({ length: ROOMS_JOINED_MAX + 1 }, (_, i) => `r${i}`)]],
    ['a room in upper case', [6, 1, ['Lobby']]],
    ['an empty run', [7, new Uint8Array(0)]],
    ['too large a run', [7, new Uint8Array(RUN_SIZE_MAX + 1)]],
    ['a run with a short author', [7, bytesOf(9), bytesOf(31)]],
    ['a run with null for an author', [7, bytesOf(9), null]],
    ['a run with a fourth field', [7, bytesOf(9), bytesOf(32), 0]],
    ['a start with a room that is none', [8, 'a b', id, 0]],
    ['a start with a short log id', [8, null, bytesOf(7), 0]],
    ['a start without its last number', [8, null, id, 0]],
    ['a start with a number too many', [8, null, id, 0, 0, 0]],
    ['a hold without its bool', [9, null, id, 5]],
    ['a hold with 1 for true', [9, null, id, 5, 1]],
    ['a want of number zero', [10, null, id, 0, 5]],
    ['a want upside down', [10, null, id, 6, 5]],
    ['a want with a short author', [10, 'lobby', id, 5, 6, bytesOf(31)]],
    ['a digest of 7 bytes', [17, 'lobby', bytesOf(7)]],
    ['a digest of no room', [17, null, bytesOf(8)]],
    ['holdings that touch', [18, 'lobby', 1, true, [[bytesOf(32), id, 1, [1, 5, 6, 9], 0]]]],
    ['holdings upside down', [18, 'lobby', 1, true, [[bytesOf(32), id, 1, [5, 1], 0]]]],
    ['holdings from number zero', [18, 'lobby', 1, true, [[bytesOf(32), id, 1, [0, 1], 0]]]],
    ['holdings without ranges', [18, 'lobby', 1, true, [[bytesOf(32), id, 1, [], 0]]]],
    [
      'holdings of too many ranges',
      [18, 'lobby', 1, true, [[bytesOf(32), id, 1, Array.from({ length: 34 }, (_, i) => 2 * i + 1)]]],
    ],
    ['holdings of too many logs', [18, 'lobby', 1, true, Array.from({ length: 65 }, () => [bytesOf(32), id, 1, [1, 5], 0])]],
    ['served upside down', [21, 'lobby', bytesOf(32), id, 6, 5]],
    ['a long status', [19, 1, 'é'.repeat(101)]],
    ['a status of bytes', [19, 1, bytesOf(3)]],
    ['typing nowhere', [20, 'No Room', true]],
    ['typing perhaps', [20, null, 1]],
  ];
  test.each(malformed)('%s is malformed', (_, value) => {
    expect(decodeFrames(encode([value]))).toEqual({ ok: false, reason: 'malformed-frame' });
    expect(decodeFrame(encode(value))).toEqual({ ok: false, reason: 'malformed-frame' });
  });

  test('a packet without frames, or that is no array, is malformed', () => {
    expect(decodeFrames(encode([]))).toEqual({ ok: false, reason: 'malformed-frame' });
    expect(decodeFrames(encode(7))).toEqual({ ok: false, reason: 'malformed-frame' });
  });

  test('only frames of the floors above travel in fragments', () => {
    for (const frame of frames) {
      const expected = isAppFrame(frame) ? { ok: true, value: frame } : { ok: false, reason: 'malformed-frame' };
      expect(decodeFrame(encodeFrame(frame))).toEqual(expected);
    }
    expect(decodeFrame(encode([200, 'later']))).toEqual({ ok: true, value: undefined });
  });

  test('a long close reason is cut between code points, and carries no lone surrogate', () => {
    const reasonOf = (reason: string): unknown => {
      const result = decodeFrames(packet(encodeFrame({ kind: 'close', code: 1, reason })));
      return result.ok && result.value.frames[0]?.kind === 'close' ? result.value.frames[0].reason : result;
    };
    expect(reasonOf('é'.repeat(150))).toBe('é'.repeat(100));
    expect(reasonOf(`a${'🙂'.repeat(60)}`)).toMatch(/^a(🙂){49}\uFFFD?$/u);
    expect(reasonOf('x\ud800y')).toBe('x\uFFFDy');
  });

  test('a caller who breaks the table is told', () => {
    const wrong: readonly Frame[] = [
      { kind: 'ack', delayUs: 0, ranges: [] },
      { kind: 'ack', delayUs: 0, ranges: [[5, 4]] },
      {
        kind: 'ack',
        delayUs: 0,
        ranges: [
          [5, 9],
          [3, 4],
        ],
      },
      {
        kind: 'ack',
        delayUs: 0,
        ranges: [
          [1, 2],
          [5, 9],
        ],
      },
      { kind: 'ack', delayUs: -1, ranges: [[1, 2]] },
      { kind: 'fragment', frameId: 1, offset: 9, total: 9, bytes: bytesOf(1) },
      { kind: 'fragment', frameId: 2 ** 32, offset: 0, total: 9, bytes: bytesOf(1) },
      { kind: 'rooms', generation: 1, rooms: Array.from({ length: ROOMS_JOINED_MAX + 1 }, () => room) },
      { kind: 'run', run: new Uint8Array(RUN_SIZE_MAX + 1) },
      { kind: 'want', scope: null, log, from: 0, to: 1 },
    ];
    for (const frame of wrong) expect(() => encodeFrame(frame)).toThrow();
  });
});

describe(`properties ${seedNote}`, () => {
  test('ack ranges come back, however they lie', () => {
    const steps = fc.array(fc.tuple(fc.nat(1000), fc.nat(1000)), { minLength: 1, maxLength: ACK_RANGES_MAX });
    fc.assert(
      fc.property(steps, fc.nat(1000), (list, smallest) => {
        const ranges: [number, number][] = [];
        let next = smallest;
        for (const [length, gap] of list) {
          ranges.unshift([next, next + length]);
          next += length + 2 + gap;
        }
        const frame: Frame = { kind: 'ack', delayUs: 3, ranges };
        expect(decodeFrames(packet(encodeFrame(frame)))).toEqual({ ok: true, value: { frames: [frame], unknown: 0 } });
      }),
      runs(500),
    );
  });

  test('run and fragment frames by hand are what the library would write', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }), u32Values, fc.nat(10_000), (bytes, frameId, offset) => {
        const total = offset + bytes.length + 7;
        const fragment = encodeFrame({ kind: 'fragment', frameId, offset, total, bytes });
        expect(toHex(fragment)).toBe(toHex(encode([4, frameId, offset, total, bytes])));
        expect(fragment.length - bytes.length).toBeLessThanOrEqual(FRAGMENT_OVERHEAD_MAX);
        expect(toHex(encodeFrame({ kind: 'run', run: bytes }))).toBe(toHex(encode([7, bytes])));
        expect(toHex(encodeFrame({ kind: 'run', run: bytes, author: peer }))).toBe(toHex(encode([7, bytes, peerKey(peer)])));
      }),
      runs(500),
    );
  });

  test('damaged frames are refused or are frames that encode back to the same bytes', () => {
    let accepted = 0;
    const some = fc.subarray([...frames], { minLength: 1, maxLength: 3 }).map((list) => packet(...list.map(encodeFrame)));
    fc.assert(
      fc.property(damaged(some), (bytes) => {
        const result = decodeFrames(bytes);
        if (!result.ok || result.value.unknown > 0) return;
        accepted++;
        expect(toHex(packet(...result.value.frames.map(encodeFrame)))).toBe(toHex(bytes));
      }),
      runs(5000),
    );
    expect(accepted).toBeGreaterThan(100);
  });

  test('a cut text is well-formed and short enough', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)), maxLength: 300 }),
        (reason) => {
          const result = decodeFrames(packet(encodeFrame({ kind: 'close', code: 1, reason })));
          expect(result.ok).toBe(true);
          if (utf8(reason).length > CLOSE_REASON_SIZE_MAX || !result.ok) return;
          expect(result.value.frames[0]).toEqual({ kind: 'close', code: 1, reason: reason.replace(/\p{Surrogate}/gu, '\uFFFD') });
        },
      ),
      runs(1000),
    );
  });
});
