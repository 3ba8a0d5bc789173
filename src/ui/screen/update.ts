/** The screen as a machine: an event comes in; another model and effects, in order, come out. Total: it never throws. */
import { goOn, onKey } from './act.ts';
import { onPaths } from './completion.ts';
import { withText } from './editor.ts';
import type { ScreenEvent } from './event.ts';
import { onHeard } from './hear.ts';
import { fromItsTop } from './long-note.ts';
import { type Model, type Step, stay } from './model.ts';
import { recalled, recognised } from './own.ts';
import { placeKey } from './place.ts';

/** BOUNDED: cells of a screen; no terminal is larger. */
const SIDE_MAX = 1_000;

export const update = (model: Model, event: ScreenEvent): Step => {
  switch (event.kind) {
    case 'key':
    case 'text':
    case 'paste':
      return listed(model, onKey(model, event));
    case 'resize': {
      const side = (cells: number): number => Math.max(1, Math.min(SIDE_MAX, Math.floor(cells) || 1));
      return stay({ ...model, size: { columns: side(event.size.columns), rows: side(event.size.rows) } });
    }
    case 'edited':
      return stay({ ...model, editor: withText(model.editor, event.text.replace(/\n+$/, '')), completion: undefined });
    case 'paths':
      return stay(onPaths(model, event.path, event.names));
    case 'past': {
      const { model: told, effects } = onHeard(model, event);
      const key = placeKey(event.place);
      return { model: recalled(goOn(told, key), key), effects };
    }
    case 'overview': {
      const { model: told, effects } = onHeard(model, event);
      return { model: model.overview.self.id === '' ? recognised(told) : told, effects };
    }
    case 'note':
      return listed(model, onHeard(model, event));
    default:
      return onHeard(model, event);
  }
};

const listed = (before: Model, { model, effects }: Step): Step =>
  model.nextEntry === before.nextEntry ? { model, effects } : { model: fromItsTop(before, model), effects };
