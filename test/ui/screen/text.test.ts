import { describe, expect, test } from '@jest/globals';
import { nameInk } from '../../../src/ui/paint.ts';
import { rowText, span } from '../../../src/ui/screen/cells.ts';
import { markedLines, mentionAt } from '../../../src/ui/screen/markup.ts';
import { clustersOf, clusterWidth, cutTo, textWidth } from '../../../src/ui/screen/width.ts';
import { indent, wrap } from '../../../src/ui/screen/wrap.ts';
import { Acting, BOB } from './acting.ts';

describe('columns', () => {
  test.each([
    ['a', 1],
    ['é', 1],
    ['e\u0301', 1],
    ['漢', 2],
    ['ｶ', 1],
    ['👍', 2],
    ['👨‍👩‍👧', 2],
    ['❤', 1],
    ['❤️', 2],
    ['1️⃣', 2],
    ['🇩🇪', 2],
    ['\u0301', 0],
    ['\u200d', 0],
  ])('%j takes %d', (cluster, width) => {
    expect(clusterWidth(cluster)).toBe(width);
  });

  test('clusters stay whole, with and without the fast way', () => {
    expect(clustersOf('ab漢')).toEqual(['a', 'b', '漢']);
    expect(clustersOf('e\u0301👨‍👩‍👧한')).toEqual(['e\u0301', '👨‍👩‍👧', '한']);
    expect([textWidth('漢字ab'), cutTo('漢字ab', 4), cutTo('漢字', 4), cutTo('ab', 0)]).toEqual([6, '漢…', '漢字', '']);
  });
});

describe('a long line', () => {
  const rows = (text: string, columns: number) =>
    wrap([span(text)], { columns, first: [], further: indent(2) }).map((row) => rowText(row).trimEnd());
  test('is broken at words, and inside of one only if it must be', () => {
    expect(rows('the quick brown fox', 10)).toEqual(['the quick', '  brown', '  fox']);
    expect(rows('abcdefghijklmnop', 6)).toEqual(['abcdef', '  ghij', '  klmn', '  op']);
    expect(rows('漢字漢字', 5)).toEqual(['漢字', '  漢', '  字']);
    expect(rows('', 5)).toEqual(['']);
  });
});

describe('the text of a message', () => {
  const options = { look: 'plain', ownName: 'alice', emoji: new Map([['smile', '😄']]) } as const;
  const spans = (text: string) => markedLines(text, options).flatMap((line) => line.spans);
  test('has links without the punctuation after them, and only of http and https', () => {
    expect(spans('see (https://example.org/a_b). javascript:x')).toEqual([
      { text: 'see (', look: 'plain' },
      { text: 'https://example.org/a_b', look: 'link', link: 'https://example.org/a_b' },
      { text: '). javascript:x', look: 'plain' },
    ]);
  });

  test('has one\u2019s own name marked where it is a word', () => {
    expect(spans('Alice, malice alice')).toEqual([
      { text: 'Alice', look: 'mention' },
      { text: ', malice ', look: 'plain' },
      { text: 'alice', look: 'mention' },
    ]);
    expect([mentionAt('alice_2', 'alice'), mentionAt('x', ''), mentionAt('İalice alice', 'alice')]).toEqual([-1, -1, -1]);
  });

  test('has known names of emoji shown, others left, and code kept', () => {
    expect(spans(':smile: :nonsense: `a:smile:b`').map(({ text, look }) => [text, look])).toEqual([
      ['😄', 'plain'],
      [' :nonsense: ', 'plain'],
      ['a:smile:b', 'code'],
    ]);
    expect(
      markedLines('look:\n```\n  indented: alice\n```\nafter', options).map(({ isCode, spans: [first] }) => [
        isCode,
        first?.text,
      ]),
    ).toEqual([
      [false, 'look:'],
      [true, '  indented: alice'],
      [false, 'after'],
    ]);
  });
});

describe('a screen', () => {
  test('gives a person the same colour whatever the name', () => {
    expect(nameInk(BOB.id)).toBe(nameInk(BOB.id));
    const looks = new Set(Array.from({ length: 200 }, (_, at) => nameInk(at.toString(16).padStart(64, '0'))));
    expect(looks.size).toBe(10);
  });

  test('keeps the place where one reads when it is resized and when more is said', () => {
    const screen = new Acting(80, 12);
    for (let at = 0; at < 60; at++) screen.hear(`line ${at}`);
    screen.type('\x1b[5~\x1b[5~');
    const last = () => /line \d+/.exec(screen.text().split('\n').at(-3) ?? '')?.[0];
    const before = last();
    screen.hear('more');
    expect(last()).toBe(before);
    screen.tell({ kind: 'resize', size: { columns: 50, rows: 20 } });
    expect(last()).toBe(before);
    expect(screen.text()).toContain('1 new below');
  });

  test('completes emoji, names at the start with a colon, and names with spaces in quotes after /msg', () => {
    const screen = new Acting();
    screen.tell({
      kind: 'emoji',
      names: new Map([
        ['smile', '😄'],
        ['smirk', '😏'],
      ]),
    });
    screen.type('bo\t:smi\t');
    expect(screen.line).toBe('bob: 😄');
    screen.type('\t');
    expect(screen.line).toBe('bob: 😏');
    const people = [{ ...BOB, name: 'bob smith', state: 'connected', rooms: [] } as const];
    screen.tell({ kind: 'overview', overview: { ...screen.model.overview, people } });
    screen.type('\x15/ms\tbo\t');
    expect(screen.line).toBe('/msg "bob smith" ');
  });

  test('folds comings and goings into one line, the last of each counts', () => {
    const screen = new Acting();
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) screen.tell({ kind: 'presence', name, isHere: true, time: 0 });
    screen.tell({ kind: 'presence', name: 'a', isHere: false, time: 0 });
    expect(screen.text()).toContain('  + b, c, d, e and 1 more here   - a gone');
  });
});
