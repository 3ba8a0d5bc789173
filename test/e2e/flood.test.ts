import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { instant } from '../../src/base/time.ts';
import { makeIdentity } from '../../src/crypto/identity.ts';
import { nodeSuite } from '../../src/crypto/primitives/node-suite.ts';
import { Opening } from '../../src/transport/handshake.ts';
import { Random } from '../sim/random.ts';
import { whyNotBuilt } from './built.ts';
import { ALONE, addressOf, cleanUp, type Running, run, start } from './command.ts';
import { AttackSocket, closeSockets, liarAt } from './liar-socket.ts';

jest.setTimeout(300_000);
afterEach(async () => {
  closeSockets();
  await cleanUp();
});

const SEED = Number(process.env.EARSHOT_SEED ?? 4711);
/** A million takes about a minute: EARSHOT_ATTACK_DATAGRAMS=1000000. */
const DATAGRAMS = Number(process.env.EARSHOT_ATTACK_DATAGRAMS ?? 30_000);
const BATCH = 2_000;
const MB = 2 ** 20;
/** Between two looks at a process that does nothing else: the collector's own ups and downs. */
const RSS_MARGIN = 12 * MB;

const why = whyNotBuilt ?? (process.platform === 'linux' ? undefined : 'the memory of a process is read from /proc');
const suite = why === undefined ? describe : describe.skip;

const rssOf = (process: Running): number =>
  1024 * Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${process.pid}/status`, 'utf8'))?.[1]);

/** A small young generation: what is held shows sooner. */
const startWatched = (...args: readonly string[]): Running => {
  process.env.NODE_OPTIONS = '--max-semi-space-size=1 --max-old-space-size=96';
  try {
    return start(...args);
  } finally {
    delete process.env.NODE_OPTIONS;
  }
};

const newInitiation = (random: Random): Uint8Array => {
  const identity = makeIdentity(nodeSuite, random.bytes(32), random.bytes(32), 1);
  const party = { suite: nodeSuite, identity, boot: random.bytes(8), name: () => 'x', knownSerial: () => undefined };
  const to = { host: '127.0.0.1', port: 1 };
  const opening = new Opening(instant(0), { party, to, localId: random.u32(), ephemeralSeed: random.bytes(32), purpose: 'dial' });
  return opening.initiation(instant(0));
};

const mutated = (random: Random, bytes: Uint8Array): Uint8Array => {
  const copy = bytes.slice();
  for (let flips = random.below(4); flips >= 0; flips--) copy[random.below(copy.length)] = random.below(256);
  if (random.chance(0.2)) return copy.subarray(0, random.below(copy.length));
  if (random.chance(0.1)) return Uint8Array.from([...copy, ...random.bytes(random.below(700))]);
  return copy;
};

suite(`floods from strangers, seed ${SEED}${why === undefined ? '' : ` (skipped: ${why})`}`, () => {
  test(`${DATAGRAMS} random and damaged datagrams: memory stays, talk goes on, and nothing is amplified`, async () => {
    const random = new Random(SEED);
    const bob = startWatched(...ALONE, '--ephemeral', '--name', 'bob', 'listen', '--json');
    const at = await addressOf(bob);
    const alice = start(...ALONE, '--ephemeral', '--name', 'alice', '--peer', at, 'send', '--json', '--timeout', '250');
    const known = await liarAt(at, 'mallory');
    const samples = [...known.sent, ...Array.from({ length: 20 }, () => newInitiation(random))];
    const sockets = await Promise.all(Array.from({ length: 16 }, () => AttackSocket.open(at)));
    let said = 0;
    let settled = 0;
    for (let sent = 0; sent < DATAGRAMS; sent += BATCH) {
      for (let i = 0; i < BATCH; i += 100) {
        await Promise.all(
          Array.from({ length: 100 }, (_, k) => {
            const kind = random.below(8);
            const length = kind === 0 ? random.below(60_000) : random.below(1_300);
            const bytes = kind < 3 ? random.bytes(length) : mutated(random, random.pick(samples));
            return sockets[(i + k) % sockets.length]?.send(bytes);
          }),
        );
      }
      said += 1;
      alice.type(`line ${said}\n`);
      await bob.line({ type: 'message', text: `line ${said}` });
      if (sent >= DATAGRAMS / 4 && settled === 0) settled = rssOf(bob);
    }
    const [bytesIn, bytesOut] = [0, 0].map((_, i) =>
      sockets.reduce((sum, one) => sum + (i === 0 ? one.bytesOut : one.bytesIn), 0),
    );
    expect(bytesOut).toBeLessThanOrEqual(bytesIn ?? 0);
    expect(rssOf(bob) - settled).toBeLessThan(RSS_MARGIN);
    alice.endInput();
    expect(await alice.ended).toMatchObject({ code: 0, stderr: '' });
    expect(bob.lines.filter(({ type }) => type === 'message').map(({ text }) => text)).toEqual(
      Array.from({ length: said }, (_, i) => `line ${i + 1}`),
    );
    expect(bob.stderr).toBe('');
  });

  test('initiations from a thousand ports: talk goes on, no more bytes come back than went there, and somebody new gets in', async () => {
    const random = new Random(SEED + 1);
    const bob = start(...ALONE, '--ephemeral', '--name', 'bob', 'listen', '--json');
    const at = await addressOf(bob);
    const alice = start(...ALONE, '--ephemeral', '--name', 'alice', '--peer', at, 'send', '--json', '--timeout', '250');
    alice.type('before\n');
    await bob.line({ type: 'message', text: 'before' });
    const sockets = await Promise.all(Array.from({ length: 1_000 }, () => AttackSocket.open(at)));
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < sockets.length; i += 50) {
        await Promise.all(sockets.slice(i, i + 50).map((socket) => socket.send(newInitiation(random))));
      }
      alice.type(`during ${round}\n`);
      await bob.line({ type: 'message', text: `during ${round}` });
    }
    const carol = await run([...ALONE, '--ephemeral', '--name', 'carol', '--peer', at, 'send', '--timeout', '20', 'me too']);
    expect(carol).toMatchObject({ code: 0, stderr: '' });
    await bob.line({ type: 'message', text: 'me too' });
    for (const { bytesIn, bytesOut } of sockets) expect(bytesIn).toBeLessThanOrEqual(bytesOut);
    alice.endInput();
    expect(await alice.ended).toMatchObject({ code: 0, stderr: '' });
  });
});
