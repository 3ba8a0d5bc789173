import { describe, expect, test } from '@jest/globals';
import {
  type Choice,
  choiceText,
  isAloud,
  LEVELS,
  type Level,
  levelAt,
  parseChoice,
  parseMuteTime,
  timeText,
} from '../../src/ui/notify-level.ts';
import { isQuietAt, parseQuietHours, quietHoursText } from '../../src/ui/quiet-hours.ts';

const EVER = Number.POSITIVE_INFINITY;

describe('the level of a place', () => {
  test.each<readonly [Choice, 'room' | 'person', Level]>([
    [{}, 'room', 'mentions'],
    [{}, 'person', 'all'],
    [{ level: 'all' }, 'room', 'all'],
    [{ level: 'mentions' }, 'person', 'mentions'],
    [{ level: 'none' }, 'person', 'none'],
    [{ mutedUntil: 999 }, 'room', 'mentions'],
    [{ mutedUntil: 1_000 }, 'room', 'mentions'],
    [{ mutedUntil: 1_001 }, 'room', 'none'],
    [{ level: 'all', mutedUntil: EVER }, 'person', 'none'],
  ])('%j of a %s is %s', (choice, kind, level) => {
    expect(levelAt(choice, kind, 1_000)).toBe(level);
  });

  test.each<readonly [Choice, string | undefined]>([
    [{}, undefined],
    [{ level: 'none' }, 'none'],
    [{ mutedUntil: EVER }, 'default muted'],
    [{ level: 'all', mutedUntil: 1_790_000_000_000 }, 'all muted 1790000000000'],
  ])('%j is kept as %j and read back', (choice, text) => {
    expect(choiceText(choice)).toBe(text);
    expect(parseChoice(text)).toEqual(choice);
  });

  test.each(['', 'loud', 'none muted until noon', 'muted', 'all muted -1', 'all muted 9999999999999999', 'toString', ' all'])(
    'of a text that says %j is the usual one',
    (text) => {
      expect(parseChoice(text)).toEqual({});
    },
  );
});

describe('what is told aloud', () => {
  const table = LEVELS.flatMap((level) =>
    (['room', 'person'] as const).flatMap((kind) =>
      [false, true].flatMap((isMention) => [false, true].map((isLate) => ({ level, kind, isMention, isLate }))),
    ),
  );
  /** level kind mention late */
  const ALOUD = [
    'all room false false',
    'all room true false',
    'all person false false',
    'all person false true',
    'all person true false',
    'all person true true',
    'mentions room true false',
    'mentions person true false',
    'mentions person true true',
  ];
  test('of every kind of message, at every level', () => {
    const aloud = table.filter(({ level, ...heard }) => isAloud(level, heard));
    expect(aloud.map(({ level, kind, isMention, isLate }) => `${level} ${kind} ${isMention} ${isLate}`)).toEqual(ALOUD);
  });
});

describe('a time to be muted', () => {
  test.each([
    ['30m', 1_800_000, '30 min'],
    ['90m', 5_400_000, '1 h 30 min'],
    ['8h', 28_800_000, '8 h'],
    ['2D', 172_800_000, '2 d'],
    ['28h', 100_800_000, '1 d 4 h'],
    ['7d', 604_800_000, '7 d'],
  ])('%s is %d ms, told as %s', (text, ms, told) => {
    expect(parseMuteTime(text)).toBe(ms);
    expect(timeText(ms)).toBe(told);
  });
  test.each(['', '0m', '8', 'h', '8 h', '-1h', '8d', '99999h', '1e3m', '8hours'])('%j is none', (text) => {
    expect(parseMuteTime(text)).toBeUndefined();
  });
  test('is at least a minute, told', () => {
    expect([timeText(1), timeText(29_999), timeText(59 * 60_000 + 31_000)]).toEqual(['1 min', '1 min', '1 h']);
  });
});

describe('quiet hours', () => {
  test.each([
    ['22:00-07:00', 1_320, true],
    ['22:00-07:00', 1_319, false],
    ['22:00-07:00', 0, true],
    ['22:00-07:00', 419, true],
    ['22:00-07:00', 420, false],
    ['12:00-13:30', 720, true],
    ['12:00-13:30', 809, true],
    ['12:00-13:30', 810, false],
    ['12:00-13:30', 0, false],
    ['0:00-00:01', 0, true],
    ['23:59-00:00', 1_439, true],
    ['23:59-00:00', 0, false],
  ])('%s at minute %d: %s', (text, minute, isQuiet) => {
    const hours = parseQuietHours(text);
    expect(hours !== undefined && isQuietAt(hours, minute)).toBe(isQuiet);
  });
  test.each([
    ['9:05 - 17:00', '09:05-17:00'],
    ['22:00–7:00', '22:00-07:00'],
  ])('%j is written %s', (text, written) => {
    const hours = parseQuietHours(text);
    expect(hours && quietHoursText(hours)).toBe(written);
  });
  test.each(['', 'off', '22-7', '24:00-07:00', '22:60-07:00', '22:00', '22:00-', '08:00-08:00', '1:00-2:00-3:00'])(
    '%j are none',
    (text) => {
      expect(parseQuietHours(text)).toBeUndefined();
    },
  );
});
