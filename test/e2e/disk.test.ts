import { spawn, spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { Random } from '../sim/random.ts';
import { COMMAND, whyNotBuilt } from './built.ts';
import { ALONE, addressOf, cleanUp, freshHome, objects, type Running, run, start } from './command.ts';

jest.setTimeout(24 * 3_600_000);
afterEach(cleanUp);

const SEED = Number(process.env.EARSHOT_SEED ?? 815);
/** Of each side; `EARSHOT_KILLS=500` makes the long run. */
const KILLS = Number(process.env.EARSHOT_KILLS ?? 8);

const suite = whyNotBuilt === undefined ? describe : describe.skip;
/** Whether a private mount can be made here. */
const mayMount =
  process.platform === 'linux' && spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;

/** The command with its home on a file system of its own. @param then what is done with the mount before it starts. */
const runMounted = (mount: string, then: string, args: string): { readonly status: number | null; readonly out: string } => {
  const home = freshHome();
  const script = `mount -t tmpfs -o ${mount} tmpfs ${home} && ${then} exec ${process.execPath} ${COMMAND} ${ALONE.join(' ')} --home ${home}/h ${args}`;
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  const ended = spawnSync('unshare', ['-m', 'sh', '-c', script.replaceAll('HOME', home)], { env, timeout: 30_000, input: '' });
  return { status: ended.status, out: `${ended.stdout}${ended.stderr}` };
};

const messages = (process: Running): readonly Readonly<Record<string, unknown>>[] =>
  process.lines.filter(({ type }) => type === 'message');

suite(`what is on the disk, seed ${SEED}${whyNotBuilt === undefined ? '' : ` (skipped: ${whyNotBuilt})`}`, () => {
  test(`an author killed ${KILLS} times at any moment loses nothing it called sent, and uses no number twice`, async () => {
    const random = new Random(SEED);
    const home = freshHome();
    const bob = start(...ALONE, '--home', freshHome(), '--name', 'bob', 'listen', '--json');
    const at = await addressOf(bob);
    const args = [...ALONE, '--home', home, '--name', 'alice', '--peer', at, 'send', '--json', '--timeout', '60'];
    const sent = new Map<unknown, unknown>();
    for (let kill = 0; kill < KILLS; kill++) {
      const alice = start(...args);
      const lines = 1 + random.below(40);
      for (let line = 0; line < lines; line++) alice.type(`${kill} ${line}\n`);
      const enough = random.below(lines + 1);
      const isFar = (): boolean => alice.lines.filter(({ type }) => type === 'sent').length >= enough;
      await alice.until(isFar, `${enough} sent`);
      await alice.kill();
      for (const { type, id, seq } of alice.lines) if (type === 'sent') sent.set(id, seq);
    }
    const last = await run(args, 'the end\n');
    expect(last).toMatchObject({ code: 0, stderr: '' });
    await bob.line({ type: 'message', text: 'the end' });
    const heard = messages(bob);
    const ids = heard.map(({ id }) => id);
    const numbers = heard.map(({ seq }) => Number(seq));
    expect(new Set(ids).size).toBe(ids.length);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect([...sent.keys()].filter((id) => !ids.includes(id))).toEqual([]);
    for (const { id, seq } of heard) if (sent.has(id)) expect(seq).toBe(sent.get(id));
  });

  test(`a reader killed ${KILLS} times at any moment misses nothing; what it may have been shown before comes again only as late`, async () => {
    const random = new Random(SEED + 1);
    const [home, alices] = [freshHome(), freshHome()];
    // both know where the other is: nobody waits for silence to be noticed
    const first = await run([...ALONE, '--home', alices, 'listen', '--json', '--timeout', '0.1']);
    const alicesPort = String(objects(first.stdout)[0]?.port);
    const bobArgs = [...ALONE, '--home', home, '--name', 'bob', '--peer', `127.0.0.1:${alicesPort}`, 'listen', '--json'];
    let bob = start(...bobArgs);
    const at = await addressOf(bob);
    const alice = start(...ALONE, '--home', alices, '--name', 'alice', '--peer', at, 'chat');
    await bob.line({ type: 'peer', event: 'joined' });
    const heard: Readonly<Record<string, unknown>>[] = [];
    let said = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      for (let line = 0; line < 10; line++) alice.type(`line ${++said}\n`);
      const before = messages(bob).length;
      const enough = before + random.below(8);
      await bob.until(() => messages(bob).length >= enough, `${enough} messages`);
      await bob.kill();
      heard.push(...messages(bob));
      bob = start(...bobArgs);
      await bob.line({ type: 'peer', event: 'joined', name: 'alice' });
    }
    alice.type('the end\n');
    await bob.line({ type: 'message', text: 'the end' });
    heard.push(...messages(bob));
    const live = heard.filter(({ late }) => late !== true).map(({ seq }) => Number(seq));
    expect(live).toEqual([...new Set(live)].sort((a, b) => a - b));
    expect([...new Set(heard.map(({ text }) => text))]).toHaveLength(said + 1);
    const seen = new Set<unknown>();
    const again = heard.filter(({ id }) => seen.size === seen.add(id).size);
    expect(again.filter(({ late }) => late !== true)).toEqual([]);
    const history = objects((await run(['--home', home, 'history', 'lobby', '--limit', '10000', '--json'])).stdout);
    expect(history.map(({ text }) => text)).toEqual([...Array.from({ length: said }, (_, i) => `line ${i + 1}`), 'the end']);
  });

  test('a torn or damaged log is said, set aside and gone on from, with no number used twice', async () => {
    const random = new Random(SEED + 2);
    const home = freshHome();
    const bob = start(...ALONE, '--home', freshHome(), '--name', 'bob', 'listen', '--json');
    const at = await addressOf(bob);
    const args = [...ALONE, '--home', home, '--name', 'alice', '--peer', at, 'send', '--json', '--timeout', '30'];
    const log = join(home, 'log');
    const segment = (): string => join(log, readdirSync(log).find((name) => name.endsWith('.seg')) ?? '');
    for (let round = 0; round < 6; round++) {
      const ended = await run(args, `a${round}\nb${round}\nc${round}\n`);
      expect({ round, code: ended.code }).toEqual({ round, code: 0 });
      await bob.line({ type: 'message', text: `c${round}` });
      const bytes = readFileSync(segment());
      if (round % 2 === 0) truncateSync(segment(), bytes.length - 1 - random.below(60));
      else {
        const at = 20 + random.below(30); // in the first record: what follows it is whole
        bytes[at] = (bytes[at] ?? 0) ^ 0x40;
        writeFileSync(segment(), bytes);
      }
    }
    expect(readdirSync(log).some((name) => name.includes('.damaged'))).toBe(true);
    const heard = messages(bob);
    expect(heard.map(({ text }) => text)).toEqual(Array.from({ length: 6 }, (_, i) => [`a${i}`, `b${i}`, `c${i}`]).flat());
    expect(new Set(heard.map(({ id }) => id)).size).toBe(heard.length);
  });

  test('damaged keys are never overwritten: code 6 and one line that says so, for every command', async () => {
    const home = freshHome();
    const file = join(home, 'profile.json');
    expect((await run(['--home', home, 'id'])).code).toBe(0);
    const good = readFileSync(file);
    const damaged: readonly (readonly [string, Buffer])[] = [
      ['empty', Buffer.alloc(0)],
      ['zeros', Buffer.alloc(good.length)],
      ['cut', good.subarray(0, good.length / 2)],
      [
        'another digit',
        Buffer.from(good.toString().replace(/"signing": "(.)/, (_, digit) => `"signing": "${digit === '0' ? 1 : 0}`)),
      ],
      ['no JSON', Buffer.from('not mine')],
    ];
    for (const [what, bytes] of damaged) {
      writeFileSync(file, bytes);
      for (const command of [['id'], ['listen', '--timeout', '1'], ['send', 'hi'], ['peers']]) {
        const ended = await run([...ALONE, '--home', home, ...command]);
        expect({ what, command, code: ended.code, stdout: ended.stdout }).toEqual({ what, command, code: 6, stdout: '' });
        expect(ended.stderr).toMatch(/^earshot: [^\n]*profile\.json[^\n]*\n$/);
        expect(readFileSync(file).equals(bytes)).toBe(true);
      }
    }
    unlinkSync(file);
    symlinkSync(join(home, 'not-mounted', 'profile.json'), file); // keys kept elsewhere, and that place is not there now
    const ended = await run([...ALONE, '--home', home, 'id']);
    expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code: 6, stdout: '' });
    const bare = freshHome();
    symlinkSync(join(bare, 'not-mounted', 'profile.json'), join(bare, 'profile.json'));
    expect((await run([...ALONE, '--home', bare, 'id'])).code).toBe(6);
    expect(lstatSync(join(bare, 'profile.json')).isSymbolicLink()).toBe(true);
    unlinkSync(file);
    mkdirSync(file);
    expect((await run([...ALONE, '--home', home, 'id'])).code).toBe(6);
  });

  (mayMount ? test : test.skip)(
    'a home that is read-only, full from the start, or too small for talk is 6, in words (skipped without the right to mount)',
    () => {
      const readOnly = runMounted('size=1m', 'mkdir HOME/h && mount -o remount,ro HOME &&', 'id');
      expect(readOnly).toEqual({ status: 6, out: expect.stringMatching(/^earshot: [^\n]+\n$/) });
      const full = runMounted(
        'size=16k',
        'mkdir HOME/h && (dd if=/dev/zero of=HOME/fill bs=4k 2>/dev/null; true) &&',
        'listen --timeout 1',
      );
      expect(full).toEqual({ status: 6, out: expect.stringMatching(/^earshot: [^\n]+\n$/) });
    },
  );

  (mayMount ? test : test.skip)(
    'a disk that fills up in the middle: what cannot be kept is not sent, and said (skipped without the right to mount)',
    async () => {
      const bob = start(...ALONE, '--ephemeral', '--name', 'bob', 'listen', '--json');
      const at = await addressOf(bob);
      const home = freshHome();
      const args = `--home ${home}/h --peer ${at} send --json --timeout 20`;
      const script = `mount -t tmpfs -o size=200k tmpfs ${home} && exec ${process.execPath} ${COMMAND} ${ALONE.join(' ')} ${args}`;
      const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
      const child = spawn('unshare', ['-m', 'sh', '-c', script], { env, timeout: 60_000 });
      const sent: unknown[] = [];
      let error = '';
      child.stdin.on('error', () => undefined); // it ends before its input does
      child.stderr.on('data', (piece) => {
        error += String(piece);
      });
      // ten lines, and ten more for every ten that are sent: a turn is written whole or not at all
      const say = (): boolean => child.stdin.write(`${'x'.repeat(1_000)}\n`.repeat(10));
      createInterface({ input: child.stdout }).on('line', (line) => {
        const [object] = objects(line);
        if (object?.type !== 'sent') return;
        sent.push(object.id);
        if (sent.length % 10 === 0) say();
      });
      say();
      const code = await new Promise((resolve) => child.on('close', resolve));
      expect({ code, error }).toEqual({ code: 6, error: expect.stringMatching(/the disk is full/) });
      expect(sent.length).toBeGreaterThan(10);
      await bob.until(() => messages(bob).length >= sent.length, 'all that was sent');
      expect(messages(bob).map(({ id }) => id)).toEqual(sent);
    },
  );
});
