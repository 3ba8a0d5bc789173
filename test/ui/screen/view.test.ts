import { describe, expect, test } from '@jest/globals';
import { Acting, ALICE, BOB, CAROL, message, NOON, overview } from './acting.ts';

/** A conversation with everything that is drawn in a way of its own. */
const conversation = (columns: number, rows: number): Acting => {
  const screen = new Acting(columns, rows);
  const question = message('lunch?', { time: NOON - 86_400_000 });
  screen.tell({ kind: 'message', message: question });
  screen.tell({ kind: 'presence', name: 'carol', isHere: true, time: NOON });
  screen.tell({ kind: 'presence', name: 'dave', isHere: true, time: NOON });
  screen.tell({ kind: 'presence', name: 'dave', isHere: false, time: NOON });
  screen.hear('yes, at noon', { from: CAROL, replyTo: question.id });
  screen.hear('waves', { isAction: true });
  screen.hear('alice: 你好 see https://example.org/menu.');
  const own = message('soup is ready, and there is more of it than anybody can eat in one sitting', { from: ALICE });
  screen.tell({ kind: 'said', message: own, audience: 2 }, { kind: 'held', id: own.id, holders: ['bob'], audience: 2 });
  screen.tell({
    kind: 'amendment',
    amendment: {
      id: 'e1',
      room: 'lobby',
      from: BOB,
      time: NOON,
      isLate: false,
      what: 'reaction',
      of: own.id,
      emoji: '👍',
      isOn: true,
    },
  });
  screen.hear('psst', { room: undefined, to: ALICE.id } as never);
  screen.hear('soup', { room: 'kitchen' });
  screen.type('a line\x1b\rof two');
  return screen;
};

describe('a screen of messages', () => {
  test.each([
    [80, 24],
    [40, 10],
    [200, 50],
  ])('is drawn at %d columns and %d rows', (columns, rows) => {
    expect(`\n${conversation(columns, rows).text()}\n`).toMatchSnapshot();
  });

  test('tells how much waits, as far as it was counted', () => {
    const screen = new Acting();
    const status = (queued: number): string => {
      screen.tell({ kind: 'overview', overview: overview({ queued }) });
      return screen.text().split('\n').at(-2) ?? '';
    };
    expect([0, 1, 99, 100].map(status)).toEqual([
      ' alice · 2 here',
      ' alice · 2 here · 1 waiting',
      ' alice · 2 here · 99 waiting',
      ' alice · 2 here · 99+ waiting',
    ]);
  });

  test('an answer to what is not loaded shows the words that came with it, else the id', () => {
    const screen = new Acting();
    screen.hear('yes', { replyTo: 'ab'.repeat(16), answers: { from: CAROL, text: 'soup\nat \x1b[31mnoon?' } });
    screen.hear('no', { replyTo: 'cd'.repeat(16) });
    expect(screen.text()).toContain('┌ carol: soup at ␛[31mnoon?');
    expect(screen.text()).not.toContain('abababab');
    expect(screen.text()).toContain('[to cdcdcdcd] no');
  });

  test('has exactly the rows and columns of its size, and the cursor inside, however small', () => {
    for (const [columns, rows] of [
      [1, 1],
      [2, 1],
      [1, 9],
      [3, 2],
      [7, 3],
      [20, 4],
      [63, 7],
      [64, 8],
      [300, 100],
    ] as const) {
      const { rows: drawn, cursor } = conversation(columns, rows).view();
      expect([drawn.length, ...new Set(drawn.map((row) => row.length))]).toEqual([rows, columns]);
      expect(cursor.row < rows && cursor.column < columns && cursor.row >= 0 && cursor.column >= 0).toBe(true);
    }
  });
});
