/** A list that was asked for and does not fit is shown from its beginning. */
import { helpText } from '../commands.ts';
import { keysText } from './bindings.ts';
import { changeLog, frameOf, here, logStyle, type Model } from './model.ts';
import { rowsOfLast } from './scroll.ts';
import { logHeight } from './view.ts';

/** Whatever else is told, the newest stays in sight: only these are what somebody has just asked to read. */
const isList = (text: string): boolean => text === keysText() || text === helpText();

/** @param before the model before the note was told. */
export const fromItsTop = (before: Model, after: Model): Model => {
  const log = here(after);
  const last = log.entries.at(-1);
  if (last?.kind !== 'note' || last.n < before.nextEntry || log.anchor !== undefined || !isList(last.text)) return after;
  const hiddenRows = rowsOfLast(log, logStyle(after, frameOf(after, after.size))) - logHeight(after);
  return hiddenRows <= 0 ? after : changeLog(after, after.at, (one) => ({ ...one, anchor: { n: last.n, hiddenRows } }));
};
