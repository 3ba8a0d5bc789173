/**
 * Which network we are on, as a key that is the same whenever we are on the same one: the subnets of our interfaces, and the
 * link-layer address of the gateway where the system tells it (Linux: /proc/net). Half of all homes are 192.168.1.0/24: where no
 * gateway is known, a network that was left (cable out, sleep) counts as another when it is back.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { LinkInterface } from '../discovery/dns-message.ts';

/** @returns the gateway's link-layer address, if the system tells it. */
export type ReadGateway = () => string | undefined;

export class NetworkKey {
  readonly #readGateway: ReadGateway;
  #subnets = '';
  #key: string | undefined;
  #wasLeft = false;

  constructor(readGateway: ReadGateway = gatewayOf) {
    this.#readGateway = readGateway;
  }

  /** @returns the key now; undefined while there is no network. */
  of(interfaces: readonly LinkInterface[]): string | undefined {
    const subnets = subnetsOf(interfaces);
    if (subnets === '') {
      this.#wasLeft = this.#key !== undefined;
      this.#subnets = '';
      return undefined;
    }
    if (subnets === this.#subnets && this.#key !== undefined) return this.#key;
    const gateway = this.#readGateway() ?? (this.#wasLeft || this.#subnets !== '' ? randomUUID() : 'unknown');
    this.#subnets = subnets;
    this.#key = `${subnets} ${gateway}`;
    return this.#key;
  }
}

/** IPv4 subnets, else IPv6 ones; loopback only where there is nothing else. */
const subnetsOf = (interfaces: readonly LinkInterface[]): string => {
  const real = interfaces.some(({ isLoopback }) => !isLoopback) ? interfaces.filter(({ isLoopback }) => !isLoopback) : interfaces;
  const ipv4 = real.flatMap((link) => link.ipv4.map(({ address, prefix }) => subnet4(address, prefix)));
  const ipv6 = real.flatMap((link) =>
    link.ipv6.map(({ address, prefix }) => `${address.split('%')[0]?.slice(0, prefix / 4)}/${prefix}`),
  );
  return [...new Set(ipv4.length > 0 ? ipv4 : ipv6)].sort().join(',');
};

const subnet4 = (address: string, prefix: number): string => {
  const bits = address.split('.').reduce((all, part) => all * 256 + Number(part), 0);
  const size = 2 ** (32 - prefix);
  const base = Math.floor(bits / size) * size;
  return `${[24, 16, 8, 0].map((shift) => Math.floor(base / 2 ** shift) % 256).join('.')}/${prefix}`;
};

/** From the routing and neighbour tables of Linux; elsewhere it is not known. */
const gatewayOf: ReadGateway = () => {
  try {
    return gatewayIn(readFileSync('/proc/net/route', 'utf8'), readFileSync('/proc/net/arp', 'utf8'));
  } catch {
    return undefined; // another system
  }
};

/** @param route, arp the contents of /proc/net/route and /proc/net/arp. */
export const gatewayIn = (route: string, arp: string): string | undefined => {
  for (const line of route.split('\n').slice(1)) {
    const [, destination, gateway] = line.split('\t');
    if (destination !== '00000000' || gateway === undefined || gateway === '00000000') continue;
    const address = [6, 4, 2, 0].map((at) => Number.parseInt(gateway.slice(at, at + 2), 16)).join('.');
    const entry = arp.split('\n').find((one) => one.startsWith(`${address} `));
    const mac = entry?.split(/\s+/)[3];
    if (mac !== undefined && mac !== '00:00:00:00:00:00') return mac;
  }
  return undefined;
};
