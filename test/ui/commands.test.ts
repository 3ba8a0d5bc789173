import { describe, expect, test } from '@jest/globals';
import { completed, pathWords, type Vocabulary } from '../../src/ui/candidates.ts';
import {
  type Argument,
  COMMAND_NAMES,
  COMMANDS,
  type CommandName,
  commandHelp,
  commandOf,
  helpText,
  localCommandOf,
  unknownCommandText,
} from '../../src/ui/commands.ts';

const VOCABULARY: Vocabulary = {
  people: [
    { id: 'b0'.repeat(32), name: 'bob' },
    { id: 'ca'.repeat(32), name: 'carol smith' },
    { id: 'e1'.repeat(32), name: 'eve' },
    { id: 'e2'.repeat(32), name: '\u0435ve' }, // a Cyrillic e
  ],
  rooms: ['lobby', 'kitchen', 'lab'],
  messages: [
    { id: '0a1b2c3d'.repeat(4), isOwn: false },
    { id: '0f1e2d3c'.repeat(4), isOwn: true },
  ],
  emoji: new Map([
    ['smile', '😄'],
    ['smirk', '😏'],
    ['+1', '👍'],
  ]),
  settings: [
    { key: 'typing', values: ['on', 'off'] },
    { key: 'away-after', values: [] },
  ],
};
const words = (left: string): readonly string[] | undefined => {
  const found = completed(left, VOCABULARY);
  return found?.kind === 'words' ? found.words.map((word) => left.slice(0, found.start) + word) : undefined;
};

/** What Tab makes of an empty word of each kind. */
const OFFERED: Readonly<Record<Argument, readonly string[] | undefined>> = {
  room: ['kitchen ', 'lab ', 'lobby '],
  person: ['"carol smith" ', 'bob ', 'e1e1e1e1e1e1 ', 'e2e2e2e2e2e2 '],
  message: ['0a1b2c3d ', '0f1e2d3c '],
  own: ['0f1e2d3c '],
  command: COMMAND_NAMES.map((name) => `${name} `).toSorted(),
  emoji: expect.arrayContaining(['👍 ']) as unknown as readonly string[],
  setting: ['typing ', 'away-after '],
  value: ['on ', 'off '],
  drop: ['drop '],
  level: ['all ', 'mentions ', 'none ', 'default '],
  place: ['#kitchen ', '#lab ', '#lobby ', '@"carol smith" ', '@bob ', '@e1e1e1e1e1e1 ', '@e2e2e2e2e2e2 '],
  text: undefined,
};
/** A word that stands for an argument before the one looked at. */
const BEFORE: Readonly<Record<Argument, string>> = {
  room: 'lobby',
  person: '"carol smith"',
  message: '0a1b2c3d',
  own: '0f1e2d3c',
  command: 'join',
  emoji: '👍',
  setting: 'typing',
  value: 'on',
  drop: 'drop',
  level: 'all',
  place: '#lobby',
  text: 'words',
};

describe('every command', () => {
  test.each(COMMAND_NAMES)('/%s has help, an example, and completion of its name', (name) => {
    const { does, example, takes } = COMMANDS[name];
    expect(helpText().split('\n')).toContainEqual(expect.stringMatching(`^/${name} .*  ${escaped(does)}$`));
    for (const typed of [name, `/${name}`, name.toUpperCase()])
      expect(commandHelp(typed)).toMatch(`/${name}${takes === '' ? '' : ` ${takes}`}: ${does}`);
    expect(commandHelp(name)).toContain(`Example: ${example}`);
    expect(commandOf(example)?.typed).toBe(name);
    expect(does.length).toBeLessThanOrEqual(48); // beside the call it fits 80 columns
    expect(words(`/${name.slice(0, -1)}`)).toContain(`/${name} `);
    expect(words('/help /')).toContain(`/help /${name} `);
  });

  const every = COMMAND_NAMES.flatMap((name) =>
    (COMMANDS[name].completes ?? []).map((kind, at) => [name, at + 1, kind] as const),
  );
  test.each(every)('/%s completes its argument %d, %s', (name, position, kind) => {
    const given = (COMMANDS[name].completes ?? []).slice(0, position - 1).map((one) => `${BEFORE[one]} `);
    const left = `/${name} ${given.join('')}`;
    expect(words(left)?.map((word) => word.slice(left.length))).toEqual(OFFERED[kind]);
  });

  const takers = COMMAND_NAMES.filter((name) => /ROOM|WHO|ID|EMOJI|COMMAND|KEY/.test(COMMANDS[name].takes));
  test.each(takers)('/%s takes something that can be named, so Tab names it', (name) => {
    expect(COMMANDS[name].completes?.[0]).not.toBe(undefined);
    expect(COMMANDS[name].completes?.[0]).not.toBe('text');
  });

  test('that is none suggests the nearest', () => {
    expect(unknownCommandText('whios')).toContain('Did you mean /whois?');
    expect(unknownCommandText('xyzzyx')).toContain('See /help.');
    expect(unknownCommandText('part')).toContain('Did you mean /leave?');
    expect(unknownCommandText('Names')).toContain('Did you mean /who?');
    expect(commandHelp('/jion')).toContain('Did you mean /join?');
  });

  test('of the terminal is told from one of the chat', () => {
    const local = COMMAND_NAMES.filter((name) => localCommandOf(`/${name} x`) !== undefined);
    expect(local).toEqual(['set', 'keys', 'clear'] satisfies CommandName[]);
    expect(localCommandOf('/SET typing off')).toEqual({ name: 'set', rest: 'typing off' });
    expect(localCommandOf('//set')).toBeUndefined();
    expect(localCommandOf('say /set')).toBeUndefined();
  });
});

describe('Tab', () => {
  test.each([
    ['/msg ca', ['/msg "carol smith" ']],
    ['/msg "carol s', ['/msg "carol smith" ']],
    ['/msg @bo', ['/msg @bob ']],
    ['/msg b0b0', ['/msg b0b0b0b0b0b0 ']],
    ['/msg bob bo', ['/msg bob bob ']],
    ['/msg "carol smith" #la', ['/msg "carol smith" #lab ']],
    ['/join #l', ['/join #lab ', '/join #lobby ']],
    ['/edit 0', ['/edit 0f1e2d3c ']],
    ['/edit bo', ['/edit bob ']],
    ['/react smi', ['/react 😄 ', '/react 😏 ']],
    ['/react :+1', ['/react 👍 ']],
    ['/set typing o', ['/set typing on ', '/set typing off ']],
    ['/queue drop 0', ['/queue drop 0f1e2d3c ']],
    ['/notify m', ['/notify mentions ']],
    ['/notify all l', ['/notify all #lab ', '/notify all #lobby ']],
    ['/notify all #k', ['/notify all #kitchen ']],
    ['/notify none @b', ['/notify none @bob ']],
    ['/notify none bo', ['/notify none @bob ']],
    ['bo', ['bob: ']],
    ['hi @eve', ['hi @eve ']],
    ['so :smi', ['so 😄', 'so 😏']],
    ['/xyz bo', ['/xyz bob ']],
    ['so :sm', ['so 😄', 'so 😏']],
    ['so :s', undefined],
    ['say /jo', undefined],
    ['', undefined],
    ['/nick ', undefined],
    ['/join nowhere', undefined],
  ])('makes of %j %j', (left, expected) => {
    expect(words(left)).toEqual(expected);
  });

  test.each([
    ['see ./src/f', 4, './src/f'],
    ['see ../', 4, '../'],
    ['see ~/', 4, '~/'],
    ['see /etc/ho', 4, '/etc/ho'],
    ['/msg bob /etc/ho', 9, '/etc/ho'],
    ['see "~/my dir/in', 4, '~/my dir/in'],
    ['./src', 0, './src'],
  ])('asks for the paths of %j', (left, start, path) => {
    expect(completed(left, VOCABULARY)).toEqual({ kind: 'path', start, path });
  });

  test('takes the first word with a slash for a command, and "a/b" for no path', () => {
    expect(completed('/etc', VOCABULARY)).toBeUndefined();
    expect(completed('either/or', VOCABULARY)).toBeUndefined();
  });

  test('offers no name of a file that cannot be typed, and quotes spaces', () => {
    const hostile = ['./a\u001b[31m', './b\nc', './d\u202e', './e"f', './g\u0000', './\ud800'];
    expect(pathWords(['./src/', './my dir/', './a file', './plain', ...hostile])).toEqual([
      './src/',
      '"./my dir/',
      '"./a file" ',
      './plain ',
    ]);
  });

  test('offers the beginning of an id only where no name begins so', () => {
    const people = [
      { id: 'a1'.repeat(32), name: 'bob' },
      { id: 'b3'.repeat(32), name: 'carol' },
    ];
    const offered = (left: string) => completed(left, { ...VOCABULARY, people });
    expect(offered('/whois b')).toMatchObject({ words: ['bob '] });
    expect(offered('/whois b3')).toMatchObject({ words: ['b3b3b3b3b3b3 '] });
  });

  test('offers names of people as they may be shown', () => {
    const people = [{ id: 'ab'.repeat(32), name: '\u001b[2Jmallory\u202e' }];
    const found = completed('/whois ', { ...VOCABULARY, people });
    expect(JSON.stringify(found)).not.toMatch(/\\u001b|\u202e/);
  });
});

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
