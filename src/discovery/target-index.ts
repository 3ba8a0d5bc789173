/** Which services name a host as their target, so that an address record is judged without looking at all records. */
import type { DnsRecord } from './dns-message.ts';
import { lower, recordKey } from './records.ts';

export class TargetIndex {
  /** Link and host → SRV record → name of its service. BOUNDED: by the SRV records in the cache. */
  readonly #services = new Map<string, Map<string, string>>();

  add(link: string, record: DnsRecord): void {
    if (record.data.kind !== 'SRV') return;
    const key = `${link} ${lower(record.data.target)}`;
    const services = this.#services.get(key) ?? new Map<string, string>();
    this.#services.set(key, services.set(recordKey(record), record.name));
  }

  delete(link: string, record: DnsRecord): void {
    if (record.data.kind !== 'SRV') return;
    const key = `${link} ${lower(record.data.target)}`;
    const services = this.#services.get(key);
    if (services?.delete(recordKey(record)) === true && services.size === 0) this.#services.delete(key);
  }

  /** Names of the services at a host of a link. */
  servicesAt(link: string, host: string): readonly string[] {
    return [...(this.#services.get(`${link} ${lower(host)}`)?.values() ?? [])];
  }
}
