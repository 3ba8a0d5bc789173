/** A link in virtual time: hosts with discovery machines, multicast that comes back to its sender, and a record of all traffic. */
import { type Instant, instant } from '../../src/base/time.ts';
import { randomLabel } from '../../src/discovery/chance.ts';
import { Discovery } from '../../src/discovery/discovery.ts';
import type { DnsMessage, DnsQuestion, DnsRecord, LinkInterface, MdnsReceived } from '../../src/discovery/dns-message.ts';
import type { DiscoveryOutput } from '../../src/discovery/output.ts';

export type Entropy = (length: number) => Uint8Array;
export type Output<K extends DiscoveryOutput['kind']> = Extract<DiscoveryOutput, { kind: K }>;
type Sent = { readonly at: number; readonly host: string; readonly to: string | undefined; readonly message: DnsMessage };

export const SERVICE = '_earshot._udp.local';

/** mulberry32: the same seed, the same bytes. */
export const seededEntropy = (seed: number): Entropy => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return (length) => Uint8Array.from({ length }, () => Math.floor(next() * 256));
};

export const ethernet = (address: string, more: Partial<LinkInterface> = {}): LinkInterface => ({
  name: 'eth0',
  ipv4: [{ address, prefix: 24 }],
  ipv6: [],
  isLoopback: false,
  ...more,
});

export const question = (type: DnsQuestion['type'], name: string, isUnicast = false): DnsQuestion => ({ type, name, isUnicast });

export const message = (parts: Partial<DnsMessage>): DnsMessage => ({
  isResponse: false,
  isTruncated: false,
  questions: [],
  answers: [],
  authorities: [],
  additionals: [],
  id: 0,
  ...parts,
});

export const record = (name: string, data: DnsRecord['data'], ttl = 120, flush = data.kind !== 'PTR'): DnsRecord => ({
  name,
  ttl,
  flush,
  data,
});

/** What an honest stranger called `label` announces. */
export const announcement = (
  label: string,
  host: { readonly address: string; readonly port: number; readonly ttl?: number; readonly id?: string },
): DnsMessage => {
  const instance = `${label}.${SERVICE}`;
  const target = `${label}.local`;
  const strings = ['txtvers=1', 'v=1', ...(host.id === undefined ? [] : [`id=${host.id}`])].map((text) =>
    new TextEncoder().encode(text),
  );
  return message({
    isResponse: true,
    answers: [
      record(SERVICE, { kind: 'PTR', target: instance }, host.ttl ?? 4500),
      record(instance, { kind: 'SRV', target, port: host.port, priority: 0, weight: 0 }, host.ttl ?? 120),
      record(instance, { kind: 'TXT', strings }, host.ttl ?? 4500),
      record(target, { kind: 'A', address: host.address }, host.ttl ?? 120),
    ],
  });
};

/** One machine, alone: messages are put in by hand. */
export class Bench {
  readonly machine: Discovery;
  readonly out: DiscoveryOutput[] = [];
  readonly address: string;
  now: Instant = instant(1_000);

  constructor(
    options: {
      readonly isBrowsing?: boolean;
      readonly link?: LinkInterface;
      readonly seed?: number;
      readonly isStarted?: boolean;
      readonly mayBeTaken?: boolean;
    } = {},
  ) {
    const entropy = seededEntropy(options.seed ?? 7);
    const link = options.link ?? ethernet('10.0.0.1');
    this.address = link.ipv4[0]?.address ?? '';
    const idHint = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    this.machine = new Discovery({
      label: randomLabel(entropy),
      port: 4000,
      idHint,
      entropy,
      isBrowsing: options.isBrowsing ?? true,
      ...(options.mayBeTaken === undefined ? {} : { mayBeTaken: options.mayBeTaken }),
    });
    if (options.isStarted !== false) this.machine.onInterfaces(this.now, [link], this.out);
  }

  get instance(): string {
    return `${this.machine.label}.${SERVICE}`;
  }

  get host(): string {
    return `${this.machine.label}.local`;
  }

  hear(heard: DnsMessage, from: Partial<MdnsReceived['from']> & { readonly interface?: string } = {}): void {
    const source = { host: from.host ?? '10.0.0.9', port: from.port ?? 5353 };
    this.machine.onMessage(this.now, { interface: from.interface ?? 'eth0', from: source, message: heard }, this.out);
  }

  /** Lets time pass, timer by timer. */
  wait(durationMs: number): void {
    const end = this.now + durationMs;
    for (let next = this.machine.nextTimeout(); next !== undefined && next <= end; next = this.machine.nextTimeout()) {
      this.now = instant(Math.max(this.now, next));
      this.machine.onTimeout(this.now, this.out);
    }
    this.now = instant(end);
  }

  /** Past the announcements and the first questions, with nothing recorded. */
  settle(): void {
    this.wait(30_000);
    this.out.length = 0;
  }

  take<K extends DiscoveryOutput['kind']>(kind: K): readonly Output<K>[] {
    const taken = this.out.filter((output): output is Output<K> => output.kind === kind);
    const rest = this.out.filter((output) => output.kind !== kind);
    this.out.splice(0, this.out.length, ...rest);
    return taken;
  }

  /** What was sent since the last call, as `kind name` of the answers. */
  sent(): readonly DnsMessage[] {
    return this.take('mdns').map((send) => send.message);
  }
}

/** Several machines on one link. */
export class MdnsWorld {
  readonly traffic: Sent[] = [];
  readonly told = new Map<string, DiscoveryOutput[]>();
  readonly #hosts = new Map<string, { readonly machine: Discovery; readonly address: string }>();
  readonly #random: Entropy;
  readonly #lossRate: number;
  #flying: { readonly at: number; readonly host: string; readonly received: MdnsReceived }[] = [];
  now: Instant = instant(0);

  constructor(options: { readonly seed: number; readonly lossRate?: number }) {
    this.#random = seededEntropy(options.seed);
    this.#lossRate = options.lossRate ?? 0;
  }

  /** The address and the port are the seed of the host's chance. @param options.label instead of a random one. */
  add(
    name: string,
    address: string,
    options: { readonly port?: number; readonly isBrowsing?: boolean; readonly label?: string } = {},
  ): Discovery {
    const place = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
    const entropy = seededEntropy(place + 7919 * ((options.port ?? 4000) - 4000));
    const isBrowsing = options.isBrowsing ?? true;
    const drawn = randomLabel(entropy);
    const machine = new Discovery({
      label: options.label ?? drawn,
      port: options.port ?? 4000,
      idHint: entropy(8),
      entropy,
      isBrowsing,
    });
    this.#hosts.set(name, { machine, address });
    this.told.set(name, []);
    this.do(name, (now, out) => machine.onInterfaces(now, [ethernet(address, { ipv4: [{ address, prefix: 16 }] })], out));
    return machine;
  }

  remove(name: string): void {
    this.#hosts.delete(name);
  }

  /** Calls a machine and carries out what it asks. */
  do(name: string, call: (now: Instant, out: DiscoveryOutput[], machine: Discovery) => void): void {
    const host = this.#hosts.get(name);
    if (host === undefined) return;
    const out: DiscoveryOutput[] = [];
    call(this.now, out, host.machine);
    for (const output of out) {
      if (output.kind === 'mdns') this.#send(name, host.address, output);
      else if (output.kind !== 'dropped') this.told.get(name)?.push(output);
    }
  }

  run(durationMs: number): void {
    const end = this.now + durationMs;
    for (;;) {
      let next = this.#flying[0]?.at ?? Number.POSITIVE_INFINITY;
      for (const { machine } of this.#hosts.values()) next = Math.min(next, machine.nextTimeout() ?? Number.POSITIVE_INFINITY);
      if (next > end) break;
      this.now = instant(Math.max(this.now, next));
      while ((this.#flying[0]?.at ?? Number.POSITIVE_INFINITY) <= this.now) {
        const arrival = this.#flying.shift();
        if (arrival !== undefined) this.do(arrival.host, (now, out, machine) => machine.onMessage(now, arrival.received, out));
      }
      for (const [name, { machine }] of this.#hosts) {
        if ((machine.nextTimeout() ?? Number.POSITIVE_INFINITY) <= this.now)
          this.do(name, (now, out) => machine.onTimeout(now, out));
      }
    }
    this.now = instant(end);
  }

  found(name: string): ReadonlySet<string> {
    const found = new Set<string>();
    for (const output of this.told.get(name) ?? []) {
      if (output.kind === 'found') found.add(output.address.host);
    }
    return found;
  }

  #send(name: string, address: string, send: Output<'mdns'>): void {
    this.traffic.push({ at: this.now, host: name, to: send.to?.host, message: send.message });
    for (const [host, { address: hostAddress }] of this.#hosts) {
      if (send.to !== undefined && send.to.host !== hostAddress) continue;
      const [chance = 0] = this.#random(1);
      if (host !== name && chance / 256 < this.#lossRate) continue;
      const received = { interface: 'eth0', from: { host: address, port: 5353 }, message: send.message };
      this.#flying.push({ at: this.now + 1, host, received });
    }
  }
}

/** `TYPE name` of each. */
export const summary = (records: readonly DnsRecord[]): readonly string[] =>
  records.map(({ data, name }) => `${data.kind} ${name}`);
