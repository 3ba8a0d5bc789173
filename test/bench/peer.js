// earshot in a process of its own, driven by lines of JSON: what any program does with the library.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openPeer } from '../../dist/index.js';

const options = JSON.parse(process.argv[2] ?? '{}');
const print = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const cpu = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};
const now = () => Number(process.hrtime.bigint() / 1000n) / 1000;

/** A home that is given stays. */
const home = options.home ?? mkdtempSync(join(tmpdir(), 'earshot-bench-'));
const peer = await openPeer({ useDiscovery: false, ...options, home });
peer.join('lobby');
peer.on('joined', ({ peer: other }) => print({ joined: other.name }));

// What arrives: counted, checked for order and doubles, timed where the text carries a time.
let received = 0;
let wrong = 0;
let expected = 1;
let first = 0;
let last = 0;
let cpuBefore = 0;
let delays = [];
let onNext = () => undefined;
peer.on('message', ({ message }) => {
  last = now();
  if (received === 0) {
    first = last;
    cpuBefore = cpu();
    expected = message.sequence;
  }
  if (message.sequence !== expected) wrong += 1;
  expected = message.sequence + 1;
  received += 1;
  if (message.body.text.startsWith('t=')) delays.push(last - Number.parseFloat(message.body.text.slice(2)));
  if (options.isEcho) void peer.say('lobby', message.body.text);
  onNext();
});

const padded = (text) => text.padEnd(100, 'x');
/** Said as fast as they are taken, with at most OUTSTANDING not yet numbered and kept. */
const OUTSTANDING = 256;
const burst = async ({ count }) => {
  const cpuStart = cpu();
  const before = peer.stats();
  const outstanding = [];
  for (let i = 0; i < count; i++) {
    if (i >= OUTSTANDING) await outstanding[i % OUTSTANDING];
    outstanding[i % OUTSTANDING] = peer.say('lobby', padded(`${i}:`));
  }
  const last = await outstanding[(count - 1) % OUTSTANDING];
  await last.delivered({ peers: 1, timeoutMs: 100_000 });
  const after = peer.stats();
  print({
    sent: count,
    cpuUs: cpu() - cpuStart,
    bytesOut: after.bytesOut - before.bytesOut,
    bytesIn: after.bytesIn - before.bytesIn,
  });
};

const lone = async ({ count, everyMs }) => {
  const before = peer.stats();
  const receipts = [];
  const start = now();
  for (let i = 0; i < count; i++) {
    const wait = start + i * everyMs - now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    receipts.push(peer.say('lobby', padded(`t=${now()};`)));
  }
  const last = await receipts.at(-1);
  await last.delivered({ peers: 1, timeoutMs: 60_000 });
  const after = peer.stats();
  print({ sent: count, bytesOut: after.bytesOut - before.bytesOut, bytesIn: after.bytesIn - before.bytesIn });
};

const pingPong = async ({ count }) => {
  const times = [];
  for (let i = 0; i < count; i++) {
    const sentAt = now();
    const answered = new Promise((resolve) => {
      onNext = resolve;
    });
    void peer.say('lobby', padded(`${i}:`));
    await answered;
    times.push(now() - sentAt);
    await new Promise(setImmediate);
  }
  print({ times });
};

const report = () => {
  print({ received, wrong, seconds: (last - first) / 1000, cpuUs: cpu() - cpuBefore, delays, drops: peer.stats().drops });
  received = 0;
  wrong = 0;
  delays = [];
};

/** Nobody need be there; each in a run of its own, or as they are taken. */
const fill = async ({ count, isAlone }) => {
  const waiting = [];
  for (let i = 0; i < count; i++) {
    const said = peer.say('lobby', padded(`${i}:${WORDS[i % WORDS.length]} ${WORDS[(i * 7) % WORDS.length]}`));
    if (isAlone) await said;
    else if (i >= OUTSTANDING) await waiting[i % OUTSTANDING];
    waiting[i % OUTSTANDING] = said;
  }
  await Promise.all(waiting);
  await peer.history({ limit: 1 }); // it is indexed
  print({ filled: count });
};
const WORDS = 'soup tea noon kitchen printer meeting lunch deploy build coffee train rain lamp chair window'.split(' ');

/** Pages and searches, milliseconds each. */
const look = async () => {
  const times = {};
  const time = async (name, run) => {
    await run();
    const before = now();
    for (let i = 0; i < 5; i++) await run();
    times[name] = (now() - before) / 5;
  };
  await time('page', () => peer.history({ limit: 100 }));
  await time('word', () => peer.search({ words: 'printer', limit: 100 }));
  await time('two', () => peer.search({ words: 'soup kitchen', limit: 100 }));
  await time('none', () => peer.search({ words: 'xylophone', limit: 100 }));
  print({ times });
};

/** When so many had come since the start of this process, and what they cost. */
const until = ({ count }) => {
  const first = peer.on('message', () => {
    if (received !== 1 && received !== count) return;
    print({ came: received, bytesIn: peer.stats().bytesIn, bytesOut: peer.stats().bytesOut, at: now() });
    if (received === count) first();
  });
};

const commands = { fill, look, until, burst, lone, pingPong, report };
createInterface({ input: process.stdin }).on('line', (line) => {
  const command = JSON.parse(line);
  void commands[command.what]?.(command);
});
process.on('SIGTERM', async () => {
  await peer.close();
  if (options.home === undefined) rmSync(home, { recursive: true, force: true });
  process.exit(0);
});
print({ port: peer.port, id: peer.id, at: now() });
