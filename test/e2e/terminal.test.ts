import { spawn } from 'node:child_process';
import { devNull } from 'node:os';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { directScope } from '../../src/base/ids.ts';
import { encodeEntry } from '../../src/wire/entry.ts';
import { type Liar, LOBBY } from '../attacks/liar.ts';
import { COMMAND, whyNotBuilt } from './built.ts';
import { ALONE, addressOf, cleanUp, start } from './command.ts';
import { closeSockets, liarAt } from './liar-socket.ts';
import { Waiting } from './waiting.ts';

jest.setTimeout(60_000);

const suite = whyNotBuilt === undefined ? describe : describe.skip;

/** What a terminal could obey, or a reader be deceived by. */
const HOSTILE: readonly string[] = [
  '\u001b[31mred\u001b[0m',
  '\u001b]0;title\u0007',
  '\u001b]52;c;cm0gLXJmIC8=\u0007',
  '\u001b]8;;http://evil\u001b\\click\u001b]8;;\u001b\\',
  '\u009b2J\u009d52;c;x\u009c',
  '\u001bP1$r\u001b\\\u001bc',
  'hidden\rshown',
  'abc\b\b\bdef',
  'del\u007fete',
  'nul\u0000in',
  'a\u202egnp.exe\u202c',
  '\u2066\u2067x\u2069',
  'z\u200be\u200dr\u200co\ufeff',
  'line one\nline two\r\nline three\u2028four\u0085five\u000bsix\u000cseven',
  'tag\u{e0041}\u{e007f}',
  `tower${'\u0301'.repeat(50)}`,
  '\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u000e\u000f\u0010\u0018\u001a',
];

/** Everything but line ends that is not a picture on the screen, in bytes as they come out. */
const CONTROL = /[\x00-\x09\x0b-\x1f\x7f]/;
const CONTROL_POINT = /[\u0080-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

type Raw = {
  readonly output: () => Buffer;
  readonly until: (isSo: () => boolean) => Promise<void>;
  readonly type: (text: string) => void;
};
const children = new Set<() => void>();

/** Bytes of standard output and error together, undecoded. */
const startRaw = (command: string, args: readonly string[]): Raw => {
  const { NODE_EXTRA_CA_CERTS: _, EARSHOT_HOME: __, ...env } = process.env;
  const child = spawn(command, args, { env: { ...env, NO_COLOR: '1', TERM: 'xterm', EARSHOT_CONFIG: devNull }, stdio: 'pipe' });
  children.add(() => child.kill('SIGKILL'));
  const pieces: Buffer[] = [];
  const waiting = new Waiting();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece: Buffer) => {
      pieces.push(piece);
      waiting.changed();
    });
  }
  const output = (): Buffer => Buffer.concat(pieces);
  const until = (isSo: () => boolean): Promise<void> =>
    waiting.until(isSo, () => `it did not come: ${output().toString('latin1')}`);
  return { output, until, type: (text) => child.stdin.write(text) };
};

afterEach(async () => {
  closeSockets();
  for (const kill of children) kill();
  children.clear();
  await cleanUp();
});

/** Says every hostile thing, in the room and in private, under every hostile name, and an honest word last. */
const speak = (liar: Liar): void => {
  liar.send({ kind: 'rooms', generation: 1, rooms: [LOBBY] });
  let first = 0;
  for (const [generation, text] of HOSTILE.entries()) {
    first += 1;
    liar.send({ kind: 'name', generation: generation + 1, name: text.slice(0, 30) });
    const entries = [encodeEntry(0, { kind: 'text', text })];
    liar.send({ kind: 'run', run: liar.run({ first, entries }) });
    first += 1;
    liar.send({ kind: 'run', run: liar.run({ first, entries: [encodeEntry(0, { kind: 'action', text: `/me ${text}` })] }) });
  }
  liar.send({ kind: 'run', run: liar.run({ first: first + 1, text: 'the last word' }) });
};

suite(`what a hostile peer can put on a screen${whyNotBuilt === undefined ? '' : ` (skipped: ${whyNotBuilt})`}`, () => {
  test.each([['listen'], ['chat']])('by names and texts in "earshot %s": no control byte', async (command) => {
    const relay = start(...ALONE, '--ephemeral', '--name', 'relay', 'listen', '--json');
    const port = Number((await addressOf(relay)).split(':')[1]);
    await relay.kill(); // its port is free now
    const shown = startRaw(process.execPath, [
      COMMAND,
      ...ALONE,
      '--ephemeral',
      '--name',
      'ann',
      '--port',
      String(port),
      command,
    ]);
    const { liar } = await liarAt(`127.0.0.1:${port}`, `\u001b[2J\u202e\u009bevil`);
    speak(liar);
    liar.send({ kind: 'close', code: 0, reason: '\u001b[2Jbye\u0007' });
    await shown.until(() => shown.output().includes('the last word'));
    expect(shown.output().toString('latin1')).not.toMatch(CONTROL);
    expect(shown.output().toString('utf8')).not.toMatch(CONTROL_POINT);
    expect(shown.output().includes('␛[31mred')).toBe(true);
  });

  test('in "earshot peers --watch": no control byte, and a twin shows its fingerprint', async () => {
    const relay = start(...ALONE, '--ephemeral', '--name', 'relay', 'listen', '--json');
    const port = Number((await addressOf(relay)).split(':')[1]);
    await relay.kill();
    const shown = startRaw(process.execPath, [
      COMMAND,
      ...ALONE,
      '--ephemeral',
      '--name',
      'ann',
      '--port',
      String(port),
      'peers',
      '--watch',
    ]);
    const names = ['bob', 'b\u043eb', '\u001b[2Jb\u200bob\u202e', '\u0007\u009b'];
    for (const name of names) await liarAt(`127.0.0.1:${port}`, name);
    await shown.until(() => shown.output().toString().split(' is here').length === 5);
    expect(shown.output().toString()).toMatch(/^\+ bob is here.*\n\+ b\u043eb \([0-9a-z]{4}(-[0-9a-z]{4}){3}\) is here/);
    expect(shown.output().toString('latin1')).not.toMatch(CONTROL);
    expect(shown.output().toString('utf8')).not.toMatch(CONTROL_POINT);
  });

  test('twins in a chat are told apart, and /msg to their name asks which', async () => {
    const relay = start(...ALONE, '--ephemeral', '--name', 'relay', 'listen', '--json');
    const port = Number((await addressOf(relay)).split(':')[1]);
    await relay.kill();
    const shown = startRaw(process.execPath, [COMMAND, ...ALONE, '--ephemeral', '--name', 'ann', '--port', String(port), 'chat']);
    const { liar: bob } = await liarAt(`127.0.0.1:${port}`, 'bob');
    const { liar: evil } = await liarAt(`127.0.0.1:${port}`, 'b\u043eb');
    for (const liar of [bob, evil]) {
      liar.send({ kind: 'rooms', generation: 1, rooms: [LOBBY] });
      liar.send({ kind: 'run', run: liar.run({ first: 1, text: `I am ${liar.name}` }) });
    }
    // what makes a stranger known: a direct message nobody asked for
    const scope = directScope(evil.peer);
    evil.send({ kind: 'run', run: evil.run({ first: 1, scope, text: 'psst' }) });
    await shown.until(() => shown.output().includes('psst') && shown.output().includes('I am bob'));
    shown.type('/msg bob a secret\n');
    await shown.until(() => shown.output().includes('could be any of'));
    expect(shown.output().toString()).toContain(bob.id);
    expect(shown.output().toString()).toContain(evil.id);
    expect([...bob.heard, ...evil.heard].filter(({ kind }) => kind === 'run')).toEqual([]);
  });
});
