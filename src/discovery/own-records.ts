/** What we say about ourselves on one link, and which of it answers a question. */
import type { DnsQuestion, DnsRecord, LinkInterface } from './dns-message.ts';
import { HOST_TTL_S, OTHER_TTL_S } from './limits.ts';
import { instanceName, META_NAME, SERVICE_TYPE, sameName, sameRecord, setKey } from './records.ts';
import { ownText } from './text-record.ts';

/** The service as it is offered on every link. */
export type OwnService = {
  /**
   * Label of the instance and of the host: 130 random bits drawn for this process, so it is unique without asking and is not
   * probed for until somebody contests it (RFC 6762 §8.1, last paragraph). Never the host's name, which others own (it would be renamed).
   */
  readonly label: string;
  /** UDP port of the chat. */
  readonly port: number;
  /** First 8 bytes of the identity key; undefined: it is not said whose this is. */
  readonly idHint: Uint8Array | undefined;
};

/** All records of one link. Addresses are those of the link and of no other (§6.2). */
export type OwnRecords = {
  readonly instance: string;
  readonly host: string;
  /** Service type → instance; shared, as others have their own. */
  readonly pointer: DnsRecord;
  /** List of types → service type; the same on all hosts. */
  readonly meta: DnsRecord;
  readonly service: DnsRecord;
  readonly text: DnsRecord;
  readonly addresses: readonly DnsRecord[];
  /** What types the two names have: the answer for any other (§6.1). */
  readonly instanceNsec: DnsRecord;
  readonly hostNsec: DnsRecord;
};

const record = (name: string, ttl: number, data: DnsRecord['data']): DnsRecord => ({
  name,
  ttl,
  flush: data.kind !== 'PTR',
  data,
});

export const ownRecords = (service: OwnService, link: LinkInterface): OwnRecords => {
  const instance = instanceName(service.label);
  const host = `${service.label}.local`;
  const addresses = [
    ...link.ipv4.map(({ address }) => record(host, HOST_TTL_S, { kind: 'A', address })),
    ...link.ipv6.map(({ address }) => record(host, HOST_TTL_S, { kind: 'AAAA', address })),
  ];
  const addressTypes = [...new Set(addresses.map(({ data }) => data.kind))];
  return {
    instance,
    host,
    pointer: record(SERVICE_TYPE, OTHER_TTL_S, { kind: 'PTR', target: instance }),
    meta: record(META_NAME, OTHER_TTL_S, { kind: 'PTR', target: SERVICE_TYPE }),
    service: record(instance, HOST_TTL_S, { kind: 'SRV', target: host, port: service.port, priority: 0, weight: 0 }),
    text: record(instance, OTHER_TTL_S, { kind: 'TXT', strings: ownText(service.idHint) }),
    addresses,
    instanceNsec: record(instance, OTHER_TTL_S, { kind: 'NSEC', next: instance, types: ['TXT', 'SRV'] }),
    hostNsec: record(host, HOST_TTL_S, { kind: 'NSEC', next: host, types: addressTypes }),
  };
};

/** What only we may say: the records to probe for (§8.1) and to defend (§9). */
export const uniqueRecords = (own: OwnRecords): readonly DnsRecord[] => [own.service, own.text, ...own.addresses];

/** What an announcement says; the meta pointer is only given when asked, as every host has the same. */
export const announced = (own: OwnRecords): readonly DnsRecord[] => [own.pointer, ...uniqueRecords(own)];

/** Others may have records of the same name: answers wait a random time, no flush bit. */
export const isShared = (answer: DnsRecord): boolean => answer.data.kind === 'PTR';

/** Our records for a question; for a type that an own name does not have, its NSEC; nothing for foreign names. */
export const answersTo = (own: OwnRecords, question: DnsQuestion): readonly DnsRecord[] => {
  const isAny = question.type === 'ANY';
  if (sameName(question.name, SERVICE_TYPE)) return isAny || question.type === 'PTR' ? [own.pointer] : [];
  if (sameName(question.name, META_NAME)) return isAny || question.type === 'PTR' ? [own.meta] : [];
  if (sameName(question.name, own.instance)) return ofType(question, [own.service, own.text], own.instanceNsec);
  if (sameName(question.name, own.host)) return ofType(question, own.addresses, own.hostNsec);
  return [];
};

/** What an asker will want next, so that one packet is enough (RFC 6763 §12.1, RFC 6762 §6.2); without what is answered already. */
export const additionalsTo = (own: OwnRecords, answers: readonly DnsRecord[]): readonly DnsRecord[] => {
  const wanted = new Set<DnsRecord>();
  const hasBothFamilies = own.addresses.some((a) => a.data.kind === 'A') && own.addresses.some((a) => a.data.kind === 'AAAA');
  const addAddresses = (): void => {
    for (const address of own.addresses) wanted.add(address);
    if (!hasBothFamilies) wanted.add(own.hostNsec);
  };
  for (const answer of answers) {
    if (answer === own.pointer) wanted.add(own.service).add(own.text);
    if (answer === own.pointer || answer === own.service || own.addresses.includes(answer)) addAddresses();
  }
  for (const answer of answers) wanted.delete(answer);
  return [...wanted];
};

/** The asker has it, with at least half of its life left (§7.1). */
export const isKnown = (answer: DnsRecord, knownAnswers: readonly DnsRecord[]): boolean =>
  knownAnswers.some((known) => known.ttl >= answer.ttl / 2 && sameRecord(known, answer));

/**
 * Answers that the asker does not have. A record set with the flush bit is said whole or not at all: what is left out of it, its hearers
 * would forget within a second (§10.2).
 */
export const unknownOf = (answers: readonly DnsRecord[], knownAnswers: readonly DnsRecord[]): readonly DnsRecord[] => {
  const unknown = answers.filter((answer) => !isKnown(answer, knownAnswers));
  const sets = new Set(unknown.map(setKey));
  return answers.filter((answer) => (isShared(answer) ? unknown.includes(answer) : sets.has(setKey(answer))));
};

const ofType = (question: DnsQuestion, records: readonly DnsRecord[], nsec: DnsRecord): readonly DnsRecord[] => {
  if (question.type === 'ANY') return records;
  const matching = records.filter((own) => own.data.kind === question.type);
  return matching.length > 0 ? matching : [nsec];
};
