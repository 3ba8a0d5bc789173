/**
 * What is kept: the store's records, each one CBOR array. The store appends them and gives them back in order.
 *
 * | tag | record      | fields after the tag                                                                                    |
 * |-----|-------------|---------------------------------------------------------------------------------------------------------|
 * | 1   | own-run     | log id bytes(8), scope, first, count, previous, seconds, fraction, run bytes, plain entries bytes or null, |
 * |     |             | network, check                                                                                           |
 * | 2   | received    | author bytes(32), log id bytes(8), room or null, held, first, count, previous, received s, received ms,   |
 * |     |             | is live bool, run bytes, plain entries bytes or null, network, is lent bool, check, is hollow bool                       |
 * | 3   | reservation | log id bytes(8), scope, up to                                                                            |
 * | 4   | met         | log id bytes(8), peer bytes(32), room, after                                                             |
 * | 5   | pin         | peer bytes(32), name, X25519 key bytes(32), serial, is meant bool (we wrote to them)                     |
 * | 6   | rooms       | [room …]; the last such record counts                                                                    |
 * | 7   | release     | log id bytes(8), scope, up to                                                                            |
 * | 8   | network     | number, key text, since s, since ms: where we are from here on                                               |
 * | 11  | member      | log id bytes(8), peer bytes(32), room, after, is member bool: came back to the room, or left it, behind our `after` |
 * | 13  | held        | log id bytes(8), scope, peer bytes(32), up to: what the peer says it holds of our log                     |
 * | 10  | chain       | log id bytes(8), scope, last, run hash bytes(32), seconds, fraction: the last run there was, and our clock |
 * | 17  | unpin       | peer bytes(32): its name and key are forgotten                                                            |
 * | 16  | fork        | author bytes(32), room, run, run: the first lost to the second, with which it has a number in common      |
 * | 12  | floor       | author bytes(32), log id bytes(8), room, up to: let go of, and not wanted any more                        |
 * | 15  | holding     | author bytes(32), log id bytes(8), scope, [up to, after, first, last, …]: what is held of a log           |
 * | 14  | dropped     | log id bytes(8), scope, first, last: not sent to anybody any more                                        |
 * | 9   | presence    | peer bytes(32), room, network, at s, at ms: first met in the room on that network                         |
 *
 * Numbers are u32. A scope is a room's name or the reader's key, bytes(32); null is the direct conversation with us. `held`:
 * number up to which the log was held, without gaps, when the run came. Networks are numbers (networks.ts), 0 if not known; lent:
 * handed on by somebody else. Fields of records of earlier versions that are missing at the end stand for 0 and false. Plain entries: the opened content of a sealed run.
 * A record with another tag, or that cannot be read, is passed over.
 */
import { type Decoded, decoded, refused } from '../base/decoded.ts';
import {
  directScope,
  type LogId,
  logId,
  logIdBytes,
  type PeerId,
  peerId,
  peerKey,
  type RoomName,
  roomScope,
  type Scope,
} from '../base/ids.ts';
import { isRoomName } from '../base/room-name.ts';
import { type WallTime, wallTime } from '../base/time.ts';
import { type CborValue, decode, encode } from '../wire/cbor.ts';
import type { FrameScope } from '../wire/frame.ts';
import type { WireTime } from '../wire/run.ts';
import type { Network, Presence } from './networks.ts';

/** Names a stored record to the store: a whole number from 0 to 2^53−1, valid for the life of the store. */
export type RecordRef = number;

export type OwnRunRecord = {
  readonly kind: 'own-run';
  readonly log: LogId;
  readonly scope: Scope;
  readonly first: number;
  readonly count: number;
  readonly previous: number;
  readonly time: WireTime;
  readonly run: Uint8Array;
  readonly plain: Uint8Array | undefined;
  readonly network: number;
  /** The first four bytes of the run's hash; 0 in records of earlier versions. */
  readonly check: number;
};
export type ReceivedRecord = {
  readonly kind: 'received';
  readonly author: PeerId;
  readonly log: LogId;
  readonly scope: FrameScope;
  readonly held: number;
  readonly first: number;
  readonly count: number;
  readonly previous: number;
  readonly received: WallTime;
  /** It came from its author while its author was saying it. */
  readonly isLive: boolean;
  readonly run: Uint8Array;
  readonly plain: Uint8Array | undefined;
  readonly network: number;
  /** Somebody else handed it on; of a room only. */
  readonly isLent: boolean;
  /** The first four bytes of the run's hash; 0 in records of earlier versions. */
  readonly check: number;
  /** Handed on with bodies missing. */
  readonly isHollow: boolean;
};
export type StoredRecord =
  | OwnRunRecord
  | ReceivedRecord
  | { readonly kind: 'reservation'; readonly log: LogId; readonly scope: Scope; readonly upTo: number }
  /** A peer that ends gives back what it reserved above `upTo` and did not use. */
  | { readonly kind: 'release'; readonly log: LogId; readonly scope: Scope; readonly upTo: number }
  | { readonly kind: 'met'; readonly log: LogId; readonly peer: PeerId; readonly room: RoomName; readonly after: number }
  | {
      readonly kind: 'pin';
      readonly peer: PeerId;
      readonly name: string;
      readonly sealKey: Uint8Array;
      readonly serial: number;
      readonly isMeant: boolean;
    }
  | { readonly kind: 'rooms'; readonly rooms: readonly RoomName[] }
  | {
      readonly kind: 'member';
      readonly log: LogId;
      readonly peer: PeerId;
      readonly room: RoomName;
      readonly after: number;
      readonly isMember: boolean;
    }
  | {
      readonly kind: 'chain';
      readonly log: LogId;
      readonly scope: Scope;
      readonly last: number;
      readonly hash: Uint8Array;
      readonly time: WireTime;
    }
  | {
      readonly kind: 'fork';
      readonly author: PeerId;
      readonly room: RoomName;
      readonly run: Uint8Array;
      readonly winner: Uint8Array;
    }
  | { readonly kind: 'unpin'; readonly peer: PeerId }
  | { readonly kind: 'floor'; readonly author: PeerId; readonly log: LogId; readonly room: RoomName; readonly upTo: number }
  | {
      readonly kind: 'holding';
      readonly author: PeerId;
      readonly log: LogId;
      readonly scope: FrameScope;
      readonly ranges: readonly number[];
    }
  | { readonly kind: 'held'; readonly log: LogId; readonly scope: Scope; readonly peer: PeerId; readonly upTo: number }
  | { readonly kind: 'dropped'; readonly log: LogId; readonly scope: Scope; readonly first: number; readonly last: number }
  | ({ readonly kind: 'network' } & Network)
  | ({ readonly kind: 'presence' } & Presence);

const scopeValue = (scope: Scope): CborValue => (scope.kind === 'room' ? scope.room : peerKey(scope.reader));

/** Seconds and milliseconds; a machine's clock may stand anywhere. */
const timeFields = (time: WallTime): readonly [number, number] => {
  const at = Math.max(0, Math.min(time, RECEIVED_MAX));
  const seconds = Math.floor(at / 1000);
  return [seconds, Math.floor(at - seconds * 1000)];
};

/** The last millisecond whose seconds are u32, in 2106. */
const RECEIVED_MAX = 2 ** 32 * 1000 - 1;

export const encodeRecord = (record: StoredRecord): Uint8Array => {
  switch (record.kind) {
    case 'own-run': {
      const { first, count, previous, time, run, plain } = record;
      const place: readonly CborValue[] = [1, logIdBytes(record.log), scopeValue(record.scope), first, count, previous];
      return encode([...place, time.seconds, time.fraction, run, plain ?? null, record.network, record.check]);
    }
    case 'received': {
      const { scope, held, first, count, previous, received, isLive, run, plain } = record;
      const place: readonly CborValue[] = [
        2,
        peerKey(record.author),
        logIdBytes(record.log),
        scope,
        held,
        first,
        count,
        previous,
      ];
      return encode([
        ...place,
        ...timeFields(received),
        isLive,
        run,
        plain ?? null,
        record.network,
        record.isLent,
        record.check,
        record.isHollow,
      ]);
    }
    case 'reservation':
      return encode([3, logIdBytes(record.log), scopeValue(record.scope), record.upTo]);
    case 'release':
      return encode([7, logIdBytes(record.log), scopeValue(record.scope), record.upTo]);
    case 'met':
      return encode([4, logIdBytes(record.log), peerKey(record.peer), record.room, record.after]);
    case 'chain': {
      const { log, scope, last, hash, time } = record;
      return encode([10, logIdBytes(log), scopeValue(scope), last, hash, time.seconds, time.fraction]);
    }
    case 'fork':
      return encode([16, peerKey(record.author), record.room, record.run, record.winner]);
    case 'unpin':
      return encode([17, peerKey(record.peer)]);
    case 'floor':
      return encode([12, peerKey(record.author), logIdBytes(record.log), record.room, record.upTo]);
    case 'holding':
      return encode([15, peerKey(record.author), logIdBytes(record.log), record.scope, record.ranges]);
    case 'member':
      return encode([11, logIdBytes(record.log), peerKey(record.peer), record.room, record.after, record.isMember]);
    case 'held':
      return encode([13, logIdBytes(record.log), scopeValue(record.scope), peerKey(record.peer), record.upTo]);
    case 'dropped':
      return encode([14, logIdBytes(record.log), scopeValue(record.scope), record.first, record.last]);
    case 'pin':
      return encode([5, peerKey(record.peer), record.name, record.sealKey, record.serial, record.isMeant]);
    case 'rooms':
      return encode([6, record.rooms]);
    case 'network':
      return encode([8, record.number, record.key, ...timeFields(record.since)]);
    case 'presence':
      return encode([9, peerKey(record.peer), record.room, record.network, ...timeFields(record.at)]);
    default:
      return record satisfies never;
  }
};

/** A record as stored. Byte strings are views of `bytes`. */
export const decodeRecord = (bytes: Uint8Array): Decoded<StoredRecord> => {
  const item = decode(bytes);
  if (!item.ok) return item;
  if (!Array.isArray(item.value)) return refused('malformed-run');
  const record = readRecord(item.value);
  return record === undefined ? refused('malformed-run') : decoded(record);
};

const readRecord = (fields: readonly CborValue[]): StoredRecord | undefined => {
  switch (fields[0]) {
    case 1:
      return readOwnRun(fields);
    case 2:
      return readReceived(fields);
    case 3:
    case 7: {
      const [, log, scope, upTo] = fields;
      const where = readScope(scope);
      if (!isKey(log, 8) || where === undefined || !isNumber(upTo)) return undefined;
      return { kind: fields[0] === 3 ? 'reservation' : 'release', log: logId(log), scope: where, upTo };
    }
    case 4: {
      const [, log, peer, room, after] = fields;
      if (!isKey(log, 8) || !isKey(peer, 32) || !isRoom(room) || !isNumber(after)) return undefined;
      return { kind: 'met', log: logId(log), peer: peerId(peer), room, after };
    }
    case 10: {
      const [, log, scope, last, hash, seconds, fraction] = fields;
      const where = readScope(scope);
      if (!isKey(log, 8) || where === undefined || !isNumber(last) || !isKey(hash, 32)) return undefined;
      if (!isNumber(seconds) || !isNumber(fraction)) return undefined;
      return { kind: 'chain', log: logId(log), scope: where, last, hash, time: { seconds, fraction } };
    }
    case 16: {
      const [, author, room, run, winner] = fields;
      if (!isKey(author, 32) || !isRoom(room) || !isBytes(run) || !isBytes(winner)) return undefined;
      return { kind: 'fork', author: peerId(author), room, run, winner };
    }
    case 17:
      return isKey(fields[1], 32) ? { kind: 'unpin', peer: peerId(fields[1]) } : undefined;
    case 12: {
      const [, author, log, room, upTo] = fields;
      if (!isKey(author, 32) || !isKey(log, 8) || !isRoom(room) || !isNumber(upTo)) return undefined;
      return { kind: 'floor', author: peerId(author), log: logId(log), room, upTo };
    }
    case 15: {
      const [, author, log, scope, ranges] = fields;
      if (!isKey(author, 32) || !isKey(log, 8) || !(scope === null || isRoom(scope))) return undefined;
      if (!Array.isArray(ranges) || !ranges.every(isNumber)) return undefined;
      return { kind: 'holding', author: peerId(author), log: logId(log), scope, ranges };
    }
    case 11: {
      const [, log, peer, room, after, isMember] = fields;
      if (!isKey(log, 8) || !isKey(peer, 32) || !isRoom(room) || !isNumber(after)) return undefined;
      return typeof isMember === 'boolean'
        ? { kind: 'member', log: logId(log), peer: peerId(peer), room, after, isMember }
        : undefined;
    }
    case 13: {
      const [, log, scope, peer, upTo] = fields;
      const where = readScope(scope);
      if (!isKey(log, 8) || where === undefined || !isKey(peer, 32) || !isNumber(upTo)) return undefined;
      return { kind: 'held', log: logId(log), scope: where, peer: peerId(peer), upTo };
    }
    case 14: {
      const [, log, scope, first, last] = fields;
      const where = readScope(scope);
      if (!isKey(log, 8) || where === undefined || !isNumber(first) || !isNumber(last)) return undefined;
      return { kind: 'dropped', log: logId(log), scope: where, first, last };
    }
    case 5: {
      const [, peer, name, sealKey, serial, isMeant] = fields;
      if (!isKey(peer, 32) || typeof name !== 'string' || !isKey(sealKey, 32) || !isNumber(serial)) return undefined;
      return typeof isMeant === 'boolean' ? { kind: 'pin', peer: peerId(peer), name, sealKey, serial, isMeant } : undefined;
    }
    case 6: {
      const [, rooms] = fields;
      return Array.isArray(rooms) && rooms.every(isRoom) ? { kind: 'rooms', rooms } : undefined;
    }
    case 8: {
      const [, number, key, seconds, ms] = fields;
      if (!isNumber(number) || typeof key !== 'string' || !isNumber(seconds) || !isNumber(ms)) return undefined;
      return { kind: 'network', number, key, since: wallTime(seconds * 1000 + ms) };
    }
    case 9: {
      const [, peer, room, network, seconds, ms] = fields;
      if (!isKey(peer, 32) || !isRoom(room) || !isNumber(network) || !isNumber(seconds) || !isNumber(ms)) return undefined;
      return { kind: 'presence', peer: peerId(peer), room, network, at: wallTime(seconds * 1000 + ms) };
    }
    default:
      return undefined;
  }
};

const readOwnRun = (fields: readonly CborValue[]): OwnRunRecord | undefined => {
  const [, log, scope, first, count, previous, seconds, fraction, run, plain, network = 0, check = 0] = fields;
  const where = readScope(scope);
  if (!isKey(log, 8) || where === undefined || !isNumber(first) || !isNumber(count) || !isNumber(previous)) return undefined;
  if (!isNumber(seconds) || !isNumber(fraction) || !isBytes(run) || !isPlain(plain)) return undefined;
  if (!isNumber(network) || !isNumber(check)) return undefined;
  const time = { seconds, fraction };
  return {
    kind: 'own-run',
    log: logId(log),
    scope: where,
    first,
    count,
    previous,
    time,
    run,
    plain: plain ?? undefined,
    network,
    check,
  };
};

const readReceived = (fields: readonly CborValue[]): ReceivedRecord | undefined => {
  const [
    ,
    author,
    log,
    scope,
    held,
    first,
    count,
    previous,
    seconds,
    ms,
    isLive,
    run,
    plain,
    network = 0,
    isLent = false,
    check = 0,
    isHollow = false,
  ] = fields;
  if (!isKey(author, 32) || !isKey(log, 8) || !(scope === null || isRoom(scope)) || !isNumber(held)) return undefined;
  if (!isNumber(first) || !isNumber(count) || !isNumber(previous) || !isNumber(seconds) || !isNumber(ms)) return undefined;
  if (typeof isLive !== 'boolean' || !isBytes(run) || !isPlain(plain)) return undefined;
  if (!isNumber(network) || typeof isLent !== 'boolean' || !isNumber(check)) return undefined;
  if (typeof isHollow !== 'boolean') return undefined;
  const received = wallTime(seconds * 1000 + ms);
  const place = { author: peerId(author), log: logId(log), scope, held, first, count, previous };
  return { kind: 'received', ...place, received, isLive, run, plain: plain ?? undefined, network, isLent, check, isHollow };
};

const isNumber = (value: CborValue | undefined): value is number => typeof value === 'number';
const isBytes = (value: CborValue | undefined): value is Uint8Array => value instanceof Uint8Array;
const isPlain = (value: CborValue | undefined): value is Uint8Array | null => value === null || isBytes(value);
const isKey = (value: CborValue | undefined, size: number): value is Uint8Array => isBytes(value) && value.length === size;
const isRoom = (value: CborValue | undefined): value is RoomName => typeof value === 'string' && isRoomName(value);
const readScope = (value: CborValue | undefined): Scope | undefined => {
  if (isRoom(value)) return roomScope(value);
  return isKey(value, 32) ? directScope(peerId(value)) : undefined;
};
