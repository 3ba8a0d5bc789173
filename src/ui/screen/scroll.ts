/** Which rows of a log are in its area: laid out from below, only as far as they are seen. */
import { dayAndTime } from '../clock-face.ts';
import { filled, type Row } from './cells.ts';
import type { Entry, MessageEntry } from './entry.ts';
import { type EntryStyle, entryRows } from './entry-rows.ts';
import type { Anchor, Log } from './log.ts';

export type LogStyle = Omit<EntryStyle, 'find'>;

/** Rows of an entry as last laid out. An entry never changes: a changed one is another. */
type Laid = {
  readonly columns: number;
  readonly ownName: string;
  readonly emojiCount: number;
  readonly isNewDay: boolean;
  readonly isFirstNew: boolean;
  readonly rows: readonly Row[];
};
const laid = new WeakMap<Entry, Laid>();

const dayOf = (entry: Entry | undefined, { offsetMinutes }: LogStyle): string =>
  entry === undefined ? '' : dayAndTime(entry.time, offsetMinutes(entry.time)).slice(0, 10);

const isLate = (entry: Entry): boolean => entry.kind === 'message' && entry.message.isLate;

const rowsAt = (log: Log, index: number, style: LogStyle): readonly Row[] => {
  const entry = log.entries[index];
  if (entry === undefined) return [];
  const before = log.entries[index - 1];
  const isNewDay =
    !isLate(entry) &&
    (before === undefined ? entry.kind === 'message' : !isLate(before) && dayOf(entry, style) !== dayOf(before, style));
  const isFirstNew = entry.n === log.newFrom;
  const answers = entry.kind === 'message' && entry.message.replyTo !== undefined;
  const known = laid.get(entry);
  const { columns, ownName, emoji } = style;
  if (
    known !== undefined &&
    !answers &&
    known.columns === columns &&
    known.ownName === ownName &&
    known.isNewDay === isNewDay &&
    known.isFirstNew === isFirstNew &&
    known.emojiCount === emoji.size
  )
    return known.rows;
  const rows = entryRows(entry, { ...style, find: (id) => findMessage(log, id) }, { isNewDay, isFirstNew }).map((row) =>
    filled(row, columns),
  );
  laid.set(entry, { columns, ownName, emojiCount: emoji.size, isNewDay, isFirstNew, rows });
  return rows;
};

const findMessage = ({ entries }: Log, id: string): MessageEntry | undefined =>
  entries.findLast((entry): entry is MessageEntry => entry.kind === 'message' && entry.message.id === id);

const indexOf = ({ entries }: Log, anchor: Anchor | undefined): number => {
  const found = anchor === undefined ? -1 : entries.findLastIndex(({ n }) => n === anchor.n);
  return found === -1 ? entries.length - 1 : found;
};

/** How many rows the newest entry takes. */
export const rowsOfLast = (log: Log, style: LogStyle): number => rowsAt(log, log.entries.length - 1, style).length;

/** Exactly `height` rows; blank ones above the first entry. */
export const logRows = (log: Log, height: number, style: LogStyle): readonly Row[] => {
  const rows: Row[] = [];
  let index = indexOf(log, log.anchor);
  let hidden = log.anchor?.hiddenRows ?? 0;
  while (index >= 0 && rows.length < height) {
    const all = rowsAt(log, index, style);
    const seen = all.slice(0, Math.max(all.length === 0 ? 0 : 1, all.length - hidden));
    rows.unshift(...seen);
    hidden = 0;
    index -= 1;
  }
  const shown = height <= 0 ? [] : rows.slice(-height);
  const blank = filled([], style.columns);
  return [...new Array<Row>(Math.max(0, height - shown.length)).fill(blank), ...shown];
};

/**
 * The anchor so many rows further up (negative: down). Up goes no further than the first row at the top of the area.
 * @returns the anchor, whether the beginning of what is loaded is in sight, and how many rows more it was to be.
 */
export const scrolled = (
  log: Log,
  by: number,
  height: number,
  style: LogStyle,
): { readonly anchor: Anchor | undefined; readonly isAtTop: boolean; readonly missingRows: number } => {
  let index = indexOf(log, log.anchor);
  let hidden = Math.max(0, Math.min(log.anchor?.hiddenRows ?? 0, rowsAt(log, index, style).length - 1));
  const fromBottom = (): boolean => index >= log.entries.length - 1 && hidden <= 0;
  if (by > 0) {
    const loaded = rowsAbove(log, index, hidden, by + height, style);
    let left = Math.min(by, Math.max(0, loaded - height));
    const isAtTop = left < by;
    const missingRows = Math.max(0, by - left - Math.max(0, height - loaded)); // what is blank is filled without moving
    while (left > 0 && index >= 0) {
      const rest = rowsAt(log, index, style).length - hidden;
      if (left < rest) {
        hidden += left;
        left = 0;
      } else {
        left -= rest;
        index -= 1;
        hidden = 0;
      }
    }
    return { anchor: fromBottom() ? undefined : anchorAt(log, Math.max(0, index), hidden), isAtTop, missingRows };
  }
  let left = -by;
  while (left > 0 && !fromBottom()) {
    if (hidden >= left) {
      hidden -= left;
      left = 0;
    } else {
      left -= hidden;
      hidden = 0;
      if (index >= log.entries.length - 1) break;
      index += 1;
      hidden = rowsAt(log, index, style).length;
    }
  }
  return { anchor: fromBottom() ? undefined : anchorAt(log, index, hidden), isAtTop: false, missingRows: 0 };
};

const anchorAt = ({ entries }: Log, index: number, hiddenRows: number): Anchor | undefined => {
  const entry = entries[index];
  return entry === undefined ? undefined : { n: entry.n, hiddenRows };
};

/** Rows from the bottom of the area upward, counted as far as `enough`. */
const rowsAbove = (log: Log, from: number, hidden: number, enough: number, style: LogStyle): number => {
  let sum = -hidden;
  for (let index = from; index >= 0 && sum < enough; index--) sum += rowsAt(log, index, style).length;
  return sum;
};
