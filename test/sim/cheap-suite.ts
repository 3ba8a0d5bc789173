/**
 * A stand-in for worlds of many peers: deterministic, a hundred times as fast with key pairs and signatures, and NOT SECURE. What
 * is public is enough to compute every secret. Flipped bits, wrong keys and wrong counters are noticed.
 */
import { compare, EMPTY, equal } from '../../src/base/bytes.ts';
import { ApiMisuse } from '../../src/base/errors.ts';
import { TAG_SIZE } from '../../src/base/limits.ts';
import type { AeadKey, CryptoSuite, DhKey, SigningKey } from '../../src/crypto/suite.ts';

const KEY_SIZE = 32;
const SIGNATURE_SIZE = 64;
const ZERO = new Uint8Array(KEY_SIZE);

/** What a digest is for: the same bytes give another one for another purpose. */
const PURPOSE = { hash: 1, hmac: 2, tag: 3, dhPublic: 4, dhShared: 5, signingPublic: 6, signature: 7 } as const;

/** Four words of state; a step with a given word can be undone, so that no difference is lost. */
class Sponge {
  #a: number;
  #b = 0x243f6a88;
  #c = 0x13198a2e;
  #d = 0x03707344;

  constructor(purpose: number) {
    this.#a = Math.imul(purpose, 0x9e3779b1);
  }

  word(word: number): number {
    let mixed = Math.imul(this.#a ^ word, 0x85ebca77);
    mixed ^= mixed >>> 15;
    this.#a = (this.#b + mixed) | 0;
    this.#b = this.#c ^ mixed;
    this.#c = this.#d;
    this.#d = mixed;
    return mixed;
  }

  /** `word` for each four bytes, what is left, and the length; in local variables, which is three times as fast. */
  absorb(bytes: Uint8Array): this {
    const whole = bytes.length & ~3;
    let [a, b, c, d] = [this.#a, this.#b, this.#c, this.#d];
    for (let i = 0; i < whole; i += 4) {
      const word = (bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8) | ((bytes[i + 2] ?? 0) << 16) | ((bytes[i + 3] ?? 0) << 24);
      let mixed = Math.imul(a ^ word, 0x85ebca77);
      mixed ^= mixed >>> 15;
      a = (b + mixed) | 0;
      b = c ^ mixed;
      c = d;
      d = mixed;
    }
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#d = d;
    let tail = 0;
    for (let i = whole; i < bytes.length; i++) tail = (tail << 8) | (bytes[i] ?? 0);
    this.word(tail);
    this.word(bytes.length);
    return this;
  }

  /** @param size a multiple of 4. */
  squeeze(size: number): Uint8Array {
    for (let round = 0; round < 8; round++) this.word(round);
    const bytes = new Uint8Array(size);
    for (let i = 0; i < size; i += 4) {
      const word = this.word(i);
      bytes[i] = word;
      bytes[i + 1] = word >>> 8;
      bytes[i + 2] = word >>> 16;
      bytes[i + 3] = word >>> 24;
    }
    return bytes;
  }
}

const digest = (purpose: number, size: number, ...parts: readonly Uint8Array[]): Uint8Array => {
  const sponge = new Sponge(purpose);
  for (const part of parts) sponge.absorb(part);
  return sponge.squeeze(size);
};

const checkSize = (bytes: Uint8Array): void => {
  if (bytes.length !== KEY_SIZE) throw new ApiMisuse(`32 bytes expected, got ${bytes.length}`);
};

const cheapAead = (given: Uint8Array): AeadKey => {
  checkSize(given);
  const key = new Uint8Array(given);

  const tag = (counter: number, associated: Uint8Array, ciphertext: Uint8Array): Uint8Array => {
    if (!Number.isSafeInteger(counter) || counter < 0) throw new ApiMisuse(`a counter is from 0 to 2^53−1, got ${counter}`);
    const sponge = new Sponge(PURPOSE.tag).absorb(key);
    sponge.word(counter | 0);
    sponge.word((counter / 2 ** 32) | 0);
    return sponge.absorb(associated).absorb(ciphertext).squeeze(TAG_SIZE);
  };
  /** Encrypted is reversed: nothing readable is left, and it takes no time. */
  const seal = (head: Uint8Array, counter: number, associated: Uint8Array, plaintext: Uint8Array): Uint8Array => {
    const end = head.length + plaintext.length;
    const sealed = new Uint8Array(end + TAG_SIZE);
    sealed.set(head);
    const content = sealed.subarray(head.length, end);
    content.set(plaintext);
    sealed.set(tag(counter, associated, content.reverse()), end);
    return sealed;
  };

  return {
    seal: (counter, associated, plaintext) => seal(EMPTY, counter, associated, plaintext),
    sealBehind: (header, counter, plaintext) => seal(header, counter, header, plaintext),
    open: (counter, associated, ciphertext) => {
      const length = ciphertext.length - TAG_SIZE;
      const content = ciphertext.subarray(0, length);
      if (!equal(tag(counter, associated, content), ciphertext.subarray(length))) return undefined;
      return new Uint8Array(content).reverse();
    },
  };
};

const cheapDh = (seed: Uint8Array): DhKey => {
  checkSize(seed);
  const publicKey = digest(PURPOSE.dhPublic, KEY_SIZE, seed);
  return {
    publicKey,
    agree: (other) => {
      if (other.length !== KEY_SIZE || equal(other, ZERO)) return undefined;
      const [low, high] = compare(publicKey, other) < 0 ? [publicKey, other] : [other, publicKey];
      return digest(PURPOSE.dhShared, KEY_SIZE, low, high);
    },
  };
};

const cheapSignature = (publicKey: Uint8Array, message: Uint8Array): Uint8Array =>
  digest(PURPOSE.signature, SIGNATURE_SIZE, publicKey, message);

const cheapSigning = (seed: Uint8Array): SigningKey => {
  checkSize(seed);
  const publicKey = digest(PURPOSE.signingPublic, KEY_SIZE, seed);
  return { publicKey, sign: (message) => cheapSignature(publicKey, message) };
};

/** The same contract as `nodeSuite`, see test/contract/crypto-suite.ts. */
export const cheapSuite: CryptoSuite = {
  hash: (message) => digest(PURPOSE.hash, KEY_SIZE, message),
  hmac: (key, message) => digest(PURPOSE.hmac, KEY_SIZE, key, message),
  aead: cheapAead,
  dh: cheapDh,
  signing: cheapSigning,
  verify: (publicKey, message, signature) => equal(cheapSignature(publicKey, message), signature),
};
