// What was said before: how large it is on the disk, how quick to start with, to look back into, to bring to who lacks it.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child, here, median } from './processes.js';

const fixed = (value, digits = 2) => Number(value.toFixed(digits));
const row = (what, ours, baseline, bar, holds) => ({ what, ours, baseline, bar, holds });
const HOST = { address: '127.0.0.1' };
const isPort = (line) => line.port !== undefined;

const folders = [];
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), 'earshot-bench-'));
  folders.push(made);
  return made;
};
process.on('exit', () => {
  for (const made of folders) rmSync(made, { recursive: true, force: true });
});

const open = async (options) => {
  const child = new Child([here('peer.js'), JSON.stringify({ interfaces: [HOST.address], ...options })], HOST);
  const { port, at } = await child.line(isPort);
  return { child, port, at };
};

const sizeOf = (path) =>
  statSync(path).isDirectory() ? readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0) : statSync(path).size;

/** A profile in which so much was said. */
const filled = async (count, isAlone) => {
  const home = folder();
  const { child } = await open({ home });
  child.tell({ what: 'fill', count, isAlone });
  await child.line((line) => line.filled !== undefined);
  await child.end();
  return home;
};

const residentKb = (child) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.process.pid}/status`, 'utf8'))?.[1]);

const ready = async (home, rounds) => {
  const times = [];
  const sizes = [];
  for (let i = 0; i < rounds; i++) {
    const args = ['--home', home, '--no-discovery', '--interface', HOST.address, 'listen', '--json'];
    const child = new Child([here('../../bin/earshot.js'), ...args], HOST);
    const { at } = await child.line((line) => line.type === 'ready');
    times.push(Number(at - child.startedAt) / 1e6);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    if (process.platform === 'linux') sizes.push(residentKb(child));
    await child.end();
  }
  return { ms: median(times), kb: sizes.length === 0 ? Number.NaN : median(sizes) };
};

export const stored = async ({ count = 100_000, rounds = 5 } = {}) => {
  const empty = folder();
  const alone = await filled(count, true);
  const bursts = await filled(count, false);
  const before = await ready(empty, rounds);
  const after = await ready(alone, rounds);
  const { child } = await open({ home: alone });
  child.tell({ what: 'look' });
  const { times } = await child.line((line) => line.times !== undefined);
  await child.end();
  const slowest = Math.max(...Object.values(times));
  const each = (home) => fixed(sizeOf(home) / count, 0);
  const name = count.toLocaleString('en');
  return [
    row(
      `${name} messages stored: start to ready, ms`,
      fixed(after.ms, 0),
      fixed(before.ms, 0),
      `≤ 2 × empty: ${fixed(after.ms / before.ms)}`,
      after.ms <= 2 * before.ms,
    ),
    row(
      `${name} messages stored: RSS, MB`,
      fixed(after.kb / 1024, 1),
      fixed(before.kb / 1024, 1),
      `≤ 40 more: ${fixed((after.kb - before.kb) / 1024, 1)}`,
      after.kb - before.kb <= 40 * 1024,
    ),
    row('on disk, index included: a message said alone, bytes', each(alone), 100, '≤ 450', each(alone) <= 450),
    row('on disk, index included: a message said in bursts, bytes', each(bursts), 100, '≤ 300', each(bursts) <= 300),
    row(
      `a page of history, the slowest of three searches, ms`,
      `${fixed(times.page, 1)}, ${fixed(slowest, 1)}`,
      '–',
      '≤ 50',
      slowest <= 50,
    ),
  ];
};

/** Somebody new meets a peer that has so much. */
const lateIn = async (home, count, isAlone) => {
  const holder = await open({ home });
  const late = await open({ peers: [`${HOST.address}:${holder.port}`] });
  late.child.tell({ what: 'until', count });
  const { at: metAt } = await late.child.line((line) => line.joined !== undefined);
  const first = await late.child.line((line) => line.came === 1);
  const all = await late.child.line((line) => line.came === count);
  await Promise.all([holder.child.end(), late.child.end()]);
  const ms = (line) => Number(line.at - metAt) / 1e6;
  const how = isAlone ? 'said alone' : 'said in bursts';
  return [
    row(
      `late joiner, ${count.toLocaleString('en')} messages ${how}: the newest shown, ms`,
      fixed(ms(first), 0),
      '–',
      '≤ 300',
      ms(first) <= 300,
    ),
    row(
      `late joiner, ${count.toLocaleString('en')} messages ${how}: all there, ms`,
      fixed(ms(all), 0),
      '–',
      '≤ 3000',
      ms(all) <= 3_000,
    ),
  ];
};

export const lateJoiner = async ({ count = 10_000 } = {}) => {
  const rows = [];
  for (const isAlone of [false, true]) {
    rows.push(...(await lateIn(await filled(count, isAlone), count, isAlone)));
  }
  return rows;
};

/** Two who hold the same but for what one of them missed; its author is not there. */
export const healing = async ({ shared = 90_000, missed = 10_000 } = {}) => {
  const author = await open({ name: 'author' });
  const homes = [folder(), folder()];
  const [a, b] = await Promise.all(homes.map((home) => open({ home, peers: [`${HOST.address}:${author.port}`] })));
  for (let i = 0; i < 2; i++) await author.child.line((line) => line.joined !== undefined);
  author.child.tell({ what: 'burst', count: shared });
  await author.child.line((line) => line.sent === shared);
  for (const { child } of [a, b]) await until(child, shared);
  await b.child.end();
  author.child.tell({ what: 'burst', count: missed });
  await author.child.line((line) => line.sent === missed);
  await until(a.child, missed);
  await author.child.end();
  const back = await open({ home: homes[1], peers: [`${HOST.address}:${a.port}`] });
  back.child.tell({ what: 'until', count: missed });
  const all = await back.child.line((line) => line.came === missed);
  await Promise.all([a.child.end(), back.child.end()]);
  const entries = missed * 108; // a text of 100 bytes with its kind and delay
  const ratio = (all.bytesIn + all.bytesOut) / entries;
  return [
    row(
      `${missed.toLocaleString('en')} of ${(shared + missed).toLocaleString('en')} differ: bytes on the wire, both ways`,
      all.bytesIn + all.bytesOut,
      entries,
      `≤ 1.3 × the entries: ${fixed(ratio)}`,
      ratio <= 1.3,
    ),
  ];
};

/** Until a child has counted so many. */
const until = async (child, count) => {
  let all = 0;
  while (all < count) {
    child.tell({ what: 'report' });
    const { received } = await child.line((line) => line.received !== undefined);
    all += received;
    if (all < count) await new Promise((resolve) => setTimeout(resolve, 100));
  }
};
