import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { whyNotBuilt } from './built.ts';
import { ALONE, addressOf, cleanUp, freshHome, objects, run, start } from './command.ts';

jest.setTimeout(60_000);
afterEach(cleanUp);

const suite = whyNotBuilt === undefined ? describe : describe.skip;

/** A settings file with this text. */
const fileOf = (text: string | Uint8Array): { readonly EARSHOT_CONFIG: string; readonly folder: string } => {
  const folder = freshHome();
  const EARSHOT_CONFIG = join(folder, 'config.toml');
  writeFileSync(EARSHOT_CONFIG, text);
  return { EARSHOT_CONFIG, folder };
};
const nameOf = async (args: readonly string[], env: NodeJS.ProcessEnv): Promise<unknown> =>
  objects((await run([...args, 'id', '--json'], '', env)).stdout)[0]?.name;

suite(`settings${whyNotBuilt === undefined ? '' : ` (skipped: ${whyNotBuilt})`}`, () => {
  test('--private and --stealth exclude each other; either goes before what is set', async () => {
    const both = await run(['--private', '--stealth', 'id']);
    expect(both).toMatchObject({ code: 2, stdout: '' });
    expect(both.stderr).toMatch(/private and stealth exclude each other/);
    const { EARSHOT_CONFIG } = fileOf('visibility = "private"\n');
    for (const [args, value] of [
      [[], 'private'],
      [['--stealth'], 'stealth'],
      [['--visibility', 'open'], 'open'],
    ] as const) {
      const { stdout } = await run([...args, 'config', '--json'], '', { EARSHOT_CONFIG });
      expect(objects(stdout).find(({ key }) => key === 'visibility')).toMatchObject({ value });
    }
  });

  test('a flag goes before the environment, the environment before the file', async () => {
    const { EARSHOT_CONFIG, folder } = fileOf('name = "of the file"\nhome = "kept"\ninterface = "127.0.0.1"\n');
    const env = { EARSHOT_NAME: 'of the environment' };
    expect(await nameOf([], { EARSHOT_CONFIG })).toBe('of the file');
    expect(await nameOf([], { EARSHOT_CONFIG, ...env })).toBe('of the environment');
    expect(await nameOf(['--name', 'of the flag'], { EARSHOT_CONFIG, ...env })).toBe('of the flag');
    expect(readFileSync(join(folder, 'kept/profile.json'), 'utf8')).toContain('"earshot"'); // home is relative to the file
  });

  test('config shows what is in force and where it comes from, as a file that says the same', async () => {
    const { EARSHOT_CONFIG } = fileOf('name = "Ann"\npeers = ["127.0.0.1:4000", "[::1]:4001"]\ndiscovery = false\nport = 4002\n');
    const env = { EARSHOT_CONFIG, EARSHOT_LINEAR: '1', EARSHOT_HOME: '/nowhere/at all', EARSHOT_NOTIFY_PRIVATE_TEXT: 'on' };
    const shown = await run(['--private', '--newcomers', 'all', '--port', '4003', 'config'], '', env);
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout.split('\n').slice(2)).toEqual([
      'name = "Ann"  # file',
      'home = "/nowhere/at all"  # environment EARSHOT_HOME',
      '# interface is not set  # default: all that lead to a local network',
      'port = 4003  # flag --port',
      'peers = [ "127.0.0.1:4000", "[::1]:4001" ]  # file',
      'discovery = false  # file',
      'visibility = "private"  # flag --visibility',
      'newcomers = "all"  # flag --newcomers',
      '# keep is not set  # default: 30 days, 100000 messages, 128 MB, 1000 MB in all',
      'linear = true  # environment EARSHOT_LINEAR',
      '# typing = true  # default',
      '# away-after = 20  # default',
      '# notify.bell = true  # default',
      '# notify.osc9 = true  # default',
      '# notify.desktop = false  # default',
      '# notify.quiet = "off"  # default',
      'notify.private-text = true  # environment EARSHOT_NOTIFY_PRIVATE_TEXT',
      '# log-level = "warning"  # default',
      '',
    ]);
    const again = await run(['config', '--json'], '', { EARSHOT_CONFIG: fileOf(shown.stdout).EARSHOT_CONFIG });
    expect(objects(again.stdout).map(({ key, value, from }) => [key, value, from])).toEqual([
      ['name', 'Ann', 'file'],
      ['home', '/nowhere/at all', 'file'],
      ['interface', null, 'default'],
      ['port', 4003, 'file'],
      ['peers', ['127.0.0.1:4000', '[::1]:4001'], 'file'],
      ['discovery', false, 'file'],
      ['visibility', 'private', 'file'],
      ['newcomers', 'all', 'file'],
      ['keep', null, 'default'],
      ['linear', true, 'file'],
      ['typing', true, 'default'],
      ['away-after', 20, 'default'],
      ['notify.bell', true, 'default'],
      ['notify.osc9', true, 'default'],
      ['notify.desktop', false, 'default'],
      ['notify.quiet', 'off', 'default'],
      ['notify.private-text', true, 'file'],
      ['log-level', 'warning', 'default'],
    ]);
  });

  test('flags take back what the file says', async () => {
    const { EARSHOT_CONFIG } = fileOf('discovery = false\nlinear = true\n');
    const { stdout } = await run(['--discovery', '--no-linear', 'config'], '', { EARSHOT_CONFIG });
    expect(stdout).toMatch(/^discovery = true {2}# flag/m);
    expect(stdout).toMatch(/^linear = false {2}# flag/m);
  });

  test('config --init writes a file that explains everything and sets nothing; never over another', async () => {
    const XDG_CONFIG_HOME = freshHome();
    const env = { EARSHOT_CONFIG: '', XDG_CONFIG_HOME };
    const path = join(XDG_CONFIG_HOME, 'earshot/config.toml');
    if (process.platform !== 'linux') Object.assign(env, { EARSHOT_CONFIG: path });
    expect(await run(['config', '--init'], '', env)).toEqual({ code: 0, stdout: `written: ${path}\n`, stderr: '' });
    const all = objects((await run(['config', '--json'], '', env)).stdout);
    expect(all.filter(({ from }) => from !== 'default')).toEqual([]);
    const text = readFileSync(path, 'utf8');
    for (const { key } of all) expect(text).toMatch(new RegExp(`^# ${String(key)} = `, 'm'));
    const set = text.replace(/^# (?=\S+ = )/gm, '');
    const { stdout, stderr } = await run(['config', '--json'], '', { EARSHOT_CONFIG: fileOf(set).EARSHOT_CONFIG });
    expect(stderr).toBe('');
    expect(objects(stdout).filter(({ from }) => from !== 'file')).toEqual([]); // what it shows can be set as it stands
    expect(await run(['config', '--init'], '', env)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/there already/),
    });
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test.each([
    ['nmae = "Ann"', /sets "nmae", but there is no such setting; did you mean name\?/],
    ['newcomer = "nothing"', /did you mean newcomers\?/],
    ['notify.bel = true', /sets "notify.bel", but there is no such setting; did you mean notify.bell\?/],
    ['[notify]\nquiet = "22-7"', /notify.quiet in .*: give two times of the day, 22:00-07:00, or off/],
    ['notify = true', /sets "notify", .*did you mean notify/],
    ['qqqqqqqqqqqq = 1', /no such setting; see: earshot config/],
    ['"\\u001b[31m\\u202e" = 1', /sets "␛\[31m\ufffd"/],
    ['[network]\nport = 1', /sets "network"/],
    ['name = "Ann', /line 1: not TOML/],
    ['name = "Ann"\n\nport : 4', /line 3: not TOML/],
    ['name = "Ann"\nname = "Bob"', /line 2: not TOML/],
    ['name = ""', /name in .*: a name has/],
    ['name = 7', /name in .*: give a text in quotes/],
    ['port = "4000"', /port in .*: give a number, without quotes/],
    ['port = 70000', /port in .*: give a port, 1 to 65535/],
    ['peers = ["nonsense"]', /peers in .*: give HOST:PORT/],
    ['discovery = "no"', /discovery in .*: give true or false/],
    ['keep = ["#builds 7"]', /keep in .*: write "7 days"/],
    ['visibility = "hidden"', /visibility in .*: give one of open, private, stealth/],
    ['newcomers = "some"', /newcomers in .*: give one of nothing, recent, all/],
    [new Uint8Array([0x6e, 0xff, 0xfe, 0x3d]), /is not text in UTF-8/],
    [`# ${'x'.repeat(70_000)}`, /has 70002 bytes/],
  ])('a damaged file is one line and 2: %j', async (text, message) => {
    const { EARSHOT_CONFIG } = fileOf(text);
    for (const command of ['id', 'config']) {
      const ended = await run(['--ephemeral', command], '', { EARSHOT_CONFIG });
      expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code: 2, stdout: '' });
      expect(ended.stderr).toMatch(message);
      expect(ended.stderr).toMatch(/^earshot: [^\n\x1b]+\n$/);
    }
    expect(await run(['--help'], '', { EARSHOT_CONFIG })).toMatchObject({ code: 0, stderr: '' });
  });

  test('a file that cannot be read, one asked for that is not there, and a wrong variable are 2', async () => {
    const folder = freshHome();
    mkdirSync(join(folder, 'config.toml'));
    for (const [env, message] of [
      [{ EARSHOT_CONFIG: join(folder, 'config.toml') }, /cannot be read/],
      [{ EARSHOT_CONFIG: join(folder, 'none.toml') }, /is not there/],
      [{ EARSHOT_PORT: '0' }, /^earshot: EARSHOT_PORT: give a port/],
      [{ EARSHOT_LINEAR: 'maybe' }, /^earshot: EARSHOT_LINEAR: give on or off/],
    ] as const) {
      const ended = await run(['--ephemeral', 'id'], '', env);
      expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code: 2, stdout: '' });
      expect(ended.stderr).toMatch(message);
    }
  });

  test('only what was typed is told to change nothing where a peer runs already', async () => {
    const home = freshHome();
    const { EARSHOT_CONFIG } = fileOf(`name = "Ann"\nhome = ${JSON.stringify(home)}\nnewcomers = "all"\n`);
    const running = start(...ALONE, '--home', home, 'listen', '--json');
    await addressOf(running);
    expect(await run(['id'], '', { EARSHOT_CONFIG })).toMatchObject({ code: 0, stderr: '' });
    const typed = await run(['--newcomers', 'all', 'id'], '', { EARSHOT_CONFIG });
    expect(typed.stderr).toMatch(/; --newcomers of this command changes nothing\n$/);
  });
});
