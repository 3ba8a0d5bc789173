/** Commands that are done where the keys are: they never reach the chat. */
import { localCommandOf } from '../commands.ts';
import { keysText } from './bindings.ts';
import { note } from './hear.ts';
import { changeLog, here, type Model, type Step, stay } from './model.ts';

const tell = (model: Model, text: string): Step => stay(note(model, text, 'quiet', here(model).entries.at(-1)?.time ?? 0));

/** What a local command does; undefined if the line is none. */
export const runLocal = (model: Model, line: string): Step | undefined => {
  const command = localCommandOf(line);
  if (command === undefined) return undefined;
  switch (command.name) {
    case 'keys':
      return tell(model, keysText());
    case 'clear':
      return stay(changeLog(model, model.at, (log) => ({ ...log, entries: [], anchor: undefined, past: 'some' })));
    case 'set':
      return { model, effects: [{ kind: 'set', words: command.rest }] };
    default:
      return command.name satisfies never;
  }
};
