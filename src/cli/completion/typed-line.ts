/** The beginning of a command line as a shell would read it, up to the cursor. Nothing is expanded or run. */

export type TypedLine = {
  /** The words before the one under the cursor, without the command itself. */
  readonly before: readonly string[];
  /** What of the last word stands before the cursor, without quotes. */
  readonly current: string;
  /** Of `current`, so much stands before what the shell replaces by the completion. */
  readonly kept: number;
  /** An open quote: what is put in is not escaped. */
  readonly isQuoted: boolean;
};

/** Begins a new word for readline, and belongs to it (`rl_special_prefixes` of bash). */
const SPECIAL_PREFIX = '@';

/** @param breaks characters at which readline begins a new word (`COMP_WORDBREAKS`). */
export const parseTypedLine = (line: string, breaks: string): TypedLine => {
  const words: string[] = [];
  let current = '';
  let isWord = false;
  let kept = 0;
  let quote = '';
  const points = [...line];
  for (let at = 0; at < points.length; at++) {
    const point = points[at] ?? '';
    if (quote !== '') {
      const isEscape = quote === '"' && point === '\\' && /^["\\$`]$/.test(points[at + 1] ?? '');
      if (isEscape) current += points[++at] ?? '';
      else if (point === quote) quote = '';
      else current += point;
    } else if (/^\s$/.test(point)) {
      if (isWord) words.push(current);
      [current, isWord, kept] = ['', false, 0];
      continue;
    } else if (point === '"' || point === "'") {
      quote = point;
      kept = current.length;
    } else if (point === '\\') {
      current += points[++at] ?? '';
    } else {
      current += point;
      if (breaks.includes(point)) kept = current.length - (point === SPECIAL_PREFIX ? 1 : 0);
    }
    isWord = true;
  }
  return { before: words.slice(1), current, kept, isQuoted: quote !== '' };
};
