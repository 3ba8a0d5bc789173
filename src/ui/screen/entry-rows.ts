/** An entry as rows. The first column holds the time or nothing: no line of a text can pass for a message. */
import { cleanName } from '../../base/name.ts';
import { cleanText } from '../../base/terminal-text.ts';
import { dayAndTime, timeOfDay } from '../clock-face.ts';
import { nameInk } from '../paint.ts';
import type { PersonShown } from '../shown.ts';
import { cellsOf, type Look, type Row, rowOf, type Span, span } from './cells.ts';
import type { Entry, MessageEntry } from './entry.ts';
import { markedLines } from './markup.ts';
import { cutTo } from './width.ts';
import { indent, wrap } from './wrap.ts';

export type EntryStyle = {
  readonly columns: number;
  readonly ownName: string;
  /** Minutes that the wall clock is ahead of UTC at a time. */
  readonly offsetMinutes: (time: number) => number;
  readonly emoji: ReadonlyMap<string, string>;
  /** The message that another one answers, if it is here. */
  readonly find: (id: string) => MessageEntry | undefined;
};

/** Below this, what follows a time is not moved to the right of it. */
const NARROW = 50;
const SHORT_ID = 8;
const PRESENCE_NAMES = 4;

export const nameOf = ({ name, id }: Pick<PersonShown, 'name' | 'id'>): string => cleanName(name) || id.slice(0, 12);

/** What goes before an entry: a line with the day, and one that says that what follows came while nobody looked. */
export type Before = { readonly isNewDay: boolean; readonly isFirstNew: boolean };

export const entryRows = (entry: Entry, style: EntryStyle, { isNewDay, isFirstNew }: Before): readonly Row[] => {
  const day = [
    ...(isNewDay ? [lineRow(dayAndTime(entry.time, style.offsetMinutes(entry.time)).slice(0, 10), 'quiet', style)] : []),
    ...(isFirstNew ? [lineRow('new', 'mention', style)] : []),
  ];
  switch (entry.kind) {
    case 'message':
      return [...day, ...messageRows(entry, style)];
    case 'note':
      return [...day, ...noteRows(entry.text, entry.look, style)];
    case 'presence':
      return [...day, ...noteRows(presenceText(entry.changes), 'quiet', style)];
    default:
      return entry satisfies never;
  }
};

const lineRow = (word: string, look: Look, { columns }: EntryStyle): Row => {
  const side = '─'.repeat(Math.max(0, Math.floor((columns - word.length - 2) / 2)));
  return rowOf([span(`${side} ${word} ${side}`, look)], columns);
};

const lead = (columns: number): number => (columns < NARROW ? 2 : 6);

const noteRows = (text: string, look: Look, { columns }: EntryStyle): readonly Row[] =>
  cleanText(text, { newlines: 'keep' })
    .split('\n')
    .flatMap((line) =>
      wrap([span(line, look)], { columns, first: indent(columns < NARROW ? 0 : 2), further: indent(lead(columns)) }),
    );

const presenceText = (changes: readonly { readonly name: string; readonly isHere: boolean }[]): string => {
  const last = new Map<string, boolean>();
  for (const { name, isHere } of changes) {
    last.delete(name);
    last.set(name, isHere);
  }
  const of = (isHere: boolean): readonly string[] =>
    [...last].flatMap(([name, is]) => (is === isHere ? [cleanName(name) || '?'] : []));
  const parts = [
    [of(true), '+', 'here'],
    [of(false), '-', 'gone'],
  ] as const;
  return parts.flatMap(([names, sign, word]) => (names.length === 0 ? [] : [`${sign} ${listed(names)} ${word}`])).join('   ');
};

const listed = (names: readonly string[]): string => {
  const more = names.length - PRESENCE_NAMES;
  return more <= 0 ? names.join(', ') : `${names.slice(0, PRESENCE_NAMES).join(', ')} and ${more} more`;
};

const messageRows = (entry: MessageEntry, style: EntryStyle): readonly Row[] => {
  const { columns } = style;
  const { message } = entry;
  const time = timeText(entry, style);
  const shape = { columns, first: indent(lead(columns)), further: indent(lead(columns)) };
  const rows: Row[] = [];
  const lines = entry.isDeleted
    ? [{ spans: [span('(deleted)', 'quiet')], isCode: false }]
    : markedLines(message.text, { look: 'plain', ownName: entry.isOwn ? '' : style.ownName, emoji: style.emoji });
  lines.forEach(({ spans, isCode }, index) => {
    const tail = index === lines.length - 1 ? tailOf(entry) : [];
    const body = [...spans, ...tail];
    if (index === 0) {
      const first = cellsOf(span(`${time} `, 'quiet'));
      rows.push(...wrap([...whoSpans(entry), ...quoteMark(entry, style), ...body], { ...shape, first }));
    } else {
      const mark = isCode ? [span('│ ', 'quiet')] : [];
      rows.push(...wrap([...mark, ...body], shape));
    }
  });
  if (entry.reactions.length > 0) rows.push(...wrap([span(reactionsText(entry), 'quiet')], shape));
  return [...quoteRow(entry, style), ...rows];
};

const timeText = ({ time, message }: MessageEntry, { offsetMinutes }: EntryStyle): string =>
  message.isLate ? `${dayAndTime(time, offsetMinutes(time))} (late)` : timeOfDay(time, offsetMinutes(time));

const whoSpans = (entry: MessageEntry): readonly Span[] => {
  const { from, isAction } = entry.message;
  const look = entry.isOwn ? 'own' : nameInk(from.id);
  const mark =
    from.fingerprint === undefined ? [] : [span(` (${cleanText(from.fingerprint, { newlines: 'space' })})`, 'warning')];
  const name = span(nameOf(from), look);
  return isAction ? [span('* ', look), name, ...mark, span(' ')] : [name, ...mark, span(': ', 'quiet')];
};

const quoteRow = ({ message }: MessageEntry, style: EntryStyle): readonly Row[] => {
  const loaded = message.replyTo === undefined ? undefined : style.find(message.replyTo);
  const quoted = loaded?.message ?? message.answers;
  if (quoted === undefined) return [];
  const text = loaded?.isDeleted === true ? '(deleted)' : cleanText(quoted.text, { newlines: 'space' });
  const room = Math.max(4, style.columns - lead(style.columns));
  const line = cutTo(`┌ ${nameOf(quoted.from)}: ${text}`, room);
  return [[...indent(lead(style.columns)), ...rowOf([span(line, 'quote')], room)]];
};

/** Of an answer to something that is not known here. */
const quoteMark = ({ message }: MessageEntry, style: EntryStyle): readonly Span[] =>
  message.replyTo === undefined || message.answers !== undefined || style.find(message.replyTo) !== undefined
    ? []
    : [span(`[to ${cleanText(message.replyTo, { newlines: 'space' }).slice(0, SHORT_ID)}] `, 'quiet')];

const tailOf = (entry: MessageEntry): readonly Span[] => [
  ...(entry.isEdited && !entry.isDeleted ? [span(' (edited)', 'quiet')] : []),
  ...deliverySpans(entry),
];

/** queued: nobody has it; then how many of those it is for; ✓: all of them. */
const deliverySpans = ({ delivery, isOwn }: MessageEntry): readonly Span[] => {
  if (!isOwn || delivery === undefined) return [];
  const { holders, audience } = delivery;
  if (holders.length === 0) return [span(audience === 0 ? ' · kept' : ' · queued', 'warning')];
  if (holders.length >= audience) return [span(' ✓', 'quiet')];
  return [span(` ${holders.length}/${audience}`, 'warning')];
};

const reactionsText = ({ reactions }: MessageEntry): string =>
  reactions.map(({ emoji, by }) => `${cleanText(emoji, { newlines: 'space' })} ${by.length}`).join('  ');
