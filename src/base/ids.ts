/**
 * The words for who and what: branded strings and numbers, each with one checking constructor.
 * Strings, because they are keys of Maps; the wire carries the bytes they stand for.
 */
import { fromHex, toHex } from './bytes.ts';
import { ApiMisuse } from './errors.ts';

declare const brand: unique symbol;
/** A `Base` that cannot be mistaken for another `Base`. */
export type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/** A person: 64 lower-case hex digits of an Ed25519 public key (32 bytes). */
export type PeerId = Branded<string, 'PeerId'>;
/** A log of an author: 16 lower-case hex digits (8 random bytes drawn with each new store). */
export type LogId = Branded<string, 'LogId'>;
/** A message: 32 lower-case hex digits, the first 16 bytes of its entry hash. */
export type EntryId = Branded<string, 'EntryId'>;
/** A room's name in its one normal form, see `parseRoomName` in base/room-name.ts. */
export type RoomName = Branded<string, 'RoomName'>;
/** Where an entry belongs: a room, or the direct conversation of its author with one reader. */
export type Scope = { readonly kind: 'room'; readonly room: RoomName } | { readonly kind: 'direct'; readonly reader: PeerId };
/** A scope as a Map key: `#lobby` or `@<PeerId>`. */
export type ScopeKey = Branded<string, 'ScopeKey'>;

const hexOf = (length: number, what: string, bytes: Uint8Array): string => {
  if (bytes.length !== length) throw new ApiMisuse(`${what} takes ${length} bytes, got ${bytes.length}`);
  return toHex(bytes);
};

/** @param key 32 bytes. */
export const peerId = (key: Uint8Array): PeerId => hexOf(32, 'peerId', key) as PeerId;
/** @param id 8 bytes. */
export const logId = (id: Uint8Array): LogId => hexOf(8, 'logId', id) as LogId;
/** @param hash an entry hash of 32 bytes; the first 16 name the message. */
export const entryId = (hash: Uint8Array): EntryId => {
  if (hash.length !== 32) throw new ApiMisuse(`entryId takes 32 bytes, got ${hash.length}`);
  return toHex(hash.subarray(0, 16)) as EntryId;
};
/** @param id 16 bytes, as an entry names another. */
export const entryIdOf = (id: Uint8Array): EntryId => hexOf(16, 'entryIdOf', id) as EntryId;
/** The 16 bytes of the id. */
export const entryIdBytes = (id: EntryId): Uint8Array => fromHex(id);
/** The 32 bytes of the key. */
export const peerKey = (id: PeerId): Uint8Array => fromHex(id);
/** The 8 bytes of the log id. */
export const logIdBytes = (id: LogId): Uint8Array => fromHex(id);

/** A `PeerId` from text, or undefined if it is not 64 lower-case hex digits. */
export const parsePeerId = (text: string): PeerId | undefined => (/^[0-9a-f]{64}$/.test(text) ? (text as PeerId) : undefined);

/** An `EntryId` from text, or undefined if it is not 32 lower-case hex digits. */
export const parseEntryId = (text: string): EntryId | undefined => (/^[0-9a-f]{32}$/.test(text) ? (text as EntryId) : undefined);

export const roomScope = (room: RoomName): Scope => ({ kind: 'room', room });
export const directScope = (reader: PeerId): Scope => ({ kind: 'direct', reader });
export const scopeKey = (scope: Scope): ScopeKey => (scope.kind === 'room' ? `#${scope.room}` : `@${scope.reader}`) as ScopeKey;
