/**
 * Knocking (protocol.md §12.5): what shows a peer that hides, and nobody else, that one of its contacts is at the door. Only the two of
 * a pair can compute it: their static keys agree on a secret that no message ever carries.
 *
 * | part  | bytes | what                                                                                          |
 * |-------|-------|-----------------------------------------------------------------------------------------------|
 * | tag   | 4     | the same at one door all day: found in a table, so that false knocks cost a look              |
 * | proof | 8     | binds the knock to the ephemeral key of its initiation: of no use to whoever copies it        |
 */
import { concat, utf8 } from '../base/bytes.ts';
import { KNOCK_DAY_MS, KNOCK_PROOF_SIZE, KNOCK_TAG_SIZE } from '../base/limits.ts';
import type { WallTime } from '../base/time.ts';
import type { CryptoSuite, DhKey } from './suite.ts';

const SALT = utf8('earshot knock 1');
const TAG = 1;
const PROOF = 2;

/** Of a pair, one for each direction: a knock cannot be sent back to whom it came from. 32 bytes each. */
export type PairSecrets = { readonly toThem: Uint8Array; readonly toUs: Uint8Array };

/** One X25519 agreement. @param theirs their static key. @returns undefined if that is of low order. */
export const pairSecrets = (suite: CryptoSuite, own: DhKey, theirs: Uint8Array): PairSecrets | undefined => {
  const shared = own.agree(theirs);
  if (shared === undefined) return undefined;
  const extracted = suite.hmac(SALT, shared);
  return {
    toThem: expanded(suite, extracted, own.publicKey, theirs),
    toUs: expanded(suite, extracted, theirs, own.publicKey),
  };
};

/** HKDF-Expand to one block (RFC 5869 §2.3). */
const expanded = (suite: CryptoSuite, extracted: Uint8Array, initiator: Uint8Array, responder: Uint8Array): Uint8Array =>
  suite.hmac(extracted, concat(initiator, responder, Uint8Array.of(1)));

/** Days since 1970 by a clock; a u32 whatever the clock says. */
export const knockDay = (wall: WallTime): number => Math.min(0xffff_fffe, Math.max(1, Math.floor(wall / KNOCK_DAY_MS)));

/** An address and port as knocks are made for: address of 4 or 16 bytes ‖ port as 2. */
export const doorBytes = (address: Uint8Array, port: number): Uint8Array => concat(address, Uint8Array.of(port >>> 8, port));

/** 4 bytes. @param secret that of this direction. */
export const knockTag = (suite: CryptoSuite, secret: Uint8Array, door: Uint8Array, day: number): Uint8Array =>
  suite.hmac(secret, concat(Uint8Array.of(TAG), dayBytes(day), door)).slice(0, KNOCK_TAG_SIZE);

/** 8 bytes. @param ephemeral the initiator's, of message 1. */
export const knockProof = (
  suite: CryptoSuite,
  secret: Uint8Array,
  { door, day }: { readonly door: Uint8Array; readonly day: number },
  ephemeral: Uint8Array,
): Uint8Array => suite.hmac(secret, concat(Uint8Array.of(PROOF), dayBytes(day), ephemeral, door)).slice(0, KNOCK_PROOF_SIZE);

const dayBytes = (day: number): Uint8Array => Uint8Array.of(day >>> 24, day >>> 16, day >>> 8, day);
