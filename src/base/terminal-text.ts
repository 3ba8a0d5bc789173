/** Text of others on its way to a terminal: what could move the cursor, reorder or hide is shown instead of obeyed. */
import { cutTowers, replaceHidden } from './invisible.ts';

const PRINTABLE = /^[\x20-\x7e]*$/;
const NEWLINE = /\r\n|[\n\u2028\u2029]/g;
const TAB = /\t/g;
const DELETE = 0x7f;
const PICTURES = 0x2400;
const DELETE_PICTURE = '\u2421';
const UNKNOWN = '\uFFFD';

export type CleanTextOptions = {
  /** keep: a line break (also CR LF, U+2028, U+2029) stays or becomes `\n`; space: it becomes a space. */
  readonly newlines: 'keep' | 'space';
};

/**
 * `text` for a terminal: C0 controls and DEL become their control pictures (␛), C1 and bidi controls, zero-width code points
 * where writing does not need them, lone surrogates and noncharacters become U+FFFD; a tab becomes spaces; towers of
 * combining marks are cut to four. No control character comes out, except `\n` where it is kept.
 */
export const cleanText = (text: string, { newlines }: CleanTextOptions): string => {
  if (PRINTABLE.test(text)) return text;
  const lines = text.split(NEWLINE);
  return lines.map(cleanLine).join(newlines === 'keep' ? '\n' : ' ');
};

const cleanLine = (line: string): string =>
  PRINTABLE.test(line) ? line : cutTowers(replaceHidden(line.replace(TAB, '    '), placeholder));

const placeholder = (found: string): string => {
  const code = found.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCharCode(PICTURES + code);
  return code === DELETE ? DELETE_PICTURE : UNKNOWN;
};
