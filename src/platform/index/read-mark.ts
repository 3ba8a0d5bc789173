/**
 * "Everything up to this message was read": a record of the store, [20, room name or the other's key bytes(32), id bytes(16)];
 * without an id: everything before this record. The machine passes over it; the index counts from it.
 */
import {
  directScope,
  type EntryId,
  entryIdBytes,
  entryIdOf,
  peerId,
  peerKey,
  roomScope,
  type Scope,
  type ScopeKey,
  scopeKey,
} from '../../base/ids.ts';
import { isRoomName } from '../../base/room-name.ts';
import { decode, encode } from '../../wire/cbor.ts';

const TAG = 20;

export type ReadMark = { readonly scope: ScopeKey; readonly upTo: EntryId | undefined };

export const readMark = (scope: Scope, upTo?: EntryId): Uint8Array => {
  const where = scope.kind === 'room' ? scope.room : peerKey(scope.reader);
  return encode(upTo === undefined ? [TAG, where] : [TAG, where, entryIdBytes(upTo)]);
};

/** Whether a record is one: an array of two or three items, the first of them the tag. */
export const isReadMark = (record: Uint8Array): boolean => (record[0] === 0x82 || record[0] === 0x83) && record[1] === TAG;

/** @returns what a record says was read, if it is such a record. */
export const readMarkOf = (record: Uint8Array): ReadMark | undefined => {
  if (!isReadMark(record)) return undefined;
  const item = decode(record);
  if (!item.ok || !Array.isArray(item.value)) return undefined;
  const [, where, id] = item.value;
  const scope = scopeOf(where);
  const upTo = id instanceof Uint8Array && id.length === 16 ? entryIdOf(id) : undefined;
  return scope === undefined ? undefined : { scope: scopeKey(scope), upTo };
};

const scopeOf = (where: unknown): Scope | undefined => {
  if (typeof where === 'string') return isRoomName(where) ? roomScope(where) : undefined;
  return where instanceof Uint8Array && where.length === 32 ? directScope(peerId(where)) : undefined;
};
