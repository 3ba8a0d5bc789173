/**
 * Whether the other side of a session is still there (protocol.md §7): silence is probed, then called death.
 *
 * A session that is kept is probed whenever it was silent for KEEPALIVE_MS. One that sleeps is silent as long as nobody speaks, and
 * that means nothing: it is over only if something that asks for an answer went out and none came.
 */
import { DEAD_AFTER_ASKING_MS, DEAD_AFTER_MS, KEEPALIVE_MS, PTO_MAX_MS } from '../base/limits.ts';
import { earliest, type Instant, later } from '../base/time.ts';

/** A session that was replaced listens until it has heard nothing for this long. */
const REPLACED_LISTENS_MS = 10_000;
/** Probes without an answer before it counts as silent, and before silence may be called death: a process that slept has sent none. */
const SILENCE_PROBES = 2;
const DEATH_PROBES = 3;
/** What such a process gives the other side to answer. */
const DEATH_GRACE_MS = 2_000;

export class Liveness {
  #lastHeard: Instant;
  /** Since something authentic came, something went out that must be answered. */
  #isAsked = false;
  #silentAt: Instant | undefined;
  #deadAt: Instant | undefined;
  #isKept = true;
  #isListening = false;
  #isSilent = false;
  #isSilenceNews = false;
  /** Since something authentic came. */
  #probes = 0;

  constructor(now: Instant) {
    this.#lastHeard = now;
  }

  get lastHeard(): Instant {
    return this.#lastHeard;
  }

  /** Probed, and no answer so far. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** Whether silence is probed by itself; if not, the session sleeps. */
  get isKept(): boolean {
    return this.#isKept;
  }

  keep(isKept: boolean): void {
    this.#isKept = isKept;
  }

  /** When to look at `verdict` at the latest. */
  get verdictAt(): Instant | undefined {
    return this.#isSilent ? this.#deadAt : earliest(this.#silentAt, this.#deadAt);
  }

  /**
   * When silence should be probed, unless something else already waits for an answer. The side that was acknowledged heard
   * later, by the ack delay: it hears the other's probe before its own is due, so one probe answers for both.
   */
  get probeAt(): Instant | undefined {
    return this.#isKept ? later(this.#lastHeard, KEEPALIVE_MS) : undefined;
  }

  /** Something authentic came. */
  onHeard(now: Instant): void {
    this.#lastHeard = now;
    this.#isAsked = false;
    this.#silentAt = undefined;
    this.#deadAt = this.#isListening ? later(now, REPLACED_LISTENS_MS) : undefined;
    this.#isSilent = false;
    this.#isSilenceNews = false;
    this.#probes = 0;
  }

  /** Something went out that the other side must answer. */
  onAsked(now: Instant): void {
    if (this.#isAsked || this.#isListening) return;
    this.#isAsked = true;
    this.#silentAt = latest(later(this.#lastHeard, KEEPALIVE_MS + PTO_MAX_MS), later(now, PTO_MAX_MS));
    this.#deadAt = latest(later(this.#lastHeard, DEAD_AFTER_MS), later(now, DEAD_AFTER_ASKING_MS));
  }

  /** It went out because the other side had not answered, or nothing was heard of it. */
  onProbe(): void {
    this.#probes += 1;
  }

  /** From now on nothing is asked, and what is silent is done with sooner. */
  listenOnly(): void {
    this.#isListening = true;
    this.#silentAt = undefined;
    this.#deadAt = later(this.#lastHeard, REPLACED_LISTENS_MS);
  }

  /** Takes part again. */
  resume(): void {
    this.#isListening = false;
    this.#isAsked = false;
    this.#deadAt = undefined;
  }

  /** `ask`: it would be dead, but was hardly asked; probe it. */
  verdict(now: Instant): 'alive' | 'ask' | 'dead' {
    if (this.#silentAt !== undefined && now >= this.#silentAt && !this.#isSilent) {
      this.#isSilent = this.#probes >= SILENCE_PROBES;
      this.#isSilenceNews = this.#isSilent;
      if (!this.#isSilent) this.#silentAt = later(now, PTO_MAX_MS);
    }
    if (this.#deadAt === undefined || now < this.#deadAt) return 'alive';
    if (this.#isListening || this.#probes >= DEATH_PROBES) return 'dead';
    this.#deadAt = later(now, DEATH_GRACE_MS);
    return 'ask';
  }

  /** Whether it fell silent; said once. */
  takeSilence(): boolean {
    const isNews = this.#isSilenceNews;
    this.#isSilenceNews = false;
    return isNews;
  }
}

const latest = (a: Instant, b: Instant): Instant => (a > b ? a : b);
