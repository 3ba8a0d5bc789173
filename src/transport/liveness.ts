/** Whether the other side of a session is still there: silence is probed, then called death (protocol.md §Presence). */
import { DEAD_AFTER_MS, KEEPALIVE_MS, PTO_MAX_MS } from '../base/limits.ts';
import { type Instant, later } from '../base/time.ts';

/** A session that was replaced listens until it has heard nothing for this long. */
const REPLACED_LISTENS_MS = 10_000;
/** Probes without an answer before silence may be called death: a process that slept for a while has sent none. */
const DEATH_PROBES = 3;
/** What such a process gives the other side to answer. */
const DEATH_GRACE_MS = 2_000;

export class Liveness {
  #lastHeard: Instant;
  #deadAt: Instant;
  #isListening = false;
  #isSilent = false;
  /** Since something authentic came. */
  #probes = 0;

  constructor(now: Instant) {
    this.#lastHeard = now;
    this.#deadAt = later(now, DEAD_AFTER_MS);
  }

  get lastHeard(): Instant {
    return this.#lastHeard;
  }

  /** Probed, and no answer so far. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** When to look at `verdict` at the latest. */
  get deadAt(): Instant {
    return this.#deadAt;
  }

  /**
   * When silence should be probed, unless something else already waits for an answer. The side that was acknowledged heard
   * later, by the ack delay: it hears the other's probe before its own is due, so one probe answers for both.
   */
  get probeAt(): Instant {
    return later(this.#lastHeard, KEEPALIVE_MS);
  }

  /** Something authentic came. */
  onHeard(now: Instant): void {
    this.#lastHeard = now;
    this.#deadAt = later(now, this.#isListening ? REPLACED_LISTENS_MS : DEAD_AFTER_MS);
    this.#isSilent = false;
    this.#probes = 0;
  }

  /** Something went out that the other side must answer, because it had not answered. */
  onProbe(): void {
    this.#probes += 1;
  }

  /** From now on nothing is asked, and what is silent is done with sooner. */
  listenOnly(): void {
    this.#isListening = true;
    this.#deadAt = later(this.#lastHeard, REPLACED_LISTENS_MS);
  }

  /** Takes part again. */
  resume(now: Instant): void {
    this.#isListening = false;
    this.#deadAt = later(now, DEAD_AFTER_MS);
  }

  /** `ask`: it would be dead, but was hardly asked; probe it. */
  verdict(now: Instant): 'alive' | 'ask' | 'dead' {
    this.#isSilent = now - this.#lastHeard >= KEEPALIVE_MS + PTO_MAX_MS;
    if (now < this.#deadAt) return 'alive';
    if (this.#isListening || this.#probes >= DEATH_PROBES) return 'dead';
    this.#deadAt = later(now, DEATH_GRACE_MS);
    return 'ask';
  }
}
