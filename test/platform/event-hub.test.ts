import { describe, expect, jest, test } from '@jest/globals';
import type { EntryId, PeerId, RoomName } from '../../src/base/ids.ts';
import { wallTime } from '../../src/base/time.ts';
import type { PeerEvent } from '../../src/peer/event.ts';
import { EVENTS_WAITING_MAX, EventHub, FellBehindError } from '../../src/platform/event-hub.ts';

const warning = (text: string): PeerEvent => ({ kind: 'warning', code: 'version', text });
const message = (id: string): PeerEvent => ({
  kind: 'message',
  message: {
    id: id as EntryId,
    scope: { kind: 'room', room: 'lobby' as RoomName },
    author: 'a'.repeat(64) as PeerId,
    authorName: 'Ada',
    sequence: 1,
    body: { kind: 'text', text: 'hello' },
    time: wallTime(0),
    isLate: false,
  },
});
const hub = (mustTake = false) => {
  const taken: string[] = [];
  return { taken, hub: new EventHub(mustTake, (id) => taken.push(id)) };
};

describe('listeners', () => {
  test('hear events of their kind, in order, until they unsubscribe', () => {
    const { hub: events } = hub();
    const heard: string[] = [];
    const stop = events.on('warning', ({ text }) => heard.push(text));
    events.emit(warning('one'));
    events.emit(message('x'));
    events.emit(warning('two'));
    stop();
    events.emit(warning('three'));
    expect(heard).toEqual(['one', 'two']);
  });

  test('what one throws is an uncaught exception, and the others hear the event all the same', () => {
    const { hub: events } = hub();
    const deferred: (() => void)[] = [];
    const queue = jest.spyOn(globalThis, 'queueMicrotask').mockImplementation((task) => void deferred.push(task));
    const heard: string[] = [];
    events.on('warning', () => {
      throw new Error('a mistake of the program');
    });
    events.on('warning', ({ text }) => heard.push(text));
    events.emit(warning('one'));
    queue.mockRestore();
    expect(heard).toEqual(['one']);
    expect(deferred[0]).toThrow('a mistake of the program');
  });
});

describe('iterators', () => {
  test('give every event from their making on, whether asked before or after', async () => {
    const { hub: events } = hub();
    events.emit(warning('before'));
    const iterator = events.iterate();
    events.emit(warning('one'));
    expect(await iterator.next()).toEqual({ done: false, value: warning('one') });
    const asked = [iterator.next(), iterator.next()];
    events.emit(warning('two'));
    events.emit(warning('three'));
    expect((await Promise.all(asked)).map(({ value }) => value)).toEqual([warning('two'), warning('three')]);
  });

  test('give what waits when the peer is closed, and end', async () => {
    const { hub: events } = hub();
    const [idle, behind] = [events.iterate(), events.iterate()];
    const asked = idle.next();
    events.emit(warning('one'));
    events.end();
    await asked;
    expect(await idle.next()).toMatchObject({ done: true });
    expect(await behind.next()).toMatchObject({ value: warning('one') });
    expect(await behind.next()).toMatchObject({ done: true });
    expect(await events.iterate().next()).toMatchObject({ done: true });
  });

  test('of a loop that is left hold nothing', async () => {
    const { hub: events } = hub();
    const iterator = events.iterate();
    events.emit(warning('one'));
    for await (const event of { [Symbol.asyncIterator]: () => iterator }) {
      expect(event).toEqual(warning('one'));
      break;
    }
    events.emit(warning('two'));
    expect(await iterator.next()).toMatchObject({ done: true });
  });

  test('that fall too far behind give what they have, then fail, and hold no more', async () => {
    const { hub: events } = hub();
    const iterator = events.iterate();
    for (let count = 0; count < EVENTS_WAITING_MAX + 5; count++) events.emit(warning(String(count)));
    for (let count = 0; count < EVENTS_WAITING_MAX; count++) await iterator.next();
    await expect(iterator.next()).rejects.toBeInstanceOf(FellBehindError);
    expect(await iterator.next()).toMatchObject({ done: true });
  });
});

const changed = (kind: 'changed' | 'left', id: string, name: string): PeerEvent =>
  ({ kind, peer: { id: id as PeerId, name }, why: 'goodbye' }) as unknown as PeerEvent;

describe('changes of a peer', () => {
  test('that wait are one, the last, however many there were; a departure stands between', async () => {
    const { hub: events } = hub();
    const iterator = events.iterate();
    for (let count = 0; count < EVENTS_WAITING_MAX + 5; count++) events.emit(changed('changed', 'evil', `n${count}`));
    events.emit(changed('changed', 'bob', 'robert'));
    events.emit(changed('left', 'evil', 'x'));
    events.emit(changed('changed', 'evil', 'back'));
    events.emit(changed('changed', 'evil', 'again'));
    events.end();
    const seen: unknown[] = [];
    for (let step = await iterator.next(); step.done !== true; step = await iterator.next()) {
      const event = step.value as unknown as {
        readonly kind: string;
        readonly peer: { readonly id: string; readonly name: string };
      };
      seen.push([event.kind, event.peer.id, event.peer.name]);
    }
    expect(seen).toEqual([
      ['changed', 'evil', `n${EVENTS_WAITING_MAX + 4}`],
      ['changed', 'bob', 'robert'],
      ['left', 'evil', 'x'],
      ['changed', 'evil', 'again'],
    ]);
  });
});

describe('a message of an ephemeral peer', () => {
  test('is taken when its listeners have returned', () => {
    const { hub: events, taken } = hub(true);
    const before: number[] = [];
    events.on('message', () => before.push(taken.length));
    events.emit(message('one'));
    expect([before, taken]).toEqual([[0], ['one']]);
  });

  test('is taken when the iterator asks for the next event', async () => {
    const { hub: events, taken } = hub(true);
    const iterator = events.iterate();
    events.emit(message('one'));
    events.emit(message('two'));
    await iterator.next();
    expect(taken).toEqual([]);
    await iterator.next();
    expect(taken).toEqual(['one']);
    void iterator.next();
    expect(taken).toEqual(['one', 'two']);
  });

  test('is taken once, however many iterators there are', async () => {
    const { hub: events, taken } = hub(true);
    const iterators = [events.iterate(), events.iterate()];
    events.emit(message('one'));
    for (const iterator of iterators) {
      await iterator.next();
      void iterator.next();
    }
    expect(taken).toEqual(['one']);
  });

  test('that nobody looked at is not taken', async () => {
    const { hub: events, taken } = hub(true);
    events.emit(message('one'));
    const iterator = events.iterate();
    events.emit(message('two'));
    await iterator.return?.();
    expect(taken).toEqual([]);
  });

  test('of a peer that keeps its messages is not asked for', () => {
    const { hub: events, taken } = hub(false);
    events.on('message', () => undefined);
    events.emit(message('one'));
    expect(taken).toEqual([]);
  });
});
