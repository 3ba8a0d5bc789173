import { describe, expect, test } from '@jest/globals';
import type { RoomName } from '../../../src/base/ids.ts';
import type { ExitCode } from '../../../src/cli/exit-code.ts';
import type { OutputRecord } from '../../../src/cli/format/record.ts';
import { Guests } from '../../../src/cli/job/guests.ts';
import { type Call, type HandOverEnd, handOver } from '../../../src/cli/job/hand-over.ts';
import { type Line, Lines, linesFrom } from '../../../src/cli/job/lines.ts';
import { Mailbox } from '../../../src/cli/job/mailbox.ts';
import { Host } from '../../../src/cli/job/operation.ts';
import { chatProgress, listenProgress, noProgress, type Progress, sendProgress } from '../../../src/cli/job/progress.ts';
import type { CommandName } from '../../../src/cli/job/requests.ts';
import type { SendRequest } from '../../../src/cli/live/send.ts';
import { FakePeer, LOBBY, viewOf } from '../fake-peer.ts';
import { settle, VirtualClock } from '../virtual-clock.ts';

const KITCHEN = 'kitchen' as RoomName;
const request: SendRequest = {
  target: { kind: 'room', room: LOBBY },
  wait: 'delivered',
  peers: 1,
  timeoutMs: 10_000,
  timeoutShown: '10',
};

/** A process that runs on a profile. `die` is kill -9: its connections break off. */
const owner = (prepare?: (peer: FakePeer) => void) => {
  const peer = new FakePeer();
  prepare?.(peer);
  const clock = new VirtualClock();
  const host = new Host({ peer, clock, isEphemeral: false, fingerprintOf: () => 'print' });
  const guests = new Guests(host);
  const connections = new Set<AbortController>();
  let isDead = false;
  const call: Call = async (sent) => {
    if (isDead) return undefined;
    const gone = new AbortController();
    connections.add(gone);
    return overTheWire(guests.answer(JSON.parse(JSON.stringify(sent)), gone.signal), gone);
  };
  const die = (): void => {
    isDead = true;
    for (const connection of connections) connection.abort();
  };
  return { peer, clock, guests, call, die };
};

/** Replies as a socket carries them: as JSON, until it breaks or the client is gone. */
const overTheWire = (replies: AsyncGenerator<unknown>, gone: AbortController): AsyncIterable<unknown> => {
  const broken = new Promise<'broken'>((resolve) => gone.signal.addEventListener('abort', () => resolve('broken')));
  const next = async (): Promise<IteratorResult<unknown>> => {
    const step = await Promise.race([replies.next(), broken]);
    if (step === 'broken') throw new Error('the running peer went away');
    return step.done === true ? { done: true, value: undefined } : { done: false, value: JSON.parse(JSON.stringify(step.value)) };
  };
  const leave = async (): Promise<IteratorResult<unknown>> => {
    gone.abort();
    return { done: true, value: undefined };
  };
  return { [Symbol.asyncIterator]: () => ({ next, return: leave }) };
};

const guest = <Request>(call: Call, command: CommandName, progress: Progress<Request>, input = linesFrom([])) => {
  const records: OutputRecord[] = [];
  const stop = new AbortController();
  let end: HandOverEnd | undefined;
  void handOver({
    call,
    command,
    progress,
    input,
    stop: stop.signal,
    onBegin: () => undefined,
    show: (record) => {
      records.push(record);
      return undefined;
    },
  }).then((value) => {
    end = value;
  });
  return { records, stop, end: () => end };
};

const isFeed = (sent: unknown): boolean => typeof sent === 'object' && sent !== null && 'kind' in sent && sent.kind === 'feed';
const ended = (code: ExitCode): HandOverEnd => ({ kind: 'ended', code });

describe('a command handed over to the running peer', () => {
  test('nobody runs on the profile', async () => {
    const { end } = guest(async () => undefined, 'id', noProgress({}));
    await settle();
    expect(end()).toEqual({ kind: 'nobody' });
  });

  test('a send has the same records and code as here', async () => {
    const running = owner((peer) => peer.arrive(viewOf('bob', { rooms: [LOBBY] })));
    const { records, end } = guest(running.call, 'send', sendProgress(request, running.clock), linesFrom(['one', 'two']));
    await settle();
    expect(running.peer.said.map(({ text }) => text)).toEqual(['one', 'two']);
    for (const said of running.peer.said) said.deliver('bob');
    await settle();
    expect(end()).toEqual(ended(0));
    expect(records.map(({ kind }) => kind)).toEqual(['sent', 'sent', 'delivered', 'delivered', 'summary']);
  });

  test('an empty input is known to the running peer at once', async () => {
    const running = owner();
    const { end } = guest(running.call, 'send', sendProgress(request, running.clock));
    await settle();
    expect(end()).toEqual(ended(0));
  });

  test('a client that goes away cancels its request', async () => {
    const running = owner();
    const { stop, end } = guest(running.call, 'listen', listenProgress({ rooms: [LOBBY] }, running.clock));
    await settle();
    expect(running.peer.rooms).toEqual([LOBBY]);
    stop.abort();
    await settle();
    expect(end()).toEqual({ kind: 'stopped' });
    expect(running.peer.rooms).toEqual([]);
  });

  test('a request that the running peer does not understand is refused in one line', async () => {
    const running = owner();
    const attempt = handOver({
      call: running.call,
      command: 'send',
      progress: noProgress({ target: 'nonsense' }),
      input: linesFrom([]),
      stop: new AbortController().signal,
      onBegin: () => undefined,
      show: () => undefined,
    });
    await expect(attempt).rejects.toMatchObject({ exitCode: 6, message: expect.stringMatching(/another version; end it/) });
  });
});

describe('a command that says who may see the peer', () => {
  const asking = (visibility: 'open' | 'private', own: 'open' | 'private') => {
    const running = owner((peer) => {
      peer.visibility = own;
    });
    return handOver({
      call: running.call,
      command: 'id',
      progress: noProgress({}),
      input: linesFrom([]),
      visibility,
      stop: new AbortController().signal,
      onBegin: () => undefined,
      show: () => undefined,
    });
  };

  test('is refused by one that others see, or do not see, otherwise', async () => {
    await expect(asking('private', 'open')).rejects.toMatchObject({
      exitCode: 6,
      message: expect.stringMatching(/open: everybody on the network sees it; end it/),
    });
    await expect(asking('open', 'private')).rejects.toMatchObject({ message: expect.stringMatching(/only contacts see it/) });
  });

  test('is done by one that is as asked', async () => {
    expect(await asking('private', 'private')).toEqual(ended(0));
  });
});

describe('the running peer goes away', () => {
  test('a listener goes on with what is left, and shows no message twice', async () => {
    const first = owner();
    const progress = listenProgress({ rooms: [LOBBY] }, first.clock);
    const before = guest(first.call, 'listen', progress);
    await settle();
    first.peer.hear('bob', 'one');
    await settle();
    first.die();
    await settle();
    expect(before.end()).toEqual({ kind: 'moved' });
    const second = owner();
    const after = guest(second.call, 'listen', progress);
    await settle();
    for (const text of ['one', 'two', 'three']) second.peer.hear('bob', text);
    await settle();
    expect(
      [...before.records, ...after.records].map((record) => (record.kind === 'message' ? record.message.text : record.kind)),
    ).toEqual(['ready', 'one', 'two', 'three']);
  });

  test('a listener that goes on counts what it has shown', async () => {
    const running = owner();
    const progress = listenProgress({ rooms: [LOBBY], count: 3, timeoutMs: 5_000 }, running.clock);
    guest(running.call, 'listen', progress);
    await settle();
    running.peer.hear('bob', 'one');
    await running.clock.advance(2_000);
    expect(progress.request()).toEqual({ rooms: [LOBBY], count: 2, timeoutMs: 3_000 });
  });

  test('an orderly end gives back the lines that were not said; those that were are not said again', async () => {
    const first = owner((peer) => peer.arrive(viewOf('bob', { rooms: [LOBBY] })));
    const progress = sendProgress(request, first.clock);
    const typed = new Mailbox<Line>();
    const input = new Lines(typed);
    typed.push({ number: 1, text: 'one', sizeBytes: 3 });
    const before = guest(first.call, 'send', progress, input);
    await settle();
    void first.guests.close();
    await settle();
    expect(before.end()).toEqual({ kind: 'moved' });
    typed.push({ number: 2, text: 'two', sizeBytes: 3 });
    typed.close();
    const second = owner((peer) => peer.arrive(viewOf('bob', { rooms: [LOBBY] })));
    const after = guest(second.call, 'send', progress, input);
    await settle();
    expect([...first.peer.said, ...second.peer.said].map(({ text }) => text)).toEqual(['one', 'two']);
    second.peer.said[0]?.deliver('bob');
    const [one] = first.peer.said;
    if (one !== undefined)
      second.peer.emit({ kind: 'delivered', peer: viewOf('bob').id, scope: one.scope, after: 0, upTo: 1, isStored: true });
    await settle();
    expect(after.end()).toEqual(ended(0));
    expect(after.records.at(-1)).toEqual({ kind: 'summary', sent: 2, delivered: 2, peers: 1 });
  });

  test('lines that the peer took but did not come to say are said by the next one', async () => {
    const first = owner((peer) => peer.arrive(viewOf('bob', { rooms: [LOBBY] })));
    const progress = sendProgress(request, first.clock);
    const input = linesFrom(['one', 'two']);
    const closing: Call = async (sent) => {
      if (!isFeed(sent)) return first.call(sent);
      const replies = first.guests.answer(sent, new AbortController().signal);
      const reply = replies.next();
      void first.guests.close(); // the lines are there, and nobody has looked at them
      await reply;
      return replies;
    };
    const before = guest(closing, 'send', progress, input);
    await settle();
    expect(before.end()).toEqual({ kind: 'moved' });
    const second = owner((peer) => peer.arrive(viewOf('bob', { rooms: [LOBBY] })));
    const after = guest(second.call, 'send', progress, input);
    await settle();
    const said = [...first.peer.said, ...second.peer.said];
    expect(said.map(({ text }) => text)).toEqual(['one', 'two']);
    for (const { deliver } of second.peer.said) deliver('bob');
    await settle();
    expect(after.end()).toEqual(ended(0));
  });

  test('lines that were on their way when the peer ended are said by the next one', async () => {
    const first = owner((peer) => peer.arrive(viewOf('bob', { rooms: [LOBBY] })));
    const progress = sendProgress(request, first.clock);
    const input = linesFrom(['one']);
    const slow: Call = async (sent) => {
      if (isFeed(sent)) {
        await first.guests.close();
        await settle();
      }
      return first.call(sent);
    };
    const before = guest(slow, 'send', progress, input);
    await settle();
    await settle();
    expect(before.end()).toEqual({ kind: 'moved' });
    const second = owner((peer) => peer.arrive(viewOf('bob', { rooms: [LOBBY] })));
    guest(second.call, 'send', progress, input);
    await settle();
    expect([first, second].map(({ peer }) => peer.said.map(({ text }) => text))).toEqual([[], ['one']]);
  });

  test('lines of a piped chat that nobody has begun with are said by the next one, no other', async () => {
    const first = owner((peer) => peer.arrive(viewOf('bob', { rooms: [LOBBY] })));
    const progress = chatProgress({ room: LOBBY, isInteractive: false });
    const input = linesFrom(['one', '/join kitchen', 'two', 'three']);
    guest(first.call, 'chat', progress, input);
    await settle();
    first.die();
    await settle();
    const second = owner((peer) => peer.arrive(viewOf('bob', { rooms: [KITCHEN] })));
    guest(second.call, 'chat', progress, input);
    await settle();
    expect(first.peer.said.map(({ text }) => text)).toEqual(['one']);
    expect(second.peer.said.map(({ scope, text }) => ({ scope, text }))).toEqual([
      { scope: { kind: 'room', room: KITCHEN }, text: 'two' },
      { scope: { kind: 'room', room: KITCHEN }, text: 'three' },
    ]);
  });

  test('nothing was handed over while nobody could hear it: all of it is said elsewhere', async () => {
    const first = owner();
    const progress = sendProgress(request, first.clock);
    const input = linesFrom(['one']);
    guest(first.call, 'send', progress, input);
    await settle();
    first.die();
    await settle();
    const second = owner((peer) => peer.arrive(viewOf('bob', { rooms: [LOBBY] })));
    guest(second.call, 'send', progress, input);
    await settle();
    expect(second.peer.said.map(({ text }) => text)).toEqual(['one']);
  });

  test('a line of which no word came back is not said again', async () => {
    const first = owner((peer) => peer.arrive(viewOf('bob', { rooms: [LOBBY] })));
    first.peer.say = () => new Promise(() => undefined);
    const progress = sendProgress(request, first.clock);
    const input = linesFrom(['one']);
    guest(first.call, 'send', progress, input);
    await settle();
    first.die();
    await settle();
    const second = owner((peer) => peer.arrive(viewOf('bob', { rooms: [LOBBY] })));
    const after = guest(second.call, 'send', progress, input);
    await settle();
    expect(second.peer.said).toEqual([]);
    expect(after.end()).toEqual(ended(4));
    expect(after.records.at(-1)).toMatchObject({ kind: 'error', text: expect.stringMatching(/may or may not have been said/) });
  });
});
