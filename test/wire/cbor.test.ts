import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromUtf8, toHex } from '../../src/base/bytes.ts';
import { CBOR_DEPTH_MAX } from '../../src/base/limits.ts';
import { type CborValue, contentStart, decode, encode, itemEnd, scan } from '../../src/wire/cbor.ts';
import { isUtf8 } from '../../src/wire/utf8.ts';
import { bytesOf, byteValues, cborValues, damaged, hex } from './samples.ts';
import { runs, seedNote } from './seed.ts';
import { testVectors } from './vectors.ts';

type AppendixVector = {
  readonly hex: string;
  readonly roundtrip: boolean;
  readonly decoded?: unknown;
  readonly diagnostic?: string;
};
type QcborVectors = { readonly vectors: readonly { readonly hex: string; readonly comment: string }[] };

/** Whether a vector's item is of the profile, judged by the value the vector names. */
const isOurs = (value: unknown, initial: number): boolean => {
  if (Array.isArray(value)) return initial < 0x9f && value.every((item) => isOurs(item, 0));
  if (typeof value === 'number') return initial < 0x1b && Number.isInteger(value) && value >= 0 && value < 2 ** 32;
  return value === null || typeof value === 'boolean' || (typeof value === 'string' && initial < 0x7f);
};

describe('published vectors', () => {
  testVectors(
    'RFC 8949 appendix A: the profile decodes as given and encodes back alike, the rest is refused',
    'cbor-rfc8949-appendix_a.json',
    (content) => {
      let accepted = 0;
      for (const vector of content as readonly AppendixVector[]) {
        const bytes = hex(vector.hex);
        const initial = bytes[0] ?? 0;
        const isBytesVector = vector.diagnostic?.startsWith("h'") ?? false;
        const inProfile = vector.roundtrip && (isBytesVector || ('decoded' in vector && isOurs(vector.decoded, initial)));
        const result = decode(bytes);
        expect([vector.hex, result.ok]).toEqual([vector.hex, inProfile]);
        if (!result.ok) continue;
        accepted++;
        expect(isBytesVector ? `h'${toHex(result.value as Uint8Array)}'` : result.value).toEqual(
          isBytesVector ? vector.diagnostic : vector.decoded,
        );
        expect(toHex(encode(result.value))).toBe(vector.hex);
      }
      expect(accepted).toBe(25);
    },
  );

  testVectors('what QCBOR names not well-formed is refused', 'cbor-not-well-formed-qcbor.json', (content) => {
    const { vectors } = content as QcborVectors;
    expect(vectors).toHaveLength(122);
    for (const { hex: text, comment } of vectors) expect([comment, decode(hex(text)).ok]).toEqual([comment, false]);
  });
});

describe('the profile', () => {
  const refusals: readonly (readonly [string, string, string])[] = [
    ['nothing at all', '', 'malformed-cbor'],
    ['two items', '0101', 'malformed-cbor'],
    ['an integer in a byte too many', '1817', 'not-canonical'],
    ['an integer in two bytes too many', '1900ff', 'not-canonical'],
    ['an integer in four bytes too many', '1a0000ffff', 'not-canonical'],
    ['an integer of eight bytes', '1b0000000100000000', 'not-canonical'],
    ['a length in a byte too many', '58020102', 'not-canonical'],
    ['a count in a byte too many', '980101', 'not-canonical'],
    ['a negative integer', '20', 'not-canonical'],
    ['an empty map', 'a0', 'not-canonical'],
    ['a tag', 'c000', 'not-canonical'],
    ['undefined', 'f7', 'not-canonical'],
    ['a simple value', 'f820', 'not-canonical'],
    ['a half NaN', 'f97e00', 'not-canonical'],
    ['a double', 'fb3ff0000000000000', 'not-canonical'],
    ['an array without end', '9f01ff', 'not-canonical'],
    ['a text without end', '7f6161ff', 'not-canonical'],
    ['a lone break', 'ff', 'malformed-cbor'],
    ['reserved additional information', '1c', 'malformed-cbor'],
    ['a count larger than what follows', '8301', 'malformed-cbor'],
    ['a length larger than what follows', '4301', 'malformed-cbor'],
    ['a head cut in the middle', '1a0001', 'malformed-cbor'],
    ['a text that is no UTF-8', '61ff', 'malformed-cbor'],
    ['an overlong slash', '62c0af', 'malformed-cbor'],
    ['a surrogate in UTF-8', '63eda080', 'malformed-cbor'],
    ['a code point above U+10FFFF', '64f4908080', 'malformed-cbor'],
    ['a text cut inside a code point', '62e282', 'malformed-cbor'],
  ];
  test.each(refusals)('%s is refused', (_, text, reason) => {
    expect(decode(hex(text))).toEqual({ ok: false, reason });
  });

  test('arrays nest to the limit and no deeper', () => {
    const nest = (depth: number): Uint8Array => Uint8Array.from({ length: depth + 1 }, (_, i) => (i < depth ? 0x81 : 0x00));
    expect(scan(nest(CBOR_DEPTH_MAX))).toBeUndefined();
    expect(scan(nest(CBOR_DEPTH_MAX + 1))).toBe('not-canonical');
  });

  test('a value outside the profile is the mistake of whoever encodes it', () => {
    const wrong: readonly CborValue[] = [-1, 1.5, 2 ** 32, Number.NaN, 'a\ud800', [[[[[[[]]]]]]]];
    for (const value of wrong) expect(() => encode(value)).toThrow('outside the profile');
  });

  test('encoded bytes are a plain array of their own that later encoding leaves alone', () => {
    const first = encode(['a', bytesOf(20)]);
    const before = toHex(first);
    for (let i = 0; i < 2000; i++) encode([i, bytesOf(100)]);
    expect(first.constructor).toBe(Uint8Array);
    expect(first.buffer.byteLength).toBe(first.length);
    expect(toHex(first)).toBe(before);
  });

  test('byte strings come out as plain views, from a Buffer too, and the input stays as it was', () => {
    const input = Buffer.from(encode([bytesOf(3), 'x']));
    const result = decode(input);
    expect(result).toEqual({ ok: true, value: [bytesOf(3), 'x'] });
    if (!result.ok || !Array.isArray(result.value)) throw new Error('an array was encoded');
    expect(result.value[0].constructor).toBe(Uint8Array);
    expect(result.value[0].buffer).toBe(input.buffer);
    expect(Object.keys(input)).not.toContain('dataView');
  });

  test('a byte order mark at the head of a long text is kept', () => {
    const value = ['\uFEFF', ['\uFEFF'.padEnd(70, 'a'), bytesOf(300)], 1, 'z'.repeat(300), `\uFEFF${'é'.repeat(90)}`];
    expect(decode(encode(value))).toEqual({ ok: true, value });
  });
});

describe(`properties ${seedNote}`, () => {
  test('every value of the profile comes back as it was', () => {
    fc.assert(
      fc.property(cborValues(CBOR_DEPTH_MAX), (value) => {
        expect(decode(encode(value))).toEqual({ ok: true, value });
      }),
      runs(2000),
    );
  });

  test('what the scan lets through encodes back to the same bytes, so each value has one encoding', () => {
    let accepted = 0;
    fc.assert(
      fc.property(damaged(cborValues(3).map(encode)), (bytes) => {
        const result = decode(bytes);
        expect(result.ok).toBe(scan(bytes) === undefined);
        if (!result.ok) return;
        accepted++;
        expect(toHex(encode(result.value))).toBe(toHex(bytes));
      }),
      runs(5000),
    );
    expect(accepted).toBeGreaterThan(100);
  });

  test('itemEnd walks an array item by item to its end', () => {
    fc.assert(
      fc.property(fc.array(cborValues(3), { maxLength: 30 }), (items) => {
        const bytes = encode(items);
        let at = contentStart(bytes, 0);
        for (const item of items) {
          const end = itemEnd(bytes, at);
          expect(toHex(bytes.subarray(at, end))).toBe(toHex(encode(item)));
          at = end;
        }
        expect(at).toBe(bytes.length);
        expect(itemEnd(bytes, 0)).toBe(bytes.length);
      }),
      runs(500),
    );
  });

  test('isUtf8 agrees with the engine', () => {
    const edgy = fc.array(
      fc.constantFrom(
        0x41,
        0x7f,
        0x80,
        0x8f,
        0x90,
        0x9f,
        0xa0,
        0xbf,
        0xc1,
        0xc2,
        0xdf,
        0xe0,
        0xe1,
        0xed,
        0xef,
        0xf0,
        0xf1,
        0xf4,
        0xf5,
        0xff,
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          edgy.map((list) => Uint8Array.from(list)),
          byteValues,
        ),
        (bytes) => {
          expect(isUtf8(bytes, 0, bytes.length)).toBe(fromUtf8(bytes) !== undefined);
        },
      ),
      runs(20_000),
    );
  });
});
