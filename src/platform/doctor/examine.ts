/** Measures this machine's network, and the way to somebody in particular, in about three seconds. Throws for nothing the network does. */
import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { type Address, isIPv6 } from '../../base/address.ts';
import type { LinkInterface } from '../../discovery/dns-message.ts';
import { broadcastsOf, isOnLink, isOwnHost } from '../../discovery/link.ts';
import { openBeaconPort } from '../beacon-port.ts';
import { chooseInterfaces, leftOut } from '../interfaces.ts';
import { IPV4, IPV6 } from '../mdns/mdns-family.ts';
import { ask, askBriefly, isRefused, pause, Reports } from './asking.ts';
import type { Checkup, InterfaceCheck, OtherCheck, PeerCheck } from './checkup.ts';
import { EARSHOT_QUERY, type Heard, listenToMdns } from './listening.ts';
import { firewallsHere, holdersOf, isNeighbour } from './system.ts';

/** Somebody who is alone sends a beacon every 30 s: to hear one tells where datagrams are dropped. */
const SIGN_MS = 32_000;
const LOOK_EVERY_MS = 100;
/** Multicast of ours is answered by unicast within this. */
const ANSWER_MS = 1_500;
const OWN_MS = 500;
const MDNS_PORT = 5353;
/** tcpmux, which nobody has: a host that takes UDP says so. */
const UNUSED_PORT = 1;
/** Enough to tell one host that drops datagrams from this one. */
const OTHERS_MAX = 3;

export type ExamineOptions = {
  /** Nothing came back, and a sign of life is waited for: so many ms at most. */
  readonly onWaiting?: (limitMs: number) => void;
};

/** @param wanted names or addresses of interfaces, as `OpenOptions.interfaces`. */
export const examine = async (
  wanted: readonly string[],
  peer: Address | undefined,
  options: ExamineOptions = {},
): Promise<Checkup> => {
  const links = chooseInterfaces(wanted);
  const reports = new Reports();
  const allReports = [reports];
  let others: readonly OtherCheck[] = [];
  const beaconHosts = new Set<string>();
  let beaconFailure: string | undefined;
  const mdnsSharedWith = holdersOf(MDNS_PORT);
  const beacons = await openBeaconPort({
    onDatagram: ({ host }, bytes) => {
      for (const one of allReports) one.onBroadcast(bytes);
      if (!links.some((link) => isOwnHost(link, host))) beaconHosts.add(host);
    },
    onProblem: (text) => {
      beaconFailure = text;
    },
  });
  const takesUdp = takesOwn(links);
  const path = peer === undefined ? undefined : examinePath(peer, links, reports);
  const heard = await listenToMdns(links, {
    onName: (name) => {
      for (const one of allReports) one.onName(name);
    },
    onHeard: async (earshots) => {
      if (path === undefined) others = await examineOthers(earshots, links, allReports);
      else await path;
    },
  });
  const found = await path;
  const isMute = found !== undefined && isWithoutSign(found) && (await takesUdp) !== false && !isHeard(heard, found.address);
  if (isMute) await untilSign(found.address, beaconHosts, options);
  await beacons.close();
  return {
    interfaces: interfaceChecks(links, heard),
    mdnsFailure: heard.failure,
    mdnsSharedWith,
    beaconFailure,
    beaconHosts: [...beaconHosts],
    takesUdp: await takesUdp,
    earshotHosts: [...heard.earshotHosts],
    others,
    earshotsHere: heard.ownInstances.size,
    firewalls: firewallsHere(),
    peer:
      found === undefined
        ? undefined
        : { ...found, isHeardByMulticast: found.isHeardByMulticast || isHeard(heard, found.address) },
  };
};

/** Nothing that came, or was told by their host, says whether it is there or here that datagrams are dropped. */
const isWithoutSign = (path: PeerCheck): boolean =>
  path.link?.isUsed === true &&
  path.sendFailure === undefined &&
  path.small.arrived === undefined &&
  !path.isRefused &&
  !path.isRefusedElsewhere &&
  path.isNeighbour !== false &&
  !path.hearsOurMulticast;

const untilSign = async ({ host }: Address, beaconHosts: ReadonlySet<string>, { onWaiting }: ExamineOptions): Promise<void> => {
  if (beaconHosts.has(host)) return;
  onWaiting?.(SIGN_MS);
  const end = performance.now() + SIGN_MS;
  while (!beaconHosts.has(host) && performance.now() < end) await pause(LOOK_EVERY_MS);
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

/** @param allReports those to which what is heard is given: theirs are added. */
const examineOthers = (
  earshots: readonly Address[],
  links: readonly LinkInterface[],
  allReports: Reports[],
): Promise<readonly OtherCheck[]> =>
  Promise.all(
    earshots.slice(0, OTHERS_MAX).map(async (address) => {
      const reports = new Reports();
      allReports.push(reports);
      const link = links.find((one) => isOnLink(one, address.host));
      const { sendFailure, small } = await askBriefly(address, link, reports);
      return { address, sendFailure, small };
    }),
  );

const examinePath = async (address: Address, links: readonly LinkInterface[], reports: Reports): Promise<PeerCheck> => {
  const all = chooseInterfaces(Object.keys(networkInterfaces()));
  const used = links.find((link) => isOnLink(link, address.host));
  const other = all.find((link) => isOnLink(link, address.host));
  const isOwn = all.some((link) => isOwnHost(link, address.host));
  const on = used ?? other;
  const [asked, isRefusedThere] = await Promise.all([ask(address, used, reports), isRefused(address)]);
  const { sendFailure, small, full, oversized, there, heardBy, hearsOwnMulticast, clockSkewMs, takesUnasked } = asked;
  const isSilent = there === undefined;
  const hasBroadcast = used !== undefined && !isIPv6(address.host) && broadcastsOf(used).length > 0;
  const [hearsMulticast, isRefusedElsewhere] = await Promise.all([
    there === undefined ? isAnswered(address, used) : there.multicast > 0,
    isSilent && !isRefusedThere && isRefused({ ...address, port: UNUSED_PORT }),
  ]);
  return {
    address,
    link: on === undefined ? undefined : { name: on.name, isUsed: used !== undefined || isOwn },
    sendFailure,
    isRefused: isSilent && isRefusedThere,
    isRefusedElsewhere,
    isNeighbour: on === undefined || isOwn || isIPv6(address.host) ? undefined : isNeighbour(address.host),
    small,
    large: full,
    oversized,
    clockSkewMs,
    hearsOurMulticast: hearsMulticast,
    isHeardByMulticast: heardBy.has('multicast'),
    hearsOurBroadcast: isSilent || !hasBroadcast ? undefined : there.broadcast > 0,
    isHeardByBroadcast: heardBy.has('broadcast'),
    hearsOwnMulticast,
    takesUnasked,
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
