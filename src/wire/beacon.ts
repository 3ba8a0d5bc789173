/**
 * A beacon: "somebody speaks earshot at the address this comes from" (protocol.md §12.2). It is broadcast and signed by nobody:
 * a hint, never proof.
 *
 *     [7, version u32, tag bytes(8), hint bytes(0 or 8)]
 *
 * A kind of datagram (§4) that only the beacon port takes.
 */
import { type Decoded, decoded, refused } from '../base/decoded.ts';
import { PROTOCOL_VERSION } from '../base/limits.ts';
import { decode, encode } from './cbor.ts';
import { isArray, isBytes, isBytesOf, isU32 } from './fields.ts';

export type Beacon = {
  /** Drawn at each start: by it a peer knows its own. */
  readonly tag: Uint8Array;
  /** The first 8 bytes of the identity key, as in mDNS; undefined if it is not told. */
  readonly idHint: Uint8Array | undefined;
};

export const BEACON_KIND = 7;
export const BEACON_TAG_SIZE = 8;
const HINT_SIZE = 8;
const NO_HINT = new Uint8Array(0);

export const encodeBeacon = ({ tag, idHint }: Beacon): Uint8Array =>
  encode([BEACON_KIND, PROTOCOL_VERSION, tag, idHint ?? NO_HINT]);

/** Later versions may add fields behind these; byte fields are views of `bytes`. */
export const decodeBeacon = (bytes: Uint8Array): Decoded<Beacon> => {
  const item = decode(bytes);
  if (!item.ok) return item;
  if (!isArray(item.value)) return refused('malformed-datagram');
  const [kind, version, tag, hint] = item.value;
  if (kind !== BEACON_KIND || !isU32(version)) return refused('unknown-datagram');
  if (version !== PROTOCOL_VERSION) return refused('version-mismatch');
  if (item.value.length !== 4 || !isBytesOf(tag, BEACON_TAG_SIZE) || !isBytes(hint)) return refused('malformed-datagram');
  if (hint.length !== 0 && hint.length !== HINT_SIZE) return refused('malformed-datagram');
  return decoded({ tag, idHint: hint.length === 0 ? undefined : hint });
};
