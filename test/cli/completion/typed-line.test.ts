import { expect, test } from '@jest/globals';
import { parseTypedLine } from '../../../src/cli/completion/typed-line.ts';

const BREAKS = ' \t\n"\'@><=;|&(:';

test.each([
  ['earshot ', [], '', 0, false],
  ['earshot se', [], 'se', 0, false],
  ['earshot send --to An', ['send', '--to'], 'An', 0, false],
  ['earshot send --to Ann\\ Sm', ['send', '--to'], 'Ann Sm', 0, false],
  ['earshot send --to "Ann Sm', ['send', '--to'], 'Ann Sm', 0, true],
  ["earshot send --to 'Ann\\ S", ['send', '--to'], 'Ann\\ S', 0, true],
  ['earshot send "a \\" b" \'c d\' ', ['send', 'a " b', 'c d'], '', 0, false],
  ['earshot send --to=An', ['send'], '--to=An', 5, false],
  ['earshot history @An', ['history'], '@An', 0, false],
  ['earshot history "@An', ['history'], '@An', 0, true],
  ['earshot send $(touch x) `y` ', ['send', '$(touch', 'x)', '`y`'], '', 0, false],
  ['earshot send \\', ['send'], '', 0, false],
])('a shell reads %j as words, the last as %j', (line, before, current, kept, isQuoted) => {
  expect(parseTypedLine(line, BREAKS)).toEqual({ before, current, kept, isQuoted });
});
