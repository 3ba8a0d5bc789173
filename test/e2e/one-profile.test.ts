import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { whyNotBuilt } from './built.ts';
import { ALONE, addressOf, cleanUp, freshHome, objects, run, start } from './command.ts';

jest.setTimeout(60_000);
afterEach(cleanUp);

const suite = whyNotBuilt === undefined ? describe : describe.skip;

const texts = (lines: readonly Readonly<Record<string, unknown>>[]): readonly unknown[] =>
  lines.filter(({ type }) => type === 'message').map(({ text }) => text);

suite(`one profile, one peer${whyNotBuilt === undefined ? '' : ` (skipped: ${whyNotBuilt})`}`, () => {
  test('what a second command is to do is done by the running one, with the same output and codes', async () => {
    const home = freshHome();
    const bob = start(...ALONE, '--ephemeral', '--name', 'bob', 'listen', '--json');
    const at = await addressOf(bob);
    const alice = start(...ALONE, '--home', home, '--name', 'alice', '--peer', at, 'chat');
    await bob.line({ type: 'peer', event: 'joined' });
    const sent = await run(['--home', home, 'send', '--json'], 'one\ntwo\n');
    expect(sent).toMatchObject({ code: 0, stderr: '' });
    expect(objects(sent.stdout).at(-1)).toEqual({ type: 'summary', sent: 2, delivered: 2, peers: 1 });
    const here = await run(['--home', home, 'peers', '--json']);
    expect(objects(here.stdout)).toMatchObject([{ type: 'peer', name: 'bob' }]);
    const own = await run(['--home', home, 'id', '--json']);
    const joined = await bob.line({ type: 'peer', event: 'joined', name: 'alice' });
    expect(objects(own.stdout)).toEqual([{ type: 'id', id: joined.id, name: 'alice', fingerprint: expect.any(String) }]);
    const long = await run(['--home', home, 'send'], 'x'.repeat(9_000));
    expect(long.code).toBe(2);
    alice.type('three\n');
    alice.endInput();
    const chat = await alice.ended;
    expect(chat).toMatchObject({ code: 0, stderr: '' });
    expect(chat.stdout).toMatch(/"three" delivered to bob/);
    await bob.line({ type: 'message', text: 'three' });
    expect(texts(bob.lines)).toEqual(['one', 'two', 'three']);
  });

  test('what is said and changed beside an open chat, by a command or another chat, is shown in it once', async () => {
    const home = freshHome();
    const chat = start(...ALONE, '--home', home, '--name', 'alice', '--linear', 'chat');
    await chat.until(() => chat.stdout.includes('You are alice'), 'beginning of the chat');
    const beside = start('--home', home, ...ALONE, '--linear', 'chat');
    await beside.until(() => beside.stdout.includes('You are alice'), 'beginning of the second chat');
    const sent = await run(['--home', home, 'send', '--wait', 'queued', '--json', 'soup at noon']);
    const { id } = objects(sent.stdout).find(({ type }) => type === 'sent') ?? {};
    await run(['--home', home, 'edit', String(id), 'soup at one']);
    await run(['--home', home, 'react', String(id), ':tada:']);
    for (const shown of [chat, beside]) {
      await shown.until(() => shown.stdout.includes('reacted'), 'reaction');
      const lines = shown.stdout.split('\n').flatMap((line) => line.match(/#lobby alice.*/) ?? []);
      expect(lines).toEqual([
        '#lobby alice: soup at noon',
        '#lobby alice changed "soup at noon" to: soup at one',
        '#lobby alice reacted 🎉 to alice\'s "soup at one"',
      ]);
    }
  });

  test('several sends at once are each said once and confirmed, whoever of them holds the profile', async () => {
    const bob = start(...ALONE, '--ephemeral', '--name', 'bob', 'listen', '--json');
    const at = await addressOf(bob);
    const home = freshHome();
    const words = ['one', 'two', 'three', 'four'];
    const sent = await Promise.all(
      words.map((word) => run([...ALONE, '--home', home, '--peer', at, 'send', '--json', '--timeout', '20', word])),
    );
    for (const { code, stdout } of sent) {
      expect(objects(stdout).at(-1)).toEqual({ type: 'summary', sent: 1, delivered: 1, peers: 1 });
      expect(code).toBe(0);
    }
    await bob.until(() => texts(bob.lines).length >= words.length, 'all messages');
    expect([...texts(bob.lines)].sort()).toEqual([...words].sort());
  });

  test('an id is the same without a running peer', async () => {
    const home = freshHome();
    const first = await run(['--home', home, 'id', '--json']);
    const second = await run(['--home', home, 'id', '--json']);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(second).toEqual(first);
  });

  test('a listener whose running peer is killed takes the profile over and goes on', async () => {
    const home = freshHome();
    const owner = start(...ALONE, '--home', home, '--name', 'alice', 'listen', '--json');
    const at = await addressOf(owner);
    const guest = start('--home', home, ...ALONE, 'listen', '--json');
    await guest.line({ type: 'ready' });
    await run([...ALONE, '--ephemeral', '--peer', at, 'send', 'before']);
    await guest.line({ type: 'message', text: 'before' });
    await owner.kill();
    const sent = await run([...ALONE, '--ephemeral', '--peer', at, 'send', '--timeout', '20', 'after']);
    expect(sent.code).toBe(0);
    await guest.line({ type: 'message', text: 'after' });
    expect(texts(guest.lines)).toEqual(['before', 'after']);
    expect(guest.lines.filter(({ type }) => type === 'ready').length).toBe(1);
    guest.signal('SIGINT');
    expect((await guest.ended).code).toBe(130);
  });

  test('what was said while somebody was away reaches them late, once, and nothing else does', async () => {
    const [alices, bobs] = [freshHome(), freshHome()];
    const alice = start(...ALONE, '--home', alices, '--name', 'alice', 'listen', '--json');
    const at = await addressOf(alice);
    const bob = start(...ALONE, '--home', bobs, '--name', 'bob', '--peer', at, 'listen', '--json');
    const { id } = await alice.line({ type: 'peer', event: 'joined', name: 'bob' });
    const first = await run(['--home', alices, 'send', '--to', String(id), 'here']);
    expect(first.code).toBe(0);
    await bob.line({ type: 'message', text: 'here' });
    await bob.kill();
    const second = await run(['--home', alices, 'send', '--json', '--timeout', '4', '--to', String(id), 'away']);
    expect(second.code).toBe(4);
    expect(objects(second.stdout).at(-1)).toEqual({ type: 'summary', sent: 1, delivered: 0, peers: 0, queued: true });
    const back = start(...ALONE, '--home', bobs, '--name', 'bob', '--peer', at, 'listen', '--json');
    expect(await back.line({ type: 'message', text: 'away' })).toMatchObject({ late: true, to: id });
    expect(texts(back.lines)).toEqual(['away']);
  });

  test('two sends at once do not acknowledge each other', async () => {
    const carol = start(...ALONE, '--ephemeral', '--name', 'carol', 'listen', '--json');
    const at = await addressOf(carol);
    const [home, other] = [freshHome(), freshHome()];
    await run([...ALONE, '--home', home, '--peer', at, 'listen', '--timeout', '0.5']);
    const port = String(
      (await run(['--home', home, ...ALONE, 'listen', '--json', '--timeout', '0.1'])).stdout.match(/"port":(\d+)/)?.[1],
    );
    const [one, two] = await Promise.all([
      run([...ALONE, '--home', home, '--peer', at, 'send', '--json', '--peers', '2', '--timeout', '8', 'one']),
      run([
        ...ALONE,
        '--home',
        other,
        '--peer',
        at,
        '--peer',
        `127.0.0.1:${port}`,
        'send',
        '--json',
        '--peers',
        '2',
        '--timeout',
        '8',
        'two',
      ]),
    ]);
    for (const sent of [one, two]) {
      expect(sent.code).toBe(4);
      expect(objects(sent.stdout).filter(({ type }) => type === 'delivered')).toMatchObject([{ peer: { name: 'carol' } }]);
    }
  });
});
