import { createSocket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { programOf } from '../../src/cli/program/program.ts';
import { visibleCommands } from '../../src/cli/program/program-self.ts';
import { whyNotBuilt } from './built.ts';
import { ALONE, addressOf, cleanUp, freshHome, objects, run, start } from './command.ts';

jest.setTimeout(60_000);
afterEach(cleanUp);

const suite = whyNotBuilt === undefined ? describe : describe.skip;
const HEX_32 = expect.stringMatching(/^[0-9a-f]{32}$/);
const HEX_64 = expect.stringMatching(/^[0-9a-f]{64}$/);

const listener = (...args: readonly string[]) => start(...ALONE, '--ephemeral', '--name', 'bob', 'listen', '--json', ...args);

suite(`the command line${whyNotBuilt === undefined ? '' : ` (skipped: ${whyNotBuilt})`}`, () => {
  test('a message sent is heard, once, and its sender knows', async () => {
    const bob = listener('--count', '1');
    const at = await addressOf(bob);
    const sent = await run([...ALONE, '--ephemeral', '--name', 'alice', '--peer', at, 'send', '--json', 'hello', 'world']);
    expect(sent).toMatchObject({ code: 0, stderr: '' });
    expect(objects(sent.stdout)).toEqual([
      { type: 'sent', id: HEX_32, seq: 1 },
      { type: 'delivered', id: HEX_32, peer: { id: HEX_64, name: 'bob' }, ms: expect.any(Number), stored: false },
      { type: 'summary', sent: 1, delivered: 1, peers: 1 },
    ]);
    const heard = await bob.ended;
    expect(heard.code).toBe(0);
    expect(objects(heard.stdout).find(({ type }) => type === 'message')).toEqual({
      type: 'message',
      id: objects(sent.stdout)[0]?.id,
      room: 'lobby',
      from: { id: HEX_64, name: 'alice' },
      seq: 1,
      text: 'hello world',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
  });

  test('lines of the input are messages in their order, the empty ones left out', async () => {
    const bob = listener('--room', 'builds', '--count', '200');
    const at = await addressOf(bob);
    const lines = Array.from({ length: 200 }, (_, index) => `line ${index + 1}`);
    const sent = await run([...ALONE, '--ephemeral', '--peer', at, 'send', '--room', '#Builds'], lines.join('\n\n'));
    expect(sent).toEqual({ code: 0, stdout: 'sent 200, delivered 200 (1 person)\n', stderr: '' });
    const heard = objects((await bob.ended).stdout).filter(({ type }) => type === 'message');
    expect(heard.map(({ text }) => text)).toEqual(lines);
  });

  test('a direct message reaches its reader only', async () => {
    const bob = listener('--count', '1');
    const at = await addressOf(bob);
    const sent = await run([...ALONE, '--ephemeral', '--name', 'alice', '--peer', at, 'send', '--to', 'bob', 'psst']);
    expect(sent).toMatchObject({ code: 0, stderr: '' });
    const heard = objects((await bob.ended).stdout);
    const ready = heard.find(({ type }) => type === 'ready');
    expect(heard.find(({ type }) => type === 'message')).toMatchObject({ to: ready?.id, text: 'psst' });
  });

  test('peers shows who is here; nobody is 3', async () => {
    const bob = listener();
    const at = await addressOf(bob);
    const here = await run([...ALONE, '--ephemeral', '--peer', at, 'peers', '--json', '--wait', '20']);
    expect(here).toMatchObject({ code: 0, stderr: '' });
    expect(objects(here.stdout)).toEqual([
      {
        type: 'peer',
        id: HEX_64,
        name: 'bob',
        address: '127.0.0.1',
        port: Number(at.split(':')[1]),
        state: 'connected',
        rttMs: expect.anything(),
        via: 'static',
      },
    ]);
    const nobody = await run([...ALONE, '--ephemeral', 'peers', '--json', '--wait', '0.2']);
    expect(nobody).toMatchObject({ code: 3, stdout: '' });
    expect(nobody.stderr).toMatch(/^earshot: nobody is here;.*\n$/);
  });

  test('nobody to hear a message: 3, and nothing was numbered', async () => {
    const sent = await run([...ALONE, '--ephemeral', 'send', '--json', '--timeout', '0.5', 'hello']);
    expect(sent.code).toBe(3);
    expect(objects(sent.stdout)).toEqual([{ type: 'summary', sent: 0, delivered: 0, peers: 0 }]);
    expect(sent.stderr.split('\n').length).toBe(2);
  });

  test.each([
    [2, ['sned', 'hi'], /did you mean: earshot send\?/],
    [2, ['--nonsense'], /unknown option/],
    [2, ['send', '--wait', 'never', 'hi'], /Allowed choices are queued, sent, delivered/],
    [2, ['send', '--peers', '0', 'hi'], /whole number, 1 or more/],
    [2, ['send', '--room', 'no room', 'hi'], /1 to 32 letters/],
    [2, ['send', '--to', 'bob', '--room', 'lobby', 'hi'], /not both/],
    [2, ['send', ''], /the message is empty/],
    [2, ['send', 'x'.repeat(8_193)], /8193 bytes, at most 8192/],
    [2, ['listen', '--timeout', 'soon'], /seconds/],
    [2, ['--peer', 'nonsense', 'peers'], /HOST:PORT/],
    [2, ['--port', '70000', 'peers'], /1 to 65535/],
    [5, ['--ephemeral', '--interface', 'nonsense0', 'peers'], /nonsense0/],
  ])('%d for %j', async (code, args, message) => {
    const ended = await run(args);
    expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code, stdout: '' });
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr).toMatch(/^earshot: [^\n]+\n$/);
  });

  test('a line too long for a message ends with 2 and names the line', async () => {
    const bob = listener();
    const at = await addressOf(bob);
    const sent = await run([...ALONE, '--ephemeral', '--peer', at, 'send'], `short\n${'x'.repeat(9_000)}\n`);
    expect(sent.code).toBe(2);
    expect(sent.stderr).toBe('earshot: line 2 has 9000 bytes, a message holds at most 8192; send it in parts\n');
    expect(await bob.line({ type: 'message' })).toMatchObject({ text: 'short' });
  });

  test('a port that is taken is 5', async () => {
    const socket = createSocket({ type: 'udp6', ipv6Only: false });
    await new Promise<void>((resolve) => socket.bind(0, resolve));
    const ended = await run([...ALONE, '--ephemeral', '--port', String(socket.address().port), 'peers']);
    await new Promise<void>((resolve) => socket.close(() => resolve()));
    expect(ended.code).toBe(5);
    expect(ended.stderr).toMatch(/^earshot: [^\n]+\n$/);
  });

  test('a home that is no folder, and one with damaged keys, are 6', async () => {
    const home = freshHome();
    const file = join(home, 'file');
    writeFileSync(file, '');
    writeFileSync(join(home, 'profile.json'), '{');
    for (const args of [
      ['--home', file, 'id'],
      ['--home', home, 'id'],
    ]) {
      const ended = await run([...ALONE, ...args]);
      expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code: 6, stdout: '' });
      expect(ended.stderr).toMatch(/^earshot: [^\n]+\n$/);
    }
  });

  test('a signal ends it with a goodbye and its code', async () => {
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      const bob = listener();
      const at = await addressOf(bob);
      const alice = start(...ALONE, '--ephemeral', '--name', 'alice', '--peer', at, 'listen', '--json');
      await bob.line({ type: 'peer', event: 'joined', name: 'alice' });
      alice.signal(signal);
      expect((await alice.ended).code).toBe(code);
      await bob.line({ type: 'peer', event: 'left', name: 'alice' });
      await bob.kill();
    }
  });

  test('an output that nobody reads any more is a good end', async () => {
    const bob = listener();
    const at = await addressOf(bob);
    bob.cutOutput();
    await run([...ALONE, '--ephemeral', '--peer', at, 'send', '--timeout', '5', 'hello']);
    expect(await bob.ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('the demo is a conversation with nobody else there, also without a keyboard', async () => {
    const demo = await run(['demo'], 'hello there\n');
    expect(demo).toMatchObject({ code: 0, stderr: '' });
    expect(demo.stdout).toMatch(/"hello there" delivered to echo/);
    expect(demo.stdout).toMatch(/echo: You said: hello there/);
    const sample = await run(['demo']);
    expect(sample).toMatchObject({ code: 0, stderr: '' });
    expect(sample.stdout).toMatch(/echo: You said: Hello, is anybody there\?/);
  });

  test('every command has help with examples', async () => {
    const commands = visibleCommands(programOf('0')).map((command) => [command.name()]);
    expect(commands.length).toBeGreaterThan(15);
    for (const command of [[], ...commands]) {
      const help = await run([...command, '--help']);
      expect({ code: help.code, stderr: help.stderr }).toEqual({ code: 0, stderr: '' });
      expect(help.stdout).toMatch(/Examples:\n {2}\$ /);
    }
  });

  test('all commands and options fit a screen of 80 columns and 24 rows', async () => {
    const { code, stdout } = await run(['--help']);
    expect(code).toBe(0);
    expect(await run(['help'])).toEqual({ code: 0, stdout, stderr: '' });
    const rows = stdout.trimEnd().split('\n');
    expect(rows.length).toBeLessThan(24); // and the prompt
    expect(rows.filter((row) => row.length > 80)).toEqual([]);
    const program = programOf('0');
    for (const command of visibleCommands(program))
      expect(stdout).toMatch(new RegExp(`^\\S+ .*\\b${command.name()}\\b|^ .* ${command.name()} `, 'm'));
    for (const { long, hidden } of program.options) if (!hidden) expect(stdout).toContain(`${long}`);
  });

  test('help on a command is what the command says itself, and the exit codes have a page', async () => {
    expect(await run(['help', 'send'])).toEqual(await run(['send', '--help']));
    const codes = await run(['help', 'codes']);
    expect(codes).toMatchObject({ code: 0, stderr: '' });
    for (const code of [0, 2, 3, 4, 5, 6, 130]) expect(codes.stdout).toMatch(new RegExp(`^ +${code}  \\S`, 'm'));
    expect(await run(['help', 'nonsense'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/no help on "nonsense"/),
    });
  });

  test('says its version', async () => {
    expect(await run(['--version'])).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: '' });
  });
});
