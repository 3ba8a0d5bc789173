/** Questions for single records that an instance came without: few tries, then it is left alone (RFC 6762 §5.2). */
import { earliest, type Instant, later } from '../base/time.ts';
import type { DnsQuestion } from './dns-message.ts';
import { QUERY_GAP_MS, QUESTIONS_MAX, RESOLVE_TRIES } from './limits.ts';
import { lower } from './records.ts';

type Try = { readonly question: DnsQuestion; readonly at: Instant; readonly triesLeft: number; readonly gapMs: number };

export class Wanted {
  /** By type and name; spent ones stay until their silence is over. BOUNDED: by 4 × QUESTIONS_MAX, further wishes are ignored. */
  readonly #tries = new Map<string, Try>();
  /** No two messages with such questions within a second, however many instances come. */
  #restUntil: Instant | undefined;

  add(now: Instant, question: DnsQuestion, delayMs: number): void {
    const key = `${question.type} ${lower(question.name)}`;
    if (this.#tries.has(key) || this.#tries.size >= 4 * QUESTIONS_MAX) return;
    this.#tries.set(key, { question, at: later(now, delayMs), triesLeft: RESOLVE_TRIES, gapMs: QUERY_GAP_MS });
  }

  nextTimeout(): Instant | undefined {
    let next: Instant | undefined;
    for (const { at } of this.#tries.values()) next = earliest(next, at);
    if (next !== undefined && this.#restUntil !== undefined && next < this.#restUntil) return this.#restUntil;
    return next;
  }

  /** Up to QUESTIONS_MAX that are due and still missing. */
  takeDue(now: Instant, isMissing: (question: DnsQuestion) => boolean): readonly DnsQuestion[] {
    if (this.#restUntil !== undefined && now < this.#restUntil) return [];
    const due: DnsQuestion[] = [];
    for (const [key, wish] of this.#tries) {
      if (wish.at > now) continue;
      if (wish.triesLeft === 0 || !isMissing(wish.question)) {
        this.#tries.delete(key);
        continue;
      }
      if (due.length >= QUESTIONS_MAX) break;
      due.push(wish.question);
      this.#tries.set(key, { ...wish, at: later(now, wish.gapMs), triesLeft: wish.triesLeft - 1, gapMs: 2 * wish.gapMs });
    }
    if (due.length > 0) this.#restUntil = later(now, QUERY_GAP_MS);
    return due;
  }
}
