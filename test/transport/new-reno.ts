/** What not to use: NewReno (RFC 9002 §7), to show in tests what random loss does to it. */
import { DATAGRAM_SIZE_MAX } from '../../src/base/limits.ts';
import type { Instant } from '../../src/base/time.ts';
import type { AckedSummary, CongestionController, LostSummary } from '../../src/transport/congestion.ts';

export class NewReno implements CongestionController {
  windowBytes = 10 * DATAGRAM_SIZE_MAX;
  readonly pacingRate = 1e9;
  #threshold = Number.POSITIVE_INFINITY;
  #largestSent = -1;
  #recoveryEnd = -1;

  onSent(_now: Instant, packetNumber: number): void {
    this.#largestSent = packetNumber;
  }
  onAcked(_now: Instant, { bytes, largest }: AckedSummary): void {
    if (largest <= this.#recoveryEnd) return;
    this.windowBytes += this.windowBytes < this.#threshold ? bytes : (DATAGRAM_SIZE_MAX * bytes) / this.windowBytes;
  }
  onLost(_now: Instant, { largest }: LostSummary): void {
    if (largest <= this.#recoveryEnd) return;
    this.#recoveryEnd = this.#largestSent;
    this.windowBytes = Math.max(this.windowBytes / 2, 2 * DATAGRAM_SIZE_MAX);
    this.#threshold = this.windowBytes;
  }
  onSpuriouslyLost(): void {}
  onPersistentCongestion(): void {
    this.windowBytes = 2 * DATAGRAM_SIZE_MAX;
  }
}
