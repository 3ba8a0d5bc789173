/** Somebody else uses our name (RFC 6762 §9): by chance never, as it has 130 random bits; by malice perhaps. */
import type { DnsMessage } from './dns-message.ts';
import type { OwnRecords } from './own-records.ts';
import { recordKey, sameName } from './records.ts';

/**
 * Whether a response holds a record under one of our unique names that we do not have on any link. Our own words heard
 * again — looped back, on our other interface (§14), or repeated by a reflector — are no conflict, nor are goodbyes.
 */
export const isConflict = (message: DnsMessage, own: readonly OwnRecords[]): boolean => {
  const ours = new Set<string>();
  for (const records of own)
    for (const record of [records.service, records.text, ...records.addresses]) ours.add(recordKey(record));
  for (const record of [...message.answers, ...message.authorities, ...message.additionals]) {
    const kind = record.data.kind;
    if (record.ttl === 0 || kind === 'NSEC' || kind === 'PTR' || kind === 'other') continue;
    const isOurName = own.some(({ instance, host }) => sameName(record.name, instance) || sameName(record.name, host));
    if (isOurName && !ours.has(recordKey(record))) return true;
  }
  return false;
};
