import { expect, test } from '@jest/globals';
import { concat, toHex, utf8 } from '../../src/base/bytes.ts';
import { ApiMisuse } from '../../src/base/errors.ts';
import { peerId } from '../../src/base/ids.ts';
import {
  type Certificate,
  decodePayload,
  encodePayload,
  fingerprint,
  type HandshakePayload,
  makeIdentity,
  verifyCertificate,
} from '../../src/crypto/identity.ts';
import { nodeSuite } from '../../src/crypto/primitives/node-suite.ts';
import { type CborValue, encode } from '../../src/wire/cbor.ts';
import { cheapSuite } from '../sim/cheap-suite.ts';

const seed = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const identity = makeIdentity(nodeSuite, seed(1), seed(2), 0x01020304);
const claim: Certificate = {
  identityKey: identity.signing.publicKey,
  dhKey: identity.dh.publicKey,
  serial: identity.serial,
  signature: identity.certificate,
};

test('a certificate is the signature over label, serial and X25519 key', () => {
  const message = concat(utf8('earshot certificate 1'), Uint8Array.of(1, 2, 3, 4), identity.dh.publicKey);
  expect(identity.certificate).toEqual(identity.signing.sign(message));
  expect(verifyCertificate(nodeSuite, claim)).toBe(true);
});

test('the certificates of the cheap suite verify too', () => {
  const { signing, dh, serial, certificate } = makeIdentity(cheapSuite, seed(1), seed(2), 7);
  const cheap = { identityKey: signing.publicKey, dhKey: dh.publicKey, serial, signature: certificate };
  expect(verifyCertificate(cheapSuite, cheap)).toBe(true);
  expect(verifyCertificate(cheapSuite, { ...cheap, serial: 8 })).toBe(false);
});

test("another serial, X25519 key, identity or somebody else's signature is not certified", () => {
  const other = makeIdentity(nodeSuite, seed(3), seed(4), 0x01020304);
  const wrong: Certificate[] = [
    { ...claim, serial: 0x01020305 },
    { ...claim, dhKey: other.dh.publicKey },
    { ...claim, identityKey: other.signing.publicKey },
    { ...claim, signature: other.certificate },
    { ...claim, signature: identity.signing.sign(identity.dh.publicKey) },
  ];
  expect(wrong.map((each) => verifyCertificate(nodeSuite, each))).toEqual(wrong.map(() => false));
});

test('a claim of wrong sizes or with a serial that is no u32 is refused, not thrown at', () => {
  const wrong: Certificate[] = [
    { ...claim, serial: -1 },
    { ...claim, serial: 2 ** 32 + 0x01020304 },
    { ...claim, serial: 1.5 },
    { ...claim, dhKey: claim.dhKey.subarray(1) },
    { ...claim, identityKey: new Uint8Array(0) },
    { ...claim, signature: claim.signature.subarray(1) },
  ];
  expect(wrong.map((each) => verifyCertificate(nodeSuite, each))).toEqual(wrong.map(() => false));
});

test('a serial that is no u32 is misuse', () => {
  expect(() => makeIdentity(nodeSuite, seed(1), seed(2), 2 ** 32)).toThrow(ApiMisuse);
});

const payload: HandshakePayload = {
  identityKey: identity.signing.publicKey,
  serial: identity.serial,
  certificate: identity.certificate,
  boot: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
  epoch: 3,
  name: 'Zoë 🦊',
};
const fields: readonly CborValue[] = Object.values(payload);

test('a payload is decoded as it was encoded: an array of its fields in order', () => {
  expect(encodePayload(payload)).toEqual(encode(fields));
  expect(decodePayload(encodePayload(payload))).toEqual({ ok: true, value: payload });
});

test('what was decoded does not change with the datagram it came in', () => {
  const bytes = encodePayload(payload);
  const item = decodePayload(bytes);
  bytes.fill(0);
  expect(item).toEqual({ ok: true, value: payload });
});

test('a payload of another shape is refused', () => {
  const withField = (index: number, value: CborValue) => fields.map((field, i) => (i === index ? value : field));
  const wrong: CborValue[] = [
    [],
    fields.slice(1),
    [...fields, 0],
    7,
    withField(0, new Uint8Array(31)),
    withField(0, 'x'.repeat(32)),
    withField(1, 'x'),
    withField(2, new Uint8Array(63)),
    withField(3, new Uint8Array(9)),
    withField(4, null),
    withField(5, utf8('bytes')),
    withField(5, 'é'.repeat(65)),
  ];
  expect(wrong.map((value) => decodePayload(encode(value)))).toEqual(wrong.map(() => ({ ok: false, reason: 'bad-handshake' })));
});

test('bytes that are not our CBOR are refused for that reason', () => {
  expect(decodePayload(new Uint8Array(0)).ok).toBe(false);
  expect(decodePayload(Uint8Array.of(0xa0)).ok).toBe(false);
  for (let length = 0; length < encodePayload(payload).length; length++) {
    expect(decodePayload(encodePayload(payload).subarray(0, length)).ok).toBe(false);
  }
});

test('a fingerprint is the first 80 bits of the hash of the key, in four groups that can be read out', () => {
  const id = peerId(identity.signing.publicKey);
  const text = fingerprint(nodeSuite, id);
  expect(text).toMatch(/^([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}$/);
  const bits = [...text.replaceAll('-', '')].map((digit) => '0123456789abcdefghjkmnpqrstvwxyz'.indexOf(digit));
  const value = bits.reduce((sum, digit) => sum * 32n + BigInt(digit), 0n);
  expect(value.toString(16).padStart(20, '0')).toBe(toHex(nodeSuite.hash(identity.signing.publicKey)).slice(0, 20));
});
