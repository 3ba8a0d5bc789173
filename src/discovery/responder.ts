/** Answers and announcements on one link (RFC 6762 §6, §7, §8.3, §10.1). One responder per interface. */
import type { Address } from '../base/address.ts';
import { earliest, type Instant, later } from '../base/time.ts';
import type { Entropy } from '../crypto/suite.ts';
import { uniform } from './chance.ts';
import type { DnsMessage, DnsRecord, LinkInterface, MdnsReceived } from './dns-message.ts';
import {
  ANNOUNCE_GAP_MS,
  ANNOUNCE_JITTER_MS,
  ANNOUNCEMENTS,
  ANSWER_DELAY_MAX_MS,
  ANSWER_DELAY_MIN_MS,
  DEFENCE_GAP_MS,
  LEGACY_TTL_S,
  MDNS_PORT,
  REPEAT_GAP_MS,
  REPLY_BURST,
  REPLY_RATE,
} from './limits.ts';
import { isOnLink } from './link.ts';
import type { DiscoveryOutput } from './output.ts';
import { additionalsTo, announced, answersTo, isShared, type OwnRecords, unknownOf } from './own-records.ts';
import { recordKey, sameRecord, setKey } from './records.ts';
import { Allowance, Series } from './schedule.ts';
import { TruncatedQueries } from './truncated-queries.ts';

/** An answer waiting for its time; in defence against a probe it may be repeated sooner. */
type Waiting = { readonly record: DnsRecord; readonly at: Instant; readonly gapMs: number };

export class Responder {
  readonly #link: LinkInterface;
  readonly #own: OwnRecords;
  /** All that we may say unasked or as one of many. */
  readonly #said: readonly DnsRecord[];
  readonly #entropy: Entropy;
  readonly #announcements = new Series({ gapMs: ANNOUNCE_GAP_MS, count: ANNOUNCEMENTS });
  readonly #truncated = new TruncatedQueries();
  readonly #replies = new Allowance(REPLY_BURST, REPLY_RATE);
  /** By record key. BOUNDED: by our own records on the link. */
  readonly #waiting = new Map<string, Waiting>();
  /** When each record was last multicast. BOUNDED: as above. */
  readonly #lastSentAt = new Map<string, Instant>();

  /** @param before the one that spoke on this link until now, with other records: what it said of ours just now is not said again. */
  constructor(options: {
    readonly link: LinkInterface;
    readonly own: OwnRecords;
    readonly entropy: Entropy;
    readonly before?: Responder | undefined;
  }) {
    this.#link = options.link;
    this.#own = options.own;
    this.#said = [...announced(options.own), options.own.meta];
    this.#entropy = options.entropy;
    const { before } = options;
    if (before === undefined) return;
    for (const record of this.#said) {
      const at = before.#lastSentAt.get(recordKey(record));
      if (at !== undefined) this.#lastSentAt.set(recordKey(record), at);
    }
  }

  /**
   * Announce: at the start, after sleep, when the link or its addresses changed (§8.3); never just because time passes.
   * @param jitterMs the first one comes at random within this.
   */
  announce(now: Instant, { afterMs = 0, jitterMs = ANNOUNCE_JITTER_MS } = {}): void {
    this.#announcements.start(now, afterMs + uniform(this.#entropy, 0, jitterMs));
  }

  /** Our names are not ours for now: nothing more is said under them. */
  stop(): void {
    this.#announcements.stop();
    this.#waiting.clear();
    this.#truncated.clear();
  }

  nextTimeout(): Instant | undefined {
    let next = earliest(this.#announcements.at, this.#truncated.nextTimeout());
    for (const waiting of this.#waiting.values()) next = earliest(next, waiting.at);
    return next;
  }

  onQuery(now: Instant, received: MdnsReceived, out: DiscoveryOutput[]): void {
    const { message, from } = received;
    if (from.port !== MDNS_PORT) {
      this.#replyToLegacy(now, from, message, out);
      return;
    }
    if (message.questions.length === 0) {
      this.#truncated.onKnownAnswers(from.host, message.answers);
      return;
    }
    const isProbe = message.authorities.length > 0;
    const isOnLinkSource = isOnLink(this.#link, from.host);
    const multicast = new Set<DnsRecord>();
    const unicast = new Set<DnsRecord>();
    for (const question of message.questions) {
      for (const answer of unknownOf(answersTo(this.#own, question), message.answers)) {
        const isReply = question.isUnicast && isOnLinkSource && (isProbe || this.#wasSentLately(now, answer));
        (isReply ? unicast : multicast).add(answer);
      }
    }
    if (unicast.size > 0)
      this.#reply(now, from, response({ answers: [...unicast], additionals: additionalsTo(this.#own, [...unicast]) }), out);
    if (multicast.size === 0) return;
    if (message.isTruncated && this.#truncated.hold(now, from.host, multicast, this.#entropy)) return;
    this.#schedule(now, multicast, message, isProbe);
    this.#sendDue(now, out);
  }

  /** Another host multicast what waits here: once is enough (§7.4). If it gave it less than half of its life, we put that right (§6.6). */
  onResponse(now: Instant, message: DnsMessage): void {
    for (const heard of this.#waiting.size === 0 ? [] : message.answers) {
      const key = recordKey(heard);
      const waiting = this.#waiting.get(key);
      if (waiting !== undefined && isShared(heard) && heard.ttl >= waiting.record.ttl) this.#waiting.delete(key);
    }
    for (const heard of [...message.answers, ...message.additionals]) {
      const ours = this.#said.find((record) => heard.ttl < record.ttl / 2 && sameRecord(record, heard));
      if (ours === undefined) continue;
      const delayMs = isShared(ours) ? uniform(this.#entropy, ANSWER_DELAY_MIN_MS, ANSWER_DELAY_MAX_MS) : 0;
      for (const record of this.#said)
        if (setKey(record) === setKey(ours)) this.#wait(record, later(now, delayMs), REPEAT_GAP_MS);
    }
  }

  onTimeout(now: Instant, out: DiscoveryOutput[]): void {
    for (const answer of this.#truncated.takeDue(now)) this.#wait(answer, now, REPEAT_GAP_MS);
    if (this.#announcements.isDue(now)) {
      this.#announcements.advance(now);
      const records = announced(this.#own).filter((record) => this.#allowedAt(record, REPEAT_GAP_MS) <= now);
      if (records.length > 0) this.#multicast(now, records, out);
    }
    this.#sendDue(now, out);
  }

  /** We leave: TTL 0 for everything that was said (§10.1). Nothing was said before the first announcement or answer. */
  goodbye(out: DiscoveryOutput[]): void {
    this.stop();
    if (this.#lastSentAt.size === 0) return;
    const answers = announced(this.#own).map((record) => ({ ...record, ttl: 0 }));
    out.push({ kind: 'mdns', interface: this.#link.name, message: response({ answers }) });
  }

  #schedule(now: Instant, answers: ReadonlySet<DnsRecord>, query: DnsMessage, isProbe: boolean): void {
    const delayMs = uniform(this.#entropy, ANSWER_DELAY_MIN_MS, ANSWER_DELAY_MAX_MS);
    for (const answer of answers) {
      // §6: at once if nobody else can answer, §6.3: not if others answer other questions of the message, §8.1: probes at once
      const isPrompt = isProbe || (!isShared(answer) && query.questions.length === 1);
      this.#wait(answer, isPrompt ? now : later(now, delayMs), isProbe && !isShared(answer) ? DEFENCE_GAP_MS : REPEAT_GAP_MS);
    }
  }

  /** To be multicast at a time, or as soon after as the record may be repeated. */
  #wait(record: DnsRecord, from: Instant, gapMs: number): void {
    const key = recordKey(record);
    const at = Math.max(from, this.#allowedAt(record, gapMs)) as Instant;
    const waiting = this.#waiting.get(key);
    if (waiting === undefined || at < waiting.at) this.#waiting.set(key, { record, at, gapMs });
  }

  #allowedAt(record: DnsRecord, gapMs: number): Instant {
    const last = this.#lastSentAt.get(recordKey(record));
    return last === undefined ? (Number.NEGATIVE_INFINITY as Instant) : later(last, gapMs);
  }

  #wasSentLately(now: Instant, record: DnsRecord): boolean {
    const last = this.#lastSentAt.get(recordKey(record));
    return last !== undefined && now - last < (record.ttl * 1000) / 4;
  }

  /** Once one answer is due, all that wait and may be sent go with it (§6.4). */
  #sendDue(now: Instant, out: DiscoveryOutput[]): void {
    const waiting = [...this.#waiting.values()];
    if (!waiting.some(({ at }) => at <= now)) return;
    this.#multicast(
      now,
      waiting.filter(({ record, gapMs }) => this.#allowedAt(record, gapMs) <= now).map(({ record }) => record),
      out,
    );
  }

  #multicast(now: Instant, answers: readonly DnsRecord[], out: DiscoveryOutput[]): void {
    const additionals = additionalsTo(this.#own, answers).filter((record) => this.#allowedAt(record, REPEAT_GAP_MS) <= now);
    for (const record of [...answers, ...additionals]) {
      const key = recordKey(record);
      this.#lastSentAt.set(key, now);
      this.#waiting.delete(key);
    }
    out.push({ kind: 'mdns', interface: this.#link.name, message: response({ answers, additionals }) });
  }

  /** A one-shot query from another port (§6.7): id and question repeated, no flush bits, short TTLs, at once, on-link only. */
  #replyToLegacy(now: Instant, from: Address, query: DnsMessage, out: DiscoveryOutput[]): void {
    const answers = [...new Set(query.questions.flatMap((question) => answersTo(this.#own, question)))];
    if (answers.length === 0 || !isOnLink(this.#link, from.host)) return;
    const legacy = (record: DnsRecord): DnsRecord => ({ ...record, flush: false, ttl: Math.min(record.ttl, LEGACY_TTL_S) });
    const additionals = additionalsTo(this.#own, answers).map(legacy);
    const questions = query.questions.filter((question) => answersTo(this.#own, question).length > 0);
    this.#reply(now, from, response({ id: query.id, questions, answers: answers.map(legacy), additionals }), out);
  }

  #reply(now: Instant, to: Address, message: DnsMessage, out: DiscoveryOutput[]): void {
    if (this.#replies.take(now)) out.push({ kind: 'mdns', interface: this.#link.name, to, message });
    else out.push({ kind: 'dropped', reason: 'rate-limited' });
  }
}

const response = (parts: Partial<DnsMessage>): DnsMessage => ({
  isResponse: true,
  isTruncated: false,
  questions: [],
  answers: [],
  authorities: [],
  additionals: [],
  id: 0,
  ...parts,
});
