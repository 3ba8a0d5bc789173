import { describe, expect, test } from '@jest/globals';
import { dayAndTime, isoTime, timeOfDay } from '../../src/ui/clock-face.ts';
import { deliveryLine } from '../../src/ui/delivery-line.ts';
import { messageLine } from '../../src/ui/message-line.ts';
import { nearest } from '../../src/ui/nearest.ts';
import { nameInk, plainPaint } from '../../src/ui/paint.ts';
import { peerEventLine } from '../../src/ui/peer-line.ts';
import type { MessageShown } from '../../src/ui/shown.ts';

const message: MessageShown = {
  id: 'cd'.repeat(16),
  room: 'lobby',
  from: { id: 'ab'.repeat(32), name: 'bob' },
  sequence: 7,
  text: 'hello',
  time: Date.UTC(2026, 0, 31, 23, 34),
  isAction: false,
  isLate: false,
};
const style = { paint: plainPaint, offsetMinutes: 60, newlines: 'keep' } as const;

describe('a message as a line', () => {
  test('no line of a text can pass for a message of its own', () => {
    const text = 'hi\n12:34 #lobby eve: I am eve\r13:00 #lobby eve: still me';
    expect(messageLine({ ...message, text }, style)).toBe(
      '00:34 #lobby bob: hi\n      | 12:34 #lobby eve: I am eve\n      | 13:00 #lobby eve: still me',
    );
  });

  test('a person whose name is not theirs alone has the fingerprint', () => {
    expect(messageLine({ ...message, from: { ...message.from, fingerprint: 'k3pd-9m2x' } }, style)).toBe(
      '00:34 #lobby bob (k3pd-9m2x): hello',
    );
  });

  test('a name of which nothing can be shown is replaced by the id', () => {
    expect(messageLine({ ...message, from: { ...message.from, name: '\u200b\u202e' } }, style)).toBe(
      '00:34 #lobby abababababab: hello',
    );
  });

  test('a direct one says so', () => {
    const { room: _, ...direct } = message;
    expect(messageLine({ ...direct, to: 'x' }, style)).toBe('00:34 (direct) bob: hello');
  });

  test('what calls for us stands out', () => {
    const paint = (ink: string, text: string) => (ink === 'strong' ? `<${text}>` : text);
    expect(messageLine({ ...message, text: 'ann: lunch?\nnow', isMention: true }, { ...style, paint })).toBe(
      '00:34 #lobby bob: <ann: lunch?>\n      | <now>',
    );
  });

  test('colour is only what paint adds', () => {
    const paint = (ink: string, text: string) => `<${ink}>${text}</>`;
    expect(messageLine(message, { ...style, paint })).toBe(
      `<quiet>00:34</> <place>#lobby</> <${nameInk(message.from.id)}>bob</>: hello`,
    );
  });
});

describe('what became of an own line', () => {
  const line = (holders: readonly string[], waiting: readonly string[]) =>
    deliveryLine({ text: 'hello', place: '#lobby', holders, waiting }, plainPaint);
  test('is said plainly', () => {
    expect(line([], [])).toBe('  "hello" is kept, but nobody else is in #lobby to hear it');
    const toBob = deliveryLine({ text: 'hello', place: '@bob', holders: [], waiting: [] }, plainPaint);
    expect(toBob).toBe('  "hello" is kept, and waits for bob');
    expect(line(['bob'], [])).toBe('  "hello" delivered to bob');
    expect(line(['bob'], ['carol'])).toBe('  "hello" delivered to bob; waiting for carol');
    expect(line([], ['carol'])).toBe('  "hello" not delivered yet; waiting for carol');
    expect(line(['a', 'b', 'c', 'd', 'e', 'f', 'g'], [])).toBe('  "hello" delivered to a, b, c, d, e and 2 more');
  });
});

describe('who comes and goes', () => {
  const peer = { id: 'ab'.repeat(32), name: 'bob', host: '::1', port: 1, via: 'mdns', state: 'unreachable' } as const;
  test('is a line each', () => {
    expect(peerEventLine('joined', peer, plainPaint)).toBe('+ bob is here ([::1]:1)');
    expect(peerEventLine('left', peer, plainPaint)).toBe('- bob has left');
    expect(peerEventLine('joined', peer, plainPaint, true)).toBe(`+ bob is here ([::1]:1, ${peer.id.slice(0, 12)})`);
    expect(peerEventLine('left', peer, plainPaint, true)).toBe(`- bob has left ([::1]:1, ${peer.id.slice(0, 12)})`);
    expect(peerEventLine('changed', peer, plainPaint)).toBe('~ bob is unreachable ([::1]:1)');
  });
});

describe('the nearest word', () => {
  const words = ['help', 'join', 'leave', 'msg', 'who', 'rooms', 'nick', 'me', 'ignore', 'stats', 'quit'];
  test.each([
    ['jion', 'join'],
    ['hlep', 'help'],
    ['q', 'quit'],
    ['exit', 'quit'],
    ['leav', 'leave'],
    ['rom', 'rooms'],
    ['xyzzyx', undefined],
    ['', undefined],
  ])('%s: %s', (typed, meant) => {
    expect(nearest(typed, words)).toBe(meant);
  });
});

describe('times', () => {
  test('have their forms', () => {
    expect(isoTime(Date.UTC(2026, 0, 31, 12, 34, 56, 789))).toBe('2026-01-31T12:34:56.789Z');
    expect(timeOfDay(Date.UTC(2026, 0, 31, 23, 59), 120)).toBe('01:59');
    expect(dayAndTime(Date.UTC(2026, 0, 31, 23, 59), 120)).toBe('2026-02-01 01:59');
  });

  test('beyond the calendar are shown as its end, never as an error', () => {
    for (const time of [Number.MAX_VALUE, -Number.MAX_VALUE, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(isoTime(time)).toMatch(/Z$/);
      expect(timeOfDay(time, 60)).toMatch(/^\d\d:\d\d$/);
    }
  });
});
