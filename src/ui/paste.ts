/** What becomes of many lines that are pasted: one asks, and the answer is one key. The same on the whole terminal and line by line. */
import type { Key } from './screen/keys.ts';

/** Lines of a paste that is not asked about. */
const PASTE_LINES_ASKED = 2;

/** A paste with `\n` between its lines, and none at its end: what was copied with its line end is not sent by it. */
export const pastedText = (pasted: string): string => pasted.replace(/\r\n?/g, '\n').replace(/\n+$/, '');

const lineCount = (text: string): number => text.split('\n').length;

export const isAskedAbout = (text: string): boolean => lineCount(text) >= PASTE_LINES_ASKED;

/** The question, as one line. */
export const pasteQuestion = (text: string): string =>
  `${lineCount(text)} lines pasted: Enter says them as one message, l line by line, n not at all.`;

/** `leave`: not at all. */
export type PasteAnswer = 'message' | 'lines' | 'leave';

/** Enter or `m`: one message; `l`: line by line; anything that leaves: not at all. Undefined: no answer. */
export const pasteAnswer = (key: Key): PasteAnswer | undefined => {
  const name = key.kind === 'key' ? key.name : key.kind === 'text' ? key.text.toLowerCase() : '';
  if (name === 'enter' || name === 'm') return 'message';
  if (name === 'l') return 'lines';
  return ['escape', 'C-g', 'C-c', 'n'].includes(name) ? 'leave' : undefined;
};

/** A text that is said, never done: a slash in front is said too. */
export const saidNotDone = (text: string): string => (text.startsWith('/') ? `/${text}` : text);

/** The lines to say, the empty ones left out. */
export const linesToSay = (text: string): readonly string[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(saidNotDone);
