import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { connectToOwner, takeLock } from '../../src/platform/lock.ts';
import { bundle, run } from './child.ts';
import { temporaryFolder } from './temporary.ts';

const CHILD = `
import { takeLock } from '/src/platform/lock.ts';
const report = (text: string): void => { process.stdout.write(text + '\\n'); };
process.stdin.once('data', () => {
  takeLock(process.argv[2] ?? '').then(() => report('owner'), (error) => report(error.code));
});
report('ready');
setTimeout(() => {}, 1e6);
`;

const sockets = (folder: string): readonly string[] => readdirSync(folder).filter((name) => name.endsWith('.sock'));

describe('the lock of a profile', () => {
  test('is taken by one and refused to another, who is told by which process', async () => {
    const home = temporaryFolder();
    const lock = await takeLock(home);
    await expect(takeLock(home)).rejects.toMatchObject({
      code: 'profile-in-use',
      message: expect.stringContaining(`process ${process.pid}`),
    });
    await lock.release();
  });

  test('is free again after its release, with nothing left behind', async () => {
    const home = temporaryFolder();
    await (await takeLock(home)).release();
    expect(sockets(home)).toEqual([]);
    await (await takeLock(home)).release();
  });

  test('is a socket that only this user may use', async () => {
    const home = temporaryFolder();
    const lock = await takeLock(home);
    expect(sockets(home).map((name) => statSync(join(home, name)).mode & 0o777)).toEqual([0o600]);
    await lock.release();
  });

  test('is won by exactly one of many that start in one process', async () => {
    const home = temporaryFolder();
    for (let round = 0; round < 20; round++) {
      const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => takeLock(home)));
      const won = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      const lost = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : []));
      expect([won.length, ...lost]).toEqual([1, ...Array.from({ length: 7 }, () => 'profile-in-use')]);
      await won[0]?.release();
    }
    expect(sockets(home)).toEqual([]);
  });

  test('is won by exactly one of several processes, also over what a killed owner left', async () => {
    const home = temporaryFolder();
    const script = await bundle(CHILD);
    for (let round = 0; round < 3; round++) {
      const children = Array.from({ length: 6 }, () => run(script, home));
      for (const child of children) await child.line();
      for (const child of children) child.process.stdin?.write('go\n');
      const outcomes = await Promise.all(children.map((child) => child.line()));
      expect([...outcomes].sort()).toEqual(['owner', ...Array.from({ length: 5 }, () => 'profile-in-use')]);
      await Promise.all(children.map((child) => child.kill()));
      expect(sockets(home)).toHaveLength(1); // the killed owner's
    }
    const lock = await takeLock(home);
    expect(sockets(home)).toHaveLength(1);
    await lock.release();
  });

  test('of an owner that is stopped, not dead, is not taken away', async () => {
    const home = temporaryFolder();
    const child = run(await bundle(CHILD), home);
    await child.line();
    child.process.stdin?.write('go\n');
    expect(await child.line()).toBe('owner');
    child.process.kill('SIGSTOP');
    await expect(takeLock(home)).rejects.toMatchObject({ code: 'profile-in-use' });
    await child.kill();
    await (await takeLock(home)).release();
  });

  test('a socket that speaks something else counts as an owner', async () => {
    const home = temporaryFolder();
    const server = createServer((socket) => socket.end('hello\n'));
    await new Promise<void>((resolve) => server.listen(join(home, 'peer-0123456789ab.sock'), resolve));
    await expect(takeLock(home)).rejects.toMatchObject({ code: 'profile-in-use' });
    await new Promise((resolve) => server.close(resolve));
  });

  test('works in a home whose path is too long for a socket', async () => {
    const home = join(temporaryFolder(), 'a-long-folder-name-'.repeat(8));
    mkdirSync(home);
    const lock = await takeLock(home);
    await expect(takeLock(home)).rejects.toMatchObject({ code: 'profile-in-use' });
    const link = join(temporaryFolder(), 'link');
    symlinkSync(home, link);
    for (const path of [home, link]) {
      const client = await connectToOwner(path);
      expect(client).toBeDefined();
      client?.destroy();
    }
    await lock.release();
    expect(await connectToOwner(home)).toBeUndefined();
  });

  test('of a home with a long path is not put into a folder that others may use', async () => {
    const home = join(temporaryFolder(), 'a-long-folder-name-'.repeat(8));
    const shared = temporaryFolder();
    mkdirSync(home);
    chmodSync(shared, 0o777);
    writeFileSync(join(home, 'sockets'), shared);
    await expect(takeLock(home)).rejects.toMatchObject({
      code: 'profile-not-writable',
      message: expect.stringContaining(shared),
    });
  });

  test('cannot be had in a folder that is not there', async () => {
    await expect(takeLock(join(temporaryFolder(), 'absent'))).rejects.toMatchObject({ code: 'profile-not-writable' });
    expect(await connectToOwner(join(temporaryFolder(), 'absent'))).toBeUndefined();
  });
});
