import { describe, expect, test } from '@jest/globals';
import { roomScope, type Scope, scopeKey } from '../../../src/base/ids.ts';
import { TYPING_AGAIN_MS, TYPING_OVER_MS, TYPING_PAUSE_MS } from '../../../src/base/limits.ts';
import { Attendance } from '../../../src/cli/chat/attendance.ts';
import { chat } from '../../../src/cli/chat/chat.ts';
import { type Notice, Typists } from '../../../src/cli/chat/typists.ts';
import { LiveSettings } from '../../../src/cli/config/live-settings.ts';
import { type Line, Lines, lineOfSign, type Sign } from '../../../src/cli/job/lines.ts';
import { Mailbox } from '../../../src/cli/job/mailbox.ts';
import { chatProgress } from '../../../src/cli/job/progress.ts';
import { isLine } from '../../../src/cli/job/requests.ts';
import { Attention, attentionOf } from '../../../src/cli/terminal/attention.ts';
import { FakePeer, idOf, LOBBY, viewOf } from '../fake-peer.ts';
import { running } from '../running.ts';
import { settle, VirtualClock } from '../virtual-clock.ts';

const MINUTE = 60_000;

/** A keyboard: what it tells, each with the second it told it. */
const sitting = (options: { awayAfterMs?: number; tellsTyping?: boolean } = {}) => {
  const clock = new VirtualClock();
  const told: string[] = [];
  const settings: { awayAfterMs: number | undefined; tellsTyping: boolean } = {
    awayAfterMs: options.awayAfterMs,
    tellsTyping: options.tellsTyping ?? true,
  };
  const attention = new Attention({
    clock,
    tell: (sign) => told.push(`${clock.now() / 1_000} ${sign}`),
    awayAfterMs: () => settings.awayAfterMs,
    tellsTyping: () => settings.tellsTyping,
  });
  /** One key a second. */
  const type = async (text: string, from = ''): Promise<void> => {
    for (let at = 1; at <= text.length; at++) {
      attention.onKey();
      attention.onLine(from + text.slice(0, at));
      await clock.advance(1_000);
    }
  };
  return { clock, told, settings, attention, type };
};

describe('whoever writes', () => {
  test(`says so at once and again every ${TYPING_AGAIN_MS / 1_000} s, and after ${TYPING_PAUSE_MS / 1_000} s without a change has stopped`, async () => {
    const { clock, told, type } = sitting();
    await type('0123456789');
    await clock.advance(MINUTE);
    expect(told).toEqual(['0 typing', '4 typing', '8 typing', '14 stopped']);
  });

  test('stops when the line is emptied, or becomes a command', async () => {
    const { told, attention } = sitting();
    for (const line of ['h', 'hi', 'h', '', 'x', '/x', '/']) attention.onLine(line);
    expect(told).toEqual(['0 typing', '0 stopped', '0 typing', '0 stopped']);
  });

  test.each(['/msg bob hi', '/', '   '])('is not seen to write %j', async (line) => {
    const { told, type } = sitting();
    await type(line);
    expect(told).toEqual([]);
  });

  test('a line with // is said, so it is written', async () => {
    const { told, attention } = sitting();
    attention.onLine('//x');
    expect(told).toEqual(['0 typing']);
  });

  test('a message says by itself that one has stopped; a new line begins anew', async () => {
    const { clock, told, attention, type } = sitting();
    await type('hi');
    attention.onSent(true);
    attention.onLine('');
    await clock.advance(MINUTE);
    await type('x');
    expect(told).toEqual(['0 typing', '62 typing']);
  });

  test('goes elsewhere: has stopped, and the draft that stands there was typed by nobody just now', async () => {
    const { told, attention } = sitting();
    attention.onLine('hi');
    attention.onPlace('a draft');
    attention.onLine('a draft');
    attention.onLine('a draft!');
    expect(told).toEqual(['0 typing', '0 stopped', '0 typing']);
  });

  test('moves the cursor only: nothing is written', async () => {
    const { clock, told, attention, type } = sitting();
    await type('hi');
    await clock.advance(2_000);
    attention.onLine('hi');
    await clock.advance(3_000);
    expect(told).toEqual(['0 typing', '6 stopped']);
  });

  test('with typing off tells nothing; switched off meanwhile, tells the end', async () => {
    const { told, settings, attention, type } = sitting();
    await type('h');
    settings.tellsTyping = false;
    attention.onSettings();
    await type('i', 'h');
    expect(told).toEqual(['0 typing', '1 stopped']);
  });
});

describe('whoever touches no key', () => {
  test('is gone after that time, once, and back at the first key', async () => {
    const { clock, told, attention } = sitting({ awayAfterMs: 5 * MINUTE });
    await clock.advance(4 * MINUTE);
    attention.onKey();
    await clock.advance(20 * MINUTE);
    attention.onKey();
    await clock.advance(MINUTE);
    attention.onKey();
    expect(told).toEqual(['540 idle', '1440 active']);
  });

  test('is never gone where nothing is set', async () => {
    const { clock, told } = sitting();
    await clock.advance(10_000 * MINUTE);
    expect(told).toEqual([]);
  });

  test('is gone by a new setting as if it had been set before', async () => {
    const { clock, told, settings, attention } = sitting();
    await clock.advance(10 * MINUTE);
    settings.awayAfterMs = 15 * MINUTE;
    attention.onSettings();
    await clock.advance(6 * MINUTE);
    expect(told).toEqual(['900 idle']);
  });

  test('tells nothing more once it is closed', async () => {
    const { clock, told, attention, type } = sitting({ awayAfterMs: MINUTE });
    await type('h');
    attention.close();
    await clock.advance(10 * MINUTE);
    expect(told).toEqual(['0 typing']);
  });

  test('the setting is minutes, 20 of them if nobody says anything, and 0 is never', async () => {
    const clock = new VirtualClock();
    const told: Sign[] = [];
    const settings = new LiveSettings({ logLevel: 'warning', typed: [] });
    const attention = attentionOf(settings, clock)((sign) => told.push(sign));
    await clock.advance(20 * MINUTE - 1);
    expect(told).toEqual([]);
    settings.set('away-after 0');
    await clock.advance(100 * MINUTE);
    expect(told).toEqual([]);
    settings.set('away-after 125');
    await clock.advance(10 * MINUTE);
    expect(told).toEqual(['idle']);
    attention.close();
  });
});

describe('the person of a profile', () => {
  const sat = (seats: number) => {
    const peer = new FakePeer();
    const attendance = new Attendance(peer);
    const changes: number[] = [];
    return { peer, attendance, changes, seats: Array.from({ length: seats }, (_, at) => attendance.sit(() => changes.push(at))) };
  };

  test('is away when all their chats are idle, and back when one is not', () => {
    const { peer, seats, changes } = sat(2);
    seats[0]?.setIdle(true);
    expect(peer.away).toBeUndefined();
    seats[1]?.setIdle(true);
    expect(peer.away).toBe('');
    seats[0]?.setIdle(false);
    expect(peer.away).toBeUndefined();
    expect(changes).toEqual([0, 1, 0, 1]);
  });

  test('who said by hand that they are away stays so, whatever keys they touch', () => {
    const { peer, attendance, seats } = sat(1);
    attendance.setAway('lunch');
    seats[0]?.setIdle(true);
    seats[0]?.setIdle(false);
    expect(peer.away).toBe('lunch');
    attendance.setAway(undefined);
    expect(peer.away).toBeUndefined();
  });

  test('what is said by hand while they are away by themselves counts', () => {
    const { peer, attendance, seats } = sat(1);
    seats[0]?.setIdle(true);
    attendance.setAway('lunch');
    seats[0]?.setIdle(false);
    expect(peer.away).toBe('lunch');
  });

  test('is called otherwise: every chat shows it', () => {
    const { attendance, changes } = sat(2);
    attendance.changed();
    expect(changes).toEqual([0, 1]);
  });

  test('is not away by themselves without a chat', () => {
    const { peer, seats } = sat(1);
    seats[0]?.setIdle(true);
    seats[0]?.leave();
    expect(peer.away).toBeUndefined();
  });
});

describe('signs in a chat', () => {
  const chatting = async () => {
    const typed = new Mailbox<Line>();
    const run = await running((context) => chat(context, { room: LOBBY, isInteractive: true, hasScreen: true }), {
      input: new Lines(typed),
      prepare: (peer) => peer.arrive(viewOf('bob', { rooms: [LOBBY], isPinned: true })),
    });
    let number = 0;
    const give = async (...given: readonly (string | Line)[]): Promise<void> => {
      for (const one of given) {
        if (typeof one === 'string') number += 1;
        typed.push(typeof one === 'string' ? { number, text: one, sizeBytes: Buffer.byteLength(one) } : one);
      }
      await settle();
    };
    return { ...run, give };
  };
  const typing = lineOfSign('typing');
  const stopped = lineOfSign('stopped');

  test('others are told where one writes: the place that the line goes to', async () => {
    const run = await chatting();
    await run.give(typing, typing, stopped, stopped, '/query bob', typing, '/join kitchen', stopped, typing, 'soup', stopped);
    expect(run.peer.typing).toEqual([
      ['#lobby', true],
      ['#lobby', true],
      ['#lobby', false],
      [`@${idOf('bob')}`, true],
      [`@${idOf('bob')}`, false],
      ['#kitchen', true],
    ]);
    expect(run.of('taken').map(({ line }) => line)).toEqual([1, 2, 3]); // signs are no lines
  });

  test('nothing is told where there is no place, and leaving or ending tells the end', async () => {
    const run = await chatting();
    await run.give(typing, '/leave', typing, '/join lobby', typing, '/quit');
    expect(run.peer.typing.map(([, isTyping]) => isTyping)).toEqual([true, false, true, false]);
  });

  test('idle tells that one is away, active that one is back, and the screen is told both', async () => {
    const run = await chatting();
    const isAway = () => run.of('overview').at(-1)?.overview.isAway;
    await run.give(lineOfSign('idle'));
    await run.clock.advance(1_000);
    expect([run.peer.away, isAway()]).toEqual(['', true]);
    await run.give(lineOfSign('active'));
    await run.clock.advance(1_000);
    expect([run.peer.away, isAway()]).toEqual([undefined, false]);
  });

  test('are not fed again to a peer that comes after', () => {
    const progress = chatProgress({ room: LOBBY, isInteractive: true });
    const line: Line = { number: 1, text: 'hi', sizeBytes: 2 };
    progress.onFed([typing, line, stopped]);
    expect(progress.onMoved(0)).toEqual([line]);
  });

  test('of another process are lines only if they are known', () => {
    expect([typing, { ...typing, sign: 'asleep' }, { number: 1, text: 'x', sizeBytes: 1 }].map(isLine)).toEqual([
      true,
      false,
      true,
    ]);
  });

  test('come through the lines of a chat, although they are empty', async () => {
    const typed = new Mailbox<Line>();
    typed.push(typing);
    typed.push({ number: 1, text: '', sizeBytes: 0 });
    typed.push(stopped);
    typed.close();
    const lines = new Lines(typed);
    expect([await lines.next(), await lines.next(), await lines.next()]).toEqual([typing, stopped, undefined]);
  });

  test('what others write is over on a screen after ten seconds, if they do not say it again', async () => {
    const run = await chatting();
    const notice = { kind: 'typing', peer: idOf('bob'), scope: roomScope(LOBBY), isTyping: true } as const;
    run.peer.emit(notice);
    await run.clock.advance(TYPING_OVER_MS - 1_000);
    run.peer.emit(notice);
    await run.clock.advance(TYPING_OVER_MS - 1_000);
    expect(run.of('typing').map(({ isTyping }) => isTyping)).toEqual([true]);
    await run.clock.advance(1_000);
    expect(run.of('typing').map(({ isTyping }) => isTyping)).toEqual([true, false]);
  });
});

describe('notices of who writes', () => {
  const noticing = () => {
    const clock = new VirtualClock();
    const shown: string[] = [];
    const typists = new Typists(clock, ({ peer, scope, isTyping }) =>
      shown.push(`${peer.slice(0, 4)} ${scopeKey(scope)} ${isTyping}`),
    );
    return { clock, shown, typists };
  };
  const lobby: Scope = roomScope(LOBBY);
  const bob = (isTyping: boolean): Notice => ({ peer: idOf('bob'), scope: lobby, isTyping });

  test('are shown once, and taken back once', () => {
    const { shown, typists } = noticing();
    for (const isTyping of [false, true, true, false, false]) typists.onNotice(bob(isTyping));
    expect(shown.map((one) => one.split(' ').at(-1))).toEqual(['true', 'false']);
  });

  test('a message ends one without a word', async () => {
    const { clock, shown, typists } = noticing();
    typists.onNotice(bob(true));
    typists.onSaid(bob(true));
    await clock.advance(TYPING_OVER_MS);
    typists.onNotice(bob(false));
    expect(shown.length).toBe(1);
  });

  test('of more than 64 people are not kept, and closing ends all', async () => {
    const { clock, shown, typists } = noticing();
    for (let at = 0; at < 100; at++) typists.onNotice({ peer: idOf(`p${at}`), scope: lobby, isTyping: true });
    expect(shown.length).toBe(64);
    typists.close();
    await clock.advance(TYPING_OVER_MS);
    expect(shown.length).toBe(64);
  });
});
