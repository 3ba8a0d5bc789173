/** Queries whose known answers go on in further packets: their answers wait for the rest (RFC 6762 §7.2). */
import { earliest, type Instant, later } from '../base/time.ts';
import type { Entropy } from '../crypto/suite.ts';
import { uniform } from './chance.ts';
import type { DnsRecord } from './dns-message.ts';
import { TRUNCATED_DELAY_MAX_MS, TRUNCATED_DELAY_MIN_MS, TRUNCATED_HOSTS_MAX } from './limits.ts';
import { unknownOf } from './own-records.ts';

export class TruncatedQueries {
  /** By address of the asker. BOUNDED: by TRUNCATED_HOSTS_MAX. */
  readonly #held = new Map<string, { readonly answers: Set<DnsRecord>; readonly at: Instant }>();

  /** Keeps answers back for 400–500 ms. @returns false if too many askers wait already: then answer as usual. */
  hold(now: Instant, asker: string, answers: ReadonlySet<DnsRecord>, entropy: Entropy): boolean {
    const held = this.#held.get(asker);
    if (held !== undefined) {
      for (const answer of answers) held.answers.add(answer);
      return true;
    }
    if (this.#held.size >= TRUNCATED_HOSTS_MAX) return false;
    const at = later(now, uniform(entropy, TRUNCATED_DELAY_MIN_MS, TRUNCATED_DELAY_MAX_MS));
    this.#held.set(asker, { answers: new Set(answers), at });
    return true;
  }

  /** More known answers of an asker. */
  onKnownAnswers(asker: string, known: readonly DnsRecord[]): void {
    const held = this.#held.get(asker);
    if (held === undefined) return;
    const unknown = new Set(unknownOf([...held.answers], known));
    for (const answer of held.answers) if (!unknown.has(answer)) held.answers.delete(answer);
    if (held.answers.size === 0) this.#held.delete(asker);
  }

  nextTimeout(): Instant | undefined {
    let next: Instant | undefined;
    for (const { at } of this.#held.values()) next = earliest(next, at);
    return next;
  }

  takeDue(now: Instant): readonly DnsRecord[] {
    const due = new Set<DnsRecord>();
    for (const [asker, { answers, at }] of this.#held) {
      if (at > now) continue;
      this.#held.delete(asker);
      for (const answer of answers) due.add(answer);
    }
    return [...due];
  }

  clear(): void {
    this.#held.clear();
  }
}
