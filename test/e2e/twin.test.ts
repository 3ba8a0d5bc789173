import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { whyNotBuilt } from './built.ts';
import { ALONE, addressOf, cleanUp, freshHome, run, start } from './command.ts';

jest.setTimeout(120_000);
afterEach(cleanUp);

const suite = whyNotBuilt === undefined ? describe : describe.skip;

suite(`one key in two places${whyNotBuilt === undefined ? '' : ` (skipped: ${whyNotBuilt})`}`, () => {
  test('is told to both and to whoever meets both, who hears one of them and is not tossed to and fro', async () => {
    const [one, two, file] = [freshHome(), freshHome(), join(freshHome(), 'backup')];
    const secret = join(freshHome(), 'secret');
    writeFileSync(secret, 'correct horse\n');
    expect((await run(['--home', one, 'id'])).code).toBe(0);
    expect((await run(['--home', one, 'export', file, '--passphrase-file', secret])).code).toBe(0);
    expect((await run(['--home', two, 'import', file, '--passphrase-file', secret])).code).toBe(0);
    const bob = start(...ALONE, '--home', freshHome(), '--name', 'bob', 'listen', '--json');
    const at = await addressOf(bob);
    const first = start(...ALONE, '--home', one, '--name', 'ann', '--peer', at, 'listen', '--json');
    await bob.line({ type: 'peer', event: 'joined', name: 'ann' });
    const peers = ['--peer', at, '--peer', await addressOf(first)];
    const second = start(...ALONE, '--home', two, '--name', 'ann', ...peers, 'listen', '--json');
    await second.line({ type: 'ready' });
    await second.until(() => second.stderr.includes('uses your key'), 'a warning');
    await bob.until(() => bob.stderr.includes('is in two places at once'), 'a warning');
    expect((await run(['--home', two, 'send', 'heard'])).code).toBe(0);
    await bob.line({ type: 'message', text: 'heard' });
    const left = bob.lines.filter(({ type, event }) => type === 'peer' && event === 'left');
    expect(left.length).toBeLessThanOrEqual(1);
  });
});
