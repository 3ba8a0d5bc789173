// npm run bench [-- --quick] [-- --only NAME]: a table for people and, as its last line, the same as JSON. It loops a bounded number of times,
// on the loopback interface and in network namespaces of its own; nothing leaves this machine.
import { cpus } from 'node:os';
import { chat, fullChat } from './chat.js';
import { discovery } from './discovery.js';
import { massJoin } from './join.js';
import { links } from './links.js';
import { loneBytes, memory, roundTrip, startToProven, startUp, sustained, underLoss } from './measures.js';
import { LOOPBACK, makeNetwork } from './network.js';
import { healing, lateJoiner, stored } from './past.js';

const isQuick = process.argv.includes('--quick');
const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : undefined;
const network = makeNetwork();
const wire = 'why' in network ? LOOPBACK : network.hosts;
const where = 'why' in network ? `loopback (${network.why})` : 'two network namespaces joined by veth';

const measures = {
  sustained: () => sustained(wire, isQuick ? { rounds: 1, count: 100_000 } : {}),
  roundTrip: () => roundTrip(wire, isQuick ? { count: 500 } : {}),
  loneBytes: () => loneBytes(wire),
  startToProven: () => startToProven(wire, isQuick ? { rounds: 3 } : {}),
  startUp: () => startUp(isQuick ? { rounds: 5 } : {}),
  memory: () => memory(),
  stored: () => stored(isQuick ? { count: 10_000, rounds: 3 } : {}),
  lateJoiner: () => lateJoiner(),
  healing: () => healing(isQuick ? { shared: 9_000, missed: 1_000 } : {}),
  chat: () => chat(wire, isQuick ? { rounds: 3, seconds: 10 } : {}),
  fullChat: () => fullChat(isQuick ? { count: 10_000, rounds: 3 } : {}),
  discovery: () =>
    'why' in network
      ? [{ what: 'newcomer ready → both proven', ours: `skipped: ${network.why}`, baseline: '–', bar: '–', holds: undefined }]
      : discovery(network, isQuick ? { rounds: 5 } : {}),
  join: () => massJoin(isQuick ? { count: 100 } : {}),
  links: () =>
    'why' in network
      ? [{ what: 'links that change', ours: `skipped: ${network.why}`, baseline: '–', bar: '–', holds: undefined }]
      : links(network),
  underLoss: () =>
    'why' in network
      ? [{ what: '20 % loss', ours: `skipped: ${network.why}`, baseline: '–', bar: '–', holds: undefined }]
      : underLoss(network),
};

const rows = [];
for (const [name, measure] of Object.entries(measures)) {
  if (only !== undefined && name !== only) continue;
  process.stderr.write(`measuring ${name} …\n`);
  rows.push(...(await measure()));
}
const verdict = (holds) => (holds === undefined ? '–' : holds ? 'yes' : 'NO');
const table = [
  ['measure', 'earshot', 'baseline', 'bar', 'holds'],
  ...rows.map((r) => [r.what, r.ours, r.baseline, r.bar, verdict(r.holds)]),
];
const widths = table[0].map((_, column) => Math.max(...table.map((line) => String(line[column]).length)));
console.log(`Node ${process.version}, ${cpus().length} cores, ${where}`);
table.forEach((line, i) => {
  console.log(`| ${line.map((cell, column) => String(cell).padEnd(widths[column])).join(' | ')} |`);
  if (i === 0) console.log(`|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`);
});
console.log(JSON.stringify({ node: process.version, where, rows }));
if (!('why' in network)) network.remove();
process.exit(0);
