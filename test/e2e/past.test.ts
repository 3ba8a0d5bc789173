import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { whyNotBuilt } from './built.ts';
import { ALONE, addressOf, cleanUp, freshHome, objects, run, start } from './command.ts';

jest.setTimeout(120_000);
afterEach(cleanUp);

const suite = whyNotBuilt === undefined ? describe : describe.skip;
const texts = (stdout: string): readonly unknown[] => objects(stdout).map(({ text }) => text);

suite(`what was said before${whyNotBuilt === undefined ? '' : ` (skipped: ${whyNotBuilt})`}`, () => {
  test('is shown, found, changed and taken back, by whoever holds the profile', async () => {
    const [annHome, bobHome] = [freshHome(), freshHome()];
    const bob = start(...ALONE, '--home', bobHome, '--name', 'bob', 'up', '--json');
    const at = await addressOf(bob);
    const ann = start(...ALONE, '--home', annHome, '--name', 'ann', '--peer', at, 'up', '--json');
    await ann.line({ type: 'ready' });
    expect((await run(['--home', annHome, 'send', 'soup at noon'])).code).toBe(0);
    const said = await run(['--home', bobHome, 'history', 'lobby', '--json']);
    const [message] = objects(said.stdout);
    expect(message).toMatchObject({ type: 'message', room: 'lobby', from: { name: 'ann' }, text: 'soup at noon' });
    const id = String(message?.id);
    expect(texts((await run(['--home', bobHome, 'search', 'SOUP', '--json'])).stdout)).toEqual(['soup at noon']);

    const listener = start('--home', bobHome, 'listen', '--json');
    await listener.line({ type: 'message', text: 'soup at noon', late: true }); // nobody had read it
    expect((await run(['--home', annHome, 'edit', id.slice(0, 8), 'soup at one'])).code).toBe(0);
    await listener.line({ type: 'edit', of: id, text: 'soup at one' });
    expect((await run(['--home', bobHome, 'react', id, '👍'])).code).toBe(0);
    expect((await run(['--home', bobHome, 'edit', id, 'mine now'])).code).toBe(2);
    expect((await run(['--home', bobHome, 'send', '--reply-to', id, 'yes'])).code).toBe(0);
    const ann1 = await run(['--home', annHome, 'history', '--json']);
    expect(objects(ann1.stdout)).toMatchObject([
      { text: 'soup at one', edited: true, edits: [{ text: 'soup at noon' }], reactions: [{ emoji: '👍' }] },
      { text: 'yes', replyTo: id },
    ]);
    expect((await run(['--home', annHome, 'delete', id])).code).toBe(0);
    await listener.line({ type: 'delete', of: id });
    expect((await run(['--home', bobHome, 'search', 'soup'])).code).toBe(3);
  });

  test("what waits for somebody survives everybody's end, is told, may be given up, and arrives once", async () => {
    const [annHome, bobHome] = [freshHome(), freshHome()];
    const bob = start(...ALONE, '--home', bobHome, '--name', 'bob', 'up', '--json');
    const at = await addressOf(bob);
    const ann = start(...ALONE, '--home', annHome, '--name', 'ann', '--peer', at, 'up', '--json');
    await ann.line({ type: 'ready' });
    expect((await run(['--home', annHome, 'send', 'one'])).code).toBe(0);
    await bob.kill();
    expect((await run(['--home', annHome, 'send', '--wait', 'queued', '--json'], 'two\nthree\n')).code).toBe(0);
    expect((await run(['--home', annHome, 'send', '--wait', 'queued', '--to', 'bob', 'four'])).code).toBe(0);
    await ann.kill();
    const queued = objects((await run(['--home', annHome, 'queue', '--json'])).stdout);
    expect(queued).toMatchObject([
      { type: 'queued', text: 'two', room: 'lobby', delivered: [], waiting: [{ name: 'bob' }] },
      { type: 'queued', text: 'three' },
      { type: 'queued', text: 'four', waiting: [{ name: 'bob' }] },
    ]);
    const status = objects((await run(['--home', annHome, 'status', '--json'])).stdout);
    expect(status).toMatchObject([{ type: 'status', running: false, queued: 3, rooms: [{ room: 'lobby', joined: true }] }]);
    expect((await run(['--home', annHome, 'queue', 'drop', String(queued[2]?.id)])).code).toBe(0);
    expect((await run(['--home', annHome, 'queue', 'drop', String(queued[2]?.id)])).code).toBe(3);
    const back = start(...ALONE, '--home', bobHome, '--name', 'bob', 'listen', '--json');
    const ann2 = start(...ALONE, '--home', annHome, '--name', 'ann', '--peer', await addressOf(back), 'up', '--json');
    await ann2.line({ type: 'ready' });
    await back.line({ type: 'message', text: 'two' });
    await back.line({ type: 'message', text: 'three' });
    expect((await run(['--home', annHome, 'send', '--to', 'bob', 'five'])).code).toBe(0);
    await back.line({ type: 'message', text: 'five' });
    const heard = back.lines.filter(({ type }) => type === 'message').map(({ text }) => text);
    expect(heard).toEqual(['one', 'two', 'three', 'five']); // the first was taken by a peer without a screen, and not read
    expect((await run(['--home', annHome, 'queue', '--json'])).stdout).toBe('');
  });

  test('wrong words are told in one line', async () => {
    const home = freshHome();
    for (const args of [
      ['history', '--since', 'soon'],
      ['history', 'no room'],
      ['search', 'NOT'],
      ['queue', 'eat'],
      ['edit', 'xyz', 'a'],
    ]) {
      const { code, stderr, stdout } = await run(['--home', home, ...args]);
      expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: '' });
      expect(stderr).toMatch(/^earshot: [^\n]+\n$/);
    }
  });
});
