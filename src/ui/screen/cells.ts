/** What a screen is made of: rows of cells. A wide cluster has a cell of its own and an empty one after it. */
import type { NameInk } from '../paint.ts';
import { clustersOf, clusterWidth } from './width.ts';

/** What a piece of text is; how that looks is up to the terminal. */
export type Look =
  | 'plain'
  | 'quiet'
  | 'strong'
  | 'warning'
  | 'mention'
  | 'own'
  | 'bar'
  | 'bar-strong'
  | 'place'
  | 'selected'
  | 'code'
  | 'link'
  | 'quote'
  | NameInk;

/** `text` is one cluster, or '' behind a wide one. `link`: an address of printable ASCII. */
export type Cell = { readonly text: string; readonly look: Look; readonly link?: string };
export type Row = readonly Cell[];

/** A piece of a line, before it has a place. Clean: without control characters. */
export type Span = { readonly text: string; readonly look: Look; readonly link?: string };

export const span = (text: string, look: Look = 'plain'): Span => ({ text, look });

const BLANK: Cell = { text: ' ', look: 'plain' };
const blanks = new Map<Look, Cell>([['plain', BLANK]]);

export const blankOf = (look: Look): Cell => {
  const known = blanks.get(look);
  if (known !== undefined) return known;
  const blank: Cell = { text: ' ', look };
  blanks.set(look, blank); // BOUNDED: by the looks there are
  return blank;
};

/** One cell for each printable ASCII character in each look: most of a screen. BOUNDED: by 95 times the looks there are. */
const letters = new Map<Look, Map<string, Cell>>();

const letterOf = (text: string, look: Look): Cell => {
  const ofLook = letters.get(look) ?? new Map<string, Cell>();
  letters.set(look, ofLook);
  const known = ofLook.get(text) ?? { text, look };
  ofLook.set(text, known);
  return known;
};
const isLetter = (cluster: string): boolean => cluster.length === 1 && cluster >= ' ' && cluster <= '~';

/** Cells of a span. A mark without a base joins the cell before it, or stands on a space. */
export const cellsOf = ({ text, look, link }: Span): Cell[] => {
  const cells: Cell[] = [];
  const linked = link === undefined ? {} : { link };
  for (const cluster of clustersOf(text)) {
    if (link === undefined && isLetter(cluster)) {
      cells.push(letterOf(cluster, look));
      continue;
    }
    const width = clusterWidth(cluster);
    if (width === 0) continue; // nothing to be seen by itself
    cells.push({ text: cluster, look, ...linked });
    if (width === 2) cells.push({ text: '', look, ...linked });
  }
  return cells;
};

/** Exactly so many cells: cut, or filled with blanks. A wide cluster that would be cut in half is left out. */
export const filled = (cells: Row, columns: number, look: Look = 'plain'): Row => {
  if (cells.length === columns) return cells;
  if (cells.length > columns) {
    const cut = cells.slice(0, columns);
    if (cells[columns]?.text === '') cut[columns - 1] = blankOf(look);
    return cut;
  }
  return [...cells, ...new Array<Cell>(columns - cells.length).fill(blankOf(look))];
};

/** The spans as one row of so many columns. */
export const rowOf = (spans: readonly Span[], columns: number, look: Look = 'plain'): Row =>
  filled(spans.flatMap(cellsOf), columns, look);

/** The row as text, for tests and for copying. */
export const rowText = (row: Row): string => row.map(({ text }) => text).join('');
