/**
 * Others ask for the service, and somebody who should answer does not: he is gone, and we learn it without a question of our own
 * (passive observation of failures, RFC 6762 §10.5).
 */
import { type Instant, later } from '../base/time.ts';
import type { CachedRecord } from './cache.ts';
import type { DnsMessage, DnsRecord } from './dns-message.ts';
import { REPEAT_GAP_MS, UNANSWERED_MS } from './limits.ts';
import { rdataKey } from './records.ts';

/** A question of somebody else: when, and whom it listed as known, so that they are silent with reason. */
type Asked = { readonly at: Instant; readonly known: readonly DnsRecord[] };

export class Unanswered {
  #first: Asked | undefined;
  #second: Asked | undefined;

  /** A question of another host for the service, by multicast and whole. The second one within the time starts the wait. */
  onQuery(now: Instant, query: DnsMessage): void {
    if (this.#second !== undefined) return;
    const asked = { at: now, known: query.answers };
    if (this.#first === undefined || now - this.#first.at > UNANSWERED_MS) this.#first = asked;
    // one question by IPv4 and by IPv6, or repeated by a bridge, is one
    else if (now - this.#first.at >= REPEAT_GAP_MS) this.#second = asked;
  }

  nextTimeout(): Instant | undefined {
    return this.#second === undefined ? undefined : later(this.#second.at, UNANSWERED_MS);
  }

  /** @returns those of the pointers that two questions wanted, and that were not heard of since the first. */
  takeDue(now: Instant, pointers: () => readonly CachedRecord[]): readonly CachedRecord[] {
    const dueAt = this.nextTimeout();
    const [first, second] = [this.#first, this.#second];
    if (dueAt === undefined || dueAt > now || first === undefined || second === undefined) return [];
    this.clear();
    const known = new Set([...first.known, ...second.known].map(rdataKey));
    return pointers().filter(({ receivedAt, record }) => {
      return receivedAt < first.at && !known.has(rdataKey(record));
    });
  }

  clear(): void {
    this.#first = undefined;
    this.#second = undefined;
  }
}
