import type { WriteStream } from 'node:tty';
import { describe, expect, test } from '@jest/globals';
import { paletteOf } from '../../../src/cli/terminal/looks.ts';
import { textStyleFor } from '../../../src/cli/terminal/terminal.ts';
import { nameInk } from '../../../src/ui/paint.ts';

/** Of the colour cube and the greys that xterm has for 16 to 255. */
const rgbOf = (color: number): readonly number[] => {
  if (color >= 232) return [8, 8, 8].map((base) => base + (color - 232) * 10);
  const levels = [0, 95, 135, 175, 215, 255];
  const at = color - 16;
  return [Math.floor(at / 36), Math.floor(at / 6) % 6, at % 6].map((level) => levels[level] ?? Number.NaN);
};

/** WCAG 2.1: relative luminance, and the contrast of two. */
const luminance = (color: number): number => {
  const [r = 0, g = 0, b = 0] = rgbOf(color).map((level) => {
    const share = level / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (one: number, other: number): number => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);

describe('the colours of a terminal', () => {
  test('can be read on black and on white, each name in one of its own', () => {
    const coloured = Object.entries(paletteOf(8)).flatMap(([look, code]) => {
      const color = /38;5;(\d+)$/.exec(code)?.[1];
      return color === undefined ? [] : [{ look, color: Number(color) }];
    });
    const worst = coloured.map(({ look, color }) => ({
      look,
      least: Math.min(contrast(luminance(color), 0), contrast(luminance(color), 1)),
    }));
    expect(worst.filter(({ least }) => least < 3)).toEqual([]);
    expect(new Set(coloured.filter(({ look }) => look.startsWith('name')).map(({ color }) => color)).size).toBe(10);
  });

  test('are none without colours, and no yellow where nobody knows what is behind it', () => {
    for (const code of Object.values(paletteOf(1))) expect(code).toMatch(/^[1247;]*$/);
    const { warning, mention, own } = paletteOf(4);
    expect([warning, mention, own]).toEqual(['31', '1;7', '1']);
  });
});

describe('a chat line by line', () => {
  test('has the colours of the whole screen: a name in that of its person', () => {
    const output = (depth: number) => ({ isTTY: true, hasColors: () => depth > 1, getColorDepth: () => depth }) as WriteStream;
    const line = (depth: number): string => textStyleFor(output(depth), 'chat').paint(nameInk('ab'), 'bob');
    expect([line(1), line(8)]).toEqual(['bob', `\x1b[${paletteOf(8)[nameInk('ab')]}mbob\x1b[0m`]);
  });
});
