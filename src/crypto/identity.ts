/** Who somebody is: an Ed25519 key, and the certificate by which it speaks for an X25519 key (protocol.md §Identity). */
import { concat, utf8 } from '../base/bytes.ts';
import { type Decoded, decoded, refused } from '../base/decoded.ts';
import { ApiMisuse } from '../base/errors.ts';
import { type PeerId, peerKey } from '../base/ids.ts';
import { NAME_LENGTH_MAX } from '../base/limits.ts';
import { decode, encode } from '../wire/cbor.ts';
import type { CryptoSuite, DhKey, SigningKey } from './suite.ts';

const KEY_SIZE = 32;
const SIGNATURE_SIZE = 64;
const BOOT_SIZE = 8;
const U32_MAX = 0xffffffff;
/** UTF-8 bytes of a name in a payload: its code points at their longest. */
const NAME_SIZE_MAX = 4 * NAME_LENGTH_MAX;
const CERTIFICATE_LABEL = utf8('earshot certificate 1');

/** Our own keys. */
export type Identity = {
  readonly signing: SigningKey;
  readonly dh: DhKey;
  /** u32; a certificate with a higher serial replaces one with a lower. */
  readonly serial: number;
  /** 64 bytes: the signature over the X25519 key and the serial. */
  readonly certificate: Uint8Array;
};

/** A claim that `dhKey` belongs to `identityKey`. */
export type Certificate = {
  /** 32 bytes, Ed25519. */
  readonly identityKey: Uint8Array;
  /** 32 bytes, X25519. */
  readonly dhKey: Uint8Array;
  /** u32. */
  readonly serial: number;
  /** 64 bytes. */
  readonly signature: Uint8Array;
};

/** "earshot certificate 1" ‖ u32 serial, big-endian ‖ X25519 key. */
const certified = (serial: number, dhKey: Uint8Array): Uint8Array =>
  concat(CERTIFICATE_LABEL, Uint8Array.of(serial >>> 24, serial >>> 16, serial >>> 8, serial), dhKey);

/** @param signingSeed 32 bytes (RFC 8032). @param dhSeed 32 bytes. @param serial u32, else ApiMisuse. */
export const makeIdentity = (suite: CryptoSuite, signingSeed: Uint8Array, dhSeed: Uint8Array, serial: number): Identity => {
  if (!isU32(serial)) throw new ApiMisuse(`makeIdentity takes a serial from 0 to 2^32−1, got ${serial}`);
  const signing = suite.signing(signingSeed);
  const dh = suite.dh(dhSeed);
  return { signing, dh, serial, certificate: signing.sign(certified(serial, dh.publicKey)) };
};

/** Whether the identity key signed for the X25519 key with that serial. Never throws. */
export const verifyCertificate = (suite: CryptoSuite, claim: Certificate): boolean =>
  isU32(claim.serial) && suite.verify(claim.identityKey, certified(claim.serial, claim.dhKey), claim.signature);

/** Payload of the handshake's second and third message (field table at `encodePayload`). */
export type HandshakePayload = {
  readonly identityKey: Uint8Array;
  readonly serial: number;
  readonly certificate: Uint8Array;
  readonly boot: Uint8Array;
  readonly epoch: number;
  readonly name: string;
};

/**
 * One CBOR array:
 *
 * | field        | type       | meaning                                                                  |
 * |--------------|------------|--------------------------------------------------------------------------|
 * | identity key | bytes(32)  | Ed25519                                                                  |
 * | serial       | u32        | of the certificate                                                       |
 * | certificate  | bytes(64)  | the identity key's signature over serial and Noise static key            |
 * | boot         | bytes(8)   | drawn at each start of the program                                       |
 * | epoch        | u32        | which session of this pair it is to be; the responder's is ignored       |
 * | name         | text(≤128) | a claim: clean it before use                                             |
 */
export const encodePayload = (payload: HandshakePayload): Uint8Array =>
  encode([payload.identityKey, payload.serial, payload.certificate, payload.boot, payload.epoch, payload.name]);

/** @returns copies, no views; or why not: not our CBOR, or `bad-handshake` for a wrong shape. Nothing is verified. */
export const decodePayload = (bytes: Uint8Array): Decoded<HandshakePayload> => {
  const item = decode(bytes);
  if (!item.ok) return item;
  if (!Array.isArray(item.value) || item.value.length !== 6) return refused('bad-handshake');
  const [identityKey, serial, certificate, boot, epoch, name]: readonly unknown[] = item.value;
  if (!isBytes(identityKey, KEY_SIZE) || typeof serial !== 'number' || !isBytes(certificate, SIGNATURE_SIZE))
    return refused('bad-handshake');
  if (!isBytes(boot, BOOT_SIZE) || typeof epoch !== 'number') return refused('bad-handshake');
  if (typeof name !== 'string' || utf8(name).length > NAME_SIZE_MAX) return refused('bad-handshake');
  return decoded({ identityKey: concat(identityKey), serial, certificate: concat(certificate), boot: concat(boot), epoch, name });
};

const isU32 = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= U32_MAX;
const isBytes = (value: unknown, length: number): value is Uint8Array => value instanceof Uint8Array && value.length === length;

/** Crockford's base32: no i, l, o, u, so that it can be read out. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** For people to compare: the first 80 bits of the SHA-256 of the key, as 4 groups of 4 (`k3pd-9m2x-0c7v-wq5t`). */
export const fingerprint = (suite: CryptoSuite, id: PeerId): string => {
  const hash = suite.hash(peerKey(id));
  const groups: string[] = [];
  for (let group = 0; group < 4; group++) {
    let text = '';
    for (let at = group * 20; at < group * 20 + 20; at += 5) {
      const pair = ((hash[at >>> 3] ?? 0) << 8) | (hash[(at >>> 3) + 1] ?? 0);
      text += ALPHABET[(pair >>> (11 - (at & 7))) & 31];
    }
    groups.push(text);
  }
  return groups.join('-');
};
