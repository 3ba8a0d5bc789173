import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { NAME_LENGTH_MAX } from '../../src/base/limits.ts';
import { cleanName, nameSkeleton } from '../../src/base/name.ts';
import { runs, seedNote } from '../wire/seed.ts';
import { testVectors } from '../wire/vectors.ts';

/** What may never stand in a name, wherever. */
const FORBIDDEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Surrogate}\u200B\u200C\u2060-\u206F\uFEFF\uFFF9-\uFFFB\u3164]/u;
const expectClean = (name: string): void => {
  expect(name).not.toMatch(FORBIDDEN);
  expect(name).not.toMatch(/\p{M}{5}/u);
  expect([...name].length).toBeLessThanOrEqual(NAME_LENGTH_MAX);
  expect(name).toBe(name.trim());
  expect(name).toBe(name.normalize('NFC'));
  expect(cleanName(name)).toBe(name);
};

describe('cleanName', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['keeps a plain name', 'Ann', 'Ann'],
    ['trims and collapses white space of every kind', '\u3000 Ann\t \u00a0B.\n', 'Ann B.'],
    ['composes', 'Ange\u0301lique', 'Angélique'],
    ['drops controls', 'A\u0000n\u001b[31mn\u009b', 'An[31mn'],
    ['drops bidi controls', '\u202eevE\u202c\u2066\u200f', 'evE'],
    ['drops zero-width code points', 'A\u200bn\u200d\u2060n\ufeff\u00ad', 'Ann'],
    ['drops lone surrogates', 'A\ud800nn\udc00', 'Ann'],
    ['drops fillers and empty Braille', 'A\u3164nn \u2800', 'Ann'],
    ['keeps a joined emoji', '👩🏽‍💻 Ann', '👩🏽‍💻 Ann'],
    ['keeps an emoji presentation and a keycap', '❤️ 1️⃣', '❤️ 1️⃣'],
    [
      'keeps a regional flag',
      '🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}',
      '🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}',
    ],
    ['drops a joiner at the end of an emoji', '👩\u200d', '👩'],
    ['drops a presentation behind a letter', 'A\ufe0fnn', 'Ann'],
    ['drops tags that belong to no flag', 'A\u{E0041}\u{E007F}nn', 'Ann'],
    ['cuts a tower of marks to four', `x${'\u0334'.repeat(100)}y`, `x${'\u0334'.repeat(4)}y`],
    ['leaves nothing of nothing', ' \u200b\u202e\ud800 ', ''],
    ['cuts to 32 code points', 'é'.repeat(4096), 'é'.repeat(32)],
    ['cuts emoji between sequences', `${'a'.repeat(31)}👩\u200d💻`, `${'a'.repeat(31)}👩`],
    ['leaves no space at the cut', `${'a'.repeat(31)} b`, 'a'.repeat(31)],
  ];
  test.each(cases)('%s', (_, text, name) => {
    expect(cleanName(text)).toBe(name);
    expectClean(name);
  });

  test(`any text becomes a clean name, and stays it ${seedNote}`, () => {
    const units = fc.oneof(
      fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      fc.constantFrom(
        '👩',
        '\u200d',
        '\ufe0f',
        '🏽',
        '🏴',
        '\u{E0067}',
        '\u{E007F}',
        '1',
        '\u20e3',
        ' ',
        '\u0301',
        'a',
        '\u1100',
        '\u1161',
        '\u200b',
      ),
    );
    fc.assert(
      fc.property(fc.string({ unit: units, maxLength: 60 }), (text) => expectClean(cleanName(text))),
      runs(5000),
    );
  });

  testVectors('naughty strings become clean names', 'naughty-strings-blns.json', (content) => {
    for (const text of content as readonly string[]) expectClean(cleanName(text));
  });
});

describe('nameSkeleton', () => {
  const twins: readonly (readonly [string, string])[] = [
    ['Anna', 'Аnnа'],
    ['ANNA', 'ΑΝΝΑ'],
    ['anna', 'ａｎｎａ'],
    ['Anna', 'ÅNNÄ'],
    ['Ann', 'A\u200bnn'],
    ['Ilse', 'llse'],
    ['paul1', 'раuӏl'],
    ['Bob', 'B0B'],
    ['Martin', 'Rnartin'.replace('R', 'r')],
    ['Hans', 'НАΝS'],
    ['Weiß', 'WEISS'],
    ['oscar', 'οѕсаг'],
  ];
  test.each(twins)('%s and %s look alike', (a, b) => {
    expect(nameSkeleton(a)).toBe(nameSkeleton(b));
  });

  test('other names do not', () => {
    const skeletons = ['Anna', 'Anne', 'Hanna', 'Bob', 'Борис', '東京', 'Ann a', '🙂', '👩'].map(nameSkeleton);
    expect(new Set(skeletons).size).toBe(skeletons.length);
  });
});
