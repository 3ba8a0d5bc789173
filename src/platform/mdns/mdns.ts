/**
 * The mDNS port of this machine: an IPv4 and an IPv6 socket for all interfaces. Every message leaves by both, as from a host with
 * two links of one name (RFC 6762 §20). Nothing here throws for what the network does: problems are told, and tried again.
 */
import { networkInterfaces } from 'node:os';
import { type Address, isIPv6 } from '../../base/address.ts';
import type { DnsMessage, LinkInterface, MdnsReceived, MdnsSend } from '../../discovery/dns-message.ts';
import { isOnLink, isOwnHost } from '../../discovery/link.ts';
import { encodeMdns } from './mdns-encode.ts';
import { IPV4, IPV6 } from './mdns-family.ts';
import { isFree, type MdnsSocket, type MdnsSocketOptions, openMdnsSocket } from './mdns-socket.ts';

export type MdnsOptions = {
  /** The interfaces to use now; asked at the start, every two seconds, and when a send failed. */
  readonly interfaces: () => readonly LinkInterface[];
  readonly onMessage: (received: MdnsReceived) => void;
  /** For people: what does not work, and what to do. Said once until it works again. `isTotal`: nobody can be found at all. */
  readonly onProblem: (text: string, isTotal: boolean) => void;
  /** An interface had silently lost the group and has it again: the machine should announce and ask there (`onLinkUp`). */
  readonly onRejoined?: (name: string) => void;
  /** UDP port; 5353, except in tests. */
  readonly port?: number;
};

export type MdnsStats = {
  readonly received: number;
  /** Datagrams that are no mDNS messages, or came from no known link. */
  readonly dropped: number;
  readonly sent: number;
  readonly failed: number;
};

export interface MdnsPort {
  /** Replaces the interfaces at once, without waiting for the next look. */
  setInterfaces(links: readonly LinkInterface[]): void;
  /** Never throws, never blocks; messages leave in order. An interface that is not in the list is ignored. */
  send(send: MdnsSend): void;
  stats(): MdnsStats;
  /** Waits until everything given to `send` has left, then closes. */
  close(): Promise<void>;
}

const LOOK_EVERY_MS = 2_000;

/** Never rejects: without the port the result is an mDNS that sends and hears nothing, and `onProblem` has said so. */
export const openMdns = async (options: MdnsOptions): Promise<MdnsPort> => {
  const port = options.port ?? 5353;
  const mdns = new OpenMdns(options);
  const ipv4 = await openIPv4(mdns.socketOptions(port, 'IPv4'));
  const ipv6 = await openIPv6(mdns.socketOptions(port, 'IPv6'), options.interfaces());
  if (typeof ipv4 === 'string') {
    options.onProblem(
      `UDP port ${port} was expected to be shared for discovery, but cannot be used (${ipv4}); stop the program that keeps it for itself, ` +
        'or name people by address with --peer',
      ipv6 === undefined || options.interfaces().every((link) => link.ipv6.length === 0),
    );
  }
  mdns.start([ipv4, ipv6].filter((socket) => typeof socket === 'object'));
  return mdns;
};

/**
 * Bound to the group's address it hears what is sent to the group, and nothing else: a response by unicast, which nobody asked for,
 * must be ignored (RFC 6762 §6), and by its bytes it cannot be told from another; nor is unicast taken from whoever else has the port.
 * Questions sent to us alone stay unanswered for that (§5.5 has them answered). Windows binds to no group.
 */
const isGroupAlone = process.platform !== 'win32';
const openIPv4 = (options: MdnsSocketOptions): Promise<MdnsSocket | string> =>
  openMdnsSocket(IPV4, isGroupAlone ? IPV4.group : IPV4.any, options);

/**
 * The IPv6 group's address belongs to one interface, so that one socket for all cannot be bound to it: beside somebody else it
 * would take their unicast, and is done without where IPv4 does. A machine without IPv6 is no problem either.
 */
const openIPv6 = async (options: MdnsSocketOptions, links: readonly LinkInterface[]): Promise<MdnsSocket | undefined> => {
  const isNeeded = links.some(({ ipv4, ipv6 }) => ipv4.length === 0 && ipv6.length > 0);
  if (!isNeeded && !(await isFree(IPV6, options.port))) return undefined;
  const socket = await openMdnsSocket(IPV6, IPV6.any, options);
  return typeof socket === 'string' ? undefined : socket;
};

class OpenMdns implements MdnsPort {
  readonly #options: MdnsOptions;
  /** IPv4 first. */
  #sockets: readonly MdnsSocket[] = [];
  #timer: NodeJS.Timeout | undefined;
  #links: readonly LinkInterface[] = [];
  /** The only one there is: whatever was sent to the group came in by it. */
  #onlyLink: LinkInterface | undefined;
  /** Problems told and not yet over. BOUNDED: by interfaces and codes. */
  readonly #told = new Map<string, string>();
  #received = 0;
  #dropped = 0;
  #sent = 0;
  #failed = 0;
  #closing: Promise<void> | undefined;

  constructor(options: MdnsOptions) {
    this.#options = options;
  }

  socketOptions(port: number, family: string): MdnsSocketOptions {
    return {
      port,
      onMessage: (from, message) => this.#onMessage(from, message),
      onSent: (link, code) => this.#onSent(link, family, code),
    };
  }

  start(sockets: readonly MdnsSocket[]): void {
    this.#sockets = sockets;
    if (sockets.length === 0) return;
    this.#timer = setInterval(() => this.setInterfaces(this.#options.interfaces()), LOOK_EVERY_MS);
    this.#timer.unref();
    this.setInterfaces(this.#options.interfaces());
  }

  setInterfaces(links: readonly LinkInterface[]): void {
    if (this.#closing !== undefined || this.#sockets.length === 0) return;
    this.#links = links;
    this.#onlyLink = onlyLinkOf(links);
    const changes = this.#sockets.map(({ memberships }) => memberships.update(links));
    for (const { name, code } of changes.flatMap(({ failed }) => failed)) {
      if (!this.#isJoined(name)) this.#tell(name, code, `interface ${name} does not take part in multicast (${code})`);
    }
    for (const link of links) if (this.#isJoined(link.name)) this.#over(link.name);
    const isDeaf = this.#sockets.every(({ memberships }) => memberships.size === 0);
    const hasIPv4 = this.#sockets.some(({ family }) => family === IPV4); // without it the port was told of
    if (isDeaf && hasIPv4)
      this.#tell(
        '',
        'none',
        'no network interface can be used for multicast: nobody can be found; check the cable or Wi-Fi, or name people by address with --peer',
        true,
      );
    if (!isDeaf) this.#over('');
    for (const name of new Set(changes.flatMap(({ rejoined }) => rejoined))) this.#options.onRejoined?.(name);
  }

  send(send: MdnsSend): void {
    if (this.#closing !== undefined) return;
    const link = this.#links.find(({ name }) => name === send.interface);
    if (link === undefined) return;
    const { to } = send;
    const packets = encodeMdns(send.message);
    for (const { family, memberships, sender } of this.#sockets) {
      if (!memberships.isJoined(link.name)) continue;
      if (to !== undefined && isIPv6(to.host) !== (family === IPV6)) continue;
      if (!sender.send({ link, packets, ...(to === undefined ? {} : { to }) })) this.#failed++;
    }
  }

  stats(): MdnsStats {
    return { received: this.#received, dropped: this.#dropped, sent: this.#sent, failed: this.#failed };
  }

  close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closing ??= Promise.all(this.#sockets.map((socket) => socket.close())).then(() => undefined);
    return this.#closing;
  }

  #isJoined(name: string): boolean {
    return this.#sockets.some(({ memberships }) => memberships.isJoined(name));
  }

  #onMessage(from: Address, message: DnsMessage | undefined): void {
    if (this.#closing !== undefined) return;
    const link = message === undefined ? undefined : (linkOf(this.#links, from.host) ?? this.#linkBeyond(from.host));
    if (link === undefined || message === undefined) {
      this.#dropped++;
      return;
    }
    this.#received++;
    this.#options.onMessage({ interface: link.name, from, message });
  }

  /** What is sent to the group comes from the link, whatever its sender's address (RFC 6762 §11): subnets may overlap on a cable. */
  #linkBeyond(host: string): LinkInterface | undefined {
    return isGroupAlone && !isIPv6(host) ? this.#onlyLink : undefined;
  }

  #onSent(link: LinkInterface, family: string, code: string | undefined): void {
    const about = `send ${family} ${link.name}`;
    if (code === undefined) {
      this.#sent++;
      this.#over(about);
      return;
    }
    this.#failed++;
    const what = `discovery cannot send ${family} on ${link.name} (${code})`;
    const hint =
      code === 'EHOSTUNREACH' && process.platform === 'darwin' ? '; allow local network access in Settings › Privacy' : '';
    this.#tell(about, code, `${what}${hint}`);
    if (this.#closing === undefined) this.setInterfaces(this.#options.interfaces());
  }

  #tell(about: string, code: string, text: string, isTotal = false): void {
    if (this.#told.get(about) === code) return;
    this.#told.set(about, code);
    this.#options.onProblem(text, isTotal);
  }

  #over(about: string): void {
    this.#told.delete(about);
  }
}

/** Ours, if the machine has no other: where it has several, what another one hears comes to us too. */
const onlyLinkOf = (links: readonly LinkInterface[]): LinkInterface | undefined => {
  const [link] = links;
  const others = Object.entries(networkInterfaces()).filter(
    ([name, addresses = []]) => name !== link?.name && addresses.some(({ internal }) => !internal),
  );
  return links.length === 1 && link?.isLoopback === false && others.length === 0 ? link : undefined;
};

/** The interface a datagram came in by, as the system does not say: the one that has the source's address or prefix. */
const linkOf = (links: readonly LinkInterface[], host: string): LinkInterface | undefined =>
  links.find((link) => isOwnHost(link, host) && isOnLink(link, host)) ?? links.find((link) => isOnLink(link, host));
