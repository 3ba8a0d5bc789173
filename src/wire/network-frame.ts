/**
 * Frames about the network itself: whether a path works both ways, and who else is on the link.
 *
 * | kind | name           | fields after the kind                                                              |
 * |------|----------------|------------------------------------------------------------------------------------|
 * | 11   | path challenge | data bytes(8)                                                                      |
 * | 12   | path response  | data bytes(8)                                                                      |
 * | 22   | unlisted       | –                                                                                  |
 * | 13   | peers          | is asking bool, seconds u32, [[key bytes(32), address bytes(4 or 16), port u32 (1–65535)], …] (≤ 64) |
 */
import { ApiMisuse } from '../base/errors.ts';
import { type PeerId, peerId, peerKey } from '../base/ids.ts';
import { PEERS_TOLD_MAX } from '../base/limits.ts';
import { type CborValue, encode } from './cbor.ts';
import { isArray, isBoolean, isBytes, isBytesOf, isU32 } from './fields.ts';

/** `data` is eight unpredictable bytes; the response repeats them. */
export type PathFrame = { readonly kind: 'path-challenge' | 'path-response'; readonly data: Uint8Array };
/** Somebody the sender has a session with, and where. `address`: 4 bytes of IPv4 or 16 of IPv6, without a zone. */
export type ToldPeer = { readonly peer: PeerId; readonly address: Uint8Array; readonly port: number };
/** `isAsking`: tell me whom you know. `seconds`: since 1970, by the sender's clock. */
export type PeersFrame = {
  readonly kind: 'peers';
  readonly isAsking: boolean;
  readonly seconds: number;
  readonly peers: readonly ToldPeer[];
};
/** Tell nobody of the sender. */
export type UnlistedFrame = { readonly kind: 'unlisted' };
export type NetworkFrame = PathFrame | PeersFrame | UnlistedFrame;

export const NETWORK_KIND = { challenge: 11, response: 12, peers: 13, unlisted: 22 } as const;
export const PATH_DATA_SIZE = 8;
const KEY_SIZE = 32;
const PORT_MAX = 65_535;

/** @throws ApiMisuse on fields outside the table above. */
export const encodeNetworkFrame = (frame: NetworkFrame): Uint8Array => {
  if (frame.kind === 'unlisted') return encode([NETWORK_KIND.unlisted]);
  if (frame.kind !== 'peers') {
    if (frame.data.length !== PATH_DATA_SIZE)
      throw new ApiMisuse(`a path is checked by ${PATH_DATA_SIZE} bytes, got ${frame.data.length}`);
    return encode([frame.kind === 'path-challenge' ? NETWORK_KIND.challenge : NETWORK_KIND.response, frame.data]);
  }
  if (frame.peers.length > PEERS_TOLD_MAX) throw new ApiMisuse(`at most ${PEERS_TOLD_MAX} peers, got ${frame.peers.length}`);
  const peers = frame.peers.map(({ peer, address, port }) => [peerKey(peer), address, port]);
  return encode([NETWORK_KIND.peers, frame.isAsking, frame.seconds, peers]);
};

/** @returns undefined if the fields after `kind` are not as the table says. */
export const networkFrameOf = (kind: number, fields: readonly CborValue[]): NetworkFrame | undefined => {
  if (kind === NETWORK_KIND.unlisted) return fields.length === 0 ? { kind: 'unlisted' } : undefined;
  const [first, seconds, list] = fields;
  if (kind !== NETWORK_KIND.peers) {
    if (fields.length !== 1 || !isBytesOf(first, PATH_DATA_SIZE)) return undefined;
    return { kind: kind === NETWORK_KIND.challenge ? 'path-challenge' : 'path-response', data: first };
  }
  if (fields.length !== 3 || !isBoolean(first) || !isU32(seconds)) return undefined;
  if (!isArray(list) || list.length > PEERS_TOLD_MAX) return undefined;
  const peers: ToldPeer[] = [];
  for (const value of list) {
    const told = toldPeerOf(value);
    if (told === undefined) return undefined;
    peers.push(told);
  }
  return { kind: 'peers', isAsking: first, seconds, peers };
};

const toldPeerOf = (value: CborValue): ToldPeer | undefined => {
  if (!isArray(value) || value.length !== 3) return undefined;
  const [key, address, port] = value;
  if (!isBytesOf(key, KEY_SIZE) || !isBytes(address) || !isU32(port) || port < 1 || port > PORT_MAX) return undefined;
  return address.length === 4 || address.length === 16 ? { peer: peerId(key), address, port } : undefined;
};
