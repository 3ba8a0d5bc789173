/**
 * Datagrams: one CBOR array each (protocol.md §Datagrams).
 *
 * | kind | name         | fields after the kind                                                         |
 * |------|--------------|-------------------------------------------------------------------------------|
 * | 1    | sealed       | connection id u32, packet number u32, ciphertext bytes(≥16)                   |
 * | 2    | initiation   | version u32, source connection id u32, token bytes(0 or 32), noise bytes(32), padding bytes (its first 384: knocks) |
 * | 3    | response     | destination connection id u32, source connection id u32, noise bytes          |
 * | 4    | confirmation | destination connection id u32, noise bytes                                    |
 * | 5    | retry        | destination connection id u32, token bytes(32)                                |
 * | 6    | version      | destination connection id u32, versions [u32, …] (1–16 of them)               |
 */
import { EMPTY } from '../base/bytes.ts';
import { type Decoded, decoded, refused } from '../base/decoded.ts';
import { ApiMisuse } from '../base/errors.ts';
import {
  INITIATION_SIZE,
  KNOCK_SIZE,
  KNOCKS,
  PROTOCOL_VERSION,
  RESPONSE_SIZE_MAX,
  RETRY_TOKEN_SIZE,
  TAG_SIZE,
} from '../base/limits.ts';
import { type CborValue, contentStart, decode, encode } from './cbor.ts';
import { isArray, isBytes, isBytesOf, isU32, plainView } from './fields.ts';
import { ARRAY, BYTES, headSize, type Major, UINT, u32, writeHead } from './head.ts';
import { readArgument } from './scan.ts';

export type Sealed = {
  readonly kind: 'sealed';
  readonly connectionId: number;
  readonly packetNumber: number;
  /** All bytes of the datagram before the content of the ciphertext: the associated data. */
  readonly header: Uint8Array;
  readonly ciphertext: Uint8Array;
};
/** `noise` is absent when `version` is not ours: only the first three fields are the same in every version. */
export type Initiation =
  | {
      readonly kind: 'initiation';
      readonly version: number;
      readonly sourceId: number;
      readonly isOurs: true;
      readonly token: Uint8Array;
      readonly noise: Uint8Array;
      /** KNOCKS of KNOCK_SIZE bytes each; most, or all, are random. */
      readonly knocks: Uint8Array;
    }
  | { readonly kind: 'initiation'; readonly version: number; readonly sourceId: number; readonly isOurs: false };
export type Response = {
  readonly kind: 'response';
  readonly destinationId: number;
  readonly sourceId: number;
  readonly noise: Uint8Array;
};
export type Confirmation = { readonly kind: 'confirmation'; readonly destinationId: number; readonly noise: Uint8Array };
export type Retry = { readonly kind: 'retry'; readonly destinationId: number; readonly token: Uint8Array };
export type VersionNotice = { readonly kind: 'version'; readonly destinationId: number; readonly versions: readonly number[] };
export type Datagram = Sealed | Initiation | Response | Confirmation | Retry | VersionNotice;

/** Handshake messages of Noise begin with an ephemeral public key of this size (X25519). */
const EPHEMERAL_SIZE = 32;
const VERSIONS_MAX = 16;
const KIND = { sealed: 1, initiation: 2, response: 3, confirmation: 4, retry: 5, version: 6 } as const;

/** What an initiation says; `version` is ours unless a test speaks another. */
export type InitiationFields = {
  readonly version?: number;
  readonly sourceId: number;
  readonly token: Uint8Array;
  readonly noise: Uint8Array;
  /** None: zeros. */
  readonly knocks?: Uint8Array;
};

const KNOCKS_SIZE = KNOCKS * KNOCK_SIZE;

/** @param fields token of 0 or 32 bytes, noise of 32, knocks of KNOCKS_SIZE at most. @returns exactly `INITIATION_SIZE` bytes. */
export const encodeInitiation = (fields: InitiationFields): Uint8Array => {
  const { version = PROTOCOL_VERSION, sourceId, token, noise, knocks = EMPTY } = fields;
  if ((token.length !== 0 && token.length !== RETRY_TOKEN_SIZE) || noise.length !== EPHEMERAL_SIZE) {
    throw new ApiMisuse(`an initiation takes a token of 0 or ${RETRY_TOKEN_SIZE} bytes and ${EPHEMERAL_SIZE} of noise`);
  }
  const unpadded = encode([KIND.initiation, version, sourceId, token, noise, EMPTY]).length - 1;
  if (knocks.length > KNOCKS_SIZE) throw new ApiMisuse(`knocks have ${KNOCKS_SIZE} bytes at most, got ${knocks.length}`);
  const room = INITIATION_SIZE - unpadded;
  const padding = new Uint8Array(room - headSize(room - 1));
  padding.set(knocks);
  return encode([KIND.initiation, version, sourceId, token, noise, padding]);
};

/** @returns at most `RESPONSE_SIZE_MAX` bytes; throws `ApiMisuse` if noise is too large for that. */
export const encodeResponse = ({ destinationId, sourceId, noise }: Omit<Response, 'kind'>): Uint8Array => {
  const bytes = encode([KIND.response, destinationId, sourceId, noise]);
  if (bytes.length > RESPONSE_SIZE_MAX)
    throw new ApiMisuse(`a response has at most ${RESPONSE_SIZE_MAX} bytes, got ${bytes.length}`);
  return bytes;
};

export const encodeConfirmation = ({ destinationId, noise }: Omit<Confirmation, 'kind'>): Uint8Array =>
  encode([KIND.confirmation, destinationId, noise]);

/** @param fields token of 32 bytes. */
export const encodeRetry = ({ destinationId, token }: Omit<Retry, 'kind'>): Uint8Array => {
  if (token.length !== RETRY_TOKEN_SIZE) throw new ApiMisuse(`a retry token has ${RETRY_TOKEN_SIZE} bytes, got ${token.length}`);
  return encode([KIND.retry, destinationId, token]);
};

/** @param fields 1 to 16 versions. */
export const encodeVersionNotice = ({ destinationId, versions }: Omit<VersionNotice, 'kind'>): Uint8Array => {
  if (versions.length < 1 || versions.length > VERSIONS_MAX)
    throw new ApiMisuse(`1 to ${VERSIONS_MAX} versions, got ${versions.length}`);
  return encode([KIND.version, destinationId, versions]);
};

/**
 * Everything of a sealed datagram before the content of its ciphertext: the associated data of the seal, at most
 * `SEALED_OVERHEAD_MAX − TAG_SIZE` bytes. The ciphertext is put behind it.
 * @param ciphertextLength with the tag, 16 to 65,535.
 */
export const sealedHeader = (connectionId: number, packetNumber: number, ciphertextLength: number): Uint8Array => {
  if (!(ciphertextLength >= TAG_SIZE)) throw new ApiMisuse(`a ciphertext has ${TAG_SIZE} bytes or more, got ${ciphertextLength}`);
  const size = 2 + headSize(u32(connectionId)) + headSize(u32(packetNumber)) + headSize(u32(ciphertextLength));
  const header = new Uint8Array(size);
  header[0] = ARRAY | 4;
  header[1] = KIND.sealed;
  const at = writeHead(header, writeHead(header, 2, UINT, connectionId), UINT, packetNumber);
  writeHead(header, at, BYTES, ciphertextLength);
  return header;
};

/** A datagram as received. Byte fields are views of `bytes`. Nothing in it is authentic. */
export const decodeDatagram = (bytes: Uint8Array): Decoded<Datagram> => {
  const sealed = readSealed(bytes);
  if (sealed !== undefined) return decoded(sealed);
  const item = decode(bytes);
  if (!item.ok) return item;
  if (!isArray(item.value) || !isU32(item.value[0])) return refused('unknown-datagram');
  const [kind, ...fields] = item.value;
  if (typeof kind !== 'number' || kind < KIND.sealed || kind > KIND.version) return refused('unknown-datagram');
  const datagram = datagramOf(kind, fields, bytes);
  return datagram === undefined ? refused('malformed-datagram') : decoded(datagram);
};

/**
 * The sealed datagram by hand: nearly all that arrives is one. What this does not read goes the long way, through scan and
 * library, which refuses it and names the reason (a property test holds the two together).
 */
const readSealed = (bytes: Uint8Array): Sealed | undefined => {
  if (bytes[0] !== (ARRAY | 4) || bytes[1] !== KIND.sealed) return undefined;
  const connectionAt = 2;
  const packetAt = shortestEnd(bytes, connectionAt, UINT);
  const lengthAt = shortestEnd(bytes, packetAt, UINT);
  const contentAt = shortestEnd(bytes, lengthAt, BYTES);
  if (contentAt < 0) return undefined;
  const ciphertextLength = argumentBefore(bytes, lengthAt, contentAt);
  if (ciphertextLength < TAG_SIZE || contentAt + ciphertextLength !== bytes.length) return undefined;
  return {
    kind: 'sealed',
    connectionId: argumentBefore(bytes, connectionAt, packetAt),
    packetNumber: argumentBefore(bytes, packetAt, lengthAt),
    header: plainView(bytes, 0, contentAt),
    ciphertext: plainView(bytes, contentAt, bytes.length),
  };
};

/** The end of a head of `major` at `at` in its shortest form, or −1 if there is no such head (or `at` is −1 already). */
const shortestEnd = (bytes: Uint8Array, at: number, major: Major): number => {
  const initial = bytes[at];
  if (initial === undefined || (initial & 0xe0) !== major || (initial & 0x1f) > 26) return -1;
  const end = contentStart(bytes, at);
  return end <= bytes.length && headSize(argumentBefore(bytes, at, end)) === end - at ? end : -1;
};

/** The argument of the head from `at` to before `end`. */
const argumentBefore = (bytes: Uint8Array, at: number, end: number): number =>
  end === at + 1 ? (bytes[at] ?? 0) & 0x1f : readArgument(bytes, at + 1, end - at - 1);

const datagramOf = (kind: number, fields: readonly CborValue[], bytes: Uint8Array): Datagram | undefined => {
  const [first, second, third] = fields;
  if (!isU32(first)) return undefined;
  switch (kind) {
    case KIND.sealed:
      return undefined; // a well-formed one was read by hand
    case KIND.initiation:
      return initiationOf(first, fields, bytes);
    case KIND.response:
      if (fields.length !== 3 || !isU32(second) || !isNoise(third) || bytes.length > RESPONSE_SIZE_MAX) return undefined;
      return { kind: 'response', destinationId: first, sourceId: second, noise: third };
    case KIND.confirmation:
      return fields.length === 2 && isNoise(second) ? { kind: 'confirmation', destinationId: first, noise: second } : undefined;
    case KIND.retry:
      if (fields.length !== 2 || !isBytesOf(second, RETRY_TOKEN_SIZE)) return undefined;
      return { kind: 'retry', destinationId: first, token: second };
    default:
      if (fields.length !== 2 || !isArray(second) || second.length < 1 || second.length > VERSIONS_MAX) return undefined;
      return second.every(isU32) ? { kind: 'version', destinationId: first, versions: second } : undefined;
  }
};

const isNoise = (value: CborValue | undefined): value is Uint8Array => isBytes(value) && value.length >= TAG_SIZE;

/** Of every version an initiation has `INITIATION_SIZE` bytes, so that any answer is smaller; of ours exactly. */
const initiationOf = (version: number, fields: readonly CborValue[], bytes: Uint8Array): Initiation | undefined => {
  const [, sourceId, token, noise, padding] = fields;
  if (!isU32(sourceId) || bytes.length < INITIATION_SIZE) return undefined;
  if (version !== PROTOCOL_VERSION) return { kind: 'initiation', version, sourceId, isOurs: false };
  if (fields.length !== 5 || bytes.length !== INITIATION_SIZE || !isBytes(padding)) return undefined;
  if (!isBytes(token) || (token.length !== 0 && token.length !== RETRY_TOKEN_SIZE)) return undefined;
  if (!isBytesOf(noise, EPHEMERAL_SIZE)) return undefined;
  return { kind: 'initiation', version, sourceId, isOurs: true, token, noise, knocks: padding.subarray(0, KNOCKS_SIZE) };
};
