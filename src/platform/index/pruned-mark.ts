/** "So many messages of this scope were let go of": a record of the store, [22, room name or the other's key bytes(32), count, seconds]. */
import { directScope, type PeerId, peerId, peerKey, type RoomName, roomScope, type ScopeKey, scopeKey } from '../../base/ids.ts';
import { isRoomName } from '../../base/room-name.ts';
import type { WallTime } from '../../base/time.ts';
import { decode, encode } from '../../wire/cbor.ts';

const TAG = 22;

export const prunedMark = (key: ScopeKey, count: number, wall: WallTime): Uint8Array => {
  const name = key.slice(1);
  const seconds = Math.max(0, Math.min(2 ** 32 - 1, Math.floor(wall / 1000)));
  return encode([TAG, key.startsWith('#') ? name : peerKey(name as PeerId), count, seconds]);
};

/** @returns what such a record says; undefined for any other. */
export const prunedMarkOf = (record: Uint8Array): { readonly scope: ScopeKey; readonly count: number } | undefined => {
  if (record[0] !== 0x84 || record[1] !== TAG) return undefined;
  const item = decode(record);
  if (!item.ok || !Array.isArray(item.value)) return undefined;
  const [, where, count] = item.value;
  if (typeof count !== 'number') return undefined;
  if (typeof where === 'string') return isRoomName(where) ? { scope: scopeKey(roomScope(where as RoomName)), count } : undefined;
  return where instanceof Uint8Array && where.length === 32 ? { scope: scopeKey(directScope(peerId(where))), count } : undefined;
};
