/**
 * Bytes of a terminal as keys (ECMA-48, xterm ctlseqs). Total: whatever comes, there is a key or nothing, and what is not
 * finished is kept for the next piece.
 */

/** `name`: 'focus' and 'blur' are no keys: the terminal got or lost the focus. Else 'a', 'up', 'enter', with 'C-' for Ctrl and 'M-' for Alt in front: 'C-a', 'M-enter', 'M-C-h'. */
export type Key =
  | { readonly kind: 'key'; readonly name: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'paste'; readonly text: string };
export type Decoded = { readonly keys: readonly Key[]; readonly rest: string };

const ESC = '\x1b';
const PASTE_START = '\x1b[200~';
const PASTE_END = '\x1b[201~';
/** BOUNDED: of a paste that does not end; what is beyond is dropped. */
const PASTE_MAX = 1 << 20;
const SEQUENCE = /^\x1b(?:\[([0-9;?<>=]*)([ -/]*)([@-~])|O([0-9;]*)([A-Za-z]))/;
const UNFINISHED = /^\x1b(?:\[[0-9;?<>=]*[ -/]*|O[0-9;]*)?$/;
/** BOUNDED: no sequence of a terminal is longer. */
const SEQUENCE_MAX = 32;

const LETTERS: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  H: 'home',
  F: 'end',
  P: 'f1',
  Q: 'f2',
  R: 'f3',
  S: 'f4',
  Z: 'S-tab',
};
const NUMBERS: Readonly<Record<string, string>> = {
  1: 'home',
  2: 'insert',
  3: 'delete',
  4: 'end',
  5: 'page-up',
  6: 'page-down',
  7: 'home',
  8: 'end',
  11: 'f1',
};
const CONTROLS: Readonly<Record<string, string>> = {
  '\r': 'enter',
  '\n': 'C-j',
  '\t': 'tab',
  '\x7f': 'backspace',
  '\b': 'C-h',
  '\x00': 'C-space',
  '\x1c': 'C-\\',
  '\x1d': 'C-]',
  '\x1e': 'C-^',
  '\x1f': 'C-_',
};

/** @param isFinal nothing more comes soon: a lone Escape is the key. */
export const decodeKeys = (input: string, isFinal: boolean): Decoded => {
  const keys: Key[] = [];
  let at = 0;
  while (at < input.length) {
    const found = input[at] === ESC ? escaped(input, at, isFinal) : simple(input, at);
    if (found === undefined) break;
    if (found.key !== undefined) keys.push(found.key);
    at = found.end;
  }
  return { keys, rest: input.slice(at) };
};

type Found = { readonly key?: Key; readonly end: number };

const key = (name: string, end: number): Found => ({ key: { kind: 'key', name }, end });

const simple = (input: string, at: number): Found => {
  const char = input[at] ?? '';
  if (char >= ' ' && char !== '\x7f') {
    let end = at;
    while (end < input.length && (input[end] ?? '') >= ' ' && input[end] !== '\x7f') end += 1;
    return { key: { kind: 'text', text: input.slice(at, end) }, end };
  }
  return key(controlName(char), at + 1);
};

const controlName = (char: string): string => CONTROLS[char] ?? `C-${String.fromCharCode(char.charCodeAt(0) + 0x60)}`;

const escaped = (input: string, at: number, isFinal: boolean): Found | undefined => {
  if (input.startsWith(PASTE_START, at)) return paste(input, at + PASTE_START.length);
  const rest = input.slice(at, at + SEQUENCE_MAX);
  const match = SEQUENCE.exec(rest);
  if (match !== null) {
    const name = sequenceName(match);
    return name === undefined ? { end: at + match[0].length } : key(name, at + match[0].length);
  }
  if (UNFINISHED.test(rest) && rest.length < SEQUENCE_MAX) {
    if (!isFinal) return undefined;
    return rest === ESC ? key('escape', at + 1) : { end: at + rest.length };
  }
  const next = String.fromCodePoint(input.codePointAt(at + 1) ?? 0x20);
  if (next === ESC) return key('escape', at + 1);
  if (next === '[' || next === 'O') return { end: at + 2 };
  const name = next >= ' ' && next !== '\x7f' ? next : controlName(next);
  return key(`M-${name}`, at + 1 + next.length);
};

const paste = (input: string, from: number): Found | undefined => {
  const end = input.indexOf(PASTE_END, from);
  if (end === -1 && input.length - from <= PASTE_MAX) return undefined;
  const text = input.slice(from, end === -1 ? input.length : end);
  return { key: { kind: 'paste', text }, end: end === -1 ? input.length : end + PASTE_END.length };
};

/** xterm's modifier: 1 + Shift 1 + Alt 2 + Ctrl 4. */
const modified = (name: string, modifier: string | undefined): string => {
  const bits = Math.max(0, Number(modifier ?? 1) - 1);
  return `${bits & 2 ? 'M-' : ''}${bits & 4 ? 'C-' : ''}${bits & 1 ? 'S-' : ''}${name}`;
};

const sequenceName = (match: RegExpExecArray): string | undefined => {
  const [, parameters = '', , final = '', shifted = '', letter = ''] = match;
  if (letter !== '') {
    const name = letter === 'M' ? 'enter' : LETTERS[letter];
    return name === undefined ? undefined : modified(name, shifted === '' ? undefined : shifted.split(';').at(-1));
  }
  if (parameters === '' && (final === 'I' || final === 'O')) return final === 'I' ? 'focus' : 'blur';
  const [first, modifier] = parameters.split(';');
  const name = final === '~' ? NUMBERS[first ?? ''] : LETTERS[final];
  return name === undefined ? undefined : modified(name, modifier);
};
