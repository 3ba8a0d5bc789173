/**
 * The primitives the core asks for, as an interface: `crypto/primitives` answers with node:crypto, the simulator of large
 * worlds with a cheap stand-in. There is one suite in the protocol and no negotiation: X25519, Ed25519, ChaCha20-Poly1305,
 * SHA-256 (HMAC and HKDF over it).
 *
 * A suite keeps nothing it was given beyond the call. What it returns is a plain `Uint8Array` (its `slice` copies) that it
 * never writes to again, but that may be a small part of a larger block of memory: `slice` what is kept for long.
 * Bytes from outside never make it throw; keys and seeds of our own with a wrong size do (`ApiMisuse`).
 */

/** A symmetric key ready for use. Nonces are 96 bits: 4 zero bytes and the counter as 64 bits little-endian (Noise §12.3). */
export interface AeadKey {
  /** @param counter 0 to 2^53−1, never twice. @returns ciphertext followed by the tag of 16 bytes. */
  seal(counter: number, associated: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /**
   * A whole datagram in one piece of memory, saving a copy: `seal` with `header` as associated data.
   * @returns `header`, then what `seal` gives.
   */
  sealBehind(header: Uint8Array, counter: number, plaintext: Uint8Array): Uint8Array;
  /** @returns the plaintext, or undefined if the tag is not right or not there. */
  open(counter: number, associated: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined;
}

/** An X25519 key pair; the private half stays inside. */
export interface DhKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** @returns the shared secret of 32 bytes, or undefined for a low-order point, an all-zero result or another size than 32. */
  agree(publicKey: Uint8Array): Uint8Array | undefined;
}

/** An Ed25519 key pair; the private half stays inside. */
export interface SigningKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** @returns 64 bytes. */
  sign(message: Uint8Array): Uint8Array;
}

export interface CryptoSuite {
  /** SHA-256: 32 bytes. */
  hash(message: Uint8Array): Uint8Array;
  /** HMAC-SHA-256: 32 bytes. */
  hmac(key: Uint8Array, message: Uint8Array): Uint8Array;
  /** @param key 32 bytes. */
  aead(key: Uint8Array): AeadKey;
  /** @param seed 32 bytes: the private key itself. */
  dh(seed: Uint8Array): DhKey;
  /** @param seed 32 bytes (RFC 8032). */
  signing(seed: Uint8Array): SigningKey;
  /** False for anything but the key's signature over the message, for a key of low order and for wrong sizes. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

/** The core's only source of chance: `length` fresh bytes. */
export type Entropy = (length: number) => Uint8Array;
