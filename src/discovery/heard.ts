/** Which records of a response concern us, in the order in which they make sense. */
import type { DnsMessage, DnsRecord } from './dns-message.ts';
import { instanceOf, lower, SERVICE_TYPE, sameName } from './records.ts';
import { isModestText } from './text-record.ts';

export type Heard = {
  /** Pointers, then services and texts, then addresses. Everything else on the link (printers, televisions) is left out. */
  readonly records: readonly DnsRecord[];
  /** Our own instance was among them: our words, heard again. */
  readonly hasOurs: boolean;
};

/** @param isWantedHost whether an address record of this host name is of use although no SRV of the message names it. */
export const heardIn = (message: DnsMessage, ownLabel: string, isWantedHost: (host: string) => boolean): Heard => {
  const pointers: DnsRecord[] = [];
  const services: DnsRecord[] = [];
  const hosts: DnsRecord[] = [];
  const targets = new Set<string>();
  let hasOurs = false;
  for (const record of [...message.answers, ...message.additionals]) {
    const instance = subject(record);
    if (instance === 'host') {
      hosts.push(record);
      continue;
    }
    if (instance === undefined) continue;
    if (instance.label === ownLabel) {
      hasOurs = true;
      continue;
    }
    (record.data.kind === 'PTR' ? pointers : services).push(record);
    if (record.data.kind === 'SRV') targets.add(lower(record.data.target));
  }
  const addresses = hosts.filter(({ name }) => targets.has(lower(name)) || isWantedHost(name));
  return { records: [...pointers, ...services, ...addresses], hasOurs };
};

/** What a record is about: an instance, a host, or nothing of ours. */
const subject = (record: DnsRecord): { readonly label: string } | 'host' | undefined => {
  const data = record.data;
  const about = (name: string): { readonly label: string } | undefined => {
    const label = instanceOf(name);
    return label === undefined ? undefined : { label };
  };
  switch (data.kind) {
    case 'PTR':
      return sameName(record.name, SERVICE_TYPE) ? about(data.target) : undefined;
    case 'SRV':
      return about(record.name);
    case 'TXT':
      return isModestText(data.strings) ? about(record.name) : undefined;
    case 'A':
    case 'AAAA':
      return 'host';
    case 'NSEC':
    case 'other':
      return undefined;
    default:
      return data satisfies never;
  }
};
