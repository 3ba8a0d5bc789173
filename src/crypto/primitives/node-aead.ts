/** ChaCha20-Poly1305 (RFC 8439) by node:crypto, with Noise's nonces: the cost of every datagram. */
import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto';
import { EMPTY } from '../../base/bytes.ts';
import { ApiMisuse } from '../../base/errors.ts';
import { TAG_SIZE } from '../../base/limits.ts';
import type { AeadKey } from '../suite.ts';

const ALGORITHM = 'chacha20-poly1305';
const OPTIONS = { authTagLength: TAG_SIZE };
const KEY_SIZE = 32;

/** Node copies it before the call returns, so one serves all. */
const counterNonce = new Uint8Array(12);
const words = new DataView(counterNonce.buffer);

/** 4 zero bytes and the counter as 64 bits little-endian (Noise §12.3). */
const nonceOf = (counter: number): Uint8Array => {
  if (!Number.isSafeInteger(counter) || counter < 0) throw new ApiMisuse(`a counter is from 0 to 2^53−1, got ${counter}`);
  words.setUint32(4, counter, true); // modulo 2^32
  words.setUint32(8, counter / 2 ** 32, true);
  return counterNonce;
};

/** Memory for what is sealed, cut off a block: one allocation of a datagram's size costs as much as a fifth of its sealing. */
const BLOCK_SIZE = 64 * 1024;
let block = new Uint8Array(BLOCK_SIZE);
let blockUsed = 0;

const allocate = (length: number): Uint8Array => {
  if (length > BLOCK_SIZE / 8) return new Uint8Array(length);
  if (blockUsed + length > BLOCK_SIZE) {
    block = new Uint8Array(BLOCK_SIZE);
    blockUsed = 0;
  }
  blockUsed += length;
  return block.subarray(blockUsed - length, blockUsed);
};

/** The cipher with any nonce of 12 bytes. */
export type ChaCha20Poly1305 = {
  /** @returns `head` (not encrypted, only put in front), the ciphertext, the tag of 16 bytes. */
  readonly seal: (head: Uint8Array, nonce: Uint8Array, associated: Uint8Array, plaintext: Uint8Array) => Uint8Array;
  /** @returns undefined if the tag is not right or not there. */
  readonly open: (nonce: Uint8Array, associated: Uint8Array, ciphertext: Uint8Array) => Uint8Array | undefined;
};

/** @param bytes 32, else ApiMisuse. */
export const chaCha20Poly1305 = (bytes: Uint8Array): ChaCha20Poly1305 => {
  if (bytes.length !== KEY_SIZE) throw new ApiMisuse(`a key has 32 bytes, got ${bytes.length}`);
  const key = createSecretKey(bytes); // on Node 24 a key in a Buffer costs 9 µs more a call
  return {
    seal: (head, nonce, associated, plaintext) => {
      const cipher = createCipheriv(ALGORITHM, key, nonce, OPTIONS);
      cipher.setAAD(associated, { plaintextLength: plaintext.length });
      const ciphertext = cipher.update(plaintext);
      cipher.final(); // empty: a stream cipher
      const sealed = allocate(head.length + plaintext.length + TAG_SIZE);
      sealed.set(head);
      sealed.set(ciphertext, head.length);
      sealed.set(cipher.getAuthTag(), head.length + plaintext.length);
      return sealed;
    },
    open: (nonce, associated, ciphertext) => {
      const length = ciphertext.length - TAG_SIZE;
      if (length < 0) return undefined;
      const decipher = createDecipheriv(ALGORITHM, key, nonce, OPTIONS);
      decipher.setAAD(associated, { plaintextLength: length });
      decipher.setAuthTag(ciphertext.subarray(length));
      const plaintext = decipher.update(ciphertext.subarray(0, length));
      try {
        decipher.final();
      } catch {
        return undefined; // the only way node:crypto says that the tag is wrong
      }
      return new Uint8Array(plaintext.buffer, plaintext.byteOffset, length);
    },
  };
};

/** The cipher as the core asks for it. @param bytes 32, else ApiMisuse. */
export const nodeAead = (bytes: Uint8Array): AeadKey => {
  const cipher = chaCha20Poly1305(bytes);
  return {
    seal: (counter, associated, plaintext) => cipher.seal(EMPTY, nonceOf(counter), associated, plaintext),
    sealBehind: (header, counter, plaintext) => cipher.seal(header, nonceOf(counter), header, plaintext),
    open: (counter, associated, ciphertext) => cipher.open(nonceOf(counter), associated, ciphertext),
  };
};
