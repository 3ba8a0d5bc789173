/** What a key does. */
import { isAskedAbout, linesToSay, pasteAnswer, pastedText } from '../paste.ts';
import { type ActionName, actionOf, keysText } from './bindings.ts';
import { complete } from './completion.ts';
import {
  CLUSTERS_MAX,
  type Editor,
  editorText,
  erase,
  insert,
  type Motion,
  move,
  transpose,
  undo,
  withText,
  yank,
} from './editor.ts';
import type { Effect } from './event.ts';
import { note } from './hear.ts';
import type { Key } from './keys.ts';
import { runLocal } from './local-commands.ts';
import { changeLog, frameOf, HISTORY_MAX, here, logAt, logStyle, type Model, type Step, stay } from './model.ts';
import type { PlaceKey } from './place.ts';
import { emptied, goBy, goTo, goToNumber, goToUnread } from './places.ts';
import { scrolled } from './scroll.ts';
import { inSearch } from './search.ts';
import { logHeight } from './view.ts';

const TOO_LONG = `Not pasted: a message has at most ${CLUSTERS_MAX} characters. Line by line it may fit.`;

const edit = (model: Model, change: (editor: Editor) => Editor): Step =>
  stay({ ...model, editor: change(model.editor), completion: undefined });

export const onKey = (model: Model, key: Key): Step => {
  switch (model.mode.kind) {
    case 'paste':
      return inPaste(model, model.mode.text, key);
    case 'search':
      return inSearch(model, model.mode, key) ?? onKey({ ...model, mode: { kind: 'typing' } }, key);
    case 'prefix':
      return inPrefix(model, key);
    case 'typing':
      return typed(model, key);
    default:
      return model.mode satisfies never;
  }
};

const typed = (model: Model, key: Key): Step => {
  if (key.kind === 'text') return edit(model, (editor) => insert(editor, key.text));
  if (key.kind === 'paste') return onPaste(model, key.text);
  const number = /^M-([1-9])$/.exec(key.name)?.[1];
  if (number !== undefined) return goToNumber(model, Number(number));
  const action = actionOf(key.name);
  return action === undefined ? stay(model) : act(model, action);
};

const inPrefix = (model: Model, key: Key): Step => {
  const typing: Model = { ...model, mode: { kind: 'typing' } };
  if (key.kind === 'key' && key.name === 'C-e')
    return { model: typing, effects: [{ kind: 'edit', text: editorText(model.editor) }] };
  return stay(typing);
};

const onPaste = (model: Model, pasted: string): Step => {
  const text = pastedText(pasted);
  if (!isAskedAbout(text)) return pasteIn(model, text);
  return stay({ ...model, mode: { kind: 'paste', text }, completion: undefined });
};

/** What does not fit is not cut: it is told. */
const pasteIn = (model: Model, text: string): Step => {
  const { editor } = model;
  const after = insert(editor, text);
  if (text !== '' && after === editor) return stay(note(model, TOO_LONG, 'warning', here(model).entries.at(-1)?.time ?? 0));
  return edit(model, () => after);
};

const inPaste = (model: Model, text: string, key: Key): Step => {
  const typing: Model = { ...model, mode: { kind: 'typing' } };
  const answer = pasteAnswer(key);
  switch (answer) {
    case 'message':
      return pasteIn(typing, text);
    case 'lines':
      return sayLines(typing, text);
    case 'leave':
      return stay(typing);
    case undefined:
      return stay(model);
    default:
      return answer satisfies never;
  }
};

/** What was typed goes before the first line. */
const sayLines = (model: Model, text: string): Step => {
  const lines = linesToSay(editorText(model.editor) + text);
  const effects: Effect[] = lines.map((line, at) => ({ kind: 'line', number: model.given + at + 1, text: line }));
  return { model: emptied({ ...model, given: model.given + lines.length }), effects };
};

const MOTIONS: Partial<Readonly<Record<ActionName, Motion>>> = {
  left: 'left',
  right: 'right',
  'word-left': 'word-left',
  'word-right': 'word-right',
  'line-start': 'line-start',
  'line-end': 'line-end',
};
const ERASES: Partial<Readonly<Record<ActionName, readonly [Motion, boolean]>>> = {
  'erase-left': ['left', false],
  'erase-right': ['right', false],
  'kill-word-left': ['word-left', true],
  'kill-word-right': ['word-right', true],
  'kill-line-end': ['line-end', true],
  'kill-line-start': ['line-start', true],
};

const act = (model: Model, action: ActionName): Step => {
  const motion = MOTIONS[action];
  if (motion !== undefined) return edit(model, (editor) => move(editor, motion));
  if (action === 'erase-right' && model.editor.clusters.length === 0) return { model, effects: [{ kind: 'end' }] };
  const erased = ERASES[action];
  if (erased !== undefined) return edit(model, (editor) => erase(editor, ...erased));
  switch (action) {
    case 'send':
      return send(model);
    case 'newline':
      return edit(model, (editor) => insert(editor, '\n'));
    case 'up':
      return upOrDown(model, 'up');
    case 'down':
      return upOrDown(model, 'down');
    case 'yank':
      return edit(model, yank);
    case 'undo':
      return edit(model, undo);
    case 'transpose':
      return edit(model, transpose);
    case 'complete':
      return complete(model, 1);
    case 'complete-back':
      return complete(model, -1);
    case 'search':
      return stay({ ...model, mode: { kind: 'search', words: '', skip: 0, before: model.editor }, completion: undefined });
    case 'prefix':
      return stay({ ...model, mode: { kind: 'prefix' } });
    case 'cancel':
      return stay({ ...model, completion: undefined });
    default:
      return actOnScreen(model, action);
  }
};

const actOnScreen = (model: Model, action: ActionName): Step => {
  switch (action) {
    case 'next-place':
      return goBy(model, 1);
    case 'previous-place':
      return goBy(model, -1);
    case 'unread-place':
      return goToUnread(model);
    case 'last-place': {
      const before = model.before === undefined ? undefined : logAt(model, model.before);
      return before === undefined ? stay(model) : goTo(model, before.place);
    }
    case 'page-up':
      return scroll(model, Math.max(1, logHeight(model) - 2));
    case 'page-down':
      return scroll(model, -Math.max(1, logHeight(model) - 2));
    case 'bottom':
      return stay(atBottom(model));
    case 'sidebar':
      return stay({ ...model, hasSidebar: !model.hasSidebar });
    case 'keys':
      return stay(note(model, keysText(), 'quiet', here(model).entries.at(-1)?.time ?? 0));
    case 'redraw':
      return { model, effects: [{ kind: 'redraw' }] };
    case 'suspend':
      return { model, effects: [{ kind: 'suspend' }] };
    case 'interrupt':
      return interrupt(model);
    default:
      return stay(model);
  }
};

const atBottom = (model: Model): Model =>
  changeLog(model, model.at, (log) => ({ ...log, anchor: undefined, owedRows: 0, unread: 0, mentions: 0 }));

/** At the top of what is loaded, more is asked for from the store. */
const scroll = (model: Model, by: number): Step => {
  const log = here(model);
  const { anchor, isAtTop, missingRows } = scrolled(log, by, logHeight(model), logStyle(model, frameOf(model, model.size)));
  const isSeen = anchor === undefined;
  const isWaiting = by > 0 && (log.past === 'asked' || log.past === 'unknown' || log.past === 'some');
  const owedRows = isWaiting ? missingRows : 0;
  const moved = changeLog(model, model.at, (one) => ({
    ...one,
    anchor,
    owedRows,
    ...(isSeen ? { unread: 0, mentions: 0 } : {}),
  }));
  if (!isAtTop || by < 0 || log.past === 'start' || log.past === 'asked') return stay(moved);
  const first = log.entries.find(({ kind }) => kind === 'message');
  const given = moved.given + 1;
  const text = first?.kind === 'message' ? `/older ${first.message.id}` : '/older';
  return {
    model: changeLog({ ...moved, given }, model.at, (one) => ({ ...one, past: 'asked' })),
    effects: [{ kind: 'line', number: given, text }],
  };
};

/** What was older has come: whoever wanted to go further up than there was goes on. */
export const goOn = (model: Model, key: PlaceKey): Model =>
  changeLog(model, key, (log) => {
    if (log.owedRows === 0) return log;
    const { anchor } = scrolled(log, log.owedRows, logHeight(model), logStyle(model, frameOf(model, model.size)));
    return { ...log, anchor, owedRows: 0 };
  });

/** A line that was begun is put away, and Up brings it back; without one it is the end. */
const interrupt = (model: Model): Step => {
  const text = editorText(model.editor);
  if (text === '') return { model, effects: [{ kind: 'interrupt' }] };
  return stay(emptied(text.trim() === '' ? model : { ...model, history: remembered(model, text) }));
};

const remembered = (model: Model, text: string): readonly string[] =>
  [...model.history.filter((line) => line !== text), text].slice(-HISTORY_MAX);

const send = (model: Model): Step => {
  const text = editorText(model.editor);
  if (text.trim() === '') return stay(model);
  const ready = atBottom(emptied({ ...model, history: remembered(model, text) }));
  const local = runLocal(ready, text);
  if (local !== undefined) return local;
  const given = ready.given + 1;
  const isElsewhere = /^\/(join|leave|query)\b/i.test(text);
  return {
    model: { ...ready, given, ...(isElsewhere ? { switched: given } : {}) },
    effects: [{ kind: 'line', number: given, text }],
  };
};

/** A line up or down in what is being typed; beyond it, what was typed before. */
const upOrDown = (model: Model, motion: 'up' | 'down'): Step => {
  const moved = move(model.editor, motion);
  if (moved.cursor !== model.editor.cursor) return stay({ ...model, editor: moved, completion: undefined });
  const at = model.historyAt + (motion === 'up' ? 1 : -1);
  if (at < -1 || at >= model.history.length) return stay(model);
  const unsent = model.historyAt === -1 ? editorText(model.editor) : model.unsent;
  const text = at === -1 ? unsent : (model.history.at(-1 - at) ?? '');
  return stay({ ...model, historyAt: at, unsent, editor: withText(model.editor, text), completion: undefined });
};
