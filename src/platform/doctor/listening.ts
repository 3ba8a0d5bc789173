/** What is heard on this network while we ask: our own multicast, mDNS of others, those who run earshot. */
import { randomBytes } from 'node:crypto';
import type { Address } from '../../base/address.ts';
import type { DnsMessage, LinkInterface } from '../../discovery/dns-message.ts';
import { isOnLink, isOwnHost } from '../../discovery/link.ts';
import { encodeMdns } from '../mdns/mdns-encode.ts';
import { IPV4, IPV6 } from '../mdns/mdns-family.ts';
import { isFree, type MdnsSocket, openMdnsSocket } from '../mdns/mdns-socket.ts';
import { Announced } from './announced.ts';
import { pause } from './asking.ts';

const PORT = 5353;
const SERVICE = '_earshot._udp.local';
const ALL_SERVICES = '_services._dns-sd._udp.local';
/** The questions are put at these times: a first one may be lost, an answer held back for a second. */
const ASK_AT_MS = [0, 1_200];
const LISTEN_MS = 2_000;

export type Heard = {
  /** Why the port cannot be shared. */
  readonly failure: string | undefined;
  /** Names of interfaces. */
  readonly joined: ReadonlySet<string>;
  readonly hearingThemselves: ReadonlySet<string>;
  /** Interface → hosts but ourselves. */
  readonly hosts: ReadonlyMap<string, ReadonlySet<string>>;
  readonly earshotHosts: ReadonlySet<string>;
  /** Names by which those on this machine announce themselves. */
  readonly ownInstances: ReadonlySet<string>;
};

export type ListenOptions = {
  /** Told of the name of every question heard. */
  readonly onName: (name: string) => void;
  /** Told of open earshots on other hosts after LISTEN_MS; it goes on until this resolves. */
  readonly onHeard: (earshots: readonly Address[]) => Promise<unknown>;
};

/** A query as anybody may send it; answers are multicast. */
export const queryFor = (...names: readonly string[]): readonly Uint8Array[] =>
  encodeMdns({
    isResponse: false,
    isTruncated: false,
    questions: names.map((name) => ({ name, type: 'PTR', isUnicast: false })),
    answers: [],
    authorities: [],
    additionals: [],
    id: 0,
  });
export const EARSHOT_QUERY = queryFor(SERVICE);

export const listenToMdns = async (links: readonly LinkInterface[], { onName, onHeard }: ListenOptions): Promise<Heard> => {
  const ownName = `${randomBytes(10).toString('hex')}.local`;
  const hearingThemselves = new Set<string>();
  const earshotHosts = new Set<string>();
  const ownInstances = new Set<string>();
  const announced = new Announced();
  const hosts = new Map(links.map(({ name }) => [name, new Set<string>()]));
  const onMessage = (from: Address, message: DnsMessage | undefined): void => {
    const link = links.find((one) => isOnLink(one, from.host));
    if (message === undefined || link === undefined) return;
    if (message.questions.some(({ name }) => name === ownName)) hearingThemselves.add(link.name);
    for (const { name } of message.questions) onName(name);
    const instances = message.answers.flatMap(({ name, ttl, data }) =>
      ttl > 0 && data.kind === 'PTR' && name.toLowerCase() === SERVICE ? [data.target] : [],
    );
    if (links.some((one) => isOwnHost(one, from.host))) {
      for (const instance of instances) ownInstances.add(instance);
      return;
    }
    hosts.get(link.name)?.add(from.host);
    if (instances.length > 0) earshotHosts.add(from.host);
    announced.on(from, message);
  };
  const options = { port: PORT, onMessage, onSent: () => undefined };
  const first = await openMdnsSocket(IPV4, (await isFree(IPV4, PORT)) ? IPV4.any : IPV4.group, options);
  const second = (await isFree(IPV6, PORT)) ? await openMdnsSocket(IPV6, IPV6.any, options) : undefined;
  const sockets = [first, second].filter((socket): socket is MdnsSocket => typeof socket === 'object');
  for (const { memberships } of sockets) memberships.update(links);
  const packets = queryFor(SERVICE, ALL_SERVICES, ownName);
  const started = performance.now();
  for (const at of ASK_AT_MS) {
    await pause(at - (performance.now() - started));
    for (const { memberships, sender } of sockets) {
      for (const link of links) if (memberships.isJoined(link.name)) sender.send({ link, packets });
    }
  }
  await pause(LISTEN_MS - (performance.now() - started));
  await onHeard(announced.open);
  const joined = new Set(
    links.flatMap(({ name }) => (sockets.some(({ memberships }) => memberships.isJoined(name)) ? [name] : [])),
  );
  await Promise.all(sockets.map((socket) => socket.close()));
  return { failure: typeof first === 'string' ? first : undefined, joined, hearingThemselves, hosts, earshotHosts, ownInstances };
};
