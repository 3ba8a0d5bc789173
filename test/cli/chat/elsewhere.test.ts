import { describe, expect, test } from '@jest/globals';
import { roomScope } from '../../../src/base/ids.ts';
import { wallTime } from '../../../src/base/time.ts';
import { chat } from '../../../src/cli/chat/chat.ts';
import { ELSEWHERE_WAITING_MAX } from '../../../src/cli/chat/elsewhere.ts';
import { MARKED_MAX } from '../../../src/cli/chat/own-marks.ts';
import { type Line, Lines, linesFrom } from '../../../src/cli/job/lines.ts';
import { Mailbox } from '../../../src/cli/job/mailbox.ts';
import { Host } from '../../../src/cli/job/operation.ts';
import type { StoredMessage } from '../../../src/cli/library.ts';
import { send } from '../../../src/cli/live/send.ts';
import { amend } from '../../../src/cli/past/amend.ts';
import { entryOf, FakePeer, idOf, LOBBY, viewOf } from '../fake-peer.ts';
import { type Running, running } from '../running.ts';
import { settle, VirtualClock } from '../virtual-clock.ts';

const stored = (text: string, scope: StoredMessage['scope'], author: string): StoredMessage =>
  ({
    id: entryOf(text),
    scope,
    author: idOf(author),
    authorName: author,
    sequence: 1,
    body: { kind: 'text', text },
    time: wallTime(1_000),
    receivedAt: wallTime(1_000),
    isDeleted: false,
    edits: [],
    reactions: [],
  }) as unknown as StoredMessage;

/** A chat of the profile, over the same peer as `on`. */
const chatting = async (hasScreen: boolean, on?: Running) => {
  const typed = new Mailbox<Line>();
  let number = 0;
  const request = { room: LOBBY, isInteractive: true, ...(hasScreen ? { hasScreen } : {}) };
  const prepare = (peer: FakePeer): void => {
    peer.arrive(viewOf('bob', { rooms: [LOBBY], isPinned: true }));
    peer.past.push(stored('mine', roomScope(LOBBY), 'alice'), stored('theirs', roomScope(LOBBY), 'bob'));
  };
  const run = await running((context) => chat(context, request), {
    input: new Lines(typed),
    ...(on === undefined ? { prepare } : { on }),
  });
  const type = async (...texts: readonly string[]): Promise<void> => {
    for (const text of texts) {
      number += 1;
      typed.push({ number, text, sizeBytes: Buffer.byteLength(text) });
    }
    await settle();
  };
  return { ...run, type };
};
/** Texts shown as they are said, not as of before. */
const texts = (run: Running): readonly string[] =>
  run.of('message').flatMap(({ message }) => (message.isPast === true ? [] : [message.text]));
const sending = (on: Running, lines: readonly string[], room: string = LOBBY) =>
  running(
    (context) =>
      send(context, {
        target: { kind: 'room', room: room as typeof LOBBY },
        wait: 'sent',
        peers: 1,
        timeoutMs: 5_000,
        timeoutShown: '5',
      }),
    { on, input: linesFrom(lines) },
  );

describe('what I say in another process of my profile', () => {
  test('is shown on the screen of my chat as an own line, with who holds it, and called to nobody', async () => {
    const screen = await chatting(true);
    await sending(screen, ['hello']);
    screen.peer.said[0]?.deliver('bob');
    await settle();
    expect(screen.of('said').map(({ message, ...how }) => [message.from.name, message.room, message.text, how])).toEqual([
      ['alice', LOBBY, 'hello', { kind: 'said', audience: 1, isElsewhere: true }],
    ]);
    expect(screen.of('held').map(({ id, holders, audience }) => [id, holders, audience])).toEqual([
      [screen.peer.said[0]?.receipt.id, ['bob'], 1],
    ]);
    expect(texts(screen)).toEqual([]);
  });

  test('is shown line by line too, without a bell, and marks nothing as read', async () => {
    const linear = await chatting(false);
    linear.peer.marks.length = 0;
    await sending(linear, ['hello']);
    expect(linear.of('message').slice(-1)).toEqual([
      {
        kind: 'message',
        message: expect.objectContaining({ text: 'hello', room: LOBBY, from: { id: idOf('alice'), name: 'alice' } }),
      },
    ]);
    expect([linear.peer.marks, linear.of('own')]).toEqual([[], []]);
  });

  test('in another chat is shown by both once: there as typed, here as said elsewhere', async () => {
    const screen = await chatting(true);
    const linear = await chatting(false, screen);
    await linear.type('typed there', '/msg bob psst', '/me waves');
    await screen.type('typed here');
    expect(
      screen.of('said').map(({ message, isElsewhere }) => [message.text, message.to, message.isAction, isElsewhere]),
    ).toEqual([
      ['typed there', undefined, false, true],
      ['psst', idOf('bob'), false, true],
      ['waves', undefined, true, true],
      ['typed here', undefined, false, undefined],
    ]);
    expect(texts(linear)).toEqual(['typed here']);
  });

  test('in a room that a chat is not in is not shown by it', async () => {
    const screen = await chatting(true);
    screen.peer.change('bob', { rooms: [LOBBY, 'kitchen' as typeof LOBBY] });
    await sending(screen, ['hello'], 'kitchen');
    expect(screen.peer.said.map(({ text }) => text)).toEqual(['hello']);
    expect(screen.of('said')).toEqual([]);
  });

  test('and edit, take back, react to or set as a topic is shown by every chat once', async () => {
    const screen = await chatting(true);
    const linear = await chatting(false, screen);
    const amending = async (request: Parameters<typeof amend>[1]): Promise<void> => {
      await running((context) => amend(context, request), { on: screen });
    };
    await amending({ of: entryOf('mine'), what: 'edit', text: 'changed' });
    await amending({ of: entryOf('theirs'), what: 'react', emoji: '👍', isOn: true });
    await amending({ of: entryOf('mine'), what: 'delete' });
    await linear.type('/react 🎉', '/topic soup');
    const topic = ['topic', undefined];
    const shown = [
      ['edit', entryOf('mine')],
      ['reaction', entryOf('theirs')],
      ['delete', entryOf('mine')],
    ];
    const amendments = (run: Running) =>
      run.of('amendment').map(({ amendment }) => [amendment.what, amendment.what === 'topic' ? undefined : amendment.of]);
    expect(amendments(screen)).toEqual([...shown, ['reaction', entryOf('theirs')], topic]);
    expect(amendments(linear)).toEqual([...shown, topic]); // its own reaction it tells as done
    expect(linear.of('notice').some(({ text }) => text.startsWith('Reacted 🎉'))).toBe(true);
  });

  test('while a chat reads what was said before is shown once', async () => {
    const first = await chatting(true);
    let goOn = (): void => undefined;
    const { history } = first.peer;
    first.peer.history = async (query) => {
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      return history.call(first.peer, query);
    };
    const linear = await chatting(false, first);
    await sending(first, ['in between', 'and after']);
    const [said] = first.peer.said;
    if (said !== undefined) first.peer.past.push({ ...stored('in between', roomScope(LOBBY), 'alice'), id: said.receipt.id });
    goOn();
    await settle();
    expect(linear.of('message').map(({ message }) => message.text)).toEqual(['mine', 'theirs', 'in between', 'and after']);
  });

  test('is not heard by a chat that has ended', async () => {
    const screen = await chatting(true);
    const linear = await chatting(false, screen);
    await linear.type('/quit');
    await sending(screen, ['hello']);
    expect([texts(linear), screen.of('said').length]).toEqual([[], 1]);
  });
});

describe('a flood of mine beside a chat that nobody draws', () => {
  test('is shown as far as it is kept for it, then how much of it is not', async () => {
    const peer = new FakePeer();
    const host = new Host({ peer, clock: new VirtualClock(), isEphemeral: false, fingerprintOf: () => '' });
    const context = { host, input: new Lines(new Mailbox<Line>()), stop: new AbortController().signal, leavesRooms: true };
    const records = chat(context, { room: LOBBY, isInteractive: true, hasScreen: true });
    await records.next(); // begun, and not read any further
    await settle();
    const FLOOD = 5 * ELSEWHERE_WAITING_MAX;
    const said = await Promise.all(Array.from({ length: FLOOD }, (_, at) => peer.tell(idOf('bob'), `${at + 1}`)));
    for (const [at, receipt] of said.entries()) {
      host.voice.tell({ kind: 'said', receipt, text: `${at + 1}`, options: {} });
      if (at % 500 === 0) await settle(); // what can be shown is
    }
    await settle();
    const shown: string[] = [];
    let missed: string | undefined;
    while (missed === undefined) {
      const step = await records.next();
      if (step.done === true) break;
      const record = step.value;
      if (record.kind === 'said') shown.push(record.message.text);
      if (record.kind === 'notice' && record.text.includes('elsewhere')) missed = record.text;
    }
    expect(shown).toEqual(shown.map((_, at) => `${at + 1}`));
    expect(shown.length).toBeGreaterThanOrEqual(ELSEWHERE_WAITING_MAX);
    expect(shown.length).toBeLessThan(3 * ELSEWHERE_WAITING_MAX);
    expect(missed).toBe(
      `${FLOOD - shown.length} more things that you said elsewhere are not shown: too much at once; see them with /history`,
    );
  });

  test('has its newest marked, and no more', async () => {
    const screen = await chatting(true);
    await sending(
      screen,
      Array.from({ length: MARKED_MAX + 1 }, (_, at) => `${at}`),
    );
    await settle();
    const { said } = screen.peer;
    for (const one of [said[0], said[1], said.at(-1)]) one?.deliver('bob');
    await settle();
    expect(screen.of('held').map(({ id }) => id)).toEqual([said[1]?.receipt.id, said.at(-1)?.receipt.id]);
  });
});
