/** What a stranger may send: refused by every decoder, without work or memory in proportion to what the bytes claim. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { concat, utf8 } from '../../src/base/bytes.ts';
import type { Decoded } from '../../src/base/decoded.ts';
import { encode, scan } from '../../src/wire/cbor.ts';
import { decodeDatagram } from '../../src/wire/datagram.ts';
import { decodeFrame, decodeFrames, encodeFrame, framesHead } from '../../src/wire/frame.ts';
import { decodeEntries, decodeRun } from '../../src/wire/run.ts';
import { bytesOf, datagrams, hex, openRun } from './samples.ts';

const decoders: Readonly<Record<string, (bytes: Uint8Array) => Decoded<unknown>>> = {
  decodeDatagram,
  decodeFrames,
  decodeFrame,
  decodeRun,
  decodeEntries: (bytes) => decodeEntries(bytes, 1),
};
const expectRefused = (bytes: Uint8Array): void => {
  expect(scan(bytes)).toBeDefined(); // no library saw it
  for (const [name, decode] of Object.entries(decoders)) expect([name, decode(bytes).ok]).toEqual([name, false]);
};
const repeated = (byte: number, length: number): Uint8Array => new Uint8Array(length).fill(byte);

afterEach(() => {
  expect(decodeDatagram(datagrams.sealed ?? new Uint8Array(0)).ok).toBe(true); // the next valid datagram still decodes
  expect(decodeRun(openRun).ok).toBe(true);
});

describe('declared lengths', () => {
  const heads: readonly string[] = [];
  const lengths = ['1affffffff', '1bffffffffffffffff', '1b0020000000000000', '1a7fffffff', '1b0000000100000000', '1a06b95c10'];
  const majors = [0x40, 0x60, 0x80, 0xa0, 0xc0];
  const all = heads.concat(
    majors.flatMap((major) =>
      lengths.map((length) => (major | Number.parseInt(length.slice(0, 2), 16)).toString(16) + length.slice(2)),
    ),
  );

  test.each(all)('%s in a few bytes is refused and allocates nothing', (head) => {
    const before = process.memoryUsage().arrayBuffers;
    for (const prefix of ['', '81', '8401', '8101', '82018107', '83']) expectRefused(hex(`${prefix}${head}0000`));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(5_000_000);
  });

  test('arrays that each claim all that is left are refused', () => {
    const claims = Array.from({ length: 6 }, () => [0x9a, 0x00, 0x00, 0xff, 0xff]).flat();
    expect(scan(concat(Uint8Array.from(claims), repeated(0, 1000)))).toBe('not-canonical');
    const claimsOf = Array.from({ length: 6 }, () => [0x99, 0x01, 0x10]).flat();
    expect(scan(concat(Uint8Array.from(claimsOf), repeated(0, 300)))).toBe('malformed-cbor');
  });
});

describe('nests', () => {
  test.each([1200, 9000, 40_000, 60_000, 65_507])('%i heads inside each other are refused', (length) => {
    for (const head of [0x81, 0x82, 0x9f, 0xa1, 0xbf, 0xc1, 0xd8]) {
      expectRefused(repeated(head, length));
      expectRefused(concat(Uint8Array.of(0x81), repeated(head, length)));
      expectRefused(concat(hex('8207'), repeated(head, length)));
    }
  });
});

describe('tags, records and maps', () => {
  const bignum = (tag: number): Uint8Array => concat(Uint8Array.of(tag), hex('59ea60'), repeated(0xff, 60_000));
  const named: readonly (readonly [string, Uint8Array])[] = [
    ['a bignum of 60 kB', bignum(0xc2)],
    ['a negative bignum of 60 kB', bignum(0xc3)],
    ['a date', hex('c11a514b67b0')],
    ['a typed object', hex('d81b826141a0')],
    ['a shared value', hex('d81c80')],
    ['a reference', hex('d81d00')],
    ['a regular expression', hex('d823675e28612b292b24')],
    ['a typed array', hex('d84043010203')],
    ['a set', hex('d9010283010203')],
    ['a record definition', hex('d9dfff8319e0018261616162820102')],
    ['bundled strings', hex('d9dff98201820161')],
    ['packed strings', hex('d83384816161808000')],
    ['self-described', hex('d9d9f700')],
    ['a map with __proto__', concat(hex('a1'), encode('__proto__'), hex('a1'), encode('x'), hex('01'))],
    ['a map with constructor', concat(hex('a1'), encode('constructor'), hex('a1'), encode('prototype'), hex('a0'))],
    ['an empty map', hex('a0')],
    ['a map with duplicate keys', hex('a2616101616102')],
  ];
  test.each(named)('%s is refused, wherever it stands', (_, item) => {
    expectRefused(item);
    expectRefused(concat(hex('81'), item));
    expectRefused(concat(hex('820b'), item)); // as a field of an unknown frame
    expectRefused(concat(hex('81820b'), item));
    expectRefused(concat(hex('84010203'), item));
    expect(({} as Readonly<Record<string, unknown>>).x).toBeUndefined();
  });

  test('the words of prototypes are plain text in names and no rooms with capitals', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const frame = { kind: 'name', generation: 1, name } as const;
      expect(decodeFrames(concat(framesHead(1), encodeFrame(frame)))).toEqual({
        ok: true,
        value: { frames: [frame], unknown: 0 },
      });
    }
    expect(decodeFrame(encode([6, 1, ['__proto__', 'constructor']]))).toEqual({
      ok: true,
      value: { kind: 'rooms', generation: 1, rooms: ['__proto__', 'constructor'] },
    });
    expect(decodeFrame(encode([6, 1, ['toString']])).ok).toBe(false);
    expect(({} as Readonly<Record<string, unknown>>).x).toBeUndefined();
  });
});

describe('other forms of the same', () => {
  test('a valid datagram, frame or run with one head made longer is refused', () => {
    const ping = concat(framesHead(1), encodeFrame({ kind: 'ping' }));
    expect(decodeFrames(ping).ok).toBe(true);
    expectRefused(hex('818118' + '01'));
    expectRefused(hex('98018101'));
    expectRefused(hex('9f8101ff'));
    const sealed = encode([1, 5, 6, bytesOf(16)]);
    expect(decodeDatagram(sealed).ok).toBe(true);
    for (const text of ['84180105', '8401180506', '840105190006', '84011a0000000506', '9804010506']) {
      expectRefused(concat(hex(text), sealed.subarray(text.startsWith('98') ? 4 : text.endsWith('06') ? 4 : 3)));
    }
    expectRefused(concat(hex('840105065810'), bytesOf(16)));
  });

  test('texts that are no UTF-8 are refused in every place of a text', () => {
    for (const text of ['61ff', '62c080', '63eda080', '64f0808080', '61c3']) {
      expectRefused(concat(hex('81830501'), hex(text)));
      expectRefused(concat(hex('830300'), hex(text)));
      expectRefused(concat(hex('81830100'), hex(text)));
    }
    expect(utf8('\ud800')).toEqual(utf8('\uFFFD'));
  });
});
