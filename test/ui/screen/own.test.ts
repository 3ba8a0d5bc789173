import { describe, expect, test } from '@jest/globals';
import type { MessageShown, StoredShown } from '../../../src/ui/shown.ts';
import { Acting, ALICE, BOB, message, NOON, overview } from './acting.ts';

const stored = (text: string, more: Partial<MessageShown & StoredShown> = {}): StoredShown => ({
  ...message(text, more),
  receivedAt: NOON,
  isDeleted: false,
  edits: [],
  reactions: [],
  ...more,
});
const LOBBY = { kind: 'room', room: 'lobby' } as const;

const MESSAGES: readonly StoredShown[] = [
  stored('of others'),
  stored('soup at noon', { from: ALICE }),
  stored('/etc is a folder', { from: ALICE }),
  stored('waves', { from: ALICE, isAction: true }),
  stored('', { from: ALICE, isDeleted: true }),
  stored('bell\u0007 and \u001b[2J', { from: ALICE }),
];

describe('what one said in an earlier chat', () => {
  test('comes back with Up and Ctrl-R, as it is to be typed, and nothing in it is obeyed', () => {
    const screen = new Acting();
    screen.type('typed now\r');
    screen.tell({ kind: 'past', place: LOBBY, messages: MESSAGES, isStart: true });
    const seen = Array.from({ length: 6 }, () => {
      screen.type('\x1b[A');
      return screen.line;
    });
    expect(seen).toEqual([
      'typed now',
      'bell\u2407 and \u241b[2J',
      '/me waves',
      '//etc is a folder',
      'soup at noon',
      'soup at noon', // there is nothing before it
    ]);
    screen.type('\x15\x12noon\r');
    expect(screen.lines.at(-1)).toBe('soup at noon');
  });

  test('is one line of it however often it is loaded, and those typed stay the newest', () => {
    const screen = new Acting();
    screen.type('soup at noon\r');
    for (let times = 0; times < 2; times++) screen.tell({ kind: 'past', place: LOBBY, messages: MESSAGES, isStart: true });
    expect(screen.model.history.filter((line) => line === 'soup at noon')).toEqual(['soup at noon']);
    expect(screen.model.history.at(-1)).toBe('soup at noon');
  });

  test('is known as one\u2019s own although it came before it was known who one is', () => {
    const screen = new Acting();
    screen.model = { ...screen.model, overview: overview({ self: { id: '', name: '' } }) };
    screen.tell({ kind: 'past', place: LOBBY, messages: MESSAGES, isStart: true });
    screen.tell({ kind: 'overview', overview: overview() });
    const own = screen.model.logs.flatMap(({ entries }) => entries.filter((entry) => entry.kind === 'message' && entry.isOwn));
    expect(own.length).toBe(5);
    screen.type('\x1b[A\x1b[A');
    expect(screen.line).toBe('/me waves');
  });
});

describe('a list that was asked for', () => {
  test('is shown from its beginning, and what is said meanwhile counts as new below', () => {
    const screen = new Acting(80, 12);
    screen.type('/keys\r');
    expect(screen.text()).toMatch(/^ #lobby.*\n {2}Keys: /);
    screen.hear('meanwhile');
    expect(screen.text()).toContain('1 new below');
    screen.type('on we go\r');
    expect(screen.text()).toContain('bob: meanwhile');
  });

  test('no other note takes the newest out of sight', () => {
    const screen = new Acting(80, 12);
    screen.tell({ kind: 'note', text: 'line\n'.repeat(30), look: 'quiet', time: NOON });
    screen.hear('seen', { from: BOB });
    expect(screen.text()).toContain('bob: seen');
  });
});
