/** The text of a message as spans: links, code, one's own name, names of emoji. */
import { cleanText } from '../../base/terminal-text.ts';
import type { Look, Span } from './cells.ts';

export type MarkupOptions = {
  readonly look: Look;
  /** One's own name, clean; '' for none. */
  readonly ownName: string;
  readonly emoji: ReadonlyMap<string, string>;
};
/** One line of a text. `isCode`: kept as it is. */
export type MarkedLine = { readonly spans: readonly Span[]; readonly isCode: boolean };

const FENCE = '```';
const PIECE = /(https?:\/\/[!-~]+)|(`[^`]+`)|:([a-z0-9_+-]{1,40}):/g;
const TRAILING = /[.,;:!?'")\]}>]+$/;
/** BOUNDED: an address of more is no link. */
const LINK_MAX = 2_048;
const WORD = /[\p{L}\p{N}_]/u;

/** Where a name stands in a text as a word of its own. Both are clean. */
export const mentionAt = (text: string, name: string, from = 0): number => {
  if (name === '') return -1;
  const [lowText, lowName] = [text.toLowerCase(), name.toLowerCase()];
  if (lowText.length !== text.length) return -1; // a letter whose small form is longer: places would not agree
  for (let at = lowText.indexOf(lowName, from); at !== -1; at = lowText.indexOf(lowName, at + 1)) {
    if (!WORD.test(text[at - 1] ?? ' ') && !WORD.test(text[at + name.length] ?? ' ')) return at;
  }
  return -1;
};

export const markedLines = (text: string, options: MarkupOptions): readonly MarkedLine[] => {
  let isCode = false;
  const lines: MarkedLine[] = [];
  const all = cleanText(text.replace(/\r\n?/g, '\n'), { newlines: 'keep' }).split('\n');
  for (const line of all) {
    if (all.length > 1 && line.startsWith(FENCE)) {
      isCode = !isCode;
      continue;
    }
    lines.push(isCode ? { spans: [{ text: line, look: 'code' }], isCode } : { spans: spansOf(line, options), isCode });
  }
  return lines.length === 0 ? [{ spans: [{ text: '', look: options.look }], isCode: false }] : lines;
};

/** A text with pictures for the names of emoji, where a screen shows them: not in code, nor in links. */
export const pictured = (text: string, emoji: ReadonlyMap<string, string>): string => {
  let isCode = false;
  const lines = text.split('\n');
  const shown = lines.map((line) => {
    if (lines.length > 1 && line.startsWith(FENCE)) isCode = !isCode;
    return isCode ? line : line.replace(PIECE, (whole, _link, _code, name?: string) => emoji.get(name ?? '') ?? whole);
  });
  return shown.join('\n');
};

const spansOf = (line: string, options: MarkupOptions): readonly Span[] => {
  const spans: Span[] = [];
  let at = 0;
  for (const match of line.matchAll(PIECE)) {
    const [whole, link, code, emoji] = match;
    if (emoji !== undefined && !options.emoji.has(emoji)) continue;
    spans.push(...mentions(line.slice(at, match.index), options));
    at = match.index + whole.length;
    if (link !== undefined) {
      const address = link.replace(TRAILING, '');
      at -= link.length - address.length;
      spans.push(address.length <= LINK_MAX ? { text: address, look: 'link', link: address } : { text: address, look: 'link' });
    } else if (code !== undefined) spans.push({ text: code.slice(1, -1), look: 'code' });
    else spans.push({ text: options.emoji.get(emoji ?? '') ?? whole, look: options.look });
  }
  spans.push(...mentions(line.slice(at), options));
  return spans;
};

const mentions = (text: string, { look, ownName }: MarkupOptions): readonly Span[] => {
  const spans: Span[] = [];
  let from = 0;
  for (let at = mentionAt(text, ownName); at !== -1; at = mentionAt(text, ownName, from)) {
    if (at > from) spans.push({ text: text.slice(from, at), look });
    from = at + ownName.length;
    spans.push({ text: text.slice(at, from), look: 'mention' });
  }
  if (from < text.length) spans.push({ text: text.slice(from), look });
  return spans;
};
