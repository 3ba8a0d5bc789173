import { describe, expect, test } from '@jest/globals';
import { directScope, logId, roomScope } from '../../src/base/ids.ts';
import { HANDED_ON_BURST, LOGS_PER_AUTHOR_MAX } from '../../src/chat/limits.ts';
import { encode } from '../../src/wire/cbor.ts';
import { encodeEntry } from '../../src/wire/entry.ts';
import { LOBBY, pairInLobby, room, World } from './chat-world.ts';
import { give, madeRun } from './made-run.ts';

describe('a run', () => {
  test('of a room one is not in, or for another reader, is refused', () => {
    const world = new World(1);
    const [ada, bob] = pairInLobby(world);
    give(bob, ada, madeRun(ada, { first: 1, scope: roomScope(room('elsewhere')) }));
    give(bob, ada, madeRun(ada, { first: 1, scope: directScope(ada.id), sealed: new Uint8Array(100) }));
    expect(bob.drops).toEqual(['foreign-entry', 'foreign-entry']);
    expect(bob.persisted).toBe(bob.disk.records.length);
    expect(bob.texts).toEqual([]);
  });

  test('of the reader himself, handed back, is refused', () => {
    const world = new World(2);
    const [ada, bob] = pairInLobby(world);
    give(bob, ada, madeRun(bob, { first: 1 }), bob.id);
    expect(bob.drops).toEqual(['foreign-entry']);
  });

  test('in the name of another needs the signature of the other', () => {
    const world = new World(3);
    const [ada, bob] = pairInLobby(world);
    const cyd = world.node('cyd');
    cyd.join(LOBBY);
    world.connect(bob, cyd);
    world.run(10);
    cyd.say(LOBBY, 'it is me');
    world.run(10);
    give(bob, ada, madeRun(ada, { first: 2, texts: ['as cyd'], log: cyd.log }), cyd.id);
    expect(bob.drops).toEqual(['bad-signature']);
    give(bob, ada, madeRun(cyd, { first: 2, texts: ['really cyd'] }), cyd.id);
    world.run(10);
    expect(bob.messages.map(({ author, body, isLate }) => [author, body.text, isLate])).toEqual([
      [cyd.id, 'it is me', false],
      [cyd.id, 'really cyd', true],
    ]);
  });

  test('of somebody never met is taken if it is signed, and of one of our own rooms', () => {
    const world = new World(4);
    const [ada, bob] = pairInLobby(world);
    const cyd = world.node('cyd');
    give(bob, ada, madeRun(cyd, { first: 1, texts: ['said elsewhere'], scope: roomScope(room('tea')) }), cyd.id);
    give(bob, ada, madeRun(cyd, { first: 1, texts: ['from afar'] }), cyd.id);
    give(bob, ada, madeRun(cyd, { first: 1, texts: ['from afar'] }), cyd.id);
    world.run(10);
    expect(bob.messages.map(({ author, body, isLate }) => [author, body.text, isLate])).toEqual([[cyd.id, 'from afar', true]]);
    expect(bob.drops).toEqual(['foreign-entry', 'duplicate-entry']);
  });

  test('handed on costs a signature check, and so many at once and a second', () => {
    const world = new World(4);
    const [ada, bob] = pairInLobby(world);
    const cyd = world.node('cyd');
    world.connect(bob, cyd);
    give(bob, cyd, madeRun(cyd, { first: 1 }));
    const forged = madeRun(ada, { first: 2, log: cyd.log });
    for (let i = 0; i < HANDED_ON_BURST + 10; i++) give(bob, ada, forged, cyd.id);
    expect(bob.drops.filter((reason) => reason === 'bad-signature').length).toBe(HANDED_ON_BURST);
    expect(bob.drops.filter((reason) => reason === 'rate-limited').length).toBe(10);
    world.run(1000);
    give(bob, ada, forged, cyd.id);
    expect(bob.drops.at(-1)).toBe('bad-signature');
  });

  test('that is no run is dropped, and its session is undisturbed', () => {
    const world = new World(5);
    const [ada, bob] = pairInLobby(world);
    for (const bytes of [new Uint8Array(0), Uint8Array.of(0x83), encode([1, 2, 3]), madeRun(ada, { first: 1 }).subarray(0, 50)]) {
      give(bob, ada, bytes);
    }
    expect(bob.drops.length).toBe(4);
    ada.say(LOBBY, 'hello');
    world.run(10);
    expect(bob.texts).toEqual(['hello']);
  });

  test('from somebody without a session is dropped', () => {
    const world = new World(6);
    const [ada, bob] = pairInLobby(world);
    world.disconnect(ada, bob);
    give(bob, ada, madeRun(ada, { first: 1 }));
    expect(bob.drops).toEqual(['unwanted-entry']);
  });

  test('that was sealed to another key is not acknowledged', () => {
    const world = new World(7);
    const [ada, bob] = pairInLobby(world);
    give(bob, ada, madeRun(ada, { first: 1, scope: directScope(bob.id), sealed: new Uint8Array(100) }));
    world.run(100);
    expect(bob.drops).toEqual(['bad-seal']);
    expect(bob.sentFrames.filter((frame) => frame.kind === 'hold')).toEqual([]);
  });

  test('with entries of unknown kinds is kept and acknowledged, and only the others are shown', () => {
    const world = new World(8);
    const [ada, bob] = pairInLobby(world);
    const entries = [encode([9, 0, 'new']), encodeEntry(0, { kind: 'action', text: 'waves' }), encode([77, 5])];
    give(bob, ada, madeRun(ada, { first: 1, entries }));
    world.run(10);
    expect(bob.messages.map(({ sequence, body }) => [sequence, body])).toEqual([[2, { kind: 'action', text: 'waves' }]]);
    expect(bob.sentFrames.at(-1)).toEqual({ kind: 'hold', scope: LOBBY, log: ada.log, upTo: 3, isStored: true });
  });

  test('that was had already is acknowledged again', () => {
    const world = new World(9);
    const [ada, bob] = pairInLobby(world);
    const run = madeRun(ada, { first: 1 });
    give(bob, ada, run);
    give(bob, ada, run); // not even kept yet
    world.run(10);
    const before = bob.sentFrames.length;
    give(bob, ada, run);
    expect(bob.drops).toEqual(['duplicate-entry', 'duplicate-entry']);
    expect(bob.sentFrames.slice(before)).toEqual([{ kind: 'hold', scope: LOBBY, log: ada.log, upTo: 1, isStored: true }]);
    expect(bob.texts).toEqual(['n1']);
  });

  test('with a time to come is shown at its arrival, and does not pull our clock', () => {
    const world = new World(10);
    const [ada, bob] = pairInLobby(world);
    give(bob, ada, madeRun(ada, { first: 1, time: { seconds: 2 ** 32 - 1, fraction: 0 } }));
    give(bob, ada, madeRun(ada, { first: 2, time: { seconds: 1, fraction: 0 } }));
    world.run(10);
    bob.say(LOBBY, 'mine');
    world.run(10);
    expect(bob.messages.map(({ time, isLate }) => [time, isLate])).toEqual([
      [1_700_000_001_100, false],
      [1000, false],
    ]);
    expect(bob.eventsOf('sent')[0]?.time).toBe(1_700_000_001_110);
  });
});

describe('logs of one author', () => {
  test('are bounded: with one more nothing is kept, told or acknowledged', () => {
    const world = new World(20);
    const [ada, bob] = pairInLobby(world);
    const id = (n: number): Uint8Array => Uint8Array.of(0, 0, 0, 0, 0, 1, n >>> 8, n);
    for (let i = 0; i <= LOGS_PER_AUTHOR_MAX; i++) give(bob, ada, madeRun(ada, { first: 1, log: logId(id(i)) }));
    bob.step((chat, now, out) =>
      chat.onFrame(now, ada.id, { kind: 'start', scope: null, log: logId(id(999)), after: 0, last: 0 }, out),
    );
    world.run(10);
    expect(bob.drops).toEqual(['log-full', 'log-full']);
    expect(bob.texts.length).toBe(LOGS_PER_AUTHOR_MAX);
    expect(bob.sentFrames.filter((frame) => frame.kind === 'hold').length).toBe(LOGS_PER_AUTHOR_MAX);
  });

  test('of a room one is not in are not begun', () => {
    const world = new World(21);
    const [ada, bob] = pairInLobby(world);
    bob.step((chat, now, out) =>
      chat.onFrame(now, ada.id, { kind: 'start', scope: room('tea'), log: ada.log, after: 0, last: 0 }, out),
    );
    expect(bob.drops).toEqual(['foreign-entry']);
    expect(bob.sentFrames.filter((frame) => frame.kind === 'hold')).toEqual([]);
  });
});
