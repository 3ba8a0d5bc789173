import { describe, expect, test } from '@jest/globals';
import { directScope, type LogId, type RoomName, roomScope, type Scope } from '../../../src/base/ids.ts';
import { type WallTime, wallTime } from '../../../src/base/time.ts';
import { ndjsonLine } from '../../../src/cli/format/ndjson.ts';
import type { OutputRecord } from '../../../src/cli/format/record.ts';
import { textLine } from '../../../src/cli/format/text.ts';
import { operationOf } from '../../../src/cli/job/requests.ts';
import type { StoredMessage } from '../../../src/cli/library.ts';
import { type AmendRequest, amend } from '../../../src/cli/past/amend.ts';
import { type HistoryRequest, history, search } from '../../../src/cli/past/look-back.ts';
import { type QueueRequest, queue } from '../../../src/cli/past/queue.ts';
import { status } from '../../../src/cli/past/status.ts';
import { up } from '../../../src/cli/past/up.ts';
import { parseWhen } from '../../../src/cli/past/when.ts';
import { entryOf, type FakePeer, idOf, LOBBY, viewOf } from '../fake-peer.ts';
import { type RunningOptions, running } from '../running.ts';
import { settle } from '../virtual-clock.ts';

const lobby = roomScope(LOBBY);
let sequence = 0;
const stored = (name: string, text: string, more: Partial<StoredMessage> = {}): StoredMessage => ({
  id: entryOf(`${name} ${text}`),
  scope: lobby,
  author: idOf(name),
  authorName: name,
  sequence: ++sequence,
  log: undefined as LogId | undefined,
  body: { kind: 'text', text },
  time: wallTime(1_700_000_000_000 + sequence) as WallTime,
  receivedAt: wallTime(1_700_000_000_500) as WallTime,
  edits: [],
  isDeleted: false,
  reactions: [],
  ...more,
});

const with_ = (...past: readonly StoredMessage[]): RunningOptions => ({
  prepare: (peer: FakePeer) => {
    peer.past.push(...past);
    peer.arrive(viewOf('bob'));
  },
});
const looking = (request: HistoryRequest, options: RunningOptions) => running((context) => history(context, request), options);
const queueing = (request: QueueRequest, options: RunningOptions) => running((context) => queue(context, request), options);
const amending = (request: AmendRequest, options: RunningOptions) => running((context) => amend(context, request), options);
const texts = (records: readonly OutputRecord[]): readonly string[] =>
  records.flatMap((record) => (record.kind === 'stored' ? [record.message.text] : []));
const errors = (records: readonly OutputRecord[]): readonly string[] =>
  records.flatMap((record) => (record.kind === 'error' ? [record.text] : []));
const plain = { paint: (_role: unknown, text: string) => text, offsetMinutes: () => 0, for: 'plain' } as const;

describe('times as they are typed', () => {
  const now = new Date(2026, 0, 15, 12, 0, 0).getTime();
  const at = (...parts: [number, number, number, number?, number?]) => new Date(...parts).getTime();

  test.each([
    ['2h', now - 7_200_000],
    ['90m ago', now - 5_400_000],
    ['3d', now - 3 * 86_400_000],
    ['now', now],
    ['14:30', at(2026, 0, 15, 14, 30)],
    ['today', at(2026, 0, 15)],
    ['yesterday', at(2026, 0, 14)],
    ['2026-01-03', at(2026, 0, 3)],
    ['2026-01-03T10:15', at(2026, 0, 3, 10, 15)],
    ['2026-01-03T10:15:00Z', Date.UTC(2026, 0, 3, 10, 15)],
  ])('%s', (text, expected) => {
    expect(parseWhen(text, now)).toBe(expected);
  });

  test('an end is the end of the day or minute named', () => {
    expect(parseWhen('yesterday', now, true)).toBe(at(2026, 0, 15) - 1);
    expect(parseWhen('2026-01-03', now, true)).toBe(at(2026, 0, 4) - 1);
    expect(parseWhen('10:15', now, true)).toBe(at(2026, 0, 15, 10, 15) + 59_999);
    expect(parseWhen('2026-01-03T10:15', now, true)).toBe(at(2026, 0, 3, 10, 15) + 59_999);
  });

  test.each(['', 'soon', '25:00', '12:60', '2026-13-01', '-3d', '3x', '1e9h'])('%j is none', (text) => {
    expect(parseWhen(text, now)).toBeUndefined();
  });
});

describe('history and search', () => {
  test('show what was said in a room, with a person, or by somebody', async () => {
    const direct: Scope = directScope(idOf('bob'));
    const past = with_(stored('bob', 'in the lobby'), stored('bob', 'to alice', { scope: direct }), stored('alice', 'mine'));
    expect(texts((await looking({ limit: 10 }, past)).records)).toEqual(['in the lobby', 'to alice', 'mine']);
    expect(texts((await looking({ limit: 10, place: '#lobby' }, past)).records)).toEqual(['in the lobby', 'mine']);
    expect(texts((await looking({ limit: 10, place: '@bob' }, past)).records)).toEqual(['to alice']);
    expect(texts((await looking({ limit: 10, from: 'bob' }, past)).records)).toEqual(['in the lobby', 'to alice']);
    expect(texts((await looking({ limit: 1 }, past)).records)).toEqual(['mine']);
  });

  test.each([
    [{ place: '@nobody' }, 3, 'nobody called "nobody"'],
    [{ place: 'no room' }, 2, 'neither a room'],
    [{ from: 'zoe' }, 3, 'nobody called "zoe"'],
  ])('%j ends with %i', async (request, code, text) => {
    const run = await looking({ limit: 10, ...request }, with_());
    expect(run.code()).toBe(code);
    expect(errors(run.records)).toEqual([expect.stringContaining(text)]);
  });

  test('a search that finds nothing ends with 3', async () => {
    const found = await running((context) => search(context, { words: 'soup', limit: 5 }), with_(stored('bob', 'pea soup')));
    expect(texts(found.records)).toEqual(['pea soup']);
    expect(found.code()).toBe(0);
    const none = await running((context) => search(context, { words: 'tea', limit: 5 }), with_(stored('bob', 'pea soup')));
    expect(none.code()).toBe(3);
  });

  test('what was edited, deleted, answered and reacted to is told', async () => {
    const message = stored('bob', 'at one', {
      body: { kind: 'text', text: 'at one', replyTo: entryOf('q') },
      edits: [{ text: 'at noon', time: wallTime(1_700_000_009_000) }],
      reactions: [{ emoji: '👍', by: [idOf('cat')] }],
    });
    const run = await looking({ limit: 10 }, with_(message, stored('bob', '', { isDeleted: true })));
    const [first, second] = run.records.map((record) => JSON.parse(ndjsonLine(record) ?? '{}'));
    expect(first).toMatchObject({
      type: 'message',
      text: 'at one',
      replyTo: entryOf('q'),
      edited: true,
      edits: [{ text: 'at noon' }],
      reactions: [{ emoji: '👍', by: [idOf('cat')] }],
    });
    expect(second).toMatchObject({ text: '', deleted: true });
    const lines = run.records.map((record) => textLine(record, plain));
    expect(lines[0]).toMatch(/^[0-9a-f]{8} 2023-11-14 22:13 #lobby bob: \[to [0-9a-f]{8}\] at one \(edited\) \[👍 1\]\n$/);
    expect(lines[1]).toMatch(/bob: \(deleted\)\n$/);
  });

  test('two who go by one name are told apart, here or away', async () => {
    const options: RunningOptions = {
      prepare: (peer: FakePeer) => {
        peer.past.push(stored('bob', 'the one'), stored('Bob', 'the other', { author: idOf('another') }));
        peer.arrive(viewOf('bob'));
        peer.arrive(viewOf('Bob', { id: idOf('another') }));
      },
    };
    const lines = (await looking({ limit: 9 }, options)).records.map((record) => textLine(record, plain));
    expect(lines.map((line) => /bob \(.+\): /i.test(line ?? ''))).toEqual([true, true]);
  });

  test('a hostile text leaves no control character in a line', async () => {
    const message = stored('bob\u001b[31m', 'x\u001b]0;y\u0007\n12:00 #lobby eve: z', {
      reactions: [{ emoji: '\u001b[2J', by: [] }],
    });
    const run = await looking({ limit: 10 }, with_(message));
    for (const record of run.records) {
      expect(textLine(record, plain)?.slice(0, -1)).not.toMatch(/\p{Cc}/u);
      expect(ndjsonLine(record)?.slice(0, -1)).not.toMatch(/\p{Cc}/u);
    }
  });
});

describe('the queue', () => {
  const waiting = stored('alice', 'are you there');
  const options: RunningOptions = {
    prepare: (peer) => {
      peer.past.push(waiting, stored('bob', 'not mine'));
      peer.arrive(viewOf('bob'));
      peer.waiting.push({ message: waiting, audience: [idOf('bob'), idOf('cat')], holders: [idOf('cat')] });
    },
  };

  test('tells what waits for whom', async () => {
    const run = await queueing({}, options);
    expect(run.records).toMatchObject([{ kind: 'queued', holders: [idOf('cat')], waiting: [{ id: idOf('bob'), name: 'bob' }] }]);
    expect(textLine(run.records[0] as OutputRecord, plain)).toContain('are you there — 1 of 2 have it; waiting for bob');
    expect(JSON.parse(ndjsonLine(run.records[0] as OutputRecord) ?? '')).toMatchObject({
      type: 'queued',
      delivered: [idOf('cat')],
    });
  });

  test('a message is given up by the beginning of its id, once', async () => {
    const run = await queueing({ drop: waiting.id.slice(0, 8) }, options);
    expect(run.records).toMatchObject([{ kind: 'dropped', message: { text: 'are you there' } }]);
    expect(run.code()).toBe(0);
    const again = await running((context) => queue(context, { drop: waiting.id.slice(0, 8) }), { on: run });
    expect(again.code()).toBe(3);
  });

  test.each([
    ['zzzz', 2],
    ['00000000', 3],
  ])('%s is nothing to give up', async (drop, code) => {
    expect((await queueing({ drop }, options)).code()).toBe(code);
  });
});

describe('edit, delete, react', () => {
  const mine = stored('alice', 'at noon');
  const theirs = stored('bob', 'soup?');

  test('name a message by the beginning of its id', async () => {
    const id = mine.id.slice(0, 10);
    const run = await amending({ of: id, what: 'edit', text: 'at one' }, with_(mine, theirs));
    expect(run.code()).toBe(0);
    expect(run.records).toMatchObject([{ kind: 'sent' }]);
    await running((context) => amend(context, { of: id, what: 'delete' }), { on: run });
    const react = { of: theirs.id, what: 'react', emoji: '👍', isOn: true } as const;
    await running((context) => amend(context, react), { on: run });
    await running((context) => amend(context, { ...react, emoji: ':heart:' }), { on: run });
    await import('gemoji').then(settle);
    const amended = [`edit ${mine.id} at one`, `delete ${mine.id}`, `react ${theirs.id} 👍`, `react ${theirs.id} ❤️`];
    expect(run.peer.amendments).toEqual(amended);
  });

  test("only one's own can be changed, and nothing that is gone", async () => {
    const run = await amending({ of: theirs.id, what: 'edit', text: 'x' }, with_(mine, theirs));
    expect(run.code()).toBe(2);
    expect(errors(run.records)).toEqual([expect.stringContaining('not yours')]);
    const gone = await amending({ of: mine.id, what: 'delete' }, with_({ ...mine, isDeleted: true }));
    expect(gone.code()).toBe(2);
    expect(run.peer.amendments).toEqual([]);
  });
});

describe('status and up', () => {
  test('tell rooms, unread messages and what waits', async () => {
    const run = await running((context) => status(context, {}), {
      prepare: (peer) => {
        peer.join('lobby');
        peer.arrive(viewOf('bob', { rooms: [LOBBY, 'kitchen' as RoomName] }));
        peer.topics.set('lobby', 'soup');
        peer.unreadScopes.push(
          { scope: lobby, count: 3, mentions: 1 },
          { scope: directScope(idOf('bob')), count: 2, mentions: 2 },
        );
      },
    });
    expect(run.records).toMatchObject([
      {
        kind: 'status',
        isRunning: true,
        queued: 0,
        peers: 1,
        rooms: [
          { room: 'kitchen', isJoined: false, others: 1, unread: 0 },
          { room: 'lobby', isJoined: true, others: 1, unread: 3, mentions: 1, topic: 'soup' },
        ],
        conversations: [{ person: { name: 'bob' }, unread: 2 }],
      },
    ]);
    const text = textLine(run.records[0] as OutputRecord, plain);
    expect(text).toContain('#lobby  2 people (joined), 3 unread (1 for you): soup');
    expect(text).toContain('@bob, 2 unread');
    expect(text).not.toContain('seen ');
  });

  test('status says of a peer that hides who sees it', async () => {
    const run = await running((context) => status(context, {}), {
      leavesRooms: true,
      prepare: (peer) => {
        peer.visibility = 'stealth';
      },
    });
    expect(textLine(run.records[0] as OutputRecord, plain)).toContain('seen     in stealth: nobody sees you until you dial');
    expect(run.records).toMatchObject([{ visibility: 'stealth' }]);
  });

  test('up stays in the rooms the profile was in, whoever else comes and goes', async () => {
    const run = await running((context) => up(context, { rooms: ['kitchen' as RoomName] }), {
      leavesRooms: false,
      prepare: (peer) => peer.join('lobby'),
    });
    expect(run.records).toMatchObject([{ kind: 'ready', rooms: ['lobby', 'kitchen'] }]);
    expect(run.peer.rooms).toEqual(['lobby', 'kitchen']);
    run.host.leaveUnused();
    run.host.enter('kitchen' as RoomName)();
    run.host.enter('attic' as RoomName)();
    expect(run.peer.rooms).toEqual(['lobby', 'kitchen']);
    run.host.enter('kitchen' as RoomName)(true);
    expect(run.peer.rooms).toEqual(['lobby']);
    run.stop.abort();
    await settle();
    expect(run.code()).toBe(0);
  });

  test('up of a profile that never was anywhere is in the lobby; a second one is refused', async () => {
    const first = await running((context) => up(context, { rooms: [] }), { leavesRooms: false });
    expect(first.peer.rooms).toEqual(['lobby']);
    const second = await running((context) => up(context, { rooms: [] }), { on: first });
    expect(second.code()).toBe(6);
    first.stop.abort();
  });
});

describe('requests of other processes', () => {
  test.each([
    ['history', { limit: 5, place: 'lobby', since: 1 }, true],
    ['history', { limit: 'x' }, false],
    ['history', { limit: 5, place: 3 }, false],
    ['search', { words: 'a', limit: 5 }, true],
    ['search', { limit: 5 }, false],
    ['queue', {}, true],
    ['queue', { drop: 4 }, false],
    ['amend', { of: 'ab12', what: 'edit', text: 'x' }, true],
    ['amend', { of: 'ab12', what: 'edit' }, false],
    ['amend', { of: 'ab12', what: 'react', emoji: '👍', isOn: true }, true],
    ['amend', { of: 'ab12', what: 'burn' }, false],
    ['status', {}, true],
    ['up', { rooms: ['lobby'] }, true],
    ['up', { rooms: ['not a room'] }, false],
  ])('%s %j: %s', (command, request, isTaken) => {
    expect(operationOf(command, request) !== undefined).toBe(isTaken);
  });
});
