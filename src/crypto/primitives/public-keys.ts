/** Public keys of others as node:crypto wants them; the last ones used are kept ready. */
import { createPublicKey, type KeyObject } from 'node:crypto';

export type Curve = 'X25519' | 'Ed25519';

/** Importing takes 5 µs, finding 0.1. */
const READY_MAX = 256;
const KEY_SIZE = 32;

/** The keys of one curve. A cache: what it gives depends on the key alone. */
export class PublicKeys {
  readonly #curve: Curve;
  /** By the key's bytes, one character each. BOUNDED: by READY_MAX, the one imported first goes. */
  readonly #ready = new Map<string, KeyObject>();

  constructor(curve: Curve) {
    this.#curve = curve;
  }

  /** @returns undefined for what is no key of the curve, and for an Ed25519 key of low order. */
  get(key: Uint8Array): KeyObject | undefined {
    const name = Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');
    const ready = this.#ready.get(name);
    if (ready !== undefined) return ready;
    const imported = importKey(this.#curve, key);
    if (imported === undefined) return undefined;
    if (this.#ready.size >= READY_MAX) {
      const [oldest] = this.#ready.keys();
      if (oldest !== undefined) this.#ready.delete(oldest);
    }
    this.#ready.set(name, imported);
    return imported;
  }
}

const importKey = (curve: Curve, key: Uint8Array): KeyObject | undefined => {
  if (key.length !== KEY_SIZE || (curve === 'Ed25519' && isLowOrder(key))) return undefined;
  const x = Buffer.from(key.buffer, key.byteOffset, KEY_SIZE).toString('base64url');
  try {
    return createPublicKey({ key: { kty: 'OKP', crv: curve, x }, format: 'jwk' });
  } catch {
    return undefined; // not a key: what is signed with it is not signed
  }
};

/**
 * The y coordinates, little-endian and without the sign bit, of the points of order 1, 2, 4 and 8, and their encodings that
 * are not reduced modulo p = 2^255−19.
 */
const LOW_ORDER = new Set(
  [
    `00${'00'.repeat(31)}`,
    `01${'00'.repeat(31)}`,
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    `ec${'ff'.repeat(30)}7f`,
    `ed${'ff'.repeat(30)}7f`,
    `ee${'ff'.repeat(30)}7f`,
  ].map((hex) => Buffer.from(hex, 'hex').toString('latin1')),
);

/** Whether an Ed25519 key is one that anybody can sign for: OpenSSL takes such keys, and an identity must not be one. */
const isLowOrder = (key: Uint8Array): boolean => {
  const y = Buffer.from(key);
  y[KEY_SIZE - 1] = (y[KEY_SIZE - 1] ?? 0) & 0x7f;
  return LOW_ORDER.has(y.toString('latin1'));
};
