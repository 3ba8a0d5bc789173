/** A host of the lab: discovery and its port, nothing else. Says on stdout what it hears, says goodbye when its stdin ends. */
import { randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { instant } from '../../src/base/time.ts';
import { randomLabel } from '../../src/discovery/chance.ts';
import { Discovery } from '../../src/discovery/discovery.ts';
import type { LinkInterface } from '../../src/discovery/dns-message.ts';
import type { DiscoveryOutput } from '../../src/discovery/output.ts';
import { openMdns } from '../../src/platform/mdns/mdns.ts';

const entropy = (length: number): Uint8Array => Uint8Array.from(randomBytes(length));
/** How fast its clock runs: what takes minutes can be seen in seconds. */
const speed = Number(process.argv[3] ?? 1);
const now = () => instant(performance.now() * speed);
const say = (line: Record<string, unknown>): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

/** Every interface but loopback, IPv4 only. */
const interfaces = (): readonly LinkInterface[] =>
  Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) => {
    const ipv4 = addresses
      .filter(({ family, internal }) => family === 'IPv4' && !internal)
      .map(({ address, cidr }) => ({ address, prefix: Number(cidr?.split('/')[1] ?? 32) }));
    return ipv4.length === 0 ? [] : [{ name, ipv4, ipv6: [], isLoopback: false }];
  });

const port = Number(process.argv[2] ?? 4455);
const discovery = new Discovery({
  label: randomLabel(entropy),
  port,
  idHint: Uint8Array.of(1, 35, 69, 103, 137, 171, 205, 239),
  entropy,
  isBrowsing: true,
});
let timer: NodeJS.Timeout | undefined;

const step = (call: (out: DiscoveryOutput[]) => void): void => {
  const out: DiscoveryOutput[] = [];
  call(out);
  for (const output of out) {
    if (output.kind === 'mdns') mdns.send(output);
    else if (output.kind === 'found')
      say({
        kind: 'found',
        host: output.address.host,
        port: output.address.port,
        interface: output.interface,
        instance: output.instance,
      });
    else if (output.kind === 'gone') say({ kind: 'gone', instance: output.instance });
  }
  clearTimeout(timer);
  const next = discovery.nextTimeout();
  if (next !== undefined)
    timer = setTimeout(() => step((more) => discovery.onTimeout(now(), more)), Math.max(1, (next - now()) / speed));
};

const mdns = await openMdns({
  interfaces,
  onMessage: (received) => step((out) => discovery.onMessage(now(), received, out)),
  onProblem: (text) => say({ kind: 'problem', text }),
  onRejoined: (name) => {
    say({ kind: 'rejoined', name });
    step(() => discovery.onLinkUp(now(), name));
  },
});
const look = (): void => step((out) => discovery.onInterfaces(now(), interfaces(), out));
look();
const looking = setInterval(look, 500);
say({ kind: 'ready', label: discovery.label });

process.stdin.resume();
process.stdin.once('end', () => {
  clearInterval(looking);
  step((out) => discovery.goodbye(now(), out));
  void mdns.close().then(() => say({ kind: 'closed', ...mdns.stats() }));
});
