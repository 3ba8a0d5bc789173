import { execFileSync } from 'node:child_process';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { encodeEntry } from '../../src/wire/entry.ts';
import { LOBBY } from '../attacks/liar.ts';
import { COMMAND } from './built.ts';
import { ALONE, addressOf, cleanUp, freshHome, run, start } from './command.ts';
import { closeSockets, liarAt } from './liar-socket.ts';
import { killShells, PROMPT, Shell, whyNoTerminal } from './shell.ts';

jest.setTimeout(60_000);

const RAW_TERMINAL = new URL('../../dist/cli/terminal/raw-terminal.js', import.meta.url).href;

const why = whyNoTerminal();
const suite = why === undefined ? describe : describe.skip;

afterEach(async () => {
  closeSockets();
  killShells();
  await cleanUp();
});

/** A chat on the whole terminal, begun in a shell. */
const chatting = async (environment: NodeJS.ProcessEnv = {}, ...more: readonly string[]): Promise<Shell> => {
  const shell = new Shell(environment);
  await shell.until(() => PROMPT.test(shell.text.trimEnd()), 'prompt');
  const home = ['--home', freshHome(), '--name', 'ann'];
  shell.type(`node ${[COMMAND, ...ALONE, ...home, ...more].join(' ')} chat; echo "code $?"\r`);
  return shell;
};
const onScreen = async (shell: Shell): Promise<void> => {
  await shell.until(() => shell.isAlternate && shell.text.includes('You are ann'), 'chat');
};

suite(`a chat on a terminal${why === undefined ? '' : ` (skipped: ${why})`}`, () => {
  test('shows what others say and who has what was said', async () => {
    const bob = start(...ALONE, '--ephemeral', '--name', 'bob', 'listen', '--json');
    const shell = await chatting({}, '--peer', await addressOf(bob));
    await onScreen(shell);
    await shell.until(() => /Here \(1\)\n.*│ bob/.test(shell.text), 'bob');
    shell.type('hello bob\r');
    expect((await bob.line({ type: 'message' })).text).toBe('hello bob');
    await shell.until(() => /ann: hello bob ✓/.test(shell.text), 'receipt');
    shell.type('\x04');
    await shell.until(() => shell.text.includes('code 0'), 'end');
    await shell.isBack();
  });

  test('obeys nothing that somebody sends: no title, no clipboard, no colour, no cursor', async () => {
    const relay = start(...ALONE, '--ephemeral', '--name', 'relay', 'listen', '--json');
    const port = (await addressOf(relay)).split(':')[1] ?? '';
    await relay.kill(); // its port is free now
    const shell = await chatting({}, '--port', port);
    await onScreen(shell);
    const obeyed: string[] = [];
    shell.screen.onTitleChange((title) => obeyed.push(`title ${title}`));
    for (const code of [0, 2, 4, 9, 52])
      shell.screen.parser.registerOscHandler(code, (data) => obeyed.push(`${code} ${data}`) > 0);
    const { liar } = await liarAt(`127.0.0.1:${port}`, '\u001b]0;name\u0007\u009b2J\u202eevil');
    liar.send({ kind: 'rooms', generation: 1, rooms: [LOBBY] });
    const said = [
      '\u001b]0;title\u0007',
      '\u001b]52;c;cm0=\u0007',
      '\u009b2J\u001b[2J\u001b[H',
      'ann: \u001b]9;psst\u0007',
      'two\n08:00 ann: not I',
    ];
    for (const [at, text] of said.entries()) {
      liar.send({ kind: 'run', run: liar.run({ first: 2 * at + 1, entries: [encodeEntry(0, { kind: 'text', text })] }) });
      liar.send({ kind: 'run', run: liar.run({ first: 2 * at + 2, entries: [encodeEntry(0, { kind: 'topic', text })] }) });
    }
    liar.send({ kind: 'run', run: liar.run({ first: 2 * said.length + 1, text: 'the last word' }) });
    await shell.until(() => shell.text.includes('the last word'), 'last word');
    expect(shell.text).toContain('␛]0;title␇');
    expect(shell.text).not.toMatch(/^\d\d:\d\d ann: not I/m);
    expect(obeyed.filter((one) => !one.startsWith('9 ') || one.includes('\u001b'))).toEqual([]);
  });

  test.each([
    ['shown', {}, true],
    ['not shown with EARSHOT_TYPING=0', { EARSHOT_TYPING: '0' }, false],
  ])('who is writing is %s', async (_name, environment, isShown) => {
    const relay = start(...ALONE, '--ephemeral', '--name', 'relay', 'listen', '--json');
    const port = (await addressOf(relay)).split(':')[1] ?? '';
    await relay.kill(); // its port is free now
    const shell = await chatting(environment, '--port', port);
    await onScreen(shell);
    const { liar } = await liarAt(`127.0.0.1:${port}`, 'eve');
    liar.send({ kind: 'rooms', generation: 1, rooms: [LOBBY] });
    await shell.until(() => shell.text.includes('│ eve'), 'eve');
    liar.send({ kind: 'typing', scope: LOBBY, isTyping: true });
    liar.send({ kind: 'run', run: liar.run({ first: 1, entries: [encodeEntry(0, { kind: 'topic', text: 'after it' })] }) });
    await shell.until(() => shell.text.includes('after it'), 'topic');
    if (isShown) await shell.until(() => shell.text.includes('eve writing…'), 'notice');
    expect(shell.text.includes('writing')).toBe(isShown);
  });

  test('others are told who is writing, and not with /set typing off', async () => {
    const bob = start(...ALONE, '--ephemeral', '--name', 'bob', 'listen', '--json');
    const shell = await chatting({}, '--peer', await addressOf(bob));
    await onScreen(shell);
    await shell.until(() => /Here \(1\)\n.*│ bob/.test(shell.text), 'bob');
    shell.type('hello');
    expect(await bob.line({ type: 'typing' })).toMatchObject({ name: 'ann', room: 'lobby', typing: true });
    shell.type('\x15');
    expect(await bob.line({ type: 'typing', typing: false })).toMatchObject({ name: 'ann', room: 'lobby' });
    shell.type('/set typing off\r');
    await shell.until(() => shell.text.includes('typing = off'), 'setting');
    shell.type('hidden\r/away lunch\r');
    expect((await bob.line({ type: 'message' })).text).toBe('hidden');
    expect(await bob.line({ type: 'away' })).toMatchObject({ name: 'ann', away: 'lunch' });
    expect(bob.lines.filter(({ type }) => type === 'typing').length).toBe(2);
  });

  test('/doctor tells what it finds, and the chat goes on meanwhile', async () => {
    const shell = await chatting();
    await onScreen(shell);
    shell.type('/doctor\rsaid meanwhile\r');
    await shell.until(() => shell.text.includes('ann: said meanwhile'), 'message');
    await shell.until(() => /^ {2}lo [\s\S]*^ {2}firewall /m.test(shell.text), 'finding');
  });

  test.each([
    ['Ctrl-C', '\x03', 'code 130'],
    ['/quit', '/quit\r', 'code 0'],
    ['Ctrl-D', '\x04', 'code 0'],
  ])('gives the terminal back after %s', async (_name, keys, code) => {
    const shell = await chatting();
    await onScreen(shell);
    shell.type(keys);
    await shell.until(() => shell.text.includes(code), code);
    await shell.isBack();
  });

  test.each(['SIGTERM', 'SIGHUP', 'SIGINT'] as const)('gives the terminal back after %s', async (signal) => {
    const shell = await chatting();
    await onScreen(shell);
    process.kill(childOf(childOf(shell.pid)), signal);
    await shell.until(() => /code 1\d\d/.test(shell.text), 'end');
    await shell.isBack();
  });

  test('gives the terminal back after a crash, and what is told of it can be read', async () => {
    const shell = new Shell({});
    await shell.until(() => PROMPT.test(shell.text.trimEnd()), 'prompt');
    const on = '{input:process.stdin,output:process.stdout,onBytes(){},onEnd(){},onFresh(){}}';
    const crash = `import("${RAW_TERMINAL}").then((m)=>{new m.RawTerminal(${on});setTimeout(()=>{throw Error("ba"+"ng")},200)})`;
    shell.type(`node -e '${crash}'\r`);
    await shell.until(() => shell.isAlternate, 'screen');
    await shell.until(() => !shell.isAlternate && shell.text.includes('bang'), 'crash');
    await shell.isBack();
  });

  test('Ctrl-Z gives the terminal back, and fg draws the chat anew', async () => {
    const shell = await chatting();
    await onScreen(shell);
    shell.type('a draft\x1a');
    await shell.until(() => !shell.isAlternate && shell.text.includes('Stopped'), 'stop');
    await shell.isBack();
    shell.type('fg\r');
    await shell.until(() => shell.isAlternate && shell.text.includes('#lobby> a draft'), 'draft');
  });

  test.each([
    ['alone', ''],
    ['started by another program, as npm does', 'sh -c \'"$@"; :\' sh '],
  ])(
    'line by line, %s, Ctrl-Z goes back to the shell, and after fg what was typed stands there and goes on',
    async (_name, by) => {
      const shell = new Shell({});
      await shell.until(() => PROMPT.test(shell.text.trimEnd()), 'prompt');
      const home = ['--home', freshHome(), '--name', 'ann'];
      shell.type(`${by}node ${[COMMAND, ...ALONE, ...home, '--linear'].join(' ')} chat\r`);
      await shell.until(() => /#lobby> $/m.test(`${shell.text.trimEnd()} `), 'line of input');
      shell.type('a draft\x1a');
      await shell.until(() => shell.text.includes('Stopped'), 'stop');
      await shell.isBack();
      shell.type('clear\rfg\r');
      await shell.until(() => shell.text.trimEnd().endsWith('#lobby> a draft'), 'draft');
      shell.type(' and on\r');
      await shell.until(() => shell.text.includes('"a draft and on"'), 'what became of it');
      shell.type('/quit\r');
      await shell.isBack();
    },
  );

  test('an editor takes the terminal, and what it leaves stands in the line', async () => {
    const shell = await chatting({ EDITOR: 'sed -i s/fast/slow/' });
    await onScreen(shell);
    shell.type('not so fast\x18\x05');
    await shell.until(() => shell.isAlternate && shell.text.includes('#lobby> not so slow'), 'edited line');
  });

  test('an editor that is killed leaves the terminal to the chat, with the line as it was', async () => {
    const shell = await chatting({ EDITOR: 'sh -c "kill -9 \\$\\$" --' });
    await onScreen(shell);
    shell.type('not lost\x18\x05');
    await shell.until(() => shell.isAlternate && shell.text.includes('no editor: '), 'warning');
    expect(shell.text).toContain('#lobby> not lost');
    shell.type(' yet\r');
    await shell.until(() => shell.text.includes('ann: not lost yet'), 'message');
    shell.type('\x04');
    await shell.until(() => shell.text.includes('code 0'), 'end');
    await shell.isBack();
  });

  test.each([
    ['TERM=dumb', { TERM: 'dumb' }, []],
    ['EARSHOT_LINEAR=1', { EARSHOT_LINEAR: '1' }, []],
    ['--linear', {}, ['--linear']],
  ])('%s keeps it line by line', async (_name, environment, options) => {
    const shell = await chatting(environment, ...options);
    await shell.until(() => /#lobby> $/m.test(`${shell.text.trimEnd()} `), 'line of input');
    expect(shell.isAlternate).toBe(false);
    shell.type('/quit\r');
    await shell.until(() => shell.text.includes('code 0'), 'end');
  });

  test('without a terminal it never draws', async () => {
    const { stdout } = await run([...ALONE, '--ephemeral', '--name', 'ann', 'chat'], '');
    expect(stdout).not.toContain('\x1b[?1049h');
  });
});

/** The first process that another one has started: of `script` the shell, of the shell the chat. */
const childOf = (parent: number): number =>
  Number(execFileSync('pgrep', ['-P', String(parent)], { encoding: 'utf8' }).split('\n')[0]);
