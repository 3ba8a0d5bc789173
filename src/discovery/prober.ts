/**
 * Asks a link whether somebody has our names, before they are claimed there (RFC 6762 §8.1, §8.2). One prober per link.
 *
 * States: *resting* → (start) *waiting* → *asked* 1, 2, 3 times → claimed, resting again. Losing a tie-break goes back to *waiting*.
 */
import type { Instant } from '../base/time.ts';
import { later } from '../base/time.ts';
import type { Entropy } from '../crypto/suite.ts';
import { uniform } from './chance.ts';
import { isOurs, namesOurs } from './conflict.ts';
import type { DnsMessage, DnsQuestion } from './dns-message.ts';
import { PROBE_GAP_MS, PROBE_LOST_WAIT_MS, PROBE_WAIT_MAX_MS, PROBES } from './limits.ts';
import type { DiscoveryOutput } from './output.ts';
import { type OwnRecords, uniqueRecords } from './own-records.ts';
import { recordKey, sameName } from './records.ts';
import { compareProposals } from './tie-break.ts';

export class Prober {
  readonly #link: string;
  readonly #own: OwnRecords;
  readonly #entropy: Entropy;
  #asked = 0;
  /** The next probe, or the moment in which the names are ours; undefined: resting. */
  #at: Instant | undefined;

  constructor(options: { readonly link: string; readonly own: OwnRecords; readonly entropy: Entropy }) {
    this.#link = options.link;
    this.#own = options.own;
    this.#entropy = options.entropy;
  }

  /** The names are not ours yet: nothing is answered or announced under them. */
  get isProbing(): boolean {
    return this.#at !== undefined;
  }

  /** From the beginning, after a random wait, so that hosts set off by one event do not ask in one moment. */
  start(now: Instant, afterMs = 0): void {
    this.#asked = 0;
    this.#at = later(now, afterMs + uniform(this.#entropy, 0, PROBE_WAIT_MAX_MS));
  }

  stop(): void {
    this.#at = undefined;
  }

  nextTimeout(): Instant | undefined {
    return this.#at;
  }

  /** Sends the probe that is due. @returns whether the names have just become ours. */
  onTimeout(now: Instant, out: DiscoveryOutput[]): boolean {
    if (this.#at === undefined || this.#at > now) return false;
    if (this.#asked === PROBES) {
      this.#at = undefined;
      return true;
    }
    out.push({ kind: 'mdns', interface: this.#link, message: this.#probe() });
    this.#asked += 1;
    this.#at = later(now, PROBE_GAP_MS);
    return false;
  }

  /**
   * Whether a response, of any type and in any section, says that somebody has one of our names. What came before the first probe is an
   * answer to somebody else's question, perhaps an old one: it says nothing (§8.1).
   */
  isLostBy(message: DnsMessage, own: readonly OwnRecords[]): boolean {
    if (this.#at === undefined || this.#asked === 0) return false;
    return [...message.answers, ...message.authorities, ...message.additionals].some(
      (record) => record.ttl > 0 && namesOurs(record, this.#own) && !isOurs(record, own),
    );
  }

  /** Somebody probes for one of our names at the same time: the lexicographically later proposal has it, the other asks again a second later. */
  onProbe(now: Instant, query: DnsMessage, own: readonly OwnRecords[]): void {
    if (this.#at === undefined || this.#asked === 0) return;
    // our own probe: looped back, or heard on our other interface with that one's addresses (§14)
    if (query.authorities.every((record) => isOurs(record, own))) return;
    for (const name of [this.#own.instance, this.#own.host]) {
      const isAsked = query.questions.some((question) => sameName(question.name, name));
      const theirs = query.authorities.filter((record) => sameName(record.name, name));
      if (!isAsked || theirs.length === 0) continue;
      const ours = uniqueRecords(this.#own).filter((record) => sameName(record.name, name));
      if (compareProposals(ours, theirs) >= 0) continue;
      this.#asked = 0;
      this.#at = later(now, PROBE_LOST_WAIT_MS);
      return;
    }
  }

  /**
   * All that we want to claim is in the authority section, without flush bits (§8.2, §10.2). The first asks for unicast, so that who has
   * the name answers at once (§8.1); the others do not, as another program that shares the port here may be given the answer (§15.1).
   */
  #probe(): DnsMessage {
    const isUnicast = this.#asked === 0;
    const ask = (name: string): DnsQuestion => ({ name, type: 'ANY', isUnicast });
    const proposed = new Map(uniqueRecords(this.#own).map((record) => [recordKey(record), { ...record, flush: false }]));
    return {
      isResponse: false,
      isTruncated: false,
      questions: [ask(this.#own.instance), ask(this.#own.host)],
      answers: [],
      authorities: [...proposed.values()],
      additionals: [],
      id: 0,
    };
  }
}
