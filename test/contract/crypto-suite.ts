/** What every suite must do (crypto invariants 1, 5, 6): run by node:crypto's and by the simulator's cheap one. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { concat, equal, utf8 } from '../../src/base/bytes.ts';
import { ApiMisuse } from '../../src/base/errors.ts';
import type { CryptoSuite } from '../../src/crypto/suite.ts';

const seed = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
/** A copy with one bit changed. */
const flipped = (original: Uint8Array, bit: number): Uint8Array => {
  const copy = original.slice();
  copy[bit >>> 3] = (copy[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
};
const flips = (original: Uint8Array): Uint8Array[] =>
  Array.from({ length: original.length * 8 }, (_, bit) => flipped(original, bit));
/** Plain bytes: a Buffer's `slice` would be a view. */
const expectPlain = (value: Uint8Array | undefined): void => {
  expect(value?.constructor.name).toBe('Uint8Array');
};

const describeHashes = (suite: CryptoSuite): void => {
  test('a hash has 32 bytes, is the same for the same bytes and another for every flipped bit', () => {
    const message = Uint8Array.from({ length: 140 }, (_, i) => i);
    const hash = suite.hash(message);
    expect(hash).toHaveLength(32);
    expectPlain(hash);
    expect(suite.hash(message.slice())).toEqual(hash);
    expect(flips(message).filter((other) => equal(suite.hash(other), hash))).toEqual([]);
  });

  test('messages of zeros differ in their hash by their length', () => {
    const hashes = new Set(Array.from({ length: 300 }, (_, length) => suite.hash(new Uint8Array(length)).join()));
    expect(hashes.size).toBe(300);
  });

  test('a view is hashed by what it shows', () => {
    const large = Uint8Array.from({ length: 64 }, (_, i) => i);
    expect(suite.hash(large.subarray(10, 21))).toEqual(suite.hash(large.slice(10, 21)));
  });

  test('an HMAC has 32 bytes and depends on key and message, which may be empty', () => {
    const empty = new Uint8Array(0);
    const codes = [
      suite.hmac(empty, empty),
      suite.hmac(seed(1), empty),
      suite.hmac(empty, seed(1)),
      suite.hmac(seed(1), seed(2)),
      suite.hmac(seed(2), seed(1)),
      suite.hmac(seed(2), seed(1).subarray(1)),
    ];
    for (const code of codes) expect(code).toHaveLength(32);
    expectPlain(codes[0]);
    expect(new Set(codes.map(String)).size).toBe(codes.length);
    expect(suite.hmac(seed(1), seed(2))).toEqual(codes[3]);
  });
};

const describeAead = (suite: CryptoSuite): void => {
  const key = suite.aead(seed(1));
  const associated = utf8('header');
  const counters = [0, 1, 255, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1];

  test('what is sealed opens again, 16 bytes shorter', () => {
    fc.assert(
      fc.property(fc.constantFrom(...counters), bytes(40), bytes(1500), (counter, data, plaintext) => {
        const sealed = key.seal(counter, data, plaintext);
        expect(sealed).toHaveLength(plaintext.length + 16);
        expect(equal(key.open(counter, data, sealed) ?? seed(0), plaintext)).toBe(true);
      }),
    );
    const large = new Uint8Array(20_000).fill(7);
    expect(key.open(3, associated, key.seal(3, associated, large))).toEqual(large);
  });

  test('a datagram sealed behind its header is the header and then what seal gives', () => {
    for (const length of [0, 1, 100, 1170, 9000]) {
      const plaintext = new Uint8Array(length).fill(5);
      const datagram = key.sealBehind(associated, 9, plaintext);
      expectPlain(datagram);
      expect(datagram).toEqual(concat(associated, key.seal(9, associated, plaintext)));
    }
  });

  test('a flipped bit anywhere, another counter, associated data or key opens nothing', () => {
    const sealed = key.seal(7, associated, utf8('what was said'));
    expect(flips(sealed).filter((other) => key.open(7, associated, other) !== undefined)).toEqual([]);
    expect(flips(associated).filter((other) => key.open(7, other, sealed) !== undefined)).toEqual([]);
    expect(flips(seed(1)).filter((other) => suite.aead(other).open(7, associated, sealed) !== undefined)).toEqual([]);
    for (const counter of [6, 8, 7 + 2 ** 32]) expect(key.open(counter, associated, sealed)).toBeUndefined();
    expect(key.open(7, new Uint8Array(0), sealed)).toBeUndefined();
  });

  test('a truncated or extended ciphertext opens nothing', () => {
    const sealed = key.seal(7, associated, utf8('what was said'));
    for (let length = 0; length < sealed.length; length++) {
      expect(key.open(7, associated, sealed.subarray(0, length))).toBeUndefined();
    }
    expect(key.open(7, associated, concat(sealed, Uint8Array.of(0)))).toBeUndefined();
  });

  test('each counter gives another ciphertext, none of which shows the plaintext', () => {
    const plaintext = utf8('nobody else may read this');
    const sealed = counters.map((counter) => key.seal(counter, associated, plaintext));
    expect(new Set(sealed.map(String)).size).toBe(counters.length);
    expect(sealed.filter((one) => equal(one.subarray(0, 8), plaintext.subarray(0, 8)))).toEqual([]);
  });

  test('what was returned is plain bytes and stays as it is whatever is sealed and opened later', () => {
    const plaintext = new Uint8Array(1170).fill(3);
    const sealed = key.seal(1, associated, plaintext);
    const opened = key.open(1, associated, sealed);
    expectPlain(sealed);
    expectPlain(opened);
    const [sealedThen, openedThen] = [sealed.slice(), opened?.slice()];
    for (let counter = 2; counter < 200; counter++) key.open(counter, associated, key.seal(counter, associated, plaintext));
    expect(sealed).toEqual(sealedThen);
    expect(opened).toEqual(openedThen);
    expect(plaintext).toEqual(new Uint8Array(1170).fill(3));
  });

  test('a key that changes after it was given makes no difference', () => {
    const given = seed(4);
    const made = suite.aead(given);
    const sealed = made.seal(0, associated, seed(5));
    given.fill(0);
    expect(made.open(0, associated, sealed)).toEqual(seed(5));
  });

  test('a key of another size and a counter that is none are misuse', () => {
    expect(() => suite.aead(new Uint8Array(31))).toThrow(ApiMisuse);
    for (const counter of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => key.seal(counter, associated, seed(0))).toThrow(ApiMisuse);
    }
  });
};

const describeDh = (suite: CryptoSuite): void => {
  test('two sides agree on a secret of 32 bytes that no other pair has', () => {
    const keys = [1, 2, 3, 4].map((byte) => suite.dh(seed(byte)));
    const secrets = new Set<string>();
    for (const [i, one] of keys.entries()) {
      expect(one.publicKey).toHaveLength(32);
      expectPlain(one.publicKey);
      for (const other of keys.slice(i + 1)) {
        const secret = one.agree(other.publicKey);
        expectPlain(secret);
        expect(secret).toHaveLength(32);
        expect(other.agree(one.publicKey)).toEqual(secret);
        secrets.add(String(secret));
      }
    }
    expect(secrets.size).toBe(6);
  });

  test('the same seed gives the same key', () => {
    expect(suite.dh(seed(9)).publicKey).toEqual(suite.dh(seed(9)).publicKey);
  });

  test('an all-zero public key and one of another size are refused', () => {
    const own = suite.dh(seed(1));
    expect(own.agree(new Uint8Array(32))).toBeUndefined();
    for (const length of [0, 31, 33, 64]) expect(own.agree(new Uint8Array(length).fill(9))).toBeUndefined();
  });

  test('no bytes make it throw', () => {
    const own = suite.dh(seed(1));
    fc.assert(fc.property(bytes(40), (other) => [undefined, 32].includes(own.agree(other)?.length)));
  });

  test('a seed of another size is misuse', () => {
    expect(() => suite.dh(new Uint8Array(33))).toThrow(ApiMisuse);
    expect(() => suite.signing(new Uint8Array(31))).toThrow(ApiMisuse);
  });
};

const describeSignatures = (suite: CryptoSuite): void => {
  const signing = suite.signing(seed(1));
  const message = utf8('I said that');
  const signature = signing.sign(message);

  test('a signature has 64 bytes, is the same each time and verifies', () => {
    expect(signature).toHaveLength(64);
    expectPlain(signature);
    expectPlain(signing.publicKey);
    expect(signing.publicKey).toHaveLength(32);
    expect(signing.sign(message)).toEqual(signature);
    expect(suite.verify(signing.publicKey, message, signature)).toBe(true);
  });

  test('a flipped bit in message, signature or key does not verify', () => {
    expect(flips(message).filter((other) => suite.verify(signing.publicKey, other, signature))).toEqual([]);
    expect(flips(signature).filter((other) => suite.verify(signing.publicKey, message, other))).toEqual([]);
    expect(flips(signing.publicKey).filter((other) => suite.verify(other, message, signature))).toEqual([]);
  });

  test("another's signature, and one of another size, does not verify", () => {
    expect(suite.verify(signing.publicKey, message, suite.signing(seed(2)).sign(message))).toBe(false);
    for (const length of [0, 63]) expect(suite.verify(signing.publicKey, message, signature.subarray(0, length))).toBe(false);
    expect(suite.verify(signing.publicKey, message, concat(signature, Uint8Array.of(0)))).toBe(false);
    for (const length of [0, 31]) expect(suite.verify(signing.publicKey.subarray(0, length), message, signature)).toBe(false);
    expect(suite.verify(concat(signing.publicKey, Uint8Array.of(0)), message, signature)).toBe(false);
  });

  test('no bytes make it throw, and none verify', () => {
    const size = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    fc.assert(
      fc.property(fc.oneof(size(32), bytes(40)), bytes(20), fc.oneof(size(64), bytes(70)), (key, text, claim) => {
        expect(suite.verify(key, text, claim)).toBe(false);
      }),
    );
  });
};

/** The tests every suite passes. */
export const describeCryptoSuite = (name: string, suite: CryptoSuite): void => {
  describe(`${name}: hashes`, () => describeHashes(suite));
  describe(`${name}: sealing`, () => describeAead(suite));
  describe(`${name}: agreement`, () => describeDh(suite));
  describe(`${name}: signatures`, () => describeSignatures(suite));
};
