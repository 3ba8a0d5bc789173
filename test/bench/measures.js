// What is measured, each beside its baseline in the same run. Every measure returns rows: what, ours, baseline, bar, whether it holds.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Child, environment, here, median, quantile } from './processes.js';

const isPort = (line) => line.port !== undefined;
const fixed = (value, digits = 2) => Number(value.toFixed(digits));
const row = (what, ours, baseline, bar, holds) => ({ what, ours, baseline, bar, holds });

const rawPair = async ([a, b], role) => {
  const far = new Child([here('raw.js'), role, b.address], b);
  const near = new Child([here('raw.js'), 'send', a.address], a);
  const { port } = await far.line(isPort);
  await near.line(isPort);
  return { near, far, port, to: b.address, end: () => Promise.all([near.end(), far.end()]) };
};

const earshotPair = async ([a, b], { isEcho = false } = {}) => {
  const far = new Child([here('peer.js'), JSON.stringify({ name: 'far', interfaces: [b.address], isEcho })], b);
  const { port } = await far.line(isPort);
  const near = new Child(
    [here('peer.js'), JSON.stringify({ name: 'near', interfaces: [a.address], peers: [`${b.address}:${port}`] })],
    a,
  );
  await near.line((line) => line.joined !== undefined);
  await far.line((line) => line.joined !== undefined);
  return { near, far, end: () => Promise.all([near.end(), far.end()]) };
};

/** Said before what is measured, on both sides of every comparison: sustained is what remains when the code is compiled. */
const WARM_UP = { burst: 600_000, roundTrips: 4_000 };
/** The first messages of a process, told beside the sustained ones. */
const COLD_BURST = 100_000;

const rawBurst = async (hosts, count) => {
  const pair = await rawPair(hosts, 'receive');
  let sent;
  let got;
  for (const part of [WARM_UP.burst, count]) {
    pair.near.tell({ port: pair.port, to: pair.to, count: part });
    sent = await pair.near.line((line) => line.sent !== undefined);
    await new Promise((resolve) => setTimeout(resolve, 200)); // what is still in the socket's buffer; nothing says that it was the last
    pair.far.tell({});
    got = await pair.far.line((line) => line.received !== undefined);
  }
  await pair.end();
  return { perSecond: got.received / got.seconds, cpuUs: (sent.cpuUs + got.cpuUs) / got.received };
};

const earshotBurst = async (hosts, count) => {
  const pair = await earshotPair(hosts);
  let sent;
  let got;
  let cold;
  for (const part of [COLD_BURST, WARM_UP.burst - COLD_BURST, count]) {
    pair.near.tell({ what: 'burst', count: part });
    sent = await pair.near.line((line) => line.sent !== undefined);
    pair.far.tell({ what: 'report' });
    got = await pair.far.line((line) => line.received !== undefined);
    if (got.received !== part || got.wrong > 0)
      throw new Error(`of ${part} messages ${got.received} arrived, ${got.wrong} out of order`);
    cold ??= got.received / got.seconds;
  }
  await pair.end();
  const cpuUs = (sent.cpuUs + got.cpuUs) / count;
  return { cold, perSecond: count / got.seconds, cpuUs, bytes: (sent.bytesOut + sent.bytesIn) / count };
};

export const sustained = async (hosts, { rounds = 5, count = 300_000 } = {}) => {
  const raw = [];
  const ours = [];
  for (let i = 0; i < rounds; i++) {
    raw.push(await rawBurst(hosts, count));
    ours.push(await earshotBurst(hosts, count));
  }
  const pick = (values, field) => median(values.map((value) => value[field]));
  const rate = { ours: pick(ours, 'perSecond'), raw: pick(raw, 'perSecond') };
  const cpu = { ours: pick(ours, 'cpuUs'), raw: pick(raw, 'cpuUs') };
  const bytes = pick(ours, 'bytes');
  return [
    row(
      'sustained, messages/s',
      Math.round(rate.ours),
      Math.round(rate.raw),
      `ratio ≥ 1.0: ${fixed(rate.ours / rate.raw)}`,
      rate.ours >= rate.raw,
    ),
    row('the first 100,000 messages of a process, messages/s', Math.round(pick(ours, 'cold')), '–', '–', undefined),
    row(
      'CPU a message, both sides, µs',
      fixed(cpu.ours),
      fixed(cpu.raw),
      `≤ raw: ${fixed(cpu.ours / cpu.raw)}`,
      cpu.ours <= cpu.raw,
    ),
    row('UDP payload a message in bursts, both ways, bytes', fixed(bytes, 0), 100, '≤ 200', bytes <= 200),
  ];
};

export const roundTrip = async (hosts, { count = 2_000 } = {}) => {
  const raw = await rawPair(hosts, 'echo');
  raw.near.tell({ port: raw.port, to: raw.to, count: count + WARM_UP.roundTrips, what: 'echo' });
  const rawTimes = (await raw.near.line((line) => line.times !== undefined)).times.slice(WARM_UP.roundTrips);
  await raw.end();
  const pair = await earshotPair(hosts, { isEcho: true });
  pair.near.tell({ what: 'pingPong', count: count + WARM_UP.roundTrips });
  const ourTimes = (await pair.near.line((line) => line.times !== undefined)).times.slice(WARM_UP.roundTrips);
  await pair.end();
  const [p50, rawP50, p99, rawP99] = [
    quantile(ourTimes, 0.5),
    quantile(rawTimes, 0.5),
    quantile(ourTimes, 0.99),
    quantile(rawTimes, 0.99),
  ];
  return [
    row('round trip of a lone message, p50, ms', fixed(p50), fixed(rawP50), '≤ raw + 1 ms', p50 <= rawP50 + 1),
    row(
      'round trip of a lone message, p99, ms',
      fixed(p99),
      fixed(rawP99),
      `≤ 3 × raw: ${fixed(p99 / rawP99)}`,
      p99 <= 3 * rawP99,
    ),
  ];
};

export const loneBytes = async (hosts) => {
  const pair = await earshotPair(hosts);
  pair.near.tell({ what: 'lone', count: 200, everyMs: 20 });
  const sent = await pair.near.line((line) => line.sent !== undefined);
  await pair.end();
  const bytes = (sent.bytesOut + sent.bytesIn) / sent.sent;
  return [row('UDP payload of a lone message, both ways, bytes', fixed(bytes, 0), 100, '≤ 500', bytes <= 500)];
};

export const underLoss = async ({ hosts, setLoss }, percent = 20) => {
  const pair = await earshotPair(hosts);
  pair.near.tell({ what: 'burst', count: WARM_UP.burst });
  await pair.near.line((line) => line.sent !== undefined);
  pair.far.tell({ what: 'report' });
  await pair.far.line((line) => line.received !== undefined);
  setLoss(percent);
  pair.near.tell({ what: 'lone', count: 2_000, everyMs: 5 });
  await pair.near.line((line) => line.sent !== undefined);
  pair.far.tell({ what: 'report' });
  const lone = await pair.far.line((line) => line.received !== undefined);
  const count = 60_000;
  pair.near.tell({ what: 'burst', count });
  await pair.near.line((line) => line.sent !== undefined);
  pair.far.tell({ what: 'report' });
  const burst = await pair.far.line((line) => line.received !== undefined);
  setLoss(0);
  await pair.end();
  const p99 = quantile(lone.delays, 0.99);
  const perSecond = burst.received / burst.seconds;
  const isWhole = lone.received === 2_000 && burst.received === count && lone.wrong + burst.wrong === 0;
  const label = `${percent} % loss both ways`;
  return [
    row(`${label}: delivered, in order`, `${lone.received + burst.received} of ${count + 2_000}`, '–', 'all', isWhole),
    row(`${label}: one-way p99 at 200 lone messages/s, ms`, fixed(p99, 1), 'kcp 41, zyre 850, TCP 6400', '≤ 40', p99 <= 40),
    row(`${label}: sustained, messages/s`, Math.round(perSecond), '–', '≥ 20000', perSecond >= 20_000),
  ];
};

const listen = (host, name) =>
  new Child([here('../../bin/earshot.js'), 'listen', '--json', '--ephemeral', '--name', name, '--interface', host.address], host);

export const startToProven = async (hosts, { rounds = 10 } = {}) => {
  const times = [];
  const bare = [];
  for (let i = 0; i < rounds; i++) {
    bare.push(timeToRun('-e', '0'));
    const both = [listen(hosts[0], 'one'), listen(hosts[1], 'two')];
    const proven = await Promise.all(both.map((child) => child.line((line) => line.type === 'peer' && line.event === 'joined')));
    times.push(Math.max(...proven.map((line, j) => Number(line.at - both[j].startedAt) / 1e6)));
    await Promise.all(both.map((child) => child.end()));
  }
  const middle = median(times);
  return [
    row('process start → both proven, cold, ms', Math.round(middle), `node: ${Math.round(median(bare))}`, '≤ 700', middle <= 700),
  ];
};

/** How long node runs with these arguments, ms. */
const timeToRun = (...args) => {
  const before = process.hrtime.bigint();
  spawnSync(process.execPath, args, { env: environment });
  return Number(process.hrtime.bigint() - before) / 1e6;
};

export const startUp = ({ rounds = 20 } = {}) => {
  const ours = [];
  const bare = [];
  for (let i = 0; i < rounds; i++) {
    bare.push(timeToRun('-e', '0'));
    ours.push(timeToRun(here('../../bin/earshot.js'), '--version'));
  }
  const ratio = median(ours) / median(bare);
  return [
    row(
      'earshot --version, ms',
      fixed(median(ours), 1),
      fixed(median(bare), 1),
      `≤ 1.5 × node -e 0: ${fixed(ratio)}`,
      ratio <= 1.5,
    ),
  ];
};

const residentKb = (child) => {
  const status = readFileSync(`/proc/${child.process.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
};

/**
 * The engine's young generation grows by megabytes at a time while peers are met (a handshake leaves 100 KB of garbage) and
 * shrinks when little happens, first some 8 s after the start. So what is measured is idle for longer than that, and the peers
 * are so many that such a step, up or down, is small beside them.
 */
const CROWD = [10, 260];
const IDLE_MS = 15_000;

export const memory = async () => {
  if (process.platform !== 'linux')
    return [row('RSS with 10 peers', 'skipped: read from /proc, Linux only', '–', '–', undefined)];
  const host = { address: '127.0.0.1' };
  const one = new Child(
    [here('../../bin/earshot.js'), 'listen', '--json', '--ephemeral', '--no-discovery', '--interface', host.address],
    host,
  );
  const { port } = await one.line((line) => line.type === 'ready');
  const crowd = new Child([here('crowd.js'), String(port)], host);
  const sizes = [];
  for (const count of CROWD) {
    crowd.tell({ count });
    await crowd.line((line) => line.met === count);
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    sizes.push(residentKb(one));
  }
  await Promise.all([crowd.end(), one.end()]);
  const [ten, many] = sizes;
  const each = (many - ten) / (CROWD[1] - CROWD[0]);
  return [
    row('RSS idle with 10 peers, MB', fixed(ten / 1024, 1), '–', '≤ 80', ten <= 80 * 1024),
    row(`RSS a further peer, ${CROWD.join(' → ')}, KB`, fixed(each, 1), '–', '≤ 64', each <= 64),
  ];
};
