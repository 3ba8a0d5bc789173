/** Questions on one link: who offers the service, and the records an instance came without (RFC 6762 §5.2, §7.1, §7.3). */
import { earliest, type Instant } from '../base/time.ts';
import type { Entropy } from '../crypto/suite.ts';
import type { CachedRecord, RecordCache } from './cache.ts';
import { uniform } from './chance.ts';
import type { DnsMessage, DnsQuestion, DnsRecord } from './dns-message.ts';
import {
  KNOWN_ANSWERS_MAX,
  OTHERS_JITTER,
  QUERY_DELAY_MAX_MS,
  QUERY_DELAY_MIN_MS,
  QUERY_GAP_MAX_MS,
  QUERY_GAP_MS,
  REFRESH_GAP_MS,
} from './limits.ts';
import type { DiscoveryOutput } from './output.ts';
import type { OwnQueries } from './own-queries.ts';
import { rdataKey, SERVICE_TYPE, sameName } from './records.ts';
import { Series } from './schedule.ts';
import { Unanswered } from './unanswered.ts';
import { Wanted } from './wanted.ts';

/**
 * Always QM, also at the start (§5.4 allows QU there): at a mass join, unicast answers for everybody would be N² packets, multicast
 * ones serve all, and unicast to a shared port may go to another program (§15.1). So no unicast response is ever awaited.
 */
const BROWSE_QUESTION: DnsQuestion = { name: SERVICE_TYPE, type: 'PTR', isUnicast: false };

export class Browser {
  readonly #link: string;
  readonly #cache: RecordCache;
  readonly #entropy: Entropy;
  readonly #ownQueries: OwnQueries;
  readonly #series = new Series({ gapMs: QUERY_GAP_MS, gapMaxMs: QUERY_GAP_MAX_MS });
  readonly #wanted = new Wanted();
  readonly #unanswered = new Unanswered();
  /** Pointers near their end: ask out of turn. */
  #refreshAt: Instant | undefined;
  /** When the service was last asked for on this link, by us or by another's equal question. */
  #askedAt: Instant | undefined;

  constructor(options: {
    readonly link: string;
    readonly cache: RecordCache;
    readonly entropy: Entropy;
    readonly ownQueries: OwnQueries;
  }) {
    this.#ownQueries = options.ownQueries;
    this.#link = options.link;
    this.#cache = options.cache;
    this.#entropy = options.entropy;
  }

  /** Ask from the beginning of the series: at the start, after sleep, when the link changed, when a person asks. */
  start(now: Instant): void {
    const restAfterMs = this.#askedAt === undefined ? 0 : Math.max(0, this.#askedAt + QUERY_GAP_MS - now);
    this.#series.start(now, restAfterMs + uniform(this.#entropy, QUERY_DELAY_MIN_MS, QUERY_DELAY_MAX_MS));
    this.#refreshAt = undefined;
  }

  /** A pointer of this link passed one of its refresh points (§5.2). */
  refreshPointers(now: Instant): void {
    const soonest = this.#askedAt === undefined ? now : Math.max(now, this.#askedAt + REFRESH_GAP_MS);
    this.#refreshAt = earliest(this.#refreshAt, soonest as Instant);
  }

  /** Records of an instance are missing: ask for them soon, in one message, unless they come by themselves. */
  want(now: Instant, questions: readonly DnsQuestion[]): void {
    const delayMs = uniform(this.#entropy, QUERY_DELAY_MIN_MS, QUERY_DELAY_MAX_MS);
    for (const question of questions) this.#wanted.add(now, question, delayMs);
  }

  nextTimeout(): Instant | undefined {
    return earliest(this.#series.at, this.#refreshAt, this.#wanted.nextTimeout(), this.#unanswered.nextTimeout());
  }

  /**
   * Another host asks what we were about to ask, and suppresses no answer that we want: its question serves us too (§7.3). That it knows
   * ourselves already is no loss.
   */
  onQuery(now: Instant, query: DnsMessage, ownInstance: string): void {
    if (query.isTruncated || query.authorities.length > 0) return;
    const isSame = query.questions.some((question) => isBrowse(question) && !question.isUnicast);
    if (!isSame) return;
    this.#unanswered.onQuery(now, query);
    const pointers = this.#cache.byRdata(this.#link, 'PTR', SERVICE_TYPE);
    const isAllowed = (answer: DnsRecord): boolean => {
      const known = pointers.get(rdataKey(answer));
      return (known !== undefined && isFresh(now, known)) || !isService(answer) || rdataKey(answer) === ownInstance;
    };
    const plannedAt = this.#series.at;
    // an equal question in the first half of our wait is no reason to leave ours out: it would never come
    const isNear = plannedAt !== undefined && plannedAt - now <= Math.max(QUERY_DELAY_MAX_MS, this.#series.waitMs / 2);
    if (!isNear || !query.answers.every(isAllowed)) return;
    this.#asked(now);
    this.#series.advance(now, uniform(this.#entropy, 0, OTHERS_JITTER * this.#series.gapMs));
  }

  onTimeout(now: Instant, out: DiscoveryOutput[]): void {
    const silent = this.#unanswered.takeDue(now, () => this.#cache.get(this.#link, 'PTR', SERVICE_TYPE));
    for (const { record } of silent) this.#cache.doubt(now, this.#link, SERVICE_TYPE, rdataKey(record));
    const isBrowseDue = this.#series.isDue(now) || (this.#refreshAt !== undefined && this.#refreshAt <= now);
    const questions = [...this.#wanted.takeDue(now, (question) => this.#isMissing(question))];
    const answers = isBrowseDue ? this.#knownAnswers(now) : [];
    if (isBrowseDue) {
      questions.unshift(BROWSE_QUESTION);
      if (this.#series.isDue(now)) this.#series.advance(now);
      this.#asked(now);
    }
    if (questions.length === 0) return;
    const message = { isResponse: false, isTruncated: false, questions, answers, authorities: [], additionals: [], id: 0 };
    this.#ownQueries.onSent(now, this.#link, message);
    out.push({ kind: 'mdns', interface: this.#link, message });
  }

  #asked(now: Instant): void {
    this.#askedAt = now;
    this.#refreshAt = undefined;
  }

  /** An address of either family is enough to dial. */
  #isMissing({ type, name }: DnsQuestion): boolean {
    const types = type === 'A' || type === 'AAAA' ? (['A', 'AAAA'] as const) : type === 'SRV' || type === 'TXT' ? [type] : [];
    return types.every((wanted) => this.#cache.get(this.#link, wanted, name).length === 0);
  }

  /** Pointers with more than half of their life left, with what is left of it, never with the flush bit (§7.1, §10.2). */
  #knownAnswers(now: Instant): readonly DnsRecord[] {
    return this.#cache
      .get(this.#link, 'PTR', SERVICE_TYPE)
      .filter((entry) => isFresh(now, entry))
      .slice(-KNOWN_ANSWERS_MAX)
      .map(({ record, expiresAt }) => ({ ...record, flush: false, ttl: Math.floor((expiresAt - now) / 1000) }));
  }
}

const isBrowse = (question: DnsQuestion): boolean => question.type === 'PTR' && sameName(question.name, SERVICE_TYPE);
const isService = (record: DnsRecord): boolean => record.data.kind === 'PTR' && sameName(record.name, SERVICE_TYPE);
const isFresh = (now: Instant, { expiresAt, ttlMs }: CachedRecord): boolean => expiresAt - now > ttlMs / 2;
