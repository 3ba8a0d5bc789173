/**
 * When a session is due for a fresh handshake (protocol.md §5): once it is old and something is said on it. The responder leaves it to
 * the initiator for a while. A session that sleeps keeps its keys: it has nothing for them.
 */
import { REKEY_AFTER_MS } from '../base/limits.ts';
import { type Instant, later } from '../base/time.ts';
import { REKEY_AGAIN_AFTER_MS, RESPONDER_REKEY_PATIENCE_MS } from './limits.ts';

export class RekeyTimer {
  /** Before this the keys are young, or a re-key was tried. */
  #oldAt: Instant;
  #isUsed = false;

  constructor(now: Instant, isInitiator: boolean) {
    this.#oldAt = later(now, REKEY_AFTER_MS + (isInitiator ? 0 : RESPONDER_REKEY_PATIENCE_MS));
  }

  /** Something was said, either way. */
  onUse(now: Instant): void {
    if (now >= this.#oldAt) this.#isUsed = true;
  }

  /** @param isKept what is probed all the time is in use. */
  dueAt(isKept: boolean): Instant | undefined {
    return isKept || this.#isUsed ? this.#oldAt : undefined;
  }

  /** Asked once, it is due again only after a while. */
  take(now: Instant, isKept: boolean): boolean {
    const dueAt = this.dueAt(isKept);
    if (dueAt === undefined || now < dueAt) return false;
    this.#oldAt = later(now, REKEY_AGAIN_AFTER_MS);
    this.#isUsed = false;
    return true;
  }
}
