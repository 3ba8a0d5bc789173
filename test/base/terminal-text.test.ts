import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cleanText } from '../../src/base/terminal-text.ts';
import { runs, seedNote } from '../wire/seed.ts';
import { testVectors } from '../wire/vectors.ts';

const kept = (text: string): string => cleanText(text, { newlines: 'keep' });
const flat = (text: string): string => cleanText(text, { newlines: 'space' });
/** No terminal obeys what is left: no control but the line break where it is kept, nothing that reorders. */
const expectHarmless = (text: string): void => {
  expect(kept(text)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\p{Bidi_Control}\p{Surrogate}\p{Zl}\p{Zp}]|\p{M}{5}/u);
  expect(flat(text)).not.toMatch(/[\p{Cc}\p{Bidi_Control}\p{Surrogate}\p{Zl}\p{Zp}]|\p{M}{5}/u);
  expect(kept(kept(text))).toBe(kept(text));
};

describe('cleanText', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['leaves plain text alone', 'hello, wörld 你好 👋🏽', 'hello, wörld 你好 👋🏽'],
    ['shows an escape sequence', '\u001b[31mred\u001b[0m', '␛[31mred␛[0m'],
    ['shows a title and a clipboard sequence', '\u001b]0;x\u0007\u001b]52;c;eA==\u001b\\', '␛]0;x␇␛]52;c;eA==␛\\'],
    ['shows C1 and DEL', '\u009b31m\u007f', '�31m␡'],
    ['shows a carriage return and backspaces', 'safe\rEVIL\b\b', 'safe␍EVIL␈␈'],
    ['shows NUL', '\u0000', '␀'],
    ['keeps line breaks of every kind', 'a\nb\r\nc\u2028d', 'a\nb\nc\nd'],
    ['makes spaces of a tab', 'a\tb', 'a    b'],
    ['shows bidi controls', '\u202etxt.exe\u2066', '�txt.exe�'],
    ['shows zero-width code points between letters', 'a\u200bb\u200dc\ufeffd\u00ade', 'a�b�c�d�e'],
    ['shows lone surrogates', 'a\ud800b', 'a�b'],
    ['keeps emoji sequences', '👨‍👩‍👧 ❤️ 1️⃣', '👨‍👩‍👧 ❤️ 1️⃣'],
    ['shows a joiner that joins nothing', '👨\u200d', '👨�'],
    ['keeps the joiners that Persian and Hindi are written with', 'می\u200cخواهم क्\u200dष', 'می\u200cخواهم क्\u200dष'],
    ['keeps the variation of an ideograph', '葛\u{E0100}城', '葛\u{E0100}城'],
    ['shows a variation of nothing', 'a\u{E0100}', 'a�'],
    ['cuts towers of marks', `Z${'\u0351'.repeat(40)}a`, `Z${'\u0351'.repeat(4)}a`],
  ];
  test.each(cases)('%s', (_, text, clean) => {
    expect(kept(text)).toBe(clean);
    expectHarmless(text);
  });

  test('line breaks become spaces on request', () => {
    expect(flat('a\nb\r\nc\u2029d\te')).toBe('a b c d    e');
  });

  test(`no control character comes out of any text ${seedNote}`, () => {
    const units = fc.oneof(
      fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
      fc.integer({ min: 0, max: 0xa0 }).map((unit) => String.fromCharCode(unit)),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      fc.constantFrom(
        '\u001b',
        '\u009b',
        '\u200d',
        '👩',
        '\ufe0f',
        '\u202e',
        '\r',
        '\n',
        '\u0301',
        'ی',
        '\u200c',
        '葛',
        '\u{E0100}',
        '\ud83d',
      ),
    );
    fc.assert(fc.property(fc.string({ unit: units, maxLength: 60 }), expectHarmless), runs(5000));
  });

  testVectors('naughty strings come out harmless, and printable ones as they were', 'naughty-strings-blns.json', (content) => {
    for (const text of content as readonly string[]) {
      expectHarmless(text);
      if (/^[\x20-\x7e]*$/.test(text)) expect(kept(text)).toBe(text);
    }
  });
});
