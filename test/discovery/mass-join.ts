/** Very many machines that come to one link at once, and then stay: what they say by multicast, in virtual time. */
import { type Instant, instant } from '../../src/base/time.ts';
import { randomLabel } from '../../src/discovery/chance.ts';
import { Discovery } from '../../src/discovery/discovery.ts';
import type { DiscoveryOutput } from '../../src/discovery/output.ts';
import { EventQueue } from '../sim/queue.ts';
import { type Output, seededEntropy } from './mdns-world.ts';

const MINUTE_MS = 60_000;
const FLIGHT_MS = 1;

export type MassJoinOptions = {
  readonly seed: number;
  readonly count: number;
  /** All come within this. */
  readonly withinMs: number;
  readonly minutes: number;
};

export type MassJoinResult = {
  /** mDNS packets of all together in each minute. */
  readonly packets: readonly number[];
  /** Most within one second. */
  readonly peak: number;
  /** How many of the others the one who found fewest has found, and when the last of all was found. */
  readonly foundByAll: number;
  readonly lastFoundMs: number;
  /** Taken back though nobody left. */
  readonly gone: number;
};

type Host = { readonly machine: Discovery; readonly address: string; readonly found: Set<string>; wakeAt: number };
type Happening =
  | { readonly kind: 'start' | 'timer'; readonly host: Host }
  | { readonly kind: 'packet'; readonly from: Host; readonly send: Output<'mdns'> };

export const massJoin = ({ seed, count, withinMs, minutes }: MassJoinOptions): MassJoinResult => {
  const queue = new EventQueue<Happening>();
  const random = seededEntropy(seed);
  const packets = Array.from({ length: minutes }, () => 0);
  const bySecond = Array.from({ length: 60 * minutes }, () => 0);
  let [now, lastFoundMs, gone] = [0, 0, 0];
  const hosts = Array.from({ length: count }, (_, i): Host => {
    const entropy = seededEntropy(seed * 65_536 + i);
    const label = randomLabel(entropy);
    const machine = new Discovery({ label, port: 4000, idHint: entropy(8), entropy, isBrowsing: true });
    return { machine, address: `10.0.${(i + 1) >> 8}.${(i + 1) & 255}`, found: new Set(), wakeAt: Number.POSITIVE_INFINITY };
  });
  for (const host of hosts) {
    const [high = 0, low = 0] = random(2);
    queue.push((withinMs * (256 * high + low)) / 65_536, { kind: 'start', host });
  }
  const act = (host: Host, call: (at: Instant, out: DiscoveryOutput[]) => void): void => {
    const out: DiscoveryOutput[] = [];
    call(instant(now), out);
    for (const output of out) {
      if (output.kind === 'gone') gone += 1;
      else if (output.kind === 'found') {
        host.found.add(output.address.host);
        lastFoundMs = now;
      } else if (output.kind === 'mdns') {
        packets[Math.floor(now / MINUTE_MS)] = (packets[Math.floor(now / MINUTE_MS)] ?? 0) + 1;
        bySecond[Math.floor(now / 1_000)] = (bySecond[Math.floor(now / 1_000)] ?? 0) + 1;
        queue.push(now + FLIGHT_MS, { kind: 'packet', from: host, send: output });
      }
    }
    const next = Math.max(now, host.machine.nextTimeout() ?? Number.POSITIVE_INFINITY);
    if (next === host.wakeAt || next === Number.POSITIVE_INFINITY) return;
    host.wakeAt = next;
    queue.push(next, { kind: 'timer', host });
  };
  const happen = (what: Happening): void => {
    switch (what.kind) {
      case 'start': {
        const link = { name: 'eth0', ipv4: [{ address: what.host.address, prefix: 16 }], ipv6: [], isLoopback: false };
        act(what.host, (at, out) => what.host.machine.onInterfaces(at, [link], out));
        return;
      }
      case 'timer':
        if (what.host.wakeAt > now) return; // it was put off
        what.host.wakeAt = Number.POSITIVE_INFINITY;
        act(what.host, (at, out) => what.host.machine.onTimeout(at, out));
        return;
      case 'packet': {
        const { message, to } = what.send;
        const received = { interface: 'eth0', from: { host: what.from.address, port: 5353 }, message };
        for (const host of hosts) {
          if (to !== undefined && to.host !== host.address) continue;
          act(host, (at, out) => host.machine.onMessage(at, received, out));
        }
        return;
      }
      default:
        what satisfies never;
    }
  };
  for (let next = queue.pop(); next !== undefined && next.at < minutes * MINUTE_MS; next = queue.pop()) {
    now = Math.max(now, next.at);
    happen(next.what);
  }
  const foundByAll = Math.min(...hosts.map(({ found }) => found.size));
  return { packets, peak: Math.max(...bySecond), foundByAll, lastFoundMs, gone };
};
