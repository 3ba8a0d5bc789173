// What the network does to two who talk: other interfaces beside theirs, a cable pulled out, an interface made anew, another address.
import { execFileSync } from 'node:child_process';
import { Child, here, median } from './processes.js';

const OUT_MS = 10_000;
const SAID_MEANWHILE = 10;
const ip = ({ netns }, ...args) => execFileSync('ip', ['-n', netns, ...args]);
const isMessage = (text) => (line) => line.type === 'message' && line.text === text;
const isReady = (line) => line.type === 'ready';
const isJoined = (line) => line.type === 'peer' && line.event === 'joined';
const earshot = (host, ...args) => new Child([here('../../bin/earshot.js'), ...args, '--json', '--ephemeral'], host);
const row = (what, ours, bar, holds) => ({ what, ours, baseline: '–', bar, holds });
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms)); // the outage that is measured

/** Beside a bridge of containers and a tunnel, without a default route: from the second `ready` until both have met. */
const besideOthers = async ([a, b]) => {
  const times = [];
  const addresses = new Set();
  for (const host of [a, b]) {
    for (const [name, address] of [
      ['docker0', '172.17.0.1/16'],
      ['tun0', '10.8.0.2/32'],
    ]) {
      ip(host, 'link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}-end`);
      ip(host, 'addr', 'add', address, 'dev', name);
      for (const end of [name, `${name}-end`]) ip(host, 'link', 'set', end, 'up');
    }
  }
  for (let round = 0; round < 5; round++) {
    const both = [earshot(a, 'listen', '--name', 'one'), earshot(b, 'listen', '--name', 'two')];
    const ready = await Promise.all(both.map((child) => child.line(isReady)));
    const met = await Promise.all(both.map((child) => child.line(isJoined)));
    for (const { address } of met) addresses.add(address);
    times.push(Math.max(...met.map(({ at }) => Number(at))) - Math.max(...ready.map(({ at }) => Number(at))));
    await Promise.all(both.map((child) => child.end()));
  }
  for (const host of [a, b]) for (const name of ['docker0', 'tun0']) ip(host, 'link', 'del', name);
  const most = Math.max(...times) / 1e6;
  const isRight = [...addresses].sort().join() === [a.address, b.address].sort().join();
  const shown = `${Math.max(0, Math.round(median(times) / 1e6))}, most ${Math.round(most)}; at ${[...addresses].join(', ')}`;
  return row('beside docker0 and tun0, no default route: ready → met, ms', shown, '≤ 1000, on eth0', isRight && most <= 1_000);
};

/** What is said while `breakIt` … `mend`, and when all of it is there. */
const outage = async (what, [a, b], { breakIt, mend, outMs }) => {
  const listener = earshot(b, 'listen', '--name', 'two');
  await listener.line(isReady);
  const sender = earshot(a, 'send', '--name', 'one', '--timeout', '60');
  const heard = [];
  const say = (text) => sender.process.stdin.write(`${text}\n`);
  say('before');
  await listener.line(isMessage('before'));
  breakIt();
  for (let i = 0; i < SAID_MEANWHILE; i++) {
    say(`line ${i}`);
    await pause(outMs / SAID_MEANWHILE);
  }
  const mendedAt = process.hrtime.bigint();
  mend();
  for (let i = 0; i < SAID_MEANWHILE; i++) heard.push(await listener.line(isMessage(`line ${i}`)));
  const ms = Math.round(Number(heard.at(-1).at - mendedAt) / 1e6);
  await sender.end();
  await listener.end();
  return row(
    `${what}: mended → all said meanwhile is there, ms`,
    `${ms}, ${heard.length} of ${SAID_MEANWHILE}`,
    '≤ 3000, all',
    ms <= 3_000,
  );
};

export const links = async ({ hosts }) => {
  const [a, b] = hosts;
  const plug = () => {
    ip(a, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', b.netns);
    for (const host of hosts) {
      ip(host, 'addr', 'add', `${host.address}/24`, 'dev', 'eth0');
      ip(host, 'link', 'set', 'eth0', 'up');
    }
  };
  const rows = [
    await besideOthers(hosts),
    await outage('cable out for 10 s', hosts, {
      outMs: OUT_MS,
      breakIt: () => ip(b, 'link', 'set', 'eth0', 'down'),
      mend: () => ip(b, 'link', 'set', 'eth0', 'up'),
    }),
    await outage('interface deleted, made anew 5 s later', hosts, {
      outMs: OUT_MS / 2,
      breakIt: () => ip(a, 'link', 'del', 'eth0'),
      mend: plug,
    }),
    await outage('another address', hosts, {
      outMs: 100,
      breakIt: () => ip(b, 'addr', 'del', `${b.address}/24`, 'dev', 'eth0'),
      mend: () => ip(b, 'addr', 'add', '10.98.0.77/24', 'dev', 'eth0'),
    }),
  ];
  ip(b, 'addr', 'flush', 'dev', 'eth0'); // as it was
  ip(b, 'addr', 'add', `${b.address}/24`, 'dev', 'eth0');
  return rows;
};
