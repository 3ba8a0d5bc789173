import { describe, expect, test } from '@jest/globals';
import { directScope } from '../../src/base/ids.ts';
import { LIVE_WINDOW_ENTRIES, RESERVATION_BLOCK } from '../../src/base/limits.ts';
import { SAYINGS_WAITING_MAX, STALLED_AFTER_MS } from '../../src/chat/limits.ts';
import { decodeRecord } from '../../src/chat/record.ts';
import { nodeSuite } from '../../src/crypto/primitives/node-suite.ts';
import { LOBBY, type Node, numbered, PERFECT, pairInLobby, World } from './chat-world.ts';

const sent = (node: Node): number => node.eventsOf('sent').length;
const reservations = (node: Node): readonly number[] =>
  node.disk.records.flatMap((bytes) => {
    const record = decodeRecord(bytes);
    return record.ok && record.value.kind === 'reservation' ? [record.value.upTo] : [];
  });

describe('the live window', () => {
  test('lets nobody run further ahead of a live member than it is wide; the rest waits its turn', () => {
    const world = new World(1, PERFECT, nodeSuite);
    const [ada, bob] = pairInLobby(world);
    ada.budget = () => 0; // bob's session takes nothing
    ada.say(LOBBY, ...numbered('m', LIVE_WINDOW_ENTRIES + 500));
    world.run(500);
    expect(sent(ada)).toBe(LIVE_WINDOW_ENTRIES);
    ada.budget = () => 64 * 1024;
    ada.step(() => undefined);
    for (let i = 0; i < 100; i++) {
      world.run(10);
      ada.step(() => undefined); // a turn, as with every datagram
    }
    expect(sent(ada)).toBe(LIVE_WINDOW_ENTRIES + 500);
    expect(bob.texts).toEqual(numbered('m', LIVE_WINDOW_ENTRIES + 500));
    expect(ada.eventsOf('delivered').at(-1)?.upTo).toBe(LIVE_WINDOW_ENTRIES + 500);
  });

  test('does not wait for a member that makes no progress, which is served at its own pace', () => {
    const world = new World(2, PERFECT, nodeSuite);
    const [ada, bob] = pairInLobby(world);
    const cyd = world.node('cyd');
    cyd.join(LOBBY);
    world.connect(ada, cyd);
    world.run(100);
    ada.budget = (peer) => (peer === bob.id ? 0 : 1e6);
    ada.say(LOBBY, ...numbered('m', LIVE_WINDOW_ENTRIES + 500));
    world.run(STALLED_AFTER_MS - 100);
    expect(cyd.texts.length).toBe(LIVE_WINDOW_ENTRIES);
    world.run(500);
    expect(cyd.texts.length).toBe(LIVE_WINDOW_ENTRIES + 500);
    expect(ada.chat.nextTimeout() ?? Number.POSITIVE_INFINITY).toBeGreaterThan(world.nowMs); // only to compare the room
    ada.say(LOBBY, 'on');
    world.run(100);
    expect(cyd.texts.at(-1)).toBe('on');
    ada.budget = () => 1e6;
    ada.step(() => undefined);
    world.run(100);
    expect(bob.texts.length).toBe(LIVE_WINDOW_ENTRIES + 501);
  });

  test('is not narrowed by numbers that were never used', () => {
    const world = new World(3, PERFECT, nodeSuite);
    const [ada, bob] = pairInLobby(world);
    ada.say(LOBBY, 'first');
    world.run(100);
    for (let i = 0; i < 4; i++) {
      ada.kill();
      ada.restart();
      world.run(10);
    }
    world.connect(ada, bob);
    world.run(100);
    ada.budget = () => 0;
    ada.say(LOBBY, ...numbered('m', LIVE_WINDOW_ENTRIES));
    world.run(500);
    expect(sent(ada)).toBe(1 + LIVE_WINDOW_ENTRIES);
    expect(ada.eventsOf('sent').at(1)?.sequence).toBeGreaterThan(4 * RESERVATION_BLOCK);
  });

  test('does not hold back who is alone', () => {
    const world = new World(4, PERFECT, nodeSuite);
    const ada = world.node('ada');
    ada.join(LOBBY);
    world.run(10);
    for (let i = 0; i < 3; i++) {
      ada.say(LOBBY, ...numbered('m', 9000));
      world.run(100);
    }
    expect(sent(ada)).toBe(27_000);
  });
});

describe('what waits to be numbered', () => {
  test('is bounded: one more is refused', () => {
    const world = new World(10, PERFECT, nodeSuite);
    const ada = world.node('ada');
    ada.say(LOBBY, ...numbered('m', SAYINGS_WAITING_MAX + 2)); // no number is reserved yet
    expect(ada.eventsOf('refused').map(({ token, why }) => [token, why])).toEqual([
      [SAYINGS_WAITING_MAX + 1, 'queue-full'],
      [SAYINGS_WAITING_MAX + 2, 'queue-full'],
    ]);
    world.run(100);
    expect(sent(ada)).toBe(SAYINGS_WAITING_MAX);
    expect(ada.eventsOf('sent').map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: SAYINGS_WAITING_MAX }, (_, i) => i + 1),
    );
  });

  test('is bounded in bytes over all logs', () => {
    const world = new World(11, PERFECT, nodeSuite);
    const [ada, bob] = pairInLobby(world);
    ada.budget = () => 0;
    const text = 'x'.repeat(8000);
    for (let i = 0; i < 10; i++) {
      const scope = i % 2 === 0 ? LOBBY : directScope(bob.id);
      ada.say(scope, ...Array.from({ length: 1500 }, () => text));
    }
    expect(ada.eventsOf('refused').every(({ why }) => why === 'queue-full')).toBe(true);
  });

  test('is numbered only from blocks reserved on the disk, ahead of need', () => {
    const world = new World(12, PERFECT, nodeSuite);
    const [ada] = pairInLobby(world);
    expect(reservations(ada)).toEqual([RESERVATION_BLOCK]);
    ada.say(LOBBY, ...numbered('m', RESERVATION_BLOCK / 2));
    world.run(10);
    expect(reservations(ada)).toEqual([RESERVATION_BLOCK]);
    ada.say(LOBBY, 'more than half');
    world.run(10);
    expect(reservations(ada)).toEqual([RESERVATION_BLOCK, 2 * RESERVATION_BLOCK]);
  });

  test('reserves more at a time where talk is fast', () => {
    const world = new World(13, PERFECT, nodeSuite);
    const ada = world.node('ada');
    ada.join(LOBBY);
    for (let i = 0; i < 10; i++) {
      ada.say(LOBBY, ...numbered('m', 10_000));
      world.run(10);
    }
    expect(sent(ada)).toBe(100_000);
    expect(reservations(ada).length).toBeLessThan(15);
  });
});
