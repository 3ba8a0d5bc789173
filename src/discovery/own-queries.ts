/** Our own questions come back by multicast loopback, and must not be taken for another's (RFC 6762 §7.3). */
import { isIPv6 } from '../base/address.ts';
import type { Instant } from '../base/time.ts';
import type { DnsMessage } from './dns-message.ts';

/** An echo comes within this, or not at all. */
const ECHO_WITHIN_MS = 1_000;
const REMEMBERED_MAX = 64;

export class OwnQueries {
  /** Fingerprints of what was sent and not yet heard again, oldest first. BOUNDED: by REMEMBERED_MAX. */
  #sent: { readonly fingerprint: string; readonly at: Instant; isDueByIPv4: boolean; isDueByIPv6: boolean }[] = [];

  onSent(now: Instant, link: string, query: DnsMessage): void {
    this.#sent = this.#sent.filter(({ at }) => now - at <= ECHO_WITHIN_MS).slice(-REMEMBERED_MAX + 1);
    this.#sent.push({ fingerprint: fingerprint(link, query), at: now, isDueByIPv4: true, isDueByIPv6: true });
  }

  /**
   * Whether this is one of ours; each is taken back once by IPv4 and once by IPv6, so that another process of this host may ask the same.
   * @param host that it came from: an address of ours.
   */
  takeEcho(now: Instant, from: { readonly link: string; readonly host: string }, query: DnsMessage): boolean {
    if (this.#sent.length === 0) return false;
    const heard = fingerprint(from.link, query);
    const family = isIPv6(from.host) ? 'isDueByIPv6' : 'isDueByIPv4';
    const sent = this.#sent.find((each) => each[family] && each.fingerprint === heard && now - each.at <= ECHO_WITHIN_MS);
    if (sent === undefined) return false;
    sent[family] = false;
    return true;
  }
}

/** The questions say enough: known answers may come back in several packets. */
const fingerprint = (link: string, query: DnsMessage): string =>
  `${link} ${query.questions.map(({ type, name }) => `${type} ${name}`).join(' ')}`;
