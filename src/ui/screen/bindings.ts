/** Which key does what. `/keys` and F1 list them. */
export type ActionName =
  | 'send'
  | 'newline'
  | 'left'
  | 'right'
  | 'word-left'
  | 'word-right'
  | 'line-start'
  | 'line-end'
  | 'up'
  | 'down'
  | 'erase-left'
  | 'erase-right'
  | 'kill-word-left'
  | 'kill-word-right'
  | 'kill-line-end'
  | 'kill-line-start'
  | 'yank'
  | 'undo'
  | 'transpose'
  | 'complete'
  | 'complete-back'
  | 'search'
  | 'prefix'
  | 'next-place'
  | 'previous-place'
  | 'unread-place'
  | 'last-place'
  | 'page-up'
  | 'page-down'
  | 'bottom'
  | 'sidebar'
  | 'keys'
  | 'redraw'
  | 'cancel'
  | 'suspend'
  | 'interrupt';

export type Binding = { readonly action: ActionName; readonly keys: readonly string[]; readonly does: string };

export const BINDINGS: readonly Binding[] = [
  { action: 'send', keys: ['enter'], does: 'say the line' },
  { action: 'newline', keys: ['M-enter', 'C-j'], does: 'begin another line of the same message' },
  { action: 'left', keys: ['left', 'C-b'], does: 'one to the left' },
  { action: 'right', keys: ['right', 'C-f'], does: 'one to the right' },
  { action: 'word-left', keys: ['M-b', 'C-left', 'M-left'], does: 'a word to the left' },
  { action: 'word-right', keys: ['M-f', 'C-right', 'M-right'], does: 'a word to the right' },
  { action: 'line-start', keys: ['C-a', 'home'], does: 'to the start of the line' },
  { action: 'line-end', keys: ['C-e', 'end'], does: 'to the end of the line' },
  { action: 'up', keys: ['up'], does: 'a line up; from the first: what you typed or said before' },
  { action: 'down', keys: ['down'], does: 'a line down; from the last: what was typed after' },
  { action: 'erase-left', keys: ['backspace', 'C-h'], does: 'delete to the left' },
  { action: 'erase-right', keys: ['delete', 'C-d'], does: 'delete to the right; Ctrl-D on an empty line ends the chat' },
  { action: 'kill-word-left', keys: ['C-w', 'M-backspace'], does: 'cut the word before' },
  { action: 'kill-word-right', keys: ['M-d', 'C-delete'], does: 'cut the word after' },
  { action: 'kill-line-end', keys: ['C-k'], does: 'cut to the end of the line' },
  { action: 'kill-line-start', keys: ['C-u'], does: 'cut to the start of the line' },
  { action: 'yank', keys: ['C-y'], does: 'insert what was cut' },
  { action: 'undo', keys: ['C-_'], does: 'undo' },
  { action: 'transpose', keys: ['C-t'], does: 'swap two characters' },
  { action: 'complete', keys: ['tab'], does: 'complete a name, #room, /command, :emoji or path; again: the next' },
  { action: 'complete-back', keys: ['S-tab'], does: 'the completion before' },
  { action: 'search', keys: ['C-r'], does: 'search in what you typed and said; again: further back' },
  { action: 'prefix', keys: ['C-x'], does: 'then Ctrl-E: write in $EDITOR' },
  { action: 'next-place', keys: ['C-n'], does: 'next room or person' },
  { action: 'previous-place', keys: ['C-p'], does: 'previous room or person' },
  { action: 'unread-place', keys: ['M-a'], does: 'next with something unread' },
  { action: 'last-place', keys: ['M-l'], does: 'where you were before; Alt-1 to Alt-9: by number' },
  { action: 'page-up', keys: ['page-up'], does: 'what was said before' },
  { action: 'page-down', keys: ['page-down'], does: 'further down' },
  { action: 'bottom', keys: ['M->', 'C-end'], does: 'to the newest' },
  { action: 'sidebar', keys: ['f2'], does: 'show or hide rooms and people' },
  { action: 'keys', keys: ['f1'], does: 'this list' },
  { action: 'redraw', keys: ['C-l'], does: 'draw the screen anew' },
  { action: 'cancel', keys: ['escape', 'C-g'], does: 'leave a search, a question or a completion' },
  { action: 'suspend', keys: ['C-z'], does: 'back to the shell; fg returns' },
  { action: 'interrupt', keys: ['C-c'], does: 'put the line away (Up brings it back); on an empty line end' },
];

const byKey: ReadonlyMap<string, ActionName> = new Map(
  BINDINGS.flatMap(({ action, keys }) => keys.map((key) => [key, action] as const)),
);

export const actionOf = (key: string): ActionName | undefined => byKey.get(key);

const NAMES: Readonly<Record<string, string>> = { 'page-up': 'PageUp', 'page-down': 'PageDown', escape: 'Esc' };

/** `C-a` as people know it: `Ctrl-A`. */
export const keyLabel = (key: string): string => {
  const [, modifiers = '', name = ''] = /^((?:[MCS]-)*)(.+)$/.exec(key) ?? [];
  const held = modifiers.replace('M-', 'Alt-').replace('C-', 'Ctrl-').replace('S-', 'Shift-');
  if (name.length === 1) return held + (modifiers.includes('C-') ? name.toUpperCase() : name);
  return held + (NAMES[name] ?? `${name[0]?.toUpperCase() ?? ''}${name.slice(1)}`);
};

export const keysText = (): string =>
  ['Keys:', ...BINDINGS.map(({ keys, does }) => `${keys.map(keyLabel).join(', ')}: ${does}`)].join('\n');
