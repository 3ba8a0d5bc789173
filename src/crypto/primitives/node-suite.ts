/** The suite over node:crypto. Only crypto/primitives knows Node. */
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  hash,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { ApiMisuse } from '../../base/errors.ts';
import type { CryptoSuite, DhKey, SigningKey } from '../suite.ts';
import { nodeAead } from './node-aead.ts';
import { type Curve, PublicKeys } from './public-keys.ts';

const KEY_SIZE = 32;
const HASH_SIZE = 32;

/** Through a string of one character a byte: half the time of the Buffer that Node would make (0.36 instead of 0.7 µs). */
const sha256 = (message: Uint8Array): Uint8Array => {
  const text = hash('sha256', message, 'binary');
  const bytes = new Uint8Array(HASH_SIZE);
  for (let i = 0; i < HASH_SIZE; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
};

/** Bytes in memory of their own: what Node returns is a Buffer, whose `slice` would not copy. */
const plain = (buffer: Uint8Array): Uint8Array => new Uint8Array(buffer);

/** As JWK: fourteen times as fast as PKCS #8 in OpenSSL 3.0 (25 instead of 355 µs). The public half is not looked at. */
const privateKey = (curve: Curve, seed: Uint8Array): KeyObject => {
  if (seed.length !== KEY_SIZE) throw new ApiMisuse(`a private key has 32 bytes, got ${seed.length}`);
  const d = Buffer.from(seed.buffer, seed.byteOffset, KEY_SIZE).toString('base64url');
  return createPrivateKey({ key: { kty: 'OKP', crv: curve, x: '', d }, format: 'jwk' });
};

const publicHalf = (key: KeyObject): Uint8Array =>
  new Uint8Array(Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x ?? '', 'base64url'));

const dhPublicKeys = new PublicKeys('X25519');
const signingPublicKeys = new PublicKeys('Ed25519');

const dh = (seed: Uint8Array): DhKey => {
  const key = privateKey('X25519', seed);
  return {
    publicKey: publicHalf(key),
    agree: (other) => {
      const publicKey = dhPublicKeys.get(other);
      if (publicKey === undefined) return undefined;
      try {
        return plain(diffieHellman({ privateKey: key, publicKey }));
      } catch {
        return undefined; // OpenSSL refuses an all-zero result, which only points of low order give
      }
    },
  };
};

const signing = (seed: Uint8Array): SigningKey => {
  const key = privateKey('Ed25519', seed);
  return { publicKey: publicHalf(key), sign: (message) => plain(sign(null, message, key)) };
};

/** As a KeyObject: Node 24 takes 10 µs for a key in a Buffer and 3 for this. */
const hmac = (key: Uint8Array, message: Uint8Array): Uint8Array =>
  plain(createHmac('sha256', createSecretKey(key)).update(message).digest());

const isSigned = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean => {
  const key = signingPublicKeys.get(publicKey);
  return key !== undefined && verify(null, message, key, signature);
};

/** X25519, Ed25519, ChaCha20-Poly1305 and SHA-256 by OpenSSL. */
export const nodeSuite: CryptoSuite = { hash: sha256, hmac, aead: nodeAead, dh, signing, verify: isSigned };
