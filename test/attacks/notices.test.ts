/** What others wrote, on its way to a terminal's notice, through tmux, and to the desktop's program. */
import { expect, test } from '@jest/globals';
import { noticeProgram } from '../../src/cli/terminal/desktop-notice.ts';
import { noticeBytes } from '../../src/cli/terminal/notice-bytes.ts';
import { noticeOf } from '../../src/ui/notice.ts';
import type { MessageShown } from '../../src/ui/shown.ts';

/** Sequences that end, begin or nest others, in one and two bytes; line ends; what reorders and hides; halves of characters. */
const HOSTILE = [
  ...['\x1b]52;c;aGk=\x07', '\x1b\\', '\x1bPtmux;\x1b\x1b', '\x07', '\x9b2J', '\x90', '\x9c', '\x9d777;', '\x00', '\x7f'],
  ...['\r\n', '\n--icon=x', '\u2028', '\u202e', '\u200b', '\ud800', '\udc00\u{e0041}', '9;4;1;50', ';notify;'],
];

const isPlain = (text: string): boolean =>
  [...text].every((character) => {
    const code = character.codePointAt(0) ?? 0;
    return (
      code >= 0x20 &&
      !(code >= 0x7f && code < 0xa0) &&
      !(code >= 0xd800 && code < 0xe000) &&
      !'\u2028\u202e\u200b'.includes(character)
    );
  });

test.each(HOSTILE.map((hostile) => [JSON.stringify(hostile), hostile]))(
  'with %s it is one sequence, and plain text',
  (_, hostile) => {
    const from = { id: 'b0'.repeat(32), name: `a${hostile}b`, fingerprint: `f${hostile}g` };
    const common = { id: '1', from, sequence: 1, text: `x${hostile}y`.repeat(50), time: 0, isLate: false };
    const messages: readonly MessageShown[] = [
      { ...common, isAction: false },
      { ...common, isAction: true, room: `r${hostile}` },
    ];
    for (const last of messages)
      for (const count of [1, 3]) {
        const notice = noticeOf([{ count, last }], { hasPrivateText: true });
        if (notice === undefined) throw new Error('nothing is told');
        for (const [form, head] of [
          ['osc9', '\x1b]9;earshot: '],
          ['osc777', '\x1b]777;notify;earshot: '],
        ] as const) {
          const bytes = noticeBytes(notice, { form, isWrapped: false });
          expect([bytes.startsWith(head), bytes.endsWith('\x1b\\')]).toEqual([true, true]);
          expect(isPlain(bytes.slice(head.length, -2))).toBe(true);
          const wrapped = noticeBytes(notice, { form, isWrapped: true });
          expect(wrapped).toBe(`\x1bPtmux;\x1b${bytes.slice(0, -2)}\x1b\x1b\\\x1b\\`);
        }
        for (const platform of ['linux', 'darwin', 'win32'] as const) {
          const { args, env = {} } = noticeProgram(notice, platform);
          expect([...args, ...Object.values(env)].every(isPlain)).toBe(true);
        }
      }
  },
);
