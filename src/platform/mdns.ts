/**
 * The mDNS port of this machine: one IPv4 socket for all interfaces. multicast-dns binds and decodes; memberships, the
 * interface of each send, and encoding are ours, as it knows one interface only and writes neither the QU bit nor compressed
 * names. Nothing here throws for what the network does: problems are told, and tried again.
 * An IPv6 socket would be a second one of this kind, with its own group, memberships by interface name and a sender of its own.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import multicastDns from 'multicast-dns';
import { isIPv6 } from '../base/address.ts';
import type { LinkInterface, MdnsReceived, MdnsSend } from '../discovery/dns-message.ts';
import { isOnLink, isOwnHost } from '../discovery/link.ts';
import { messageOf } from './mdns-decode.ts';
import { encodeMdns } from './mdns-encode.ts';
import { codeOf, MDNS_GROUP_IPV4, Memberships } from './mdns-memberships.ts';
import { isPlausible } from './mdns-scan.ts';
import { Sender } from './mdns-sender.ts';

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
  const isAlone = await isFree(port);
  // bound last to 0.0.0.0 we would take the unicast of whoever had the port before (Linux); the group's address takes none
  const bind = isAlone || process.platform === 'win32' ? '0.0.0.0' : MDNS_GROUP_IPV4;
  const refused = { count: 0 };
  const socket = guarded(createSocket({ type: 'udp4', reuseAddr: true }), refused);
  const mdns = multicastDns({ socket, multicast: false, bind, port });
  const failure = await new Promise<string | undefined>((resolve) => {
    mdns.on('ready', () => resolve(undefined));
    mdns.on('error', (error) => resolve(codeOf(error)));
    mdns.on('warning', (error) => resolve(codeOf(error)));
  });
  if (failure !== undefined) {
    options.onProblem(
      `UDP port ${port} was expected to be shared for discovery, but cannot be used (${failure}); stop the program that keeps it for itself, ` +
        'or name people by address with --peer',
      true,
    );
    await new Promise<void>((resolve) => mdns.destroy(resolve));
    return new SilentMdns();
  }
  socket.setMulticastTTL(255);
  socket.setTTL(255);
  socket.setMulticastLoopback(true);
  return new OpenMdns(options, { mdns, socket, port, refused });
};

class SilentMdns implements MdnsPort {
  setInterfaces(): void {}
  send(): void {}
  stats(): MdnsStats {
    return { received: 0, dropped: 0, sent: 0, failed: 0 };
  }
  async close(): Promise<void> {}
}

type Opened = {
  readonly mdns: multicastDns.MulticastDNS;
  readonly socket: Socket;
  readonly port: number;
  readonly refused: { readonly count: number };
};

class OpenMdns implements MdnsPort {
  readonly #options: MdnsOptions;
  readonly #mdns: multicastDns.MulticastDNS;
  readonly #memberships: Memberships;
  readonly #sender: Sender;
  readonly #timer: NodeJS.Timeout;
  #links: readonly LinkInterface[] = [];
  /** Problems told and not yet over. BOUNDED: by interfaces and codes. */
  readonly #told = new Map<string, string>();
  /** Datagrams that never reached the decoder. */
  readonly #refused: { readonly count: number };
  #received = 0;
  #dropped = 0;
  #sent = 0;
  #failed = 0;
  #closing: Promise<void> | undefined;

  constructor(options: MdnsOptions, { mdns, socket, port, refused }: Opened) {
    this.#refused = refused;
    this.#options = options;
    this.#mdns = mdns;
    this.#memberships = new Memberships(socket);
    this.#sender = new Sender(socket, port, (link, code) => this.#onResult(link, code));
    mdns.on('packet', (packet: multicastDns.FullPacket, from: RemoteInfo) => this.#onPacket(packet, from));
    mdns.on('warning', () => this.#dropped++); // not decodable, or a socket's complaint: a send reports its own
    mdns.on('error', () => this.#dropped++);
    this.#timer = setInterval(() => this.setInterfaces(options.interfaces()), LOOK_EVERY_MS);
    this.#timer.unref();
    this.setInterfaces(options.interfaces());
  }

  setInterfaces(links: readonly LinkInterface[]): void {
    if (this.#closing !== undefined) return;
    this.#links = links;
    const { rejoined, failed } = this.#memberships.update(links);
    for (const { name, code } of failed) this.#tell(name, code, `interface ${name} does not take part in multicast (${code})`);
    for (const link of links) if (this.#memberships.isJoined(link.name)) this.#over(link.name);
    const isDeaf = this.#memberships.size === 0;
    if (isDeaf)
      this.#tell(
        '',
        'none',
        'no network interface can be used for multicast: nobody can be found; check the cable or Wi-Fi, or name people by address with --peer',
        true,
      );
    else this.#over('');
    for (const name of rejoined) this.#options.onRejoined?.(name);
  }

  send(send: MdnsSend): void {
    if (this.#closing !== undefined) return;
    const link = this.#links.find(({ name }) => name === send.interface);
    if (link === undefined || !this.#memberships.isJoined(link.name)) return;
    if (send.to !== undefined && isIPv6(send.to.host)) return;
    const packets = encodeMdns(send.message);
    if (!this.#sender.send({ link, packets, ...(send.to === undefined ? {} : { to: send.to }) })) this.#failed++;
  }

  stats(): MdnsStats {
    return { received: this.#received, dropped: this.#dropped + this.#refused.count, sent: this.#sent, failed: this.#failed };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sender.drained();
    this.#memberships.leaveAll();
    await new Promise<void>((resolve) => this.#mdns.destroy(resolve));
  }

  #onPacket(packet: multicastDns.FullPacket, from: RemoteInfo): void {
    if (this.#closing !== undefined) return;
    const link = linkOf(this.#links, from.address);
    const message = link === undefined ? undefined : messageOf(packet);
    if (link === undefined || message === undefined) {
      this.#dropped++;
      return;
    }
    this.#received++;
    this.#options.onMessage({ interface: link.name, from: { host: from.address, port: from.port }, message });
  }

  #onResult(link: LinkInterface, code: string | undefined): void {
    if (code === undefined) {
      this.#sent++;
      this.#over(`send ${link.name}`);
      return;
    }
    this.#failed++;
    const what = `discovery cannot send on ${link.name} (${code})`;
    const hint =
      code === 'EHOSTUNREACH' && process.platform === 'darwin' ? '; allow local network access in Settings › Privacy' : '';
    this.#tell(`send ${link.name}`, code, `${what}${hint}`);
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

/**
 * The interface a datagram came in by, as the system does not say: the one that has the source's address or prefix. A source
 * that is on no link of ours is not our neighbour (RFC 6762 §11): undefined.
 */
const linkOf = (links: readonly LinkInterface[], host: string): LinkInterface | undefined =>
  links.find((link) => isOwnHost(link, host)) ?? links.find((link) => isOnLink(link, host));

/** RFC 6762 §15.1: nobody else on this host has the port. */
const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createSocket({ type: 'udp4', reuseAddr: false });
    probe.once('error', () => probe.close(() => resolve(false)));
    probe.bind({ port, address: '0.0.0.0', exclusive: true }, () => probe.close(() => resolve(true)));
  });

/** The decoder behind this socket only sees what could be a message. */
const guarded = (socket: Socket, refused: { count: number }): Socket => {
  const emit = socket.emit.bind(socket) as (event: string, ...values: readonly unknown[]) => boolean;
  const guardedEmit = (event: string, ...values: readonly unknown[]): boolean => {
    const [bytes] = values;
    if (event === 'message' && bytes instanceof Uint8Array && !isPlausible(bytes)) {
      refused.count += 1;
      return false;
    }
    return emit(event, ...values);
  };
  socket.emit = guardedEmit;
  return socket;
};
