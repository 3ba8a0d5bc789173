// A thousand discovery machines on one link in virtual time: what they say while they come, and what remains of it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { Child, here } from './processes.js';

/** Each hears each: a thousand take minutes and up to 6 GB. */
const HEAP_MB = 8_192;
const DEADLINE_MS = 3_600_000;
const MINUTES = 30;
const SETTLED_MINUTES = 2;

export const massJoin = async ({ count = 1_000 } = {}) => {
  const folder = mkdtempSync(join(tmpdir(), 'earshot-bench-'));
  const outfile = join(folder, 'join.mjs');
  const contents = `
    import { massJoin } from './mass-join.ts';
    console.log(JSON.stringify(massJoin({ seed: 1, count: ${count}, withinMs: 500, minutes: ${MINUTES} })));`;
  const resolveDir = here('../discovery');
  await build({ stdin: { contents, resolveDir, loader: 'ts' }, outfile, bundle: true, platform: 'node', format: 'esm' });
  const child = new Child([`--max-old-space-size=${HEAP_MB}`, outfile], { deadlineMs: DEADLINE_MS });
  const { packets, peak, foundByAll, lastFoundMs } = await child.line(() => true);
  await child.exited;
  rmSync(folder, { recursive: true });
  const settled = packets.slice(SETTLED_MINUTES);
  const aMinute = settled.reduce((sum, each) => sum + each, 0) / settled.length;
  const most = Math.max(...settled);
  const label = `${count.toLocaleString('en')} join within 0.5 s (simulated)`;
  const row = (what, ours, bar, holds) => ({ what, ours, baseline: '–', bar, holds });
  return [
    row(
      `${label}: mDNS packets in the first minute; in a second`,
      `${packets[0]}; ${peak}`,
      `≤ ${6 * count} a minute`,
      packets[0] <= 6 * count,
    ),
    row(
      `… all found by all after, ms`,
      foundByAll === count - 1 ? Math.round(lastFoundMs) : `only ${foundByAll}`,
      'all',
      foundByAll === count - 1,
    ),
    row(`… from the third minute to the thirtieth, packets a minute; most`, `${aMinute.toFixed(2)}; ${most}`, '≤ 2', most <= 2),
  ];
};
