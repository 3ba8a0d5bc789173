/**
 * The two lower objects of the Noise framework (revision 34, §5.1–5.2): the key that encrypts handshake payloads and the
 * hash and chaining key that bind everything said so far.
 */
import { concat, utf8 } from '../base/bytes.ts';
import { TAG_SIZE } from '../base/limits.ts';
import type { AeadKey, CryptoSuite } from './suite.ts';

const HASH_SIZE = 32;
const ONE = Uint8Array.of(1);
const TWO = Uint8Array.of(2);

/** HKDF with two outputs of 32 bytes (Noise §4.3; RFC 5869 with empty info). */
export const hkdf2 = (suite: CryptoSuite, chainingKey: Uint8Array, material: Uint8Array): readonly [Uint8Array, Uint8Array] => {
  const extracted = suite.hmac(chainingKey, material);
  const first = suite.hmac(extracted, ONE);
  return [first, suite.hmac(extracted, concat(first, TWO))];
};

/** SymmetricState with its CipherState. Mutable; `fork` gives a copy to try a message on. */
export class SymmetricState {
  readonly #suite: CryptoSuite;
  #chainingKey: Uint8Array;
  #hash: Uint8Array;
  #key: AeadKey | undefined;
  #counter = 0;

  private constructor(suite: CryptoSuite, chainingKey: Uint8Array, hash: Uint8Array) {
    this.#suite = suite;
    this.#chainingKey = chainingKey;
    this.#hash = hash;
  }

  /** @param protocolName for example `Noise_XX_25519_ChaChaPoly_SHA256`. */
  static initialize(suite: CryptoSuite, protocolName: string): SymmetricState {
    const name = utf8(protocolName);
    const start = new Uint8Array(HASH_SIZE);
    if (name.length <= HASH_SIZE) start.set(name);
    else start.set(suite.hash(name));
    return new SymmetricState(suite, start, start);
  }

  /** A copy that goes its own way from here. */
  fork(): SymmetricState {
    const copy = new SymmetricState(this.#suite, this.#chainingKey, this.#hash);
    copy.#key = this.#key;
    copy.#counter = this.#counter;
    return copy;
  }

  /** h: the hash of everything said so far, 32 bytes. */
  get handshakeHash(): Uint8Array {
    return this.#hash;
  }

  /** Bytes that encryption adds now: 0 before the first key, 16 after it. */
  get overhead(): number {
    return this.#key === undefined ? 0 : TAG_SIZE;
  }

  mixHash(bytes: Uint8Array): void {
    this.#hash = this.#suite.hash(concat(this.#hash, bytes));
  }

  /** @param material the result of a Diffie-Hellman, 32 bytes. */
  mixKey(material: Uint8Array): void {
    const [chainingKey, key] = hkdf2(this.#suite, this.#chainingKey, material);
    this.#chainingKey = chainingKey;
    this.#key = this.#suite.aead(key);
    this.#counter = 0;
  }

  encryptAndHash(plaintext: Uint8Array): Uint8Array {
    const ciphertext = this.#key === undefined ? plaintext : this.#key.seal(this.#counter++, this.#hash, plaintext);
    this.mixHash(ciphertext);
    return ciphertext;
  }

  /** @returns undefined if the tag is not right. Before the first key: `ciphertext` itself, a view of what was given. */
  decryptAndHash(ciphertext: Uint8Array): Uint8Array | undefined {
    if (this.#key === undefined) {
      this.mixHash(ciphertext);
      return ciphertext;
    }
    const plaintext = this.#key.open(this.#counter++, this.#hash, ciphertext);
    if (plaintext !== undefined) this.mixHash(ciphertext);
    return plaintext;
  }

  /** @returns the keys from initiator to responder and back. */
  split(): readonly [AeadKey, AeadKey] {
    const [forward, back] = hkdf2(this.#suite, this.#chainingKey, new Uint8Array(0));
    return [this.#suite.aead(forward), this.#suite.aead(back)];
  }
}
