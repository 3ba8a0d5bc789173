/**
 * "Everything before this in the store was read": a record of the store, [20, room name or the other's key bytes(32)].
 * The machine passes over it; the index counts from it.
 */
import { directScope, peerId, peerKey, roomScope, type Scope, type ScopeKey, scopeKey } from '../../base/ids.ts';
import { isRoomName } from '../../base/room-name.ts';
import { decode, encode } from '../../wire/cbor.ts';

const TAG = 20;

export const readMark = (scope: Scope): Uint8Array => encode([TAG, scope.kind === 'room' ? scope.room : peerKey(scope.reader)]);

/** @returns the scope that a record says was read, if it is such a record. */
export const isReadMark = (record: Uint8Array): ScopeKey | undefined => {
  if (record[0] !== 0x82 || record[1] !== TAG) return undefined;
  const item = decode(record);
  if (!item.ok || !Array.isArray(item.value)) return undefined;
  const where = item.value[1];
  if (typeof where === 'string') return isRoomName(where) ? scopeKey(roomScope(where)) : undefined;
  return where instanceof Uint8Array && where.length === 32 ? scopeKey(directScope(peerId(where))) : undefined;
};
