/** Tab on a screen: the candidates for the word before the cursor, one after the other. */
import { completed, pathWords, type Vocabulary } from '../candidates.ts';
import { editorText, insert, withText } from './editor.ts';
import { type Completion, here, type Model, type Step, stay } from './model.ts';

/** BOUNDED: messages that can be named. */
const MESSAGES_MAX = 50;

/** The next (`by` 1) or previous (-1) candidate; begins with the word before the cursor. Files are asked for. */
export const complete = (model: Model, by: 1 | -1): Step => {
  const { completion } = model;
  if (completion !== undefined) return stay(show(model, { ...completion, index: completion.index + by }));
  const found = completed(leftOf(model), vocabularyOf(model));
  if (found === undefined) return stay(model);
  if (found.kind === 'path') return { model, effects: [{ kind: 'paths', path: found.path }] };
  return stay(offer(model, found.start, found.words, by === 1 ? 0 : -1));
};

/** What was asked for has come; it is used only if the line still ends with the same path. */
export const onPaths = (model: Model, path: string, names: readonly string[]): Model => {
  if (model.mode.kind !== 'typing' || model.completion !== undefined) return model;
  const now = completed(leftOf(model), vocabularyOf(model));
  return now?.kind === 'path' && now.path === path ? offer(model, now.start, pathWords(names), 0) : model;
};

const leftOf = ({ editor: { clusters, cursor } }: Model): string => clusters.slice(0, cursor).join('');

const offer = (model: Model, start: number, candidates: readonly string[], index: number): Model => {
  if (candidates.length === 0) return model;
  const { clusters, cursor } = model.editor;
  return show(model, { candidates, index, before: leftOf(model).slice(0, start), after: clusters.slice(cursor).join('') });
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

const vocabularyOf = (model: Model): Vocabulary => ({
  people: model.overview.people,
  rooms: [
    ...model.overview.rooms.map(({ room }) => room),
    ...model.logs.flatMap(({ place }) => (place.kind === 'room' ? [place.room] : [])),
  ],
  messages: here(model)
    .entries.flatMap((entry) => (entry.kind === 'message' && !entry.isDeleted ? [entry] : []))
    .slice(-MESSAGES_MAX)
    .toReversed()
    .map(({ message, isOwn }) => ({ id: message.id, isOwn })),
  emoji: model.emoji,
  settings: model.settings,
});
