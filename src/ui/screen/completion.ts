/** What Tab makes of the word before the cursor. */
import { cleanName } from '../../base/name.ts';
import { editorText, insert, withText } from './editor.ts';
import { LOCAL_COMMANDS } from './local-commands.ts';
import type { Completion, Model } from './model.ts';

/** BOUNDED: candidates offered for one word. */
const CANDIDATES_MAX = 100;
const EMOJI_AFTER = 2;

/** The next (`by` 1) or previous (-1) candidate; begins with the word before the cursor. */
export const complete = (model: Model, by: 1 | -1): Model => {
  const { completion } = model;
  if (completion !== undefined) return show(model, { ...completion, index: completion.index + by });
  const { clusters, cursor } = model.editor;
  const left = clusters.slice(0, cursor).join('');
  const start = left.search(/\S*$/);
  const word = left.slice(start);
  if (word === '') return model;
  const isFirst = left.slice(0, start).trim() === '';
  const candidates = candidatesFor(model, word, isFirst, /^\/(msg|query|ignore|whois)\s+$/.test(left.slice(0, start)));
  if (candidates.length === 0) return model;
  const after = clusters.slice(cursor).join('');
  return show(model, { candidates, index: by === 1 ? 0 : -1, before: left.slice(0, start), after });
};

const show = (model: Model, completion: Completion): Model => {
  const count = completion.candidates.length;
  const index = ((completion.index % count) + count) % count;
  const text = `${completion.before}${completion.candidates[index] ?? ''}`;
  const whole = withText(model.editor, text);
  const editor = insert(whole, completion.after);
  const placed = { ...editor, cursor: Math.min(whole.cursor, editor.clusters.length) };
  if (editorText(placed) !== editorText(insert(whole, completion.after))) return model;
  return { ...model, editor: placed, completion: count === 1 ? undefined : { ...completion, index } };
};

const candidatesFor = (model: Model, word: string, isFirst: boolean, isPerson: boolean): readonly string[] => {
  if (word.startsWith('/') && isFirst) {
    const all = [...model.words.filter((one) => one.startsWith('/')), ...LOCAL_COMMANDS.map(({ name }) => `/${name}`)];
    return begun([...new Set(all)].sort(), word).map((one) => `${one} `);
  }
  if (word.startsWith('#')) {
    const rooms = new Set([
      ...model.overview.rooms.map(({ room }) => room),
      ...model.logs.flatMap(({ place }) => (place.kind === 'room' ? [place.room] : [])),
    ]);
    return begun([...rooms].map((room) => `#${room}`).sort(), word).map((one) => `${one} `);
  }
  if (word.startsWith(':')) {
    if (word.length <= EMOJI_AFTER) return [];
    const wanted = word.slice(1).toLowerCase();
    return [...model.emoji].flatMap(([name, emoji]) => (name.startsWith(wanted) ? [emoji] : [])).slice(0, CANDIDATES_MAX);
  }
  const at = word.startsWith('@') ? '@' : '';
  const names = [...new Set(model.overview.people.map(({ name }) => cleanName(name)).filter((name) => name !== ''))].sort();
  const found = begun(names, word.slice(at.length)).map((name) => (isPerson && name.includes(' ') ? `"${name}"` : name));
  return found.map((name) => `${at}${name}${isFirst && at === '' ? ': ' : ' '}`);
};

const begun = (words: readonly string[], start: string): readonly string[] =>
  words.filter((word) => word.toLowerCase().startsWith(start.toLowerCase())).slice(0, CANDIDATES_MAX);
