/** The line being typed: text as clusters, a cursor between them, what can be undone and yanked. Every function gives a new one. */
import { cleanText } from '../../base/terminal-text.ts';
import { clustersOf } from './width.ts';

type Snapshot = { readonly clusters: readonly string[]; readonly cursor: number };
export type Editor = Snapshot & {
  /** BOUNDED: by UNDO_MAX. */
  readonly undo: readonly Snapshot[];
  /** What was killed last. */
  readonly killed: string;
  /** What the last change was, so that typing is undone by the word and kills in a row are yanked together. */
  readonly last: 'type' | 'kill' | 'other';
};

const UNDO_MAX = 100;
/** BOUNDED: clusters of a line, as many as the bytes of a message. */
export const CLUSTERS_MAX = 8_192;

export const emptyEditor: Editor = { clusters: [], cursor: 0, undo: [], killed: '', last: 'other' };

export const editorText = ({ clusters }: Editor): string => clusters.join('');

/** Another text, with the cursor at its end; may be undone. */
export const withText = (editor: Editor, text: string): Editor => {
  const clusters = clustersOf(cleanLines(text)).slice(0, CLUSTERS_MAX);
  return changed(editor, clusters, clusters.length, 'other');
};

/** Nothing, with nothing to undo; what was killed is kept. */
export const cleared = (editor: Editor): Editor => ({ ...emptyEditor, killed: editor.killed });

export const insert = (editor: Editor, text: string): Editor => {
  const { clusters, cursor } = editor;
  const before = clustersOf(cleanLines(clusters.slice(0, cursor).join('') + text));
  const all = clustersOf(cleanLines(before.join('') + clusters.slice(cursor).join('')));
  if (all.length > CLUSTERS_MAX) return editor;
  const isWord = text.length <= 2 && text.trim() !== '';
  return changed(editor, all, Math.min(before.length, all.length), isWord ? 'type' : 'other');
};

export type Motion = 'left' | 'right' | 'word-left' | 'word-right' | 'line-start' | 'line-end' | 'start' | 'end' | 'up' | 'down';

export const move = (editor: Editor, motion: Motion): Editor => ({ ...editor, cursor: target(editor, motion), last: 'other' });

/** Deletes from the cursor to where the motion leads; a kill can be yanked. */
export const erase = (editor: Editor, motion: Motion, isKill: boolean): Editor => {
  const to = target(editor, motion);
  const { clusters, cursor } = editor;
  if (to === cursor) return editor;
  const [start, end] = to < cursor ? [to, cursor] : [cursor, to];
  const next = changed(editor, [...clusters.slice(0, start), ...clusters.slice(end)], start, isKill ? 'kill' : 'other');
  if (!isKill) return next;
  const piece = clusters.slice(start, end).join('');
  const isMore = editor.last === 'kill';
  return { ...next, killed: isMore ? (to < cursor ? piece + editor.killed : editor.killed + piece) : piece };
};

export const yank = (editor: Editor): Editor =>
  editor.killed === '' ? editor : insert({ ...editor, last: 'other' }, editor.killed);

export const undo = (editor: Editor): Editor => {
  const before = editor.undo.at(-1);
  return before === undefined ? editor : { ...editor, ...before, undo: editor.undo.slice(0, -1), last: 'other' };
};

/** The two clusters around the cursor change places. */
export const transpose = (editor: Editor): Editor => {
  const { clusters } = editor;
  const at = Math.min(editor.cursor, clusters.length - 1);
  const [a, b] = [clusters[at - 1], clusters[at]];
  if (a === undefined || b === undefined) return editor;
  return changed(editor, [...clusters.slice(0, at - 1), b, a, ...clusters.slice(at + 1)], at + 1, 'other');
};

const cleanLines = (text: string): string => cleanText(text.replace(/\r\n?/g, '\n'), { newlines: 'keep' });

const changed = (editor: Editor, clusters: readonly string[], cursor: number, last: Editor['last']): Editor => {
  const isSame = last === 'type' && editor.last === 'type';
  const undoable = isSame ? editor.undo : [...editor.undo, { clusters: editor.clusters, cursor: editor.cursor }];
  return { ...editor, clusters, cursor, undo: undoable.slice(-UNDO_MAX), last };
};

const isWordCluster = (cluster: string | undefined): boolean => cluster !== undefined && /[\p{L}\p{N}\p{M}_]/u.test(cluster);

const target = ({ clusters, cursor }: Snapshot, motion: Motion): number => {
  switch (motion) {
    case 'left':
      return Math.max(0, cursor - 1);
    case 'right':
      return Math.min(clusters.length, cursor + 1);
    case 'word-left': {
      let at = cursor;
      while (at > 0 && !isWordCluster(clusters[at - 1])) at -= 1;
      while (at > 0 && isWordCluster(clusters[at - 1])) at -= 1;
      return at;
    }
    case 'word-right': {
      let at = cursor;
      while (at < clusters.length && !isWordCluster(clusters[at])) at += 1;
      while (at < clusters.length && isWordCluster(clusters[at])) at += 1;
      return at;
    }
    case 'line-start':
      return cursor === 0 ? 0 : clusters.lastIndexOf('\n', cursor - 1) + 1;
    case 'line-end':
      return endOfLine(clusters, cursor);
    case 'start':
      return 0;
    case 'end':
      return clusters.length;
    case 'up': {
      const start = target({ clusters, cursor }, 'line-start');
      if (start === 0) return cursor;
      const above = target({ clusters, cursor: start - 1 }, 'line-start');
      return Math.min(above + cursor - start, start - 1);
    }
    case 'down': {
      const end = endOfLine(clusters, cursor);
      if (end === clusters.length) return cursor;
      const start = target({ clusters, cursor }, 'line-start');
      return Math.min(end + 1 + cursor - start, endOfLine(clusters, end + 1));
    }
    default:
      return motion satisfies never;
  }
};

const endOfLine = (clusters: readonly string[], from: number): number => {
  const end = clusters.indexOf('\n', from);
  return end === -1 ? clusters.length : end;
};
