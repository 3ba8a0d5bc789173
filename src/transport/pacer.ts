/** Spreads sending over time (RFC 9002 §7.7): a token bucket whose burst a LAN never feels as a 1 ms timer. */
import { DATAGRAM_SIZE_MAX, TIMER_GRANULARITY_MS, WINDOW_DATAGRAMS_MIN } from '../base/limits.ts';
import { type Instant, later } from '../base/time.ts';

/** Smallest burst, bytes. */
const BURST_MIN = WINDOW_DATAGRAMS_MIN * DATAGRAM_SIZE_MAX;
/** The bucket holds what the rate gives in this time: timers are late by their granularity, and more under load. */
const BURST_MS = 4 * TIMER_GRANULARITY_MS;

export class Pacer {
  #tokens = BURST_MIN;
  #at: Instant | undefined;

  /** Whether a datagram of this size may go now. @param rate bytes per millisecond (`pacingRate` of the controller) */
  maySend(now: Instant, sizeBytes: number, rate: number): boolean {
    this.#refill(now, rate);
    return this.#tokens >= Math.min(sizeBytes, BURST_MIN);
  }

  /** A datagram went out. Probes and acknowledgements may take the bucket below zero. */
  onSent(sizeBytes: number): void {
    this.#tokens -= sizeBytes;
  }

  /** When a datagram of this size may go; at least a timer's granularity ahead if not now. */
  nextSendAt(now: Instant, sizeBytes: number, rate: number): Instant {
    if (this.maySend(now, sizeBytes, rate)) return now;
    return later(now, Math.max(TIMER_GRANULARITY_MS, (sizeBytes - this.#tokens) / rate));
  }

  #refill(now: Instant, rate: number): void {
    const burst = Math.max(BURST_MIN, rate * BURST_MS);
    if (this.#at !== undefined) this.#tokens = Math.min(burst, this.#tokens + (now - this.#at) * rate);
    this.#at = now;
  }
}
