// The chat as people meet it: the command on a pseudo-terminal, from the key to what is drawn.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child, here, median, quantile } from './processes.js';
import { screenAlone } from './screen.js';
import { cpuSeconds, Terminal, whyNoTerminal } from './terminal.js';

const fixed = (value, digits = 1) => Number(value.toFixed(digits));
const row = (what, ours, baseline, bar, holds) => ({ what, ours, baseline, bar, holds });
const skipped = (what, why) => [row(what, `skipped: ${why}`, '–', '–', undefined)];
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const folders = [];
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), 'earshot-bench-'));
  folders.push(made);
  return made;
};
process.on('exit', () => {
  for (const made of folders) rmSync(made, { recursive: true, force: true });
});

/** @param host where to run; in a namespace of its own as people do, with every interface that is there. */
const chatOn = (host, home, ...more) =>
  new Terminal(
    [
      here('../../bin/earshot.js'),
      ...['chat', '--home', home, '--name', 'ann'],
      ...(host.netns === undefined ? ['--interface', host.address] : []),
      ...more,
    ],
    host,
  );

const LOOPBACK = { address: '127.0.0.1' };
const ALONE = '--no-discovery';
const hasBegun = (text) => text.includes('#lobby>');

/** Until the first picture with a line to type in; beside it, until Node has printed a word on such a terminal. */
const firstPaint = async (hosts, rounds) => {
  const [ours, bare, met] = [[], [], []];
  const bob = new Child(
    [here('../../bin/earshot.js'), 'listen', '--json', '--ephemeral', '--name', 'bob', '--interface', hosts[1].address],
    hosts[1],
  );
  await bob.line((line) => line.type === 'ready');
  for (let i = 0; i < rounds; i++) {
    const node = new Terminal(['-e', '\'console.log("here")\''], hosts[0]);
    bare.push((await node.until((text) => text.includes('here'))) - node.startedAt);
    await node.end();
    const chat = chatOn(hosts[0], folder());
    ours.push((await chat.until(hasBegun)) - chat.startedAt);
    met.push((await chat.until((text) => /\+ bob here/.test(text))) - chat.startedAt);
    chat.type('/quit\r');
    await chat.exited;
  }
  await bob.end();
  const ratio = median(ours) / median(bare);
  return [
    row(
      'chat: process start → first picture, ms',
      fixed(median(ours), 0),
      `node: ${fixed(median(bare), 0)}`,
      `≤ 200 (× ${fixed(ratio, 2)})`,
      median(ours) <= 200,
    ),
    row('chat: process start → the first peer on the screen, ms', fixed(median(met), 0), '–', '–', undefined),
  ];
};

/** Found as ever, each a peer of the library, all in one process. */
const PEERS = 10;
/** What is done once at the beginning is over: meeting, the garbage of it. */
const SETTLE_MS = 20_000;

const idle = async (hosts, seconds) => {
  const crowd = new Child([here('crowd.js')], hosts[1]);
  crowd.tell({ count: PEERS, options: { interfaces: [hosts[1].address] } });
  await crowd.line((line) => line.opened === PEERS);
  const chat = chatOn(hosts[0], folder());
  await chat.until((text) => text.includes(`${PEERS} here`));
  const node = new Terminal(['-e', "'setInterval(() => undefined, 2 ** 30)'"], hosts[0]);
  await pause(SETTLE_MS);
  const before = [cpuSeconds(chat.pid), cpuSeconds(node.pid)];
  const start = performance.now();
  await pause(seconds * 1_000);
  const wall = (performance.now() - start) / 1_000;
  const [ours, bare] = [chat.pid, node.pid].map((pid, i) => ((cpuSeconds(pid) - before[i]) / wall) * 100);
  await Promise.all([chat.end(), node.end(), crowd.end()]);
  return [
    row(`chat idle with ${PEERS} peers: CPU, % of a core`, fixed(ours, 2), `node: ${fixed(bare, 2)}`, '≤ 0.5', ours <= 0.5),
  ];
};

/** Two of two hundred keys are one in a hundred: the middle of some rounds is told. */
const ALONE_ROUNDS = 3;
const screensAlone = (rounds) => {
  const all = Array.from({ length: rounds }, () => screenAlone({ seconds: 10, perSecond: 1_000 }));
  const middle = (name) => median(all.map((one) => one[name]));
  return { cpu: middle('cpu'), p99: middle('p99'), rss: middle('rss') };
};

/** @param hosts two on one network, on which there is nobody else. */
export const chat = async (hosts, { rounds = 20, seconds = 60 } = {}) => {
  const why = whyNoTerminal();
  if (why !== undefined) return skipped('the chat on a terminal', why);
  const alone = screensAlone(ALONE_ROUNDS);
  return [
    ...(await firstPaint(hosts, rounds)),
    row('screen fed 1,000 messages/s: CPU, % of a core', fixed(alone.cpu * 100), '–', '≤ 25', alone.cpu <= 0.25),
    row('screen fed 1,000 messages/s: key to echo, p99, ms', fixed(alone.p99), '–', '≤ 16', alone.p99 <= 16),
    row('screen fed 1,000 messages/s: RSS, MB', fixed(alone.rss, 0), '–', '≤ 90', alone.rss <= 90),
    ...(process.platform === 'linux' ? await idle(hosts, seconds) : skipped('chat idle: CPU', 'read from /proc, Linux only')),
  ];
};

const isSaid = (text) => /as was said in/.test(text);
/** Between two keys: nobody types faster than this what is measured here, and what a key has begun is over. */
const BETWEEN_MS = 200;

/** What people do in a profile that is full, each often; milliseconds from the key to what it asked for. */
const lookAround = async (terminal, rounds) => {
  const times = { switching: [], paging: [], recalling: [], rare: [], common: [] };
  const take = async (name, keys, isSo) => {
    times[name].push(await terminal.timeOf(keys, isSo));
    await pause(BETWEEN_MS);
  };
  for (let i = 0; i < rounds; i++) {
    for (const [key, place] of [
      ['\x1b1', '#builds>'],
      ['\x1b2', '#kitchen>'],
      ['\x1b3', '#lobby>'],
    ])
      await take('switching', key, (text) => text.includes(place) && isSaid(text));
    for (const [name, words, isFound] of [
      ['rare', 'xylophone', (text) => text.split('xylophone').length > 4],
      ['common', 'soup', (text) => text.split('soup').length > 4],
    ]) {
      terminal.type('/clear\r');
      await terminal.until((text) => !isSaid(text));
      terminal.type(`/search ${words}`);
      await pause(BETWEEN_MS);
      await take(name, '\r', isFound);
    }
    await take('recalling', '\x12nobody', (text) => /> said when nobody/.test(text));
    terminal.type('\x07');
    await terminal.until((text) => !/> said when nobody/.test(text));
    const before = terminal.text;
    await take('paging', '\x1b[5~', (text) => text !== before);
  }
  return times;
};

/** A chat with so much said before, in three rooms and in private. */
export const fullChat = async ({ count = 100_000, rounds = 20 } = {}) => {
  const why = whyNoTerminal();
  if (why !== undefined) return skipped('a chat in a full profile', why);
  const [full, empty] = [folder(), folder()];
  const filling = new Child([here('talk.js'), full, String(count)]);
  await filling.line((line) => line.filled === count);
  await filling.exited;
  const opening = { full: [], empty: [] };
  for (let i = 0; i < rounds; i++) {
    for (const [name, home, isSo] of [
      ['empty', empty, (text) => text.includes('You are ann')],
      ['full', full, isSaid],
    ]) {
      const terminal = chatOn(LOOPBACK, home, ALONE);
      opening[name].push((await terminal.until(isSo)) - terminal.startedAt);
      terminal.type('/quit\r');
      await terminal.exited;
    }
  }
  const terminal = chatOn(LOOPBACK, full, ALONE);
  await terminal.until(isSaid);
  await pause(1_000);
  const times = await lookAround(terminal, rounds);
  await terminal.end();
  const more = median(opening.full) - median(opening.empty);
  const name = `${count.toLocaleString('en')} messages stored`;
  const timeRow = (what, list) =>
    row(`${name}: ${what}, ms (p95)`, `${fixed(median(list))} (${fixed(quantile(list, 0.95))})`, '–', '≤ 50', median(list) <= 50);
  return [
    row(
      `${name}: chat start → what was said last on the screen, ms`,
      fixed(median(opening.full), 0),
      `${fixed(median(opening.empty), 0)} empty`,
      `≤ 50 more: ${fixed(more, 0)}`,
      more <= 50,
    ),
    timeRow('key → another room on the screen', times.switching),
    timeRow('PageUp', times.paging),
    timeRow('Ctrl-R', times.recalling),
    timeRow('/search of a rare word', times.rare),
    timeRow('/search of a common word', times.common),
  ];
};
