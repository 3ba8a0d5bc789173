/** Which network interfaces earshot uses: those of a LAN by default, others when asked for by name or address. */
import { networkInterfaces } from 'node:os';
import { type Address, addressKey } from '../base/address.ts';
import { WorldError } from '../base/errors.ts';
import type { LinkInterface } from '../discovery/dns-message.ts';

/** One address of an interface as `os.networkInterfaces()` gives it. */
export type SystemAddress = {
  readonly address: string;
  readonly family: 'IPv4' | 'IPv6';
  readonly cidr: string | null;
  readonly mac: string;
  readonly internal: boolean;
};
export type SystemInterfaces = Readonly<Record<string, readonly SystemAddress[] | undefined>>;

/** Tunnels: whoever is at the other end is not in the room. */
const TUNNEL = /^(tun|utun|ppp|wg|tailscale|ipsec|gpd|gif|stf|sit|ip6tnl|nordlynx|proton|awdl|llw|ccmni|rmnet)/i;
/** Bridges and cables that containers and virtual machines are plugged into. */
const CONTAINER =
  /^(docker|br-[0-9a-f]{12}|veth|virbr|vnet|vmnet|vboxnet|lxc|lxd|incus|cni|flannel|cali|podman|kube|bridge1\d\d|vEthernet)/i;
const NO_MAC = '00:00:00:00:00:00';
const ZONE = /%.*$/;

const prefixOf = (address: SystemAddress): number =>
  Number(address.cidr?.split('/')[1] ?? (address.family === 'IPv4' ? 32 : 128));

const linkInterface = (name: string, addresses: readonly SystemAddress[]): LinkInterface => {
  const of = (family: string): LinkInterface['ipv4'] =>
    addresses
      .filter((address) => address.family === family)
      .map((address) => ({ address: address.address.replace(ZONE, ''), prefix: prefixOf(address) }));
  return { name, ipv4: of('IPv4'), ipv6: of('IPv6'), isLoopback: addresses.some((address) => address.internal) };
};

const isTunnel = (name: string, addresses: readonly SystemAddress[]): boolean =>
  TUNNEL.test(name) ||
  addresses.every((address) => address.mac === NO_MAC) ||
  addresses.every((address) => prefixOf(address) === (address.family === 'IPv4' ? 32 : 128));

/** Why an interface is left out by default, or undefined if it is used. */
export const leftOut = (name: string, addresses: readonly SystemAddress[]): 'loopback' | 'tunnel' | 'container' | undefined => {
  if (addresses.some((address) => address.internal)) return 'loopback';
  if (CONTAINER.test(name)) return 'container';
  return isTunnel(name, addresses) ? 'tunnel' : undefined;
};

const described = (system: SystemInterfaces): string => {
  const names = Object.entries(system).map(
    ([name, addresses]) => `${name} (${(addresses ?? []).map((address) => address.address.replace(ZONE, '')).join(', ')})`,
  );
  return names.length === 0 ? 'this machine has none that are up' : `there are ${names.join(', ')}`;
};

/** The interface that `wanted` names, restricted to one address if it names an address. */
const wantedInterface = (wanted: string, system: SystemInterfaces): LinkInterface | undefined => {
  const named = system[wanted];
  if (named !== undefined) return linkInterface(wanted, named);
  const host = wanted.replace(ZONE, '').toLowerCase();
  for (const [name, addresses] of Object.entries(system)) {
    const one = addresses?.find((address) => address.address.replace(ZONE, '').toLowerCase() === host);
    if (one !== undefined) return linkInterface(name, [one]);
  }
  return undefined;
};

const merge = (into: LinkInterface, more: LinkInterface): LinkInterface => {
  const join = (a: LinkInterface['ipv4'], b: LinkInterface['ipv4']): LinkInterface['ipv4'] => [
    ...a,
    ...b.filter((one) => !a.some((other) => other.address === one.address)),
  ];
  return { ...into, ipv4: join(into.ipv4, more.ipv4), ipv6: join(into.ipv6, more.ipv6) };
};

/**
 * The interfaces to use now, in the system's order.
 * @param wanted names or addresses; they are used even if they would be left out by default. Empty: the default choice.
 */
export const chooseInterfaces = (
  wanted: readonly string[],
  system: SystemInterfaces = networkInterfaces(),
): readonly LinkInterface[] => {
  if (wanted.length === 0) {
    return Object.entries(system).flatMap(([name, addresses]) =>
      addresses !== undefined && addresses.length > 0 && leftOut(name, addresses) === undefined
        ? [linkInterface(name, addresses)]
        : [],
    );
  }
  const chosen = new Map<string, LinkInterface>();
  for (const one of wanted) {
    const found = wantedInterface(one, system);
    if (found === undefined) continue; // unplugged for now; whoever asks for what never existed is told by checkInterfaces
    const before = chosen.get(found.name);
    chosen.set(found.name, before === undefined ? found : merge(before, found));
  }
  return [...chosen.values()];
};

/** @throws WorldError no-such-interface naming those that exist, if one of `wanted` is not there now. */
export const checkInterfaces = (wanted: readonly string[], system: SystemInterfaces = networkInterfaces()): void => {
  for (const one of wanted) {
    if (wantedInterface(one, system) !== undefined) continue;
    throw new WorldError(
      'no-such-interface',
      `an interface or address "${one}" was asked for; ${described(system)}; name one of these`,
    );
  }
};

/** Where a peer on `port` can be reached, as people write it: `192.168.1.5:4455`, `[fe80::1%eth0]:4455`. */
export const reachableAt = (
  interfaces: readonly LinkInterface[],
  port: number,
  has: { readonly ipv4: boolean; readonly ipv6: boolean },
): readonly string[] => {
  const addresses: Address[] = [];
  for (const link of interfaces) {
    if (has.ipv4) for (const one of link.ipv4) addresses.push({ host: one.address, port });
    if (!has.ipv6) continue;
    for (const one of link.ipv6)
      addresses.push({ host: /^fe[89ab]/i.test(one.address) ? `${one.address}%${link.name}` : one.address, port });
  }
  return addresses.map(addressKey);
};

/** All addresses of this machine. */
export const ownHosts = (system: SystemInterfaces = networkInterfaces()): readonly string[] =>
  Object.values(system).flatMap((addresses) => (addresses ?? []).map(({ address }) => address.replace(ZONE, '')));

/** Looks at the interfaces whenever told to, and says when they are others than before. */
export class InterfaceWatch {
  readonly #wanted: readonly string[];
  readonly #list: () => SystemInterfaces;
  #current: readonly LinkInterface[];
  #signature: string;

  constructor(wanted: readonly string[], list: () => SystemInterfaces = networkInterfaces) {
    this.#wanted = wanted;
    this.#list = list;
    this.#current = chooseInterfaces(wanted, list());
    this.#signature = JSON.stringify(this.#current);
  }

  get current(): readonly LinkInterface[] {
    return this.#current;
  }

  /** @returns whether they changed since the last look. */
  look(): boolean {
    const found = chooseInterfaces(this.#wanted, this.#list());
    const signature = JSON.stringify(found);
    if (signature === this.#signature) return false;
    this.#current = found;
    this.#signature = signature;
    return true;
  }
}
