import { describe, expect, test } from '@jest/globals';
import { directScope, logId, type PeerId, type RoomName, roomScope } from '../../src/base/ids.ts';
import { wallTime } from '../../src/base/time.ts';
import { decodeRecord, encodeRecord, type StoredRecord } from '../../src/chat/record.ts';
import { decode, encode } from '../../src/wire/cbor.ts';

const log = logId(new Uint8Array(8).fill(1));
const peer = 'ab'.repeat(32) as PeerId;
const lobby = 'lobby' as RoomName;
const run = new Uint8Array(300).fill(3);
const time = { seconds: 1_700_000_000, fraction: 12345 };
const RECORDS: readonly StoredRecord[] = [
  {
    kind: 'own-run',
    log,
    scope: roomScope(lobby),
    first: 5,
    count: 64,
    previous: 2,
    time,
    run,
    plain: undefined,
    network: 3,
    check: 9,
  },
  {
    kind: 'own-run',
    log,
    scope: directScope(peer),
    first: 5,
    count: 1,
    previous: 4,
    time,
    run,
    plain: run.subarray(0, 9),
    network: 0,
    check: 0,
  },
  {
    kind: 'received',
    author: peer,
    log,
    scope: lobby,
    held: 7,
    first: 9,
    count: 2,
    previous: 8,
    received: wallTime(1_700_000_000_999),
    isLive: true,
    run,
    plain: undefined,
    network: 2,
    isLent: true,
    check: 2 ** 32 - 1,
    isHollow: true,
  },
  {
    kind: 'received',
    author: peer,
    log,
    scope: null,
    held: 0,
    first: 1,
    count: 1,
    previous: 0,
    received: wallTime(5),
    isLive: false,
    run,
    plain: run,
    network: 1,
    isLent: false,
    check: 3,
    isHollow: false,
  },
  { kind: 'reservation', log, scope: directScope(peer), upTo: 2 ** 32 - 1 },
  { kind: 'met', log, peer, room: lobby, after: 17 },
  { kind: 'pin', peer, name: 'Ada ☕', sealKey: new Uint8Array(32).fill(9), serial: 4, isMeant: true },
  { kind: 'rooms', rooms: [lobby, 'tea' as RoomName] },
  { kind: 'rooms', rooms: [] },
  { kind: 'network', number: 3, key: '10.0.0.0/24', since: wallTime(1_700_000_000_123) },
  { kind: 'member', log, peer, room: lobby, after: 9, isMember: false },
  { kind: 'held', log, scope: roomScope(lobby), peer, upTo: 12 },
  { kind: 'dropped', log, scope: directScope(peer), first: 3, last: 4 },
  { kind: 'chain', log, scope: roomScope(lobby), last: 8, hash: new Uint8Array(32).fill(4), time },
  { kind: 'floor', author: peer, log, room: lobby, upTo: 33 },
  { kind: 'holding', author: peer, log, scope: null, ranges: [4, 6, 7, 9] },
  { kind: 'fork', author: peer, room: lobby, run, winner: run.slice(1) },
  { kind: 'unpin', peer },
  { kind: 'presence', peer, room: lobby, network: 3, at: wallTime(1_700_000_000_456) },
];

describe('a record', () => {
  test('comes back as it was stored', () => {
    for (const record of RECORDS) expect(decodeRecord(encodeRecord(record))).toEqual({ ok: true, value: record });
  });

  test('of a version that knew no networks, nor checks, stands for one where they are not known', () => {
    const [own, , received] = RECORDS;
    for (const [record, fields] of [
      [own, 2],
      [received, 4],
    ] as const) {
      if (record === undefined) throw new Error('no record');
      const value = decode(encodeRecord(record));
      if (!value.ok || !Array.isArray(value.value)) throw new Error('no array');
      expect(decodeRecord(encode(value.value.slice(0, -fields)))).toMatchObject({ ok: true, value: { network: 0 } });
    }
  });

  test('torn at any byte is no record', () => {
    for (const record of RECORDS) {
      const bytes = encodeRecord(record);
      for (let end = 0; end < bytes.length; end++) expect(decodeRecord(bytes.subarray(0, end)).ok).toBe(false);
    }
  });

  test('of another kind or shape is passed over', () => {
    for (const value of [[], [7, 'name'], [1], [2, 1], [3, 'x'], [4], [5, 1, 2], [6, ['Not A Room']], [6], 'text', 5, null]) {
      expect(decodeRecord(encode(value))).toEqual({ ok: false, reason: 'malformed-run' });
    }
  });
});
