/** The congestion controller of sessions: random loss is no congestion, a standing queue is. */
import { DATAGRAM_SIZE_MAX, WINDOW_DATAGRAMS_MAX, WINDOW_DATAGRAMS_MIN } from '../../base/limits.ts';
import type { Instant } from '../../base/time.ts';
import type { AckedSummary, CongestionController, LostSummary } from '../congestion.ts';
import { LossBaseline } from './loss-baseline.ts';
import { MinimumRtt } from './minimum-rtt.ts';

const WINDOW_MIN = WINDOW_DATAGRAMS_MIN * DATAGRAM_SIZE_MAX;
const WINDOW_MAX = WINDOW_DATAGRAMS_MAX * DATAGRAM_SIZE_MAX;
/** Queueing delay that is congestion when no packet of a round trip escaped it: this, or a quarter of the empty path's RTT. */
const QUEUE_MS = 4;
const QUEUE_SHARE = 1 / 4;
/** What remains of the window when loss is far above what is usual. */
const LOSS_FACTOR = 0.7;
/** Growth in a round trip: a datagram, and this share of the window. */
const GROWTH_SHARE = 1 / 64;
/** A round is judged when this many packets were acknowledged or lost in it. */
const ROUND_PACKETS_MIN = 8;
/** The first doubling ends when this many RTT samples in a row are above half of QUEUE_MS: the window judged is a round old. */
const START_SAMPLES = 8;
/** The queue is let run empty at least this often, so that everybody sees the empty path's RTT. */
const DRAIN_EVERY_MS = 2_000;
/** Below this share of the window in flight the application is the limit, and nothing is learnt about the path. */
const FULL_SHARE = 0.75;
const PACING_GAIN = 1.25;
const PACING_GAIN_START = 2;
/** Round trips below this are not paced by: bytes per millisecond stay finite. Milliseconds. */
const PACED_RTT_MIN_MS = 0.25;

/**
 * Judges once per round trip:
 * - the smallest RTT of the round is far above the smallest of the last seconds: a queue stands. The window shrinks to what
 *   the path holds without one.
 * - loss far above the usual rate (loss-baseline.ts): a queue too short to show as delay. The window shrinks by LOSS_FACTOR.
 * - otherwise, if the window was the limit, it grows: doubled until the first congestion, then by a datagram and 1/64.
 */
export class LanController implements CongestionController {
  readonly #minimum = new MinimumRtt();
  readonly #baseline = new LossBaseline();
  #window = WINDOW_MIN;
  #isStarting = true;
  #slowSamples = 0;
  #smoothedMs = 0;
  #largestSent = -1;
  /** The round ends when a packet above this is acknowledged. */
  #roundEnd = -1;
  #roundMinMs = Number.POSITIVE_INFINITY;
  #roundAcked = 0;
  #roundLost = 0;
  #isWindowLimit = false;
  /** Rounds left with the smallest window, to let the queue run empty. */
  #drainRounds = 0;
  #drainedAt: number | undefined;

  get windowBytes(): number {
    return this.#drainRounds > 0 ? WINDOW_MIN : this.#window;
  }

  get pacingRate(): number {
    const gain = this.#isStarting ? PACING_GAIN_START : PACING_GAIN;
    return (gain * this.windowBytes) / Math.max(this.#smoothedMs, PACED_RTT_MIN_MS);
  }

  onSent(_now: Instant, packetNumber: number, _sizeBytes: number, bytesInFlight: number): void {
    this.#largestSent = packetNumber;
    if (bytesInFlight >= FULL_SHARE * this.windowBytes) this.#isWindowLimit = true;
  }

  onAcked(now: Instant, acked: AckedSummary): void {
    this.#roundAcked += acked.packets;
    if (acked.rttMs !== undefined) this.#onSample(now, acked.rttMs);
    if (this.#isStarting && this.#isWindowLimit) this.#resize(this.#window + acked.bytes);
    if (acked.largest > this.#roundEnd && this.#roundMinMs < Number.POSITIVE_INFINITY) this.#endRound(now);
  }

  onLost(_now: Instant, lost: LostSummary): void {
    this.#roundLost += lost.packets;
  }

  onSpuriouslyLost(_now: Instant, packets: number): void {
    this.#roundLost = Math.max(0, this.#roundLost - packets);
    this.#roundAcked += packets;
  }

  onPersistentCongestion(_now: Instant): void {
    this.#isStarting = false;
    this.#resize(WINDOW_MIN);
  }

  #onSample(now: Instant, rttMs: number): void {
    this.#minimum.update(now, rttMs);
    this.#roundMinMs = Math.min(this.#roundMinMs, rttMs);
    this.#smoothedMs = this.#smoothedMs === 0 ? rttMs : 0.875 * this.#smoothedMs + 0.125 * rttMs;
    this.#slowSamples = rttMs > this.#minimum.ms + this.#queueMaxMs / 2 ? this.#slowSamples + 1 : 0;
    if (this.#slowSamples >= START_SAMPLES) this.#isStarting = false;
  }

  /** Queueing delay above which a queue stands. */
  get #queueMaxMs(): number {
    return Math.max(QUEUE_MS, this.#minimum.ms * QUEUE_SHARE);
  }

  #endRound(now: Instant): void {
    if (this.#roundAcked + this.#roundLost < ROUND_PACKETS_MIN) return;
    if (this.#drainRounds > 0) this.#drainRounds--;
    else if (this.#isWindowLimit) this.#judge(now);
    this.#roundEnd = this.#largestSent;
    this.#roundMinMs = Number.POSITIVE_INFINITY;
    this.#roundAcked = 0;
    this.#roundLost = 0;
    this.#isWindowLimit = false;
  }

  #judge(now: Instant): void {
    const isQueue = this.#roundMinMs - this.#minimum.ms > this.#queueMaxMs;
    const isUnusualLoss = this.#baseline.judge(this.#roundLost, this.#roundAcked, this.#window <= WINDOW_MIN);
    if (isQueue || isUnusualLoss) {
      this.#isStarting = false;
      const share = isQueue ? this.#minimum.ms / this.#roundMinMs : LOSS_FACTOR;
      this.#resize(this.#window * Math.min(share, LOSS_FACTOR));
      return;
    }
    if (!this.#isStarting) this.#resize(this.#window * (1 + GROWTH_SHARE) + DATAGRAM_SIZE_MAX);
    this.#drainedAt ??= now;
    if (now - this.#drainedAt < DRAIN_EVERY_MS || this.#window <= 2 * WINDOW_MIN) return;
    this.#drainedAt = now;
    this.#drainRounds = 2;
  }

  #resize(bytes: number): void {
    this.#window = Math.min(WINDOW_MAX, Math.max(WINDOW_MIN, bytes));
  }
}
