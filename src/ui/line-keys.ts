/** The keys of a chat line by line, as `/keys` lists them there: those of Node's line editor that one may count on. */
import { type Binding, keyLabel } from './screen/bindings.ts';

export const LINE_KEYS: readonly Omit<Binding, 'action'>[] = [
  { keys: ['enter'], does: 'say the line' },
  { keys: ['tab'], does: 'complete a name, #room, /command, :emoji or path; twice: show all' },
  { keys: ['up'], does: 'what was typed before and begins with what stands there' },
  { keys: ['down'], does: 'what was typed after and begins so' },
  { keys: ['C-p'], does: 'what was typed before' },
  { keys: ['C-n'], does: 'what was typed after' },
  { keys: ['left', 'C-b'], does: 'one to the left' },
  { keys: ['right', 'C-f'], does: 'one to the right' },
  { keys: ['M-b', 'C-left'], does: 'a word to the left' },
  { keys: ['M-f', 'C-right'], does: 'a word to the right' },
  { keys: ['C-a', 'home'], does: 'to the start of the line' },
  { keys: ['C-e', 'end'], does: 'to the end of the line' },
  { keys: ['backspace', 'C-h'], does: 'delete to the left' },
  { keys: ['delete', 'C-d'], does: 'delete to the right; Ctrl-D on an empty line ends the chat' },
  { keys: ['C-w'], does: 'delete the word before' },
  { keys: ['M-d'], does: 'delete the word after' },
  { keys: ['C-u'], does: 'cut to the start of the line' },
  { keys: ['C-k'], does: 'cut to the end of the line' },
  { keys: ['C-y'], does: 'insert what was cut' },
  { keys: ['C-l'], does: 'clear the screen' },
  { keys: ['C-z'], does: 'back to the shell; fg returns' },
  { keys: ['C-c'], does: 'put the line away (Ctrl-Y brings it back); on an empty line end' },
];

export const lineKeysText = (): string =>
  ['Keys:', ...LINE_KEYS.map(({ keys, does }) => `${keys.map(keyLabel).join(', ')}: ${does}`)].join('\n');
