/** The line being typed as rows, and where the cursor stands in them. */
import { blankOf, type Cell, cellsOf, filled, type Row, type Span } from './cells.ts';
import type { Editor } from './editor.ts';
import { clusterWidth } from './width.ts';

export type InputRows = { readonly rows: readonly Row[]; readonly cursor: { readonly row: number; readonly column: number } };

/** Broken at the edge, as a terminal would; of more rows than filled, those around the cursor. */
export const inputRows = (editor: Editor, prompt: Span, columns: number, rowsMax: number): InputRows => {
  const head = cellsOf(prompt).slice(0, Math.max(0, columns - 4));
  const lines: Cell[][] = [[...head]];
  let cursor = { row: 0, column: head.length };
  const place = (index: number): void => {
    if (index !== editor.cursor) return;
    const line = lines.at(-1) ?? [];
    if (line.length >= columns) lines.push([]);
    cursor = { row: lines.length - 1, column: (lines.at(-1) ?? []).length };
  };
  editor.clusters.forEach((cluster, index) => {
    place(index);
    if (cluster === '\n') {
      lines.push([...new Array<Cell>(head.length).fill(blankOf('plain'))]);
      return;
    }
    const width = clusterWidth(cluster);
    if (width === 0) return;
    if ((lines.at(-1) ?? []).length + width > columns) lines.push([]);
    const line = lines.at(-1);
    line?.push({ text: cluster, look: 'plain' });
    if (width === 2) line?.push({ text: '', look: 'plain' });
  });
  place(editor.clusters.length);
  const from = Math.max(0, Math.min(cursor.row - rowsMax + 1, lines.length - rowsMax));
  return {
    rows: lines.slice(from, from + rowsMax).map((line) => filled(line, columns)),
    cursor: { row: cursor.row - from, column: Math.min(cursor.column, columns - 1) },
  };
};
