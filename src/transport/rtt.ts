/** Round-trip time (RFC 9002 §5). All times in milliseconds. */
import { ACK_DELAY_MAX_MS, INITIAL_RTT_MS, TIMER_GRANULARITY_MS } from '../base/limits.ts';

/** Smoothed estimate of the round trip. Give it the handshake's round trip first: then the first PTO fits the LAN. */
export class RttEstimator {
  #latestMs = INITIAL_RTT_MS;
  #adjustedMs = INITIAL_RTT_MS;
  #minMs = INITIAL_RTT_MS;
  #smoothedMs = INITIAL_RTT_MS;
  #variationMs = INITIAL_RTT_MS / 2;
  #hasSample = false;

  /** Whether anything was measured yet. */
  get hasSample(): boolean {
    return this.#hasSample;
  }
  /** The newest sample as measured, the other side's ack delay included. */
  get latestMs(): number {
    return this.#latestMs;
  }
  /** The newest sample without the ack delay. */
  get adjustedMs(): number {
    return this.#adjustedMs;
  }
  /** The smallest sample of the session. */
  get minMs(): number {
    return this.#minMs;
  }
  get smoothedMs(): number {
    return this.#smoothedMs;
  }
  get variationMs(): number {
    return this.#variationMs;
  }
  /** Probe timeout without back-off: smoothed + max(4 × variation, granularity) + the longest ack delay (§6.2.1). */
  get ptoMs(): number {
    return this.#smoothedMs + Math.max(4 * this.#variationMs, TIMER_GRANULARITY_MS) + ACK_DELAY_MAX_MS;
  }

  /**
   * @param latestMs from sending a packet to its acknowledgement; negative is taken as 0.
   * @param ackDelayMs what the other side says it waited; more than ACK_DELAY_MAX_MS is not believed (§5.3).
   */
  update(latestMs: number, ackDelayMs: number): void {
    const latest = Math.max(0, latestMs);
    this.#latestMs = latest;
    if (!this.#hasSample) {
      this.#hasSample = true;
      this.#minMs = latest;
      this.#adjustedMs = latest;
      this.#smoothedMs = latest;
      this.#variationMs = latest / 2;
      return;
    }
    this.#minMs = Math.min(this.#minMs, latest);
    const delay = Math.min(Math.max(0, ackDelayMs), ACK_DELAY_MAX_MS);
    const adjusted = latest >= this.#minMs + delay ? latest - delay : latest;
    this.#adjustedMs = adjusted;
    this.#variationMs = 0.75 * this.#variationMs + 0.25 * Math.abs(this.#smoothedMs - adjusted);
    this.#smoothedMs = 0.875 * this.#smoothedMs + 0.125 * adjusted;
  }
}
