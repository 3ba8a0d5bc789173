// How soon a newcomer and whoever is there already have met, each a process on a host of its own, found by discovery alone; avahi beside it.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { Child, here, median, quantile } from './processes.js';

const LOSS_PERCENT = 30;
const SERVICE = '_earshot-bench._udp';

const peer = (host, name) =>
  new Child([here('peer.js'), JSON.stringify({ name, interfaces: [host.address], useDiscovery: true })], host);
const isReady = (line) => line.port !== undefined;

/** From `ready` of the newcomer until both have proven each other, ms, for each round. */
const meetings = async ([a, b], rounds) => {
  const resident = peer(b, 'resident');
  await resident.line(isReady);
  const times = [];
  for (let i = 0; i < rounds; i++) {
    const newcomer = peer(a, `newcomer ${i}`);
    const ready = await newcomer.line(isReady);
    const met = await Promise.all([
      newcomer.line(({ joined }) => joined === 'resident'),
      resident.line(({ joined }) => joined === `newcomer ${i}`),
    ]);
    times.push(Math.max(0, ...met.map(({ at }) => Number(at - ready.at) / 1e6)));
    await newcomer.end();
  }
  await resident.end();
  return times;
};

/** avahi in both namespaces, each with a bus of its own. @returns why not, or how long from a service's start until it is resolved. */
const withAvahi = async ([a, b], measure) => {
  const folder = mkdtempSync(join(tmpdir(), 'earshot-bench-'));
  const outfile = join(folder, 'avahi.mjs');
  await build({ entryPoints: [here('../lab/avahi.ts')], outfile, bundle: true, platform: 'node', format: 'esm' });
  const { startAvahi } = await import(pathToFileURL(outfile).href);
  const daemons = [];
  try {
    for (const [i, { netns }] of [a, b].entries()) {
      const own = join(folder, String(i));
      mkdirSync(own);
      daemons.push(await startAvahi(netns, own));
    }
    return await measure(daemons);
  } catch {
    return undefined; // it is not installed, or may not be started here
  } finally {
    for (const daemon of daemons) await daemon.stop();
    rmSync(folder, { recursive: true, force: true });
  }
};

/** From `avahi-publish` until `avahi-browse` on the other host has resolved it, ms; Infinity if it did not within 20 s. */
const published = async ([near, far], rounds) => {
  const browse = far.browse('-rp', SERVICE);
  const times = [];
  for (let i = 0; i < rounds; i++) {
    const startedAt = performance.now();
    const service = near.publish('-s', `service${i}`, SERVICE, '4000');
    const isSeen = await browse.line('=;', `;service${i};`).then(
      () => true,
      () => false,
    );
    times.push(isSeen ? performance.now() - startedAt : Number.POSITIVE_INFINITY);
    await service.stop();
  }
  return times;
};

const row = (what, ours, baseline, bar, holds) => ({ what, ours, baseline, bar, holds });
const shown = (ms) => (Number.isFinite(ms) ? String(Math.round(ms)) : 'never');

export const discovery = async ({ hosts, setLoss }, { rounds = 20 } = {}) => {
  const sound = await meetings(hosts, rounds);
  setLoss(LOSS_PERCENT);
  const lossy = await meetings(hosts, rounds);
  setLoss(0);
  const avahi = await withAvahi(hosts, async (daemons) => {
    const tries = Math.ceil(rounds / 2); // one that is lost takes 20 s
    const whole = await published(daemons, tries);
    setLoss(LOSS_PERCENT);
    const lossy = await published(daemons, tries);
    return { whole, lossy };
  });
  setLoss(0);
  const [middle, p90] = [median(sound), quantile(lossy, 0.9)];
  const spread = (times) => [0.5, 0.9, 1].map((q) => shown(quantile(times, q))).join('; ');
  const beside = (times) => (times === undefined ? '–' : `avahi-publish → resolved, of ${times.length}: ${spread(times)}`);
  return [
    row(
      `newcomer ready → both proven, of ${rounds}: median; p90; most, ms`,
      spread(sound),
      beside(avahi?.whole),
      'median ≤ 50',
      middle <= 50,
    ),
    row(
      `newcomer ready → both proven at ${LOSS_PERCENT} % loss both ways, ms`,
      spread(lossy),
      beside(avahi?.lossy),
      'all, p90 ≤ 1500',
      lossy.length === rounds && p90 <= 1_500,
    ),
  ];
};
