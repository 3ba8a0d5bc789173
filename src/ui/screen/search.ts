/** Ctrl-R: the newest line typed that has what is typed now. */
import { cleared, withText } from './editor.ts';
import type { Key } from './keys.ts';
import type { Mode, Model, Step } from './model.ts';
import { stay } from './model.ts';
import { clustersOf } from './width.ts';

type Search = Extract<Mode, { readonly kind: 'search' }>;

/** @returns undefined: the key ends the search and does what it always does, with the line found. */
export const inSearch = (model: Model, mode: Search, key: Key): Step | undefined => {
  if (key.kind === 'text' || key.kind === 'paste')
    return found(model, { ...mode, words: mode.words + key.text.replace(/\s+/g, ' '), skip: 0 });
  switch (key.name) {
    case 'backspace':
    case 'C-h':
      return found(model, { ...mode, words: clustersOf(mode.words).slice(0, -1).join(''), skip: 0 });
    case 'C-r':
      return found(model, { ...mode, skip: mode.skip + 1 });
    case 'escape':
    case 'C-g':
      return stay({ ...model, mode: { kind: 'typing' }, editor: mode.before });
    default:
      return undefined;
  }
};

const found = (model: Model, mode: Search): Step => {
  const hits = mode.words === '' ? [] : model.history.filter((line) => line.toLowerCase().includes(mode.words.toLowerCase()));
  const skip = Math.max(0, Math.min(mode.skip, hits.length - 1));
  const line = hits.at(-1 - skip);
  const editor = line === undefined ? mode.before : withText(cleared(mode.before), line);
  return stay({ ...model, editor, mode: { ...mode, skip } });
};
