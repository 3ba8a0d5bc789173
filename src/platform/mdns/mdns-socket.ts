/**
 * One socket of one family on the mDNS port, for all interfaces: multicast-dns binds and decodes; memberships, the interface of
 * each send, and encoding are ours.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import multicastDns from 'multicast-dns';
import type { Address } from '../../base/address.ts';
import type { DnsMessage, LinkInterface } from '../../discovery/dns-message.ts';
import { messageOf } from './mdns-decode.ts';
import type { MdnsFamily } from './mdns-family.ts';
import { codeOf, Memberships } from './mdns-memberships.ts';
import { isPlausible } from './mdns-scan.ts';
import { Sender } from './mdns-sender.ts';

export type MdnsSocketOptions = {
  readonly port: number;
  /** undefined: a datagram that is no message, or one to be ignored. */
  readonly onMessage: (from: Address, message: DnsMessage | undefined) => void;
  /** Of every message given to `send`: undefined if it left, else the system's code. */
  readonly onSent: (link: LinkInterface, code: string | undefined) => void;
};

export class MdnsSocket {
  readonly family: MdnsFamily;
  readonly memberships: Memberships;
  readonly sender: Sender;
  readonly #mdns: multicastDns.MulticastDNS;

  constructor(family: MdnsFamily, socket: Socket, mdns: multicastDns.MulticastDNS, options: MdnsSocketOptions) {
    this.family = family;
    this.#mdns = mdns;
    this.memberships = new Memberships(socket, family);
    this.sender = new Sender(socket, { port: options.port, family, onResult: options.onSent });
    const isNoMessage = (): void => options.onMessage({ host: family.any, port: 0 }, undefined);
    mdns.on('packet', (packet: multicastDns.FullPacket, from: RemoteInfo) =>
      options.onMessage({ host: from.address, port: from.port }, messageOf(packet)),
    );
    mdns.on('warning', isNoMessage); // not decodable, or a socket's complaint: a send reports its own
    mdns.on('error', isNoMessage);
  }

  async close(): Promise<void> {
    await this.sender.drained();
    this.memberships.leaveAll();
    await new Promise<void>((resolve) => this.#mdns.destroy(resolve));
  }
}

/** @param bind the address to bind to. @returns the system's code if the port cannot be had. */
export const openMdnsSocket = async (
  family: MdnsFamily,
  bind: string,
  options: MdnsSocketOptions,
): Promise<MdnsSocket | string> => {
  const { port, onMessage } = options;
  const raw = createSocket({ type: family.type, reuseAddr: true, ipv6Only: family.type === 'udp6' });
  const socket = guarded(raw, () => onMessage({ host: family.any, port: 0 }, undefined));
  // `ip` and `interface` only keep it from complaining: with `multicast` false it uses neither
  const mdns = multicastDns({ socket, multicast: false, bind, port, type: family.type, ip: family.group, interface: family.any });
  const failure = await new Promise<string | undefined>((resolve) => {
    mdns.on('ready', () => resolve(undefined));
    mdns.on('error', (error) => resolve(codeOf(error)));
    mdns.on('warning', (error) => resolve(codeOf(error)));
  });
  if (failure !== undefined) {
    await new Promise<void>((resolve) => mdns.destroy(resolve));
    return failure;
  }
  socket.setMulticastTTL(255);
  socket.setTTL(255);
  socket.setMulticastLoopback(true);
  return new MdnsSocket(family, socket, mdns, options);
};

/** RFC 6762 §15.1: nobody else on this host has the port. */
export const isFree = (family: MdnsFamily, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createSocket({ type: family.type, reuseAddr: false, ipv6Only: family.type === 'udp6' });
    probe.once('error', () => probe.close(() => resolve(false)));
    probe.bind({ port, address: family.any, exclusive: true }, () => probe.close(() => resolve(true)));
  });

/** The decoder behind this socket only sees what could be a message. */
const guarded = (socket: Socket, onRefused: () => void): Socket => {
  const emit = socket.emit.bind(socket) as (event: string, ...values: readonly unknown[]) => boolean;
  const guardedEmit = (event: string, ...values: readonly unknown[]): boolean => {
    const [bytes] = values;
    if (event === 'message' && bytes instanceof Uint8Array && !isPlausible(bytes)) {
      onRefused();
      return false;
    }
    return emit(event, ...values);
  };
  socket.emit = guardedEmit;
  return socket;
};
