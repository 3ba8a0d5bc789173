/** The two families of multicast DNS (RFC 6762 §20): what differs between IPv4 and IPv6 for a socket. */
import type { LinkInterface } from '../../discovery/dns-message.ts';

export type MdnsFamily = {
  readonly type: 'udp4' | 'udp6';
  readonly group: string;
  /** All addresses of this machine. */
  readonly any: string;
  /** What stands for an interface in the system's multicast calls; undefined if it has no such addresses. */
  readonly memberOf: (link: LinkInterface) => string | undefined;
  /** Where a message for everybody on an interface goes. */
  readonly groupOn: (link: LinkInterface) => string;
};

/** An interface goes by any of its own addresses. */
export const IPV4: MdnsFamily = {
  type: 'udp4',
  group: '224.0.0.251',
  any: '0.0.0.0',
  memberOf: (link) => link.ipv4[0]?.address,
  groupOn: () => '224.0.0.251',
};

/** An interface goes by its name, as a zone: addresses come and go, link-local ones are alike on all interfaces. */
export const IPV6: MdnsFamily = {
  type: 'udp6',
  group: 'ff02::fb',
  any: '::',
  memberOf: (link) => (link.ipv6.length === 0 ? undefined : `::%${link.name}`),
  groupOn: (link) => `ff02::fb%${link.name}`,
};
