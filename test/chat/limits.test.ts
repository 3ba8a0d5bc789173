import { describe, expect, test } from '@jest/globals';
import { directScope, logId, type PeerId, peerId, type RoomName } from '../../src/base/ids.ts';
import { LOGS_MAX, PINS_MAX, ROOMS_JOINED_MAX } from '../../src/base/limits.ts';
import { wallTime } from '../../src/base/time.ts';
import { LOGS_KEPT_PER_AUTHOR, LOGS_PER_AUTHOR_MAX, MET_POINTS_MAX, OWN_LOGS_MAX, UNTAKEN_MAX } from '../../src/chat/limits.ts';
import { MetPoints } from '../../src/chat/met-points.ts';
import { Pins } from '../../src/chat/pins.ts';
import { Queue } from '../../src/chat/queue.ts';
import { encodeRecord, type StoredRecord } from '../../src/chat/record.ts';
import { LOBBY, type Node, pairInLobby, room, World } from './chat-world.ts';
import { give, madeRun } from './made-run.ts';

const someKey = (n: number): Uint8Array => {
  const key = new Uint8Array(32);
  new DataView(key.buffer).setUint32(28, n);
  return key;
};
const someId = (n: number): Uint8Array => someKey(n).slice(24);

describe('at the maximum', () => {
  test('one more room is not joined, and said so: it may be asked for by another process', () => {
    const world = new World(1);
    const ada = world.node('ada');
    for (let i = 0; i < ROOMS_JOINED_MAX; i++) ada.join(room(`r${i}`));
    ada.join(room('more'));
    ada.join(room('r0'));
    expect(ada.chat.rooms).not.toContain('more');
    expect(ada.eventsOf('warning').map(({ code }) => code)).toEqual(['too-many-rooms']);
    ada.leave(room('r0'));
    ada.join(room('more'));
    expect(ada.chat.rooms.length).toBe(ROOMS_JOINED_MAX);
  });

  test.each([
    ['of authors with many, the oldest give way to those of others', LOGS_PER_AUTHOR_MAX, true],
    ['of authors with few, those held stay and new ones are refused', LOGS_KEPT_PER_AUTHOR, false],
  ])('logs %s', (_, logsPerAuthor, isHeard) => {
    const world = new World(2);
    const bob = world.node('bob');
    bob.disk.append(encodeRecord({ kind: 'rooms', rooms: [LOBBY] }));
    const base = {
      kind: 'received',
      scope: LOBBY,
      held: 0,
      first: 1,
      count: 1,
      previous: 0,
      isLive: true,
      network: 0,
      isLent: false,
      check: 0,
      isHollow: false,
    } as const;
    for (let i = 0; i <= LOGS_MAX; i++) {
      const record: StoredRecord = {
        ...base,
        author: peerId(someKey(Math.floor(i / logsPerAuthor))),
        log: logId(someId(i)),
        received: wallTime(0),
        run: new Uint8Array(1),
        plain: undefined,
      };
      bob.disk.append(encodeRecord(record));
    }
    bob.restart();
    const drops = bob.drops.length;
    const ada = world.node('ada');
    world.connect(ada, bob);
    ada.say(LOBBY, 'hello?');
    world.run(100);
    expect(bob.drops.slice(drops)).toEqual(isHeard ? [] : ['log-full']);
    expect(bob.texts).toEqual(isHeard ? ['hello?'] : []);
    expect(ada.eventsOf('delivered').length).toBe(isHeard ? 1 : 0);
  });

  test('logs that were only announced go with their session', () => {
    const world = new World(3);
    const [ada, bob] = pairInLobby(world);
    const announce = (from: Node, n: number): void =>
      bob.step((chat, now, out) =>
        chat.onFrame(now, from.id, { kind: 'start', scope: null, log: logId(someId(n)), after: 9, last: 9 }, out),
      );
    for (let i = 0; i <= LOGS_PER_AUTHOR_MAX; i++) announce(ada, i);
    expect(bob.drops).toEqual(['log-full']);
    world.disconnect(ada, bob);
    world.connect(ada, bob);
    announce(ada, 1000);
    expect(bob.drops).toEqual(['log-full']);
    expect(bob.sentFrames.at(-1)).toEqual({ kind: 'hold', scope: null, log: logId(someId(1000)), upTo: 9, isStored: true });
  });

  test('own logs: nobody new can be spoken to', () => {
    const world = new World(4);
    const ada = world.node('ada');
    for (let i = 0; i < OWN_LOGS_MAX; i++) {
      const reservation = { kind: 'reservation', log: ada.log, scope: directScope(peerId(someKey(i))), upTo: 1 } as const;
      ada.disk.append(encodeRecord(reservation));
    }
    ada.restart();
    ada.say(LOBBY, 'too much');
    expect(ada.eventsOf('refused').map(({ why }) => why)).toEqual(['queue-full']);
  });

  test('numbers: the last one is used, then say is refused', () => {
    const world = new World(5);
    const ada = world.node('ada');
    ada.disk.append(encodeRecord({ kind: 'reservation', log: ada.log, scope: { kind: 'room', room: LOBBY }, upTo: 2 ** 32 - 3 }));
    ada.restart();
    ada.say(LOBBY, 'last but one', 'last', 'never');
    world.run(100);
    ada.say(LOBBY, 'refused');
    world.run(100);
    expect(ada.eventsOf('sent').map(({ sequence }) => sequence)).toEqual([2 ** 32 - 2, 2 ** 32 - 1]);
    expect(ada.eventsOf('refused').map(({ token, why }) => [token, why])).toEqual([
      [3, 'queue-full'],
      [4, 'queue-full'],
    ]);
  });

  test('messages a program did not take: what comes then waits with its author', () => {
    const world = new World(6);
    const ada = world.node('ada');
    const eph = world.node('eph', { isEphemeral: true });
    eph.join(LOBBY);
    world.connect(ada, eph);
    eph.isTaking = false;
    const texts = Array.from({ length: 64 }, () => 'm');
    const runs = UNTAKEN_MAX / 64;
    for (let i = 0; i <= runs; i++) give(eph, ada, madeRun(ada, { first: 1 + 64 * i, texts }));
    expect(eph.drops).toEqual(['log-full']);
    expect(eph.texts.length).toBe(UNTAKEN_MAX);
    const [first] = eph.messages;
    if (first !== undefined) eph.step((chat, now, out) => chat.onTaken(now, first.id, out));
    give(eph, ada, madeRun(ada, { first: 1 + UNTAKEN_MAX, texts }));
    expect(eph.drops).toEqual(['log-full']);
    expect(eph.texts.length).toBe(UNTAKEN_MAX + 64);
  });

  test('pins: the oldest goes, and whoever only wrote to us displaces nobody we wrote to', () => {
    const pins = new Pins();
    const id = (n: number): PeerId => peerId(someKey(n));
    for (let i = 0; i <= PINS_MAX; i++) pins.set(id(i), { name: `n${i}`, sealKey: someKey(i), serial: 1, isMeant: true });
    expect([pins.names.size, pins.get(id(0)), pins.get(id(1))?.name]).toEqual([PINS_MAX, undefined, 'n1']);
    expect(pins.set(id(5), { name: 'n5', sealKey: someKey(6), serial: 0, isMeant: true })).toBe(false);
    expect(pins.set(id(5), { name: 'n5', sealKey: someKey(6), serial: 2, isMeant: false })).toBe(true);
    expect(pins.get(id(5))).toEqual({ name: 'n5', sealKey: someKey(6), serial: 2, isMeant: true });
    const stranger = (n: number): PeerId => peerId(someKey(1_000_000 + n));
    for (let i = 0; i <= PINS_MAX; i++) pins.set(stranger(i), { name: 'n7', sealKey: someKey(i), serial: 1, isMeant: false });
    expect([pins.names.size, pins.names.has(stranger(9))]).toEqual([PINS_MAX, false]);
    expect([pins.get(stranger(0)), pins.get(stranger(1))?.isMeant, pins.get(id(7))?.name]).toEqual([undefined, false, 'n7']);
  });

  test('first meetings: a new face is not remembered beyond its session', () => {
    const met = new MetPoints();
    for (let i = 0; i < MET_POINTS_MAX; i++) met.set(`r${i % 50}` as RoomName, `p${i}` as PeerId, i);
    expect(met.set(LOBBY, 'new' as PeerId, 1)).toBe(false);
    expect(met.get(LOBBY, 'new' as PeerId)).toBeUndefined();
    expect(met.get('r7' as RoomName, 'p7' as PeerId)).toBe(7);
  });
});

describe('a queue', () => {
  test('gives back in order what was put in, and lets go of it', () => {
    const queue = new Queue<number>();
    let next = 0;
    for (let i = 0; i < 10_000; i++) {
      queue.push(i);
      if (i % 3 === 2) {
        expect(queue.peek()).toBe(next);
        expect(queue.shift()).toBe(next++);
      }
    }
    expect(queue.length).toBe(10_000 - next);
    while (next < 10_000) expect(queue.shift()).toBe(next++);
    expect([queue.length, queue.peek(), queue.shift()]).toEqual([0, undefined, undefined]);
  });
});
