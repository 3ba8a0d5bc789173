/** Somebody else uses our name (RFC 6762 §9): by chance never, as it has 130 random bits; by malice, or in a copied machine, perhaps. */
import type { Instant } from '../base/time.ts';
import type { DnsMessage, DnsRecord } from './dns-message.ts';
import { CONFLICT_WINDOW_MS, CONFLICTS_CALM_MS, CONFLICTS_MAX, CONFLICTS_WAIT_MS } from './limits.ts';
import { type OwnRecords, uniqueRecords } from './own-records.ts';
import { sameName, sameRecord } from './records.ts';

/** Whether a record has one of our unique names. */
export const namesOurs = (record: DnsRecord, own: OwnRecords): boolean =>
  sameName(record.name, own.instance) || sameName(record.name, own.host);

/**
 * Whether we say the same on some link. Our own words heard again — looped back, on our other interface (§14), or repeated by a
 * reflector — are no conflict.
 */
export const isOurs = (record: DnsRecord, own: readonly OwnRecords[]): boolean =>
  own.some((records) =>
    [...uniqueRecords(records), records.instanceNsec, records.hostNsec].some((ours) => sameRecord(ours, record)),
  );

/**
 * Whether a response holds, in any section, another record of a type that we have under one of our names (§9). Goodbyes are
 * none; nor is what two of our interfaces deny differently.
 */
export const isConflict = (message: DnsMessage, own: readonly OwnRecords[]): boolean =>
  [...message.answers, ...message.authorities, ...message.additionals].some((record) => {
    const kind = record.data.kind;
    if (record.ttl === 0 || kind === 'NSEC' || kind === 'PTR' || kind === 'other') return false;
    return own.some((records) => namesOurs(record, records)) && !isOurs(record, own);
  });

/** Conflicts of late: many of them slow us down, so that two hosts, or a liar, cannot keep a link busy with our probes (§8.1). */
export class Conflicts {
  /** BOUNDED: by CONFLICTS_MAX, the oldest goes. */
  #at: Instant[] = [];
  #isSlow = false;

  /** @returns how long to wait before probing again, ms. Once they were many, every further attempt waits, until a calm. */
  onConflict(now: Instant): number {
    const last = this.#at.at(-1);
    if (last !== undefined && now - last > CONFLICTS_CALM_MS) this.#isSlow = false;
    this.#at = [...this.#at, now].slice(-CONFLICTS_MAX);
    const [first] = this.#at;
    if (this.#at.length === CONFLICTS_MAX && first !== undefined && now - first <= CONFLICT_WINDOW_MS) this.#isSlow = true;
    return this.#isSlow ? CONFLICTS_WAIT_MS : 0;
  }
}
