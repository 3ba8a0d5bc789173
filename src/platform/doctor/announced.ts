/** Earshots of other hosts that announce themselves by mDNS: where they are, as far as they say so themselves. Pure. */
import { type Address, isIPv6 } from '../../base/address.ts';
import type { DnsMessage, DnsRecord } from '../../discovery/dns-message.ts';
import { idHintOf } from '../../discovery/text-record.ts';

const SERVICE_END = '._earshot._udp.local';
/** More than these are not needed to know whether anybody answers. */
const ANNOUNCED_MAX = 64;

type Announcement = { readonly instance: string; readonly host: string; port?: number; isOpen?: boolean };

export class Announced {
  /** By host and instance. BOUNDED: by ANNOUNCED_MAX. */
  readonly #heard = new Map<string, Announcement>();

  /** A message of another host. What somebody else hands on of it does not count: it need not be reachable there. */
  on({ host }: Address, message: DnsMessage): void {
    const records = [...message.answers, ...message.additionals];
    const [own = ''] = host.split('%', 1);
    const claimed = records.flatMap(({ data }) => (data.kind === 'A' || data.kind === 'AAAA' ? [data.address] : []));
    if (claimed.length > 0 && !claimed.includes(own)) return;
    for (const record of records) this.#onRecord(host, record);
  }

  /** One a host, IPv4 first. Who hides answers nobody (protocol.md §12.5), and is left out. */
  get open(): readonly Address[] {
    const instances = new Set<string>();
    const hosts = new Set<string>();
    const ofIPv4First = [...this.#heard.values()].sort((a, b) => Number(isIPv6(a.host)) - Number(isIPv6(b.host)));
    return ofIPv4First.flatMap(({ instance, host, port, isOpen }) => {
      if (port === undefined || isOpen !== true || instances.has(instance) || hosts.has(host)) return [];
      instances.add(instance);
      hosts.add(host);
      return [{ host, port }];
    });
  }

  #onRecord(host: string, { name, ttl, data }: DnsRecord): void {
    const instance = name.toLowerCase();
    if (!instance.endsWith(SERVICE_END) || (data.kind !== 'SRV' && data.kind !== 'TXT')) return;
    const key = `${host} ${instance}`;
    if (ttl === 0) {
      this.#heard.delete(key);
      return;
    }
    const announcement = this.#heard.get(key) ?? { instance, host };
    if (!this.#heard.has(key) && this.#heard.size >= ANNOUNCED_MAX) return;
    this.#heard.set(key, announcement);
    if (data.kind === 'TXT') announcement.isOpen = idHintOf(data.strings) !== undefined;
    else if (data.port > 0) announcement.port = data.port;
  }
}
