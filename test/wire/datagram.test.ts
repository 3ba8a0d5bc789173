import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { concat, toHex } from '../../src/base/bytes.ts';
import { INITIATION_SIZE, KNOCK_SIZE, KNOCKS, RETRY_TOKEN_SIZE, SEALED_OVERHEAD_MAX, TAG_SIZE } from '../../src/base/limits.ts';
import { type CborValue, decode, encode } from '../../src/wire/cbor.ts';
import {
  decodeDatagram,
  encodeInitiation,
  encodeResponse,
  encodeRetry,
  encodeVersionNotice,
  sealedHeader,
} from '../../src/wire/datagram.ts';
import { bytesOf, byteValues, cborValues, damaged, datagrams, u32Values } from './samples.ts';
import { runs, seedNote } from './seed.ts';

const EMPTY = new Uint8Array(0);
const refusal = (bytes: Uint8Array): string => {
  const result = decodeDatagram(bytes);
  return result.ok ? 'accepted' : result.reason;
};

describe('datagrams', () => {
  test('each kind comes back as it was encoded', () => {
    const values = Object.fromEntries(Object.entries(datagrams).map(([name, bytes]) => [name, decodeDatagram(bytes)]));
    const ok = (value: unknown): unknown => ({ ok: true, value });
    const knocks = new Uint8Array(KNOCKS * KNOCK_SIZE);
    expect(values).toEqual({
      sealed: ok({
        kind: 'sealed',
        connectionId: 0xdead_beef,
        packetNumber: 300,
        header: sealedHeader(0xdead_beef, 300, 40),
        ciphertext: bytesOf(40),
      }),
      initiation: ok({ kind: 'initiation', version: 1, sourceId: 7, isOurs: true, token: EMPTY, noise: bytesOf(32), knocks }),
      'initiation with a token': ok({
        kind: 'initiation',
        version: 1,
        sourceId: 70_000,
        isOurs: true,
        token: bytesOf(32),
        noise: bytesOf(32),
        knocks,
      }),
      'initiation of another version': ok({ kind: 'initiation', version: 2, sourceId: 7, isOurs: false }),
      response: ok({ kind: 'response', destinationId: 7, sourceId: 300, noise: bytesOf(96) }),
      confirmation: ok({ kind: 'confirmation', destinationId: 300, noise: bytesOf(64) }),
      retry: ok({ kind: 'retry', destinationId: 7, token: bytesOf(32) }),
      version: ok({ kind: 'version', destinationId: 7, versions: [1, 300] }),
    });
  });

  test('an initiation has exactly its size, whatever its fields take', () => {
    for (const sourceId of [0, 24, 256, 65_536, 0xffff_ffff]) {
      for (const token of [EMPTY, bytesOf(RETRY_TOKEN_SIZE)]) {
        expect(encodeInitiation({ sourceId, token, noise: bytesOf(32) })).toHaveLength(INITIATION_SIZE);
      }
    }
  });

  test('knocks come back, also beside a token, and no more of them than there is room for', () => {
    for (const token of [EMPTY, bytesOf(RETRY_TOKEN_SIZE)]) {
      const knocks = bytesOf(KNOCKS * KNOCK_SIZE);
      const bytes = encodeInitiation({ sourceId: 0xffff_ffff, token, noise: bytesOf(32), knocks });
      expect(decodeDatagram(bytes)).toMatchObject({ ok: true, value: { knocks } });
      expect(bytes).toHaveLength(INITIATION_SIZE);
    }
    const tooMany = bytesOf(KNOCKS * KNOCK_SIZE + 1);
    expect(() => encodeInitiation({ sourceId: 1, token: EMPTY, noise: bytesOf(32), knocks: tooMany })).toThrow('knocks');
  });

  test('an initiation of any other size is refused, of a foreign version any smaller one', () => {
    const ours = (padding: number): Uint8Array => encode([2, 1, 7, EMPTY, bytesOf(32), new Uint8Array(padding)]);
    const foreign = (padding: number): Uint8Array => encode([2, 9, 7, 'what it likes', new Uint8Array(padding)]);
    const exact = INITIATION_SIZE - ours(300).length + 300;
    expect([exact - 1, exact, exact + 1].map((padding) => decodeDatagram(ours(padding)).ok)).toEqual([false, true, false]);
    const least = INITIATION_SIZE - foreign(300).length + 300;
    expect([least - 1, least, least + 1].map((padding) => decodeDatagram(foreign(padding)).ok)).toEqual([false, true, true]);
  });

  test('every truncation of every datagram is refused', () => {
    for (const bytes of Object.values(datagrams)) {
      for (let length = 0; length < bytes.length; length++) expect(refusal(bytes.subarray(0, length))).not.toBe('accepted');
    }
  });

  test('a byte behind any datagram refuses it', () => {
    for (const bytes of Object.values(datagrams)) expect(refusal(concat(bytes, Uint8Array.of(0)))).toBe('malformed-cbor');
  });

  test('what is no datagram of ours is named so', () => {
    const unknown: readonly CborValue[] = [0, null, 'x', [], [0], [7, 1], ['sealed'], [[1]]];
    for (const value of unknown) expect(refusal(encode(value))).toBe('unknown-datagram');
  });

  test('fields of another kind, size or number are malformed', () => {
    const noise = bytesOf(48);
    const malformed: readonly CborValue[] = [
      [1, 2, 3, bytesOf(TAG_SIZE - 1)],
      [1, 2, 3],
      [1, 2, 3, bytesOf(40), 0],
      [1, 'a', 3, bytesOf(40)],
      [3, 1, 2],
      [3, 1, 2, bytesOf(15)],
      [3, 1, 2, bytesOf(600)],
      [3, 1, null, noise],
      [4, 1, noise, noise],
      [5, 1, bytesOf(31)],
      [6, 1, []],
      [6, 1, Array.from({ length: 17 }, () => 1)],
      [6, 1, ['1']],
      [6],
    ];
    for (const value of malformed) expect([value, refusal(encode(value))]).toEqual([value, 'malformed-datagram']);
  });

  test('a caller who breaks the table is told', () => {
    expect(() => encodeInitiation({ sourceId: 1, token: bytesOf(3), noise: bytesOf(32) })).toThrow('token');
    expect(() => encodeInitiation({ sourceId: 1, token: EMPTY, noise: bytesOf(31) })).toThrow('noise');
    expect(() => encodeResponse({ destinationId: 1, sourceId: 2, noise: bytesOf(510) })).toThrow('at most');
    expect(() => encodeRetry({ destinationId: 1, token: EMPTY })).toThrow('32 bytes');
    expect(() => encodeVersionNotice({ destinationId: 1, versions: [] })).toThrow('versions');
    expect(() => sealedHeader(1, 2, 15)).toThrow('16 bytes');
    expect(() => sealedHeader(-1, 2, 16)).toThrow('whole numbers');
    expect(() => sealedHeader(1, 2 ** 32, 16)).toThrow('whole numbers');
  });
});

describe(`the sealed datagram by hand ${seedNote}`, () => {
  const ciphertexts = fc.oneof(
    fc.uint8Array({ minLength: 16, maxLength: 40 }),
    fc.uint8Array({ minLength: 250, maxLength: 300 }),
  );

  test('its header is the head of what the library would write', () => {
    fc.assert(
      fc.property(u32Values, u32Values, ciphertexts, (connectionId, packetNumber, ciphertext) => {
        const header = sealedHeader(connectionId, packetNumber, ciphertext.length);
        expect(toHex(concat(header, ciphertext))).toBe(toHex(encode([1, connectionId, packetNumber, ciphertext])));
        expect(header.length + TAG_SIZE).toBeLessThanOrEqual(SEALED_OVERHEAD_MAX);
      }),
      runs(1000),
    );
  });

  test('it reads exactly what scan and library read, and refuses for the same reason', () => {
    const valid = fc.tuple(u32Values, u32Values, fc.oneof(ciphertexts, byteValues)).map((fields) => encode([1, ...fields]));
    const near = fc.array(cborValues(1), { maxLength: 4 }).map((fields) => encode([1, ...fields]));
    let accepted = 0;
    fc.assert(
      fc.property(damaged(fc.oneof(valid, valid, near)), (bytes) => {
        const result = decodeDatagram(bytes);
        const item = decode(bytes);
        if (!item.ok) return expect(result).toEqual(item);
        if (!Array.isArray(item.value) || item.value[0] !== 1) return;
        const [, connectionId, packetNumber, ciphertext, ...more] = item.value;
        const isSealed =
          typeof connectionId === 'number' &&
          typeof packetNumber === 'number' &&
          ciphertext instanceof Uint8Array &&
          more.length === 0 &&
          ciphertext.length >= 16;
        if (!isSealed) return expect(result).toEqual({ ok: false, reason: 'malformed-datagram' });
        accepted++;
        const header = bytes.slice(0, bytes.length - ciphertext.length);
        expect(result).toEqual({ ok: true, value: { kind: 'sealed', connectionId, packetNumber, header, ciphertext } });
      }),
      runs(20_000),
    );
    expect(accepted).toBeGreaterThan(1000);
  });

  test('a Buffer at an offset gives plain views', () => {
    const whole = Buffer.from(concat(bytesOf(5), datagrams.sealed ?? EMPTY));
    const result = decodeDatagram(whole.subarray(5));
    if (!result.ok || result.value.kind !== 'sealed') throw new Error('the sample is sealed');
    expect([result.value.header.constructor, result.value.ciphertext.constructor]).toEqual([Uint8Array, Uint8Array]);
    expect(result.value.ciphertext).toEqual(bytesOf(40));
  });
});
