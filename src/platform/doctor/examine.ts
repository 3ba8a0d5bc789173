/** Measures this machine's network, and the way to somebody in particular, in about three seconds. Throws for nothing the network does. */
import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { type Address, isIPv6 } from '../../base/address.ts';
import type { LinkInterface } from '../../discovery/dns-message.ts';
import { isOnLink, isOwnHost } from '../../discovery/link.ts';
import { openBeaconPort } from '../beacon-port.ts';
import { chooseInterfaces, leftOut } from '../interfaces.ts';
import { IPV4, IPV6 } from '../mdns/mdns-family.ts';
import type { Checkup, InterfaceCheck, PeerCheck } from './checkup.ts';
import { echo } from './echo.ts';
import { EARSHOT_QUERY, type Heard, listenToMdns } from './listening.ts';
import { firewallsHere, holdersOf, isNeighbour } from './system.ts';

const SMALL = 512;
const LARGE = 1200;
/** Datagrams by which it is seen whether any come through; then as many as make a hundred, for the loss. */
const FIRST_COUNT = 3;
const LOSS_COUNT = 97;
/** Multicast of ours is answered by unicast within this. */
const ANSWER_MS = 1_500;
const OWN_MS = 500;
const MDNS_PORT = 5353;

/** @param wanted names or addresses of interfaces, as `OpenOptions.interfaces`. */
export const examine = async (wanted: readonly string[], peer: Address | undefined): Promise<Checkup> => {
  const links = chooseInterfaces(wanted);
  const beaconHosts = new Set<string>();
  let beaconFailure: string | undefined;
  const mdnsSharedWith = holdersOf(MDNS_PORT);
  const beacons = await openBeaconPort({
    onDatagram: ({ host }) => {
      if (!links.some((link) => isOwnHost(link, host))) beaconHosts.add(host);
    },
    onProblem: (text) => {
      beaconFailure = text;
    },
  });
  const [heard, takesUdp, path] = await Promise.all([
    listenToMdns(links),
    takesOwn(links),
    peer === undefined ? undefined : examinePath(peer, links),
  ]);
  await beacons.close();
  return {
    interfaces: interfaceChecks(links, heard),
    mdnsFailure: heard.failure,
    mdnsSharedWith,
    beaconFailure,
    beaconHosts: [...beaconHosts],
    takesUdp,
    earshotHosts: [...heard.earshotHosts],
    firewalls: firewallsHere(),
    peer: path === undefined ? undefined : { ...path, isHeardByMulticast: isHeard(heard, path.address), clockSkewMs: undefined },
  };
};

const isHeard = ({ hosts }: Heard, { host }: Address): boolean => [...hosts.values()].some((on) => on.has(host));

const interfaceChecks = (links: readonly LinkInterface[], heard: Heard): readonly InterfaceCheck[] =>
  Object.entries(networkInterfaces()).map(([name, addresses = []]) => {
    const isUsed = links.some((link) => link.name === name);
    return {
      name,
      addresses: addresses.map(({ address }) => address),
      leftOut: isUsed ? undefined : (leftOut(name, addresses) ?? 'not chosen'),
      hasJoined: heard.joined.has(name),
      hearsItself: heard.hearingThemselves.has(name),
      mdnsHosts: [...(heard.hosts.get(name) ?? [])],
    };
  });

/** Whether a datagram to an address of ours arrives: only a filter of this machine stands in between. */
const takesOwn = async (links: readonly LinkInterface[]): Promise<boolean | undefined> => {
  const host = links.flatMap(({ ipv4 }) => ipv4)[0]?.address;
  if (host === undefined) return undefined;
  const socket = createSocket('udp4');
  const arrived = new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), OWN_MS);
    socket.on('message', () => {
      clearTimeout(timer);
      resolve(true);
    });
    socket.on('error', () => resolve(false));
    socket.bind(0, '0.0.0.0', () => socket.send('?', socket.address().port, host, () => undefined));
  });
  const takes = await arrived;
  socket.close();
  return takes;
};

const examinePath = async (
  address: Address,
  links: readonly LinkInterface[],
): Promise<Omit<PeerCheck, 'isHeardByMulticast' | 'clockSkewMs'>> => {
  const all = chooseInterfaces(Object.keys(networkInterfaces()));
  const used = links.find((link) => isOnLink(link, address.host));
  const other = all.find((link) => isOnLink(link, address.host));
  const isOwn = all.some((link) => isOwnHost(link, address.host));
  const on = used ?? other;
  const [first, hearsOurMulticast] = await Promise.all([echo(address, SMALL, FIRST_COUNT), isAnswered(address, used)]);
  const hasAnswer = first.tally.answered > 0;
  const more = hasAnswer ? (await echo(address, SMALL, LOSS_COUNT)).tally : { sent: 0, answered: 0 };
  const large = hasAnswer ? (await echo(address, LARGE, FIRST_COUNT)).tally : { sent: 0, answered: 0 };
  return {
    address,
    link: on === undefined ? undefined : { name: on.name, isUsed: used !== undefined || isOwn },
    sendFailure: hasAnswer ? undefined : first.sendFailure,
    isRefused: first.isRefused,
    isNeighbour: on === undefined || isOwn || isIPv6(address.host) ? undefined : isNeighbour(address.host),
    small: { sent: first.tally.sent + more.sent, answered: first.tally.answered + more.answered },
    large,
    hearsOurMulticast,
  };
};

/** Whether a host answers by unicast what we ask by multicast: a question from another port than 5353 is answered so (RFC 6762 §6.7). */
const isAnswered = async ({ host }: Address, link: LinkInterface | undefined): Promise<boolean> => {
  const family = isIPv6(host) ? IPV6 : IPV4;
  const member = link === undefined ? undefined : family.memberOf(link);
  if (link === undefined || member === undefined) return false;
  const socket = createSocket({ type: family.type });
  const answered = new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), ANSWER_MS);
    socket.on('message', (_message, from) => {
      if (from.address !== host) return;
      clearTimeout(timer);
      resolve(true);
    });
    socket.on('error', () => resolve(false));
    socket.bind(0, family.any, () => {
      try {
        socket.setMulticastInterface(member);
        socket.setMulticastTTL(255);
        for (const packet of EARSHOT_QUERY) socket.send(packet, MDNS_PORT, family.groupOn(link), () => undefined);
      } catch {
        resolve(false); // the interface is gone, or takes no part in multicast
      }
    });
  });
  const isThere = await answered;
  socket.close();
  return isThere;
};
