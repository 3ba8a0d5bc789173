import { describe, expect, test } from '@jest/globals';
import { Acting, ALICE, message } from './acting.ts';

const DAY = '────────────── 2026-01-31 ──────────────';
const NEW = '───────────────── new ─────────────────';
/** The area of messages, without day and blank rows. */
const area = (screen: Acting): readonly string[] =>
  screen
    .text()
    .split('\n')
    .slice(1, -2)
    .map((row) => row.trim())
    .filter((row) => row !== '' && row !== DAY);
const focus = (screen: Acting, hasFocus: boolean): void => screen.tell({ kind: 'focus', hasFocus });
const inKitchen = { room: 'kitchen' };
const [TO_KITCHEN, TO_LOBBY] = ['\x1b1', '\x1b2'];

describe('what came while nobody looked', () => {
  test('stands below a line in the place one comes to, until one leaves it', () => {
    const screen = new Acting(40, 12);
    screen.hear('first', inKitchen);
    screen.type(TO_KITCHEN);
    screen.type(TO_LOBBY);
    screen.hear('second', inKitchen);
    screen.hear('third', inKitchen);
    screen.type(TO_KITCHEN);
    expect(area(screen)).toEqual(['12:00 bob: first', NEW, '12:00 bob: second', '12:00 bob: third']);
    screen.hear('fourth', inKitchen);
    expect(area(screen).slice(1, 3)).toEqual([NEW, '12:00 bob: second']);
    screen.type(TO_LOBBY + TO_KITCHEN);
    expect(area(screen)).toEqual(['12:00 bob: first', '12:00 bob: second', '12:00 bob: third', '12:00 bob: fourth']);
  });

  test('stands below it in the open place too, if the terminal had lost the focus', () => {
    const screen = new Acting(40, 12);
    screen.hear('seen');
    focus(screen, false);
    screen.hear('unseen');
    focus(screen, true);
    screen.hear('seen again');
    expect(area(screen)).toEqual(['12:00 bob: seen', NEW, '12:00 bob: unseen', '12:00 bob: seen again']);
    focus(screen, false);
    screen.hear('the next');
    expect(area(screen).slice(2)).toEqual(['12:00 bob: seen again', NEW, '12:00 bob: the next']);
  });

  test('is not marked any more once one has answered, nor is what one said, nor what was said before', () => {
    const screen = new Acting(40, 12);
    focus(screen, false);
    screen.hear('long ago', { isPast: true });
    screen.tell({ kind: 'said', message: message('mine', { from: ALICE }), audience: 0 });
    expect(area(screen)).toEqual(['12:00 bob: long ago', '12:00 alice: mine · kept']);
    screen.hear('unseen');
    expect(area(screen)[2]).toBe(NEW);
    screen.tell({ kind: 'said', message: message('from elsewhere', { from: ALICE }), audience: 0, isElsewhere: true });
    expect(area(screen)[2]).toBe(NEW);
    screen.tell({ kind: 'said', message: message('answer', { from: ALICE }), audience: 0 });
    expect(area(screen)).not.toContain(NEW);
  });

  test('also is what came below while one reads further up', () => {
    const screen = new Acting(40, 8);
    for (let i = 0; i < 30; i++) screen.hear(`message ${i}`);
    screen.type('\x1b[5~');
    screen.hear('below');
    screen.type('\x1b[6~\x1b[6~');
    expect(area(screen).slice(-2)).toEqual([NEW, '12:00 bob: below']);
  });
});
