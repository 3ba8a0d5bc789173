import { describe, expect, test } from '@jest/globals';
import { directScope } from '../../src/base/ids.ts';
import { LOADS_MAX, RUN_CACHE_SIZE_MAX } from '../../src/chat/limits.ts';
import { decodeRecord } from '../../src/chat/record.ts';
import { nodeSuite } from '../../src/crypto/primitives/node-suite.ts';
import { LOBBY, numbered, PERFECT, pairInLobby, room, World } from './chat-world.ts';

describe('a store that refuses', () => {
  test('makes what is said refused, told of once, and talk goes on when it recovers', () => {
    const world = new World(1, PERFECT, nodeSuite);
    const [ada, bob] = pairInLobby(world);
    ada.say(LOBBY, 'one');
    world.run(100);
    ada.disk.failure = 'no space left on device';
    ada.say(LOBBY, 'two');
    ada.say(LOBBY, 'three');
    world.run(100);
    expect(ada.eventsOf('refused')).toEqual([
      { kind: 'refused', token: 2, why: 'not-stored', detail: 'no space left on device' },
      { kind: 'refused', token: 3, why: 'not-stored', detail: 'no space left on device' },
    ]);
    expect(ada.eventsOf('warning')).toEqual([
      { kind: 'warning', code: 'not-stored', text: expect.stringContaining('no space left on device') },
    ]);
    ada.disk.failure = undefined;
    ada.say(LOBBY, 'four');
    world.run(3000);
    expect(bob.texts).toEqual(['one', 'four']);
    expect(bob.eventsOf('gap')).toEqual([]);
    expect(ada.eventsOf('delivered').at(-1)?.upTo).toBe(4);
  });

  test('in the middle of a stream leaves a hole that is told of', () => {
    const world = new World(2, PERFECT, nodeSuite);
    const [ada, bob] = pairInLobby(world);
    ada.say(LOBBY, 'one');
    ada.disk.failure = 'busy';
    ada.say(LOBBY, 'two');
    ada.disk.failure = undefined;
    ada.say(LOBBY, 'three');
    world.run(3000);
    expect(ada.eventsOf('refused').map(({ token }) => token)).toEqual([2]);
    expect(bob.texts).toEqual(['one', 'three']);
    expect(ada.eventsOf('delivered').at(-1)?.upTo).toBe(3);
  });

  test('for a reservation refuses what waits for it, and the next saying tries again', () => {
    const world = new World(3, PERFECT, nodeSuite);
    const ada = world.node('ada');
    ada.disk.failure = 'read-only file system';
    ada.say(room('tea'), 'one', 'two');
    world.run(100);
    expect(ada.eventsOf('refused').map(({ token, why }) => [token, why])).toEqual([
      [1, 'not-stored'],
      [2, 'not-stored'],
    ]);
    ada.disk.failure = undefined;
    ada.say(room('tea'), 'three');
    world.run(100);
    expect(ada.eventsOf('sent').map(({ sequence }) => sequence)).toEqual([1]);
  });

  test('at a reader: what came is shown, once, and not acknowledged, and asked for again later', () => {
    const world = new World(4, PERFECT, nodeSuite);
    const [ada, bob] = pairInLobby(world);
    bob.disk.failure = 'no space left on device';
    ada.say(LOBBY, 'one');
    ada.say(LOBBY, 'two');
    world.run(100);
    expect(bob.texts).toEqual(['one', 'two']);
    expect(ada.eventsOf('delivered')).toEqual([]);
    expect(bob.eventsOf('warning').length).toBe(1);
    bob.disk.failure = undefined;
    world.run(3000);
    expect(bob.texts).toEqual(['one', 'two']);
    expect(ada.eventsOf('delivered').at(-1)?.upTo).toBe(2);
  });
});

describe('own runs', () => {
  const backlog = (world: World, isEphemeral: boolean) => {
    const ada = world.node('ada', { isEphemeral });
    const bob = world.node('bob');
    ada.join(LOBBY);
    bob.join(LOBBY);
    world.connect(ada, bob);
    world.run(100);
    world.disconnect(ada, bob);
    ada.budget = () => 1e9;
    const text = 'x'.repeat(8000);
    const count = Math.ceil(RUN_CACHE_SIZE_MAX / 8000) + 200;
    for (let i = 0; i < count; i++) ada.say(LOBBY, `${i} ${text}`);
    world.run(100);
    return { ada, bob, count };
  };

  test('beyond what memory holds are read back from the store, a few at a time', () => {
    const world = new World(10, PERFECT, nodeSuite);
    const { ada, bob, count } = backlog(world, false);
    let most = 0;
    let asked = 0;
    world.connect(ada, bob);
    for (let i = 0; i < 400; i++) {
      const before = ada.loads;
      world.run(1);
      most = Math.max(most, ada.loads - before);
      asked = ada.loads;
    }
    expect(bob.texts.map((text) => Number(text.split(' ')[0]))).toEqual(Array.from({ length: count }, (_, i) => i));
    expect(most).toBeLessThanOrEqual(LOADS_MAX);
    expect(asked).toBeGreaterThanOrEqual(200);
    expect(asked).toBeLessThan(260);
  });

  test('that the store lost meanwhile are told of as not coming', () => {
    const world = new World(11, PERFECT, nodeSuite);
    const { ada, bob, count } = backlog(world, false);
    const lost = ada.disk.records.findIndex((bytes) => {
      const record = decodeRecord(bytes);
      return record.ok && record.value.kind === 'own-run' && record.value.first === 100;
    });
    const read = ada.disk.read.bind(ada.disk);
    ada.disk.read = (ref) => (ref === lost || ref === lost + 1 ? undefined : read(ref));
    world.connect(ada, bob);
    world.run(2000);
    expect(bob.texts.length).toBe(count - 2);
    expect(bob.eventsOf('gap').map(({ from, to }) => [from, to])).toEqual([[100, 101]]);
    expect(ada.eventsOf('delivered').at(-1)?.upTo).toBe(count);
  });

  test('without a store are let go of, oldest first, and said to be', () => {
    const world = new World(12, PERFECT, nodeSuite);
    const { ada, bob, count } = backlog(world, true);
    world.connect(ada, bob);
    world.run(2000);
    expect(ada.loads).toBe(0);
    const heard = bob.texts.map((text) => Number(text.split(' ')[0]));
    expect(heard.length).toBeGreaterThan(count - 300);
    expect(heard.at(-1)).toBe(count - 1);
    expect(heard).toEqual([...heard].sort((a, b) => a - b));
    expect(ada.eventsOf('delivered').at(-1)?.upTo).toBe(count);
  });

  test('of several logs share a session, so that a long backlog does not hold up a direct word', () => {
    const world = new World(13, PERFECT, nodeSuite);
    const { ada, bob, count } = backlog(world, false);
    ada.budget = () => 20_000;
    world.connect(ada, bob);
    world.run(5);
    ada.say(directScope(bob.id), 'psst');
    world.run(6);
    expect(bob.texts).toContain('psst');
    expect(bob.texts.length).toBeLessThan(count / 2);
  });
});

describe('a peer without a store', () => {
  test('keeps nothing, and acknowledges what its program has taken, in order', () => {
    const world = new World(20, PERFECT, nodeSuite);
    const ada = world.node('ada');
    const eph = world.node('eph', { isEphemeral: true });
    ada.join(LOBBY);
    eph.join(LOBBY);
    world.connect(ada, eph);
    world.run(100);
    eph.isTaking = false;
    ada.say(LOBBY, ...numbered('m', 3));
    world.run(100);
    expect(eph.texts).toEqual(numbered('m', 3));
    expect(ada.eventsOf('delivered')).toEqual([]);
    const ids = eph.messages.map(({ id }) => id);
    const take = (at: number): void => {
      const id = ids[at];
      if (id !== undefined) eph.step((chat, now, out) => chat.onTaken(now, id, out));
      world.run(10);
    };
    take(1);
    expect(ada.eventsOf('delivered')).toEqual([]);
    take(0);
    take(0);
    expect(ada.eventsOf('delivered').map(({ upTo, isStored }) => [upTo, isStored])).toEqual([[2, false]]);
    take(2);
    expect(ada.eventsOf('delivered').at(-1)?.upTo).toBe(3);
    eph.say(LOBBY, 'and I');
    world.run(10);
    expect(ada.texts).toEqual(['and I']);
    expect(eph.disk.records).toEqual([]);
    expect(eph.eventsOf('sent').map(({ sequence }) => sequence)).toEqual([1]);
  });

  test('is told what came while its session was down, as long as the process lives', () => {
    const world = new World(21, PERFECT, nodeSuite);
    const ada = world.node('ada', { isEphemeral: true });
    const bob = world.node('bob', { isEphemeral: true });
    ada.join(LOBBY);
    bob.join(LOBBY);
    world.connect(ada, bob);
    world.run(100);
    ada.say(directScope(bob.id), 'one');
    world.disconnect(ada, bob);
    ada.say(directScope(bob.id), 'two');
    ada.say(LOBBY, 'three');
    world.run(100);
    world.connect(ada, bob);
    world.run(100);
    expect(bob.texts).toEqual(['one', 'two', 'three']);
  });
});
