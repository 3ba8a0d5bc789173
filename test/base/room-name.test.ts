import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isRoomName, parseRoomName } from '../../src/base/room-name.ts';
import { runs, seedNote } from '../wire/seed.ts';

describe('room names', () => {
  const meant: readonly (readonly [string, string])[] = [
    ['lobby', 'lobby'],
    ['#lobby', 'lobby'],
    ['Lobby', 'lobby'],
    ['ΟΔΌΣ', 'οδός'],
    ['cafe\u0301', 'café'],
    ['a-b_c.9', 'a-b_c.9'],
    ['東京', '東京'],
    ['٣', '٣'],
    ['.', '.'],
    ['a'.repeat(32), 'a'.repeat(32)],
    ['#'.concat('𝒳'.repeat(32)), '𝒳'.repeat(32)],
  ];
  test.each(meant)('%j means %j', (text, name) => {
    expect(parseRoomName(text)).toBe(name);
    expect(isRoomName(name)).toBe(true);
  });

  const none = [
    '',
    '#',
    '##a',
    'a b',
    ' a',
    'a\n',
    'a/b',
    '🙂',
    'a\u200bb',
    'a\u202e',
    '\u3164',
    '\uffa0',
    '\ud800',
    'a'.repeat(33),
    '𝒳'.repeat(33),
    'a\u0301\u0301',
    '½',
    '@a',
  ];
  test.each(none)('%j is no room', (text) => {
    expect(parseRoomName(text)).toBeUndefined();
    expect(isRoomName(text)).toBe(false);
  });

  test('only the one form is a name', () => {
    expect(['Lobby', '#lobby', 'cafe\u0301', 'Ａ', 'ﬁ'].map((text) => isRoomName(text))).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
  });

  test(`what is parsed is a name, and is parsed to itself ${seedNote}`, () => {
    const letters = fc.string({
      unit: fc.oneof(fc.constantFrom(...'aZ9-_.İßΣςǅéÅ東ｱ𝒳'), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })),
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(letters, (text) => {
        const name = parseRoomName(text);
        if (name === undefined) return;
        expect([isRoomName(name), parseRoomName(name), parseRoomName(`#${name}`)]).toEqual([true, name, name]);
      }),
      runs(5000),
    );
  });
});
