import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { encodeEntry } from '../../src/wire/entry.ts';
import { type Liar, LOBBY } from '../attacks/liar.ts';
import { COMMAND } from './built.ts';
import { ALONE, addressOf, cleanUp, freshHome, start } from './command.ts';
import { closeSockets, liarAt } from './liar-socket.ts';
import { killShells, PROMPT, Shell, whyNoTerminal } from './shell.ts';

jest.setTimeout(60_000);

const why = whyNoTerminal();
const suite = why === undefined ? describe : describe.skip;

afterEach(async () => {
  closeSockets();
  killShells();
  await cleanUp();
});

const freePort = async (): Promise<string> => {
  const relay = start(...ALONE, '--ephemeral', '--name', 'relay', 'listen', '--json');
  const port = (await addressOf(relay)).split(':')[1] ?? '';
  await relay.kill(); // its port is free now
  return port;
};

/** A chat of ann in a shell, and what it has the terminal tell. */
const chatting = async (home: string, environment: NodeJS.ProcessEnv, ...more: readonly string[]) => {
  const port = await freePort();
  const shell = new Shell({ TMUX: '', VTE_VERSION: '', ...environment });
  await shell.until(() => PROMPT.test(shell.text.trimEnd()), 'prompt');
  const told: string[] = [];
  shell.screen.onBell(() => told.push('bell'));
  shell.screen.parser.registerOscHandler(9, (text) => told.push(text) > 0);
  shell.type(`node ${[COMMAND, ...ALONE, '--home', home, '--name', 'ann', '--port', port, ...more].join(' ')} chat\r`);
  await shell.until(() => shell.text.includes('You are ann'), 'chat');
  return { shell, told, port };
};
const joined = async (port: string, name: string): Promise<Liar> => {
  const { liar } = await liarAt(`127.0.0.1:${port}`, name);
  liar.send({ kind: 'rooms', generation: 1, rooms: [LOBBY] });
  return liar;
};
const say = (liar: Liar, first: number, text: string): void =>
  liar.send({ kind: 'run', run: liar.run({ first, entries: [encodeEntry(0, { kind: 'text', text })] }) });

suite(`what a chat tells aloud${why === undefined ? '' : ` (skipped: ${why})`}`, () => {
  test.each([
    ['on the whole terminal', []],
    ['line by line', ['--linear']],
  ])('%s: what names us, by bell and notice, with nothing that a terminal obeys', async (_name, options) => {
    const { shell, told, port } = await chatting(freshHome(), {}, ...options);
    const eve = await joined(port, '4;1;50\u0007\u001b]0;x');
    if (options.length === 0) shell.type('\x1b[O'); // the terminal has lost the focus
    say(eve, 1, 'nobody is named');
    say(eve, 2, '@ann \u001b]0;title\u0007\u009b2J');
    await shell.until(() => told.length > 1, 'notice');
    expect(told).toEqual(['bell', 'earshot: 4;1;50]0;x in #lobby: @ann ␛]0;title␇\ufffd2J']);
  });

  test('/notify and /set are obeyed at once, and the first is kept for the next chat', async () => {
    const home = freshHome();
    const first = await chatting(home, {});
    first.shell.type('\x1b[O/notify all\r/set notify.bell off\r');
    await first.shell.until(() => first.shell.text.includes('#lobby tells everything.'), 'level');
    const eve = await joined(first.port, 'eve');
    say(eve, 1, 'nobody is named');
    await first.shell.until(() => first.told.length > 0, 'notice');
    expect(first.told).toEqual(['earshot: eve in #lobby: nobody is named']);
    first.shell.type('/mute\r/quit\r');
    await first.shell.isBack();
    expect(first.shell.screen.modes.sendFocusMode).toBe(false);
    const second = await chatting(home, {}, '--linear');
    second.shell.type('/notify\r');
    await second.shell.until(() => second.shell.text.includes('#lobby is muted; aloud again: /mute'), 'level');
  });

  test('nothing is told of the place that is looked at, and everything is shown', async () => {
    const { shell, told, port } = await chatting(freshHome(), {});
    await shell.until(() => shell.screen.modes.sendFocusMode, 'word of the focus');
    shell.type('\x1b[I/notify all\r');
    await shell.until(() => shell.text.includes('#lobby tells everything.'), 'level');
    const eve = await joined(port, 'eve');
    say(eve, 1, 'while ann looks');
    await shell.until(() => shell.text.includes('while ann looks'), 'message');
    shell.type('\x1b[O');
    shell.type('x');
    await shell.until(() => shell.text.includes('#lobby> x'), 'key'); // by then it is known
    say(eve, 2, 'while ann is gone');
    await shell.until(() => told.length > 1, 'notice');
    expect(told).toEqual(['bell', 'earshot: eve in #lobby: while ann is gone']);
  });
});
