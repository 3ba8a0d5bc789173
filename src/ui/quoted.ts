/** A message that is spoken of, by its first words. No control character of it survives. */
import { cleanText } from '../base/terminal-text.ts';
import { personLabel } from './message-line.ts';
import type { Paint } from './paint.ts';
import { cutTo } from './screen/width.ts';
import type { QuotedShown } from './shown.ts';

/** Columns of the words. */
const WORDS_COLUMNS = 40;

/** `"soup at noon?"`. Quotes within are single ones: what follows the second `"` is not the quoted author's. */
export const quotedWords = (text: string): string => {
  const words = cleanText(text, { newlines: 'space' }).replaceAll('"', "'").replace(/\s+/gu, ' ').trim();
  return `"${cutTo(words, WORDS_COLUMNS)}"`;
};

const authorOf = ({ from }: QuotedShown, paint: Paint): string =>
  personLabel({ ...from, name: from.name.replaceAll('"', "'") }, paint);

/** `to Ann "soup at noon?"` */
export const answerTo = (quoted: QuotedShown, paint: Paint): string =>
  `${paint('quiet', 'to')} ${authorOf(quoted, paint)} ${paint('quiet', quotedWords(quoted.text))}`;

/** `Ann's "soup at noon?"` */
export const wordsOf = (quoted: QuotedShown, paint: Paint): string =>
  `${authorOf(quoted, paint)}'s ${paint('quiet', quotedWords(quoted.text))}`;
