import { describe, expect, test } from '@jest/globals';
import xterm from '@xterm/headless';
import { CLEAR, difference } from '../../../src/cli/terminal/frame.ts';
import { paletteOf } from '../../../src/cli/terminal/looks.ts';
import type { View } from '../../../src/ui/screen/view.ts';
import { Acting, ALICE, message, NOON } from '../../ui/screen/acting.ts';

const STYLE = { palette: paletteOf(8), hasLinks: true };
const write = (terminal: xterm.Terminal, bytes: string): Promise<void> =>
  new Promise((resolve) => terminal.write(bytes, resolve));

/** What a terminal shows where a view has something: cluster by cluster, at its column. */
const faults = (terminal: xterm.Terminal, { rows, cursor }: View): readonly string[] => {
  const { active } = terminal.buffer;
  const found: string[] = [];
  rows.forEach((row, y) => {
    row.forEach(({ text }, x) => {
      if (text === '') return;
      const shown = active.getLine(y)?.getCell(x)?.getChars() || ' ';
      if (shown.codePointAt(0) !== text.codePointAt(0))
        found.push(`${y},${x}: ${JSON.stringify(shown)} for ${JSON.stringify(text)}`);
    });
  });
  if (active.cursorY !== cursor.row || active.cursorX !== cursor.column) found.push(`cursor ${active.cursorY},${active.cursorX}`);
  return found;
};

describe('a terminal emulator', () => {
  test.each([
    [80, 24],
    [40, 10],
    [200, 50],
  ])('of %d columns and %d rows shows every picture that is drawn as a difference', async (cols, rows) => {
    const terminal = new xterm.Terminal({ cols, rows, allowProposedApi: true });
    await write(terminal, '\x1b[?1049h\x1b[?7l');
    const screen = new Acting(cols, rows);
    let drawn: View | undefined;
    const draw = async (): Promise<void> => {
      const next = screen.view();
      await write(terminal, difference(drawn, next, STYLE));
      drawn = next;
      expect(faults(terminal, next)).toEqual([]);
    };
    await draw();
    const texts = [
      'hello',
      '你好，世界 '.repeat(12),
      'tower e\u0301\u0302 and 👨‍👩‍👧 and 👍🏽 done',
      'https://example.org/a',
      '\u001b[2Jred',
      'áb',
    ];
    for (const text of texts) {
      screen.hear(text);
      await draw();
      screen.type(text.slice(0, 9));
      await draw();
    }
    const own = message('mine', { from: ALICE });
    screen.tell({ kind: 'said', message: own, audience: 2 });
    await draw();
    screen.tell({ kind: 'held', id: own.id, holders: ['bob', 'carol'], audience: 2 });
    await draw();
    for (const keys of ['\x1b[5~', '\x1b[6~', '\x0e', '\x10', '\x15', '\x1b[12~', '\x1bOQ', '\x1b[Z', '\x12', 'x', '\x1b']) {
      screen.type(keys);
      await draw();
    }
    terminal.resize(cols - 7, rows - 2);
    screen.tell({ kind: 'resize', size: { columns: cols - 7, rows: rows - 2 } });
    await write(terminal, CLEAR);
    drawn = undefined;
    await draw();
    terminal.dispose();
  });

  test('is sent nothing when nothing changed, and little when a line is added to the input', () => {
    const screen = new Acting();
    screen.tell({ kind: 'note', text: 'hello', look: 'quiet', time: NOON });
    const before = screen.view();
    expect(difference(before, screen.view(), STYLE)).toBe('');
    screen.type('a');
    expect(difference(before, screen.view(), STYLE)).toBe(
      '\x1b[?2026h\x1b[?25l\x1b[24;9H\x1b[0ma\x1b[24;10H\x1b[?25h\x1b[?2026l',
    );
  });

  test('is sent no colour if there is none', () => {
    const screen = new Acting();
    screen.hear('alice: hello');
    const bytes = difference(undefined, screen.view(), { palette: paletteOf(1), hasLinks: false });
    expect(bytes).not.toMatch(/\x1b\[[0-9;]*(3[0-7]|38|9[0-7])[;m]/);
    expect(bytes).not.toContain('\x1b]8');
  });
});
