import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { parseRoomName } from '../../src/base/room-name.ts';
import type { Liar } from '../attacks/liar.ts';
import { COMMAND } from './built.ts';
import { ALONE, addressOf, cleanUp, freshHome, run, start } from './command.ts';
import { closeSockets, liarAt } from './liar-socket.ts';
import { killShells, Shell, whyNoTerminal } from './shell.ts';

jest.setTimeout(120_000);
afterEach(async () => {
  closeSockets();
  killShells();
  await cleanUp();
});

/** What a careless script would run, split or take for an option. */
const HOSTILE: readonly string[] = [
  '$(touch pwned)',
  '`touch pwned`',
  "'; touch pwned; '",
  '"; touch pwned; "',
  'a\ntouch pwned\n',
  'x\tfiles',
  '; touch pwned',
  '& touch pwned &',
  '> pwned',
  '--yes',
  '-rf',
  '!!',
  '~root',
  '*',
  '{a,b}',
  '\\$(touch pwned)',
  '\u001b]0;t\u0007\u202ex',
  '%F{red}%n',
];

/** What is left of some when they are cleaned. */
const HARMLESS = new Map([
  ['a\ntouch pwned\n', 'a touch pwned'],
  ['x\tfiles', 'x files'],
]);

const isInstalled = (shell: string): boolean => {
  try {
    execFileSync(shell, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** How each shell is started so that it reads nothing of its user, and what loads the script there. */
const SHELLS = [
  ['bash', 'bash --norc --noprofile -i', 'source <(command earshot completion bash)'],
  ['zsh', 'zsh -f -i', 'autoload -U compinit; compinit -u -D; source <(command earshot completion zsh)'],
  ['fish', 'fish --no-config -i', 'command earshot completion fish | source'],
] as const;
/** A function that says what words it was given, each after the other. */
const SAYS = {
  bash: `earshot() { printf '<%s>' "$@"; echo; }`,
  zsh: `earshot() { printf '<%s>' "$@"; echo; }`,
  fish: `function earshot; printf '<%s>' $argv; echo; end`,
} as const;

type World = { readonly home: string; readonly folder: string; readonly liars: readonly Liar[] };

/** A peer that knows people with all these names, and a room with a dash. */
const world = async (): Promise<World> => {
  const home = freshHome();
  const folder = freshHome();
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin/earshot'), `#!/bin/sh\nexec '${process.execPath}' '${COMMAND}' "$@"\n`, { mode: 0o755 });
  const running = start(...ALONE, '--home', home, '--name', 'me', 'listen', '--room', 'kitchen', '--json');
  const at = await addressOf(running);
  const liars: Liar[] = [];
  for (const name of ['Ann Smith', ...HOSTILE]) liars.push((await liarAt(at, name)).liar);
  const room = parseRoomName('-rf');
  if (room === undefined) throw new Error('no room');
  liars[0]?.send({ kind: 'rooms', generation: 1, rooms: [room] });
  await running.until(() => running.lines.filter(({ event }) => event === 'joined').length === liars.length, 'all of them');
  return { home, folder, liars };
};

/** Their words: the name if nothing is left in it that a shell could obey, else the first digits of the id. */
const wordOf = (liar: Liar): string => HARMLESS.get(liar.name) ?? liar.id.slice(0, 12);

const why = whyNoTerminal();
const suite = why === undefined ? describe : describe.skip;

suite(`completion${why === undefined ? '' : ` (skipped: ${why})`}`, () => {
  test('what the scripts are told has one harmless word a line, whatever people are called', async () => {
    const { home, liars } = await world();
    const env = { EARSHOT_HOME: home };
    const people = await run(['complete', '--', 'earshot', 'send', '--to', ''], '', env);
    const words = people.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t')[0]);
    expect(people.stderr).toBe('');
    expect(words.sort()).toEqual(['Ann Smith', ...liars.slice(1).map(wordOf)].sort());
    expect(people.stdout).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]/);
    const places = await run(['complete', '--', 'earshot', 'history', ''], '', env);
    expect(places.stdout).toMatch(/^kitchen\troom$/m);
    expect(places.stdout).toMatch(/^#-rf\troom$/m);
    expect(places.stdout).toMatch(/^@Ann Smith\t/m);
  });

  test('nobody runs: commands and options all the same, and no complaint', async () => {
    const env = { EARSHOT_HOME: join(freshHome(), 'none') };
    expect(await run(['complete', '--', 'earshot', 'send', '--to', ''], '', env)).toEqual({ code: 0, stdout: '', stderr: '' });
    const { stdout } = await run(['complete', '--line', 'earshot his', '--breaks', ' '], '', env);
    expect(stdout).toMatch(/^history\tshow what was said\n$/);
    expect(existsSync(env.EARSHOT_HOME)).toBe(false);
  });

  describe.each(SHELLS)('in %s', (name, command, load) => {
    const isThere = isInstalled(name);
    (isThere ? test : test.skip)(
      `Tab puts in words as they are, and runs none${isThere ? '' : ` (skipped: no ${name})`}`,
      async () => {
        const { home, folder, liars } = await world();
        const shell = new Shell(
          {
            PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
            EARSHOT_HOME: home,
            HOME: folder,
            ZDOTDIR: folder,
            LANG: 'C.UTF-8',
            PS1: '$ ',
          },
          `sh -c 'cd ${folder} && exec ${command}'`,
        );
        shell.type(`${load}; ${SAYS[name]}; echo lo''aded\r`);
        await shell.until(() => shell.text.includes('loaded'), 'script');
        const completed = async (typed: string, words: readonly string[]): Promise<void> => {
          const said = words.map((word) => `<${word}>`).join('');
          shell.type(`${typed}\r`);
          await shell.until(() => shell.text.split('\n').some((row) => row.trim() === said), said);
        };
        await completed('earshot his\t', ['history']);
        await completed('earshot send --rep\t', ['send', '--reply-to']);
        await completed('earshot send --wait que\t', ['send', '--wait', 'queued']);
        await completed('earshot chat kit\t', ['chat', 'kitchen']);
        await completed('earshot chat \\#-\t', ['chat', '#-rf']);
        await completed('earshot send --to An\t', ['send', '--to', 'Ann Smith']);
        await completed('earshot send --to Ann\\ S\t', ['send', '--to', 'Ann Smith']);
        await completed('earshot history @An\t', ['history', '@Ann Smith']);
        await completed('earshot send --to "An\t', ['send', '--to', 'Ann Smith']);
        await completed("earshot send --to 'An\t", ['send', '--to', 'Ann Smith']);
        for (const liar of liars.slice(1)) {
          await completed(`earshot send --to ${wordOf(liar).slice(0, 8).replaceAll(' ', '\\ ')}\t`, [
            'send',
            '--to',
            wordOf(liar),
          ]);
          shell.type('clear\r');
        }
        shell.type('clear; echo cl""eared\r');
        await shell.until(() => shell.text.includes('cleared') && !shell.text.includes('<send>'), 'empty screen');
        shell.type('earshot send --to \t\t');
        await shell.until(() => liars.slice(1).filter((liar) => shell.text.includes(wordOf(liar))).length > 5, 'list');
        shell.type('\r\recho do""ne\r');
        await shell.until(() => shell.text.includes('done'), 'end');
        expect(existsSync(join(folder, 'pwned'))).toBe(false);
      },
    );
  });
});
