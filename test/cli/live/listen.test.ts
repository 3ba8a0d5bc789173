import { describe, expect, test } from '@jest/globals';
import type { RoomName } from '../../../src/base/ids.ts';
import { type ListenRequest, listen } from '../../../src/cli/live/listen.ts';
import { peers } from '../../../src/cli/live/peers.ts';
import { entryOf, type FakePeer, idOf, LOBBY, viewOf } from '../fake-peer.ts';
import { type RunningOptions, running } from '../running.ts';
import { settle } from '../virtual-clock.ts';

const listening = (request: ListenRequest, options: RunningOptions = {}) =>
  running((context) => listen(context, request), options);

describe('listen', () => {
  test('joins, is ready, and yields what is said in its rooms and directly', async () => {
    const run = await listening({ rooms: [LOBBY] });
    expect(run.peer.rooms).toEqual([LOBBY]);
    run.peer.hear('bob', 'hello');
    run.peer.hear('bob', 'elsewhere', { scope: { kind: 'room', room: 'kitchen' as RoomName } });
    run.peer.hear('bob', 'for you', { scope: { kind: 'direct', reader: idOf('alice') }, isLate: true });
    run.peer.hear('alice', 'my own');
    await settle();
    expect(run.records).toEqual([
      { kind: 'ready', id: idOf('alice'), name: 'alice', port: 4000, addresses: ['192.0.2.1:4000'], rooms: [LOBBY] },
      {
        kind: 'message',
        message: {
          id: entryOf('bob hello'),
          room: 'lobby',
          from: { id: idOf('bob'), name: 'bob' },
          sequence: 1,
          text: 'hello',
          time: 1_700_000_000_000,
          isAction: false,
          isLate: false,
        },
      },
      {
        kind: 'message',
        message: {
          id: entryOf('bob for you'),
          to: idOf('alice'),
          from: { id: idOf('bob'), name: 'bob' },
          sequence: 1,
          text: 'for you',
          time: 1_700_000_000_000,
          isAction: false,
          isLate: true,
        },
      },
    ]);
  });

  test('says of a message that it names us, of others alone', async () => {
    const run = await listening({ rooms: [LOBBY] });
    for (const text of ['soup, Alice?', '@alice', 'malice', 'alice2']) run.peer.hear('bob', text);
    await settle();
    run.peer.rename('ann');
    for (const text of ['alice is gone', 'ann is here']) run.peer.hear('bob', text);
    await settle();
    expect(run.of('message').map(({ message }) => [message.text, message.isMention])).toEqual([
      ['soup, Alice?', true],
      ['@alice', true],
      ['malice', undefined],
      ['alice2', undefined],
      ['alice is gone', undefined],
      ['ann is here', true],
    ]);
  });

  test('ends with 0 after the count, and the last message counts as taken', async () => {
    const run = await listening({ rooms: [LOBBY], count: 2 });
    for (const text of ['one', 'two', 'three']) run.peer.hear('bob', text);
    await settle();
    expect(run.code()).toBe(0);
    expect(run.of('message').map(({ message }) => message.text)).toEqual(['one', 'two']);
    expect(run.peer.taken).toBe(2);
  });

  test('a message is taken only when the next one is asked for', async () => {
    const run = await listening({ rooms: [LOBBY] });
    expect(run.peer.taken).toBe(0);
    run.peer.hear('bob', 'one');
    await settle();
    expect(run.peer.taken).toBe(1);
  });

  test('the time is over before the count: 4; without a count: 0', async () => {
    const counted = await listening({ rooms: [LOBBY], count: 1, timeoutMs: 2_000 });
    const open = await listening({ rooms: [LOBBY], timeoutMs: 2_000 });
    await counted.clock.advance(2_000);
    await open.clock.advance(2_000);
    expect([counted.code(), open.code()]).toEqual([4, 0]);
  });

  test('a guest leaves its rooms at the end, unless somebody else here needs them', async () => {
    const kitchen = 'kitchen' as RoomName;
    const run = await listening({ rooms: [LOBBY, kitchen] });
    run.host.enter(LOBBY);
    run.stop.abort();
    await settle();
    expect(run.peer.rooms).toEqual([LOBBY]);
  });

  test('where the process ends with it, no room is left', async () => {
    const run = await listening({ rooms: [LOBBY] }, { leavesRooms: false });
    run.stop.abort();
    await settle();
    expect(run.code()).toBe(0);
    expect(run.peer.rooms).toEqual([LOBBY]);
  });

  test('rooms of the last run that nobody asked for are left', async () => {
    const kitchen = 'kitchen' as RoomName;
    const run = await listening({ rooms: [LOBBY] }, { prepare: (peer) => [LOBBY, kitchen].forEach((room) => peer.join(room)) });
    run.host.leaveUnused();
    expect(run.peer.rooms).toEqual([LOBBY]);
  });

  test('somebody has changed only if name, address or port have', async () => {
    const run = await listening({ rooms: [LOBBY] }, { prepare: (peer) => peer.arrive(viewOf('bob')) });
    run.peer.change('bob', { rooms: [LOBBY] });
    run.peer.change('bob', { state: 'idle', rttMs: 9 });
    run.peer.change('bob', { name: 'robert' });
    run.peer.change('bob', { address: { host: '192.0.2.8', port: 4321 } });
    run.peer.change('bob', { address: { host: '192.0.2.8', port: 4322 } });
    await settle();
    expect(run.of('peer-event').map(({ event, peer }) => `${event} ${peer.name} ${peer.host} ${peer.port}`)).toEqual([
      'joined bob 192.0.2.7 4321',
      'changed robert 192.0.2.7 4321',
      'changed robert 192.0.2.8 4321',
      'changed robert 192.0.2.8 4322',
    ]);
  });

  test('a twin is shown with the fingerprint', async () => {
    const run = await listening({ rooms: [LOBBY] }, { prepare: (peer) => peer.arrive(viewOf('bob', { isTwin: true })) });
    run.peer.hear('bob', 'hello');
    await settle();
    expect(run.of('message')[0]?.message.from).toEqual({
      id: idOf('bob'),
      name: 'bob',
      fingerprint: `print-${idOf('bob').slice(0, 4)}`,
    });
  });
});

describe('peers', () => {
  test('nobody within the time is 3', async () => {
    const run = await running((context) => peers(context, { isWatching: false }));
    await run.clock.advance(1_999);
    expect(run.code()).toBeUndefined();
    await run.clock.advance(1);
    expect(run.code()).toBe(3);
  });

  test('who hides and finds nobody is told that they hide', async () => {
    const run = await running((context) => peers(context, { isWatching: false }), {
      prepare: (peer) => {
        peer.visibility = 'stealth';
      },
    });
    await run.clock.advance(2_000);
    expect(run.of('error').map(({ text }) => text)).toEqual([expect.stringMatching(/; you are in stealth: nobody sees you/)]);
  });

  test('where no interface is used, nobody can be found: 5', async () => {
    const prepare = (peer: FakePeer): void => {
      peer.addresses = [];
    };
    const once = await running((context) => peers(context, { isWatching: false }), { prepare });
    const watching = await running((context) => peers(context, { isWatching: true, waitMs: 2_000 }), { prepare });
    for (const run of [once, watching]) {
      await run.clock.advance(2_000);
      expect(run.code()).toBe(5);
      expect(run.of('error')).toEqual([{ kind: 'error', text: expect.stringMatching(/^no network: .*--interface NAME$/) }]);
    }
  });

  test('ends before the time once nobody new came for a second', async () => {
    const run = await running((context) => peers(context, { isWatching: false, waitMs: 30_000 }));
    await run.clock.advance(5_000);
    run.peer.arrive(viewOf('bob'));
    await run.clock.advance(600);
    run.peer.arrive(viewOf('carol'));
    await run.clock.advance(999);
    expect(run.code()).toBeUndefined();
    await run.clock.advance(1);
    expect(run.code()).toBe(0);
    expect(run.of('peer').map(({ peer }) => peer.name)).toEqual(['bob', 'carol']);
  });

  test('watching tells who is here, then who comes and goes, until stopped', async () => {
    const run = await running((context) => peers(context, { isWatching: true }), {
      prepare: (peer) => peer.arrive(viewOf('bob')),
    });
    run.peer.arrive(viewOf('carol'));
    run.peer.change('carol', { rooms: [LOBBY] });
    run.peer.change('carol', { state: 'unreachable' });
    run.peer.depart('bob');
    await settle();
    expect(run.of('peer-event').map(({ event, peer }) => `${event} ${peer.name} ${peer.state}`)).toEqual([
      'joined bob connected',
      'joined carol connected',
      'changed carol unreachable',
      'left bob connected',
    ]);
    run.stop.abort();
    await settle();
    expect(run.code()).toBe(0);
  });
});
