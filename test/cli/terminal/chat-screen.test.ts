import { describe, expect, test } from '@jest/globals';
import { directScope, type RoomName, roomScope } from '../../../src/base/ids.ts';
import { wallTime } from '../../../src/base/time.ts';
import { chat } from '../../../src/cli/chat/chat.ts';
import { type Line, Lines } from '../../../src/cli/job/lines.ts';
import { Mailbox } from '../../../src/cli/job/mailbox.ts';
import { chatProgress } from '../../../src/cli/job/progress.ts';
import { operationOf } from '../../../src/cli/job/requests.ts';
import type { StoredMessage } from '../../../src/cli/library.ts';
import { screenEvent } from '../../../src/cli/terminal/screen-feed.ts';
import { plainPaint } from '../../../src/ui/paint.ts';
import { entryOf, type FakePeer, idOf, LOBBY, viewOf } from '../fake-peer.ts';
import { running } from '../running.ts';
import { settle } from '../virtual-clock.ts';

const stored = (text: string, scope: StoredMessage['scope']): StoredMessage =>
  ({
    id: entryOf(text),
    scope,
    author: idOf('bob'),
    authorName: 'bob',
    sequence: 1,
    body: { kind: 'text', text },
    time: wallTime(1_000),
    receivedAt: wallTime(1_000),
    isDeleted: false,
    edits: [],
    reactions: [],
  }) as unknown as StoredMessage;

const onScreen = async (prepare: (peer: FakePeer) => void = () => undefined, hasScreen = true) => {
  const typed = new Mailbox<Line>();
  let number = 0;
  const request = { room: LOBBY, isInteractive: true, ...(hasScreen ? { hasScreen } : {}) };
  const run = await running((context) => chat(context, request), { input: new Lines(typed), prepare });
  const type = async (...texts: readonly string[]): Promise<void> => {
    for (const text of texts) {
      number += 1;
      typed.push({ number, text, sizeBytes: Buffer.byteLength(text) });
    }
    await settle();
  };
  return { ...run, type };
};
const bob = (peer: FakePeer): void => peer.arrive(viewOf('bob', { rooms: [LOBBY] }));

describe('a chat on a screen', () => {
  test('tells what was said in the room before, and that it is read', async () => {
    const run = await onScreen((peer) => peer.past.push(stored('soup?', roomScope(LOBBY))));
    expect(
      run.of('past').map(({ place, messages, isStart }) => ({ place, texts: messages.map(({ text }) => text), isStart })),
    ).toEqual([{ place: { kind: 'room', room: LOBBY }, texts: ['soup?'], isStart: true }]);
    expect(run.of('message')).toEqual([]);
    expect(run.peer.marks).toContain('#lobby all');
  });

  test('shows an own line with who has it, and no line about it', async () => {
    const run = await onScreen(bob);
    await run.type('hello');
    run.peer.said[0]?.deliver('bob');
    await settle();
    expect(run.of('said').map(({ message, audience }) => [message.room, message.text, audience])).toEqual([
      ['lobby', 'hello', 1],
    ]);
    expect(run.of('held').map(({ holders, audience }) => [holders, audience])).toEqual([[['bob'], 1]]);
    expect(run.of('own')).toEqual([]);
  });

  test('tells who is there, soon but not for every change', async () => {
    const run = await onScreen(bob);
    const before = run.of('overview').length;
    for (let at = 0; at < 100; at++) run.peer.change('bob', { name: `bob ${at}` });
    await run.clock.advance(1_000);
    const told = run.of('overview').slice(before);
    expect(told.length).toBeLessThan(5);
    expect(told.at(-1)?.overview.people.map(({ name }) => name)).toEqual(['bob 99']);
  });

  test('marks as read what is looked at only', async () => {
    const run = await onScreen(bob);
    await run.type('/join kitchen');
    run.peer.marks.length = 0;
    run.peer.hear('bob', 'in the lobby');
    await settle();
    expect(run.of('message').map(({ message }) => message.text)).toEqual(['in the lobby']);
    expect(run.peer.marks).toEqual([]);
  });

  test('shows own changes', async () => {
    const run = await onScreen((peer) => {
      bob(peer);
      peer.past.push(stored('soup?', roomScope(LOBBY)));
    });
    await run.type('/react 👍');
    expect(run.of('amendment').map(({ amendment }) => ({ ...amendment, id: '' }))).toEqual([
      expect.objectContaining({ what: 'reaction', emoji: '👍', isOn: true, of: entryOf('soup?'), room: LOBBY }),
    ]);
  });

  test('is not told where it is, since it shows that', async () => {
    const run = await onScreen(bob);
    await run.type('/join kitchen');
    const told = run.of('notice').filter(({ text }) => text.startsWith('You are in'));
    const style = { paint: plainPaint, offsetMinutes: () => 0, for: 'chat' } as const;
    expect(told.map((record) => [record.text, screenEvent(record, style, 0)])).toEqual([['You are in #kitchen.', undefined]]);
  });

  test('without one none of this is told', async () => {
    const run = await onScreen(bob, false);
    await run.type('hello');
    expect([...run.of('past'), ...run.of('said'), ...run.of('overview')]).toEqual([]);
  });
});

describe('talking with one person', () => {
  test('says what follows to them alone, actions and answers too', async () => {
    const run = await onScreen(bob);
    await run.clock.advance(1_000);
    await run.type('/query bob', 'psst', '/me waves', '/join lobby', 'hello');
    expect(run.peer.said.map(({ scope, text }) => [scope.kind, text])).toEqual([
      ['direct', 'psst'],
      ['direct', 'waves'],
      ['room', 'hello'],
    ]);
  });

  test('an id in full needs nobody to be here', async () => {
    const run = await onScreen();
    await run.type(`/query ${idOf('dave')}`, 'for later');
    expect(run.peer.said.map(({ scope }) => scope)).toEqual([directScope(idOf('dave'))]);
  });

  test('nobody of that name: lines go where they went', async () => {
    const run = await onScreen(bob);
    await run.type('/query nobody', 'hello');
    expect(run.peer.said.map(({ scope }) => scope)).toEqual([roomScope(LOBBY)]);
  });

  test('goes on with the same person in another process', async () => {
    const progress = chatProgress({ room: LOBBY, isInteractive: true, hasScreen: true });
    progress.onRecord({ kind: 'prompt', to: { id: idOf('bob'), name: 'bob' }, words: [] });
    expect(progress.request()).toEqual({ room: LOBBY, isInteractive: true, hasScreen: true, to: idOf('bob') });
    const operation = operationOf('chat', progress.request());
    if (operation === undefined) throw new Error('refused');
    const typed = new Mailbox<Line>();
    const run = await running(operation, { input: new Lines(typed), prepare: bob });
    typed.push({ number: 1, text: 'still private', sizeBytes: 13 });
    await settle();
    expect(run.peer.said.map(({ scope }) => scope)).toEqual([directScope(idOf('bob'))]);
  });

  test('a request for no person is refused', () => {
    expect(operationOf('chat', { room: LOBBY, isInteractive: true, to: 'bob' })).toBeUndefined();
  });
});

describe('/older', () => {
  test('shows what was said here before now, with ids; on a screen as the past', async () => {
    const prepare = (peer: FakePeer): void => {
      peer.past.push(stored('soup?', roomScope(LOBBY)), stored('elsewhere', roomScope('kitchen' as RoomName)));
    };
    const linear = await onScreen(prepare, false);
    await linear.type('/older', `/older ${entryOf('soup?')}`);
    expect(linear.of('stored').map(({ message }) => message.text)).toEqual(['soup?', 'soup?']);
    const screen = await onScreen(prepare);
    await screen.type('/older');
    expect(screen.of('past').length).toBe(2);
  });
});

describe('what a chat tells aloud', () => {
  const direct = { scope: directScope(idOf('alice')) };
  const aloud = (run: Awaited<ReturnType<typeof onScreen>>) =>
    run.records.flatMap((record) => (record.kind === 'message' && record.isAloud === true ? [record.message.text] : []));

  test.each([true, false])('is by default what names us and what is said to us alone; screen: %s', async (hasScreen) => {
    const run = await onScreen(bob, hasScreen);
    for (const text of ['hello', 'hello alice']) run.peer.hear('bob', text);
    run.peer.hear('bob', 'psst', direct);
    run.peer.hear('bob', 'alice, before you came', { isLate: true });
    run.peer.hear('bob', 'psst, before you came', { ...direct, isLate: true });
    run.peer.hear('alice', 'I am alice');
    await settle();
    expect(aloud(run)).toEqual(['hello alice', 'psst', 'psst, before you came']);
  });

  test('is nothing of whom we ignore, and nothing that waited unread when the chat began', async () => {
    const run = await onScreen((peer) => {
      bob(peer);
      peer.unreadScopes.push({ scope: directScope(idOf('bob')), count: 1, mentions: 0 });
      peer.past.push(stored('psst', directScope(idOf('bob'))));
    });
    expect(run.of('message').map(({ message }) => message.text)).toEqual(['psst']);
    await run.clock.advance(1_000);
    await run.type('/ignore bob');
    run.peer.hear('bob', 'psst', direct);
    run.peer.hear('bob', 'alice!');
    await settle();
    expect(aloud(run)).toEqual([]);
  });

  test('is what was chosen, in every chat of the profile, which are all told of it', async () => {
    const first = await onScreen(bob);
    const second = await running((context) => chat(context, { room: LOBBY, isInteractive: true, hasScreen: true }), {
      on: first,
      input: new Lines(new Mailbox<Line>()),
    });
    await first.type('/notify all', '/mute @bob');
    await first.clock.advance(1_000);
    expect(second.of('overview').at(-1)?.overview.levels).toEqual({ '#lobby': 'all', [`@${idOf('bob')}`]: 'none' });
    first.peer.hear('bob', 'hello');
    first.peer.hear('bob', 'psst', direct);
    await settle();
    expect(aloud(first)).toEqual(['hello']);
  });
});
