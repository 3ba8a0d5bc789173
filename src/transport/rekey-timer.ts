/** When a session is due for a fresh handshake (protocol.md §5): the responder leaves it to the initiator for a while. */
import { REKEY_AFTER_MS } from '../base/limits.ts';
import { type Instant, later } from '../base/time.ts';
import { REKEY_AGAIN_AFTER_MS, RESPONDER_REKEY_PATIENCE_MS } from './limits.ts';

export class RekeyTimer {
  #dueAt: Instant;

  constructor(now: Instant, isInitiator: boolean) {
    this.#dueAt = later(now, REKEY_AFTER_MS + (isInitiator ? 0 : RESPONDER_REKEY_PATIENCE_MS));
  }

  get dueAt(): Instant {
    return this.#dueAt;
  }

  /** Asked once, it is due again only after a while. */
  take(now: Instant): boolean {
    if (now < this.#dueAt) return false;
    this.#dueAt = later(now, REKEY_AGAIN_AFTER_MS);
    return true;
  }
}
