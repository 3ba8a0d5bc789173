/** How much may be in flight: the interface between loss recovery and a congestion controller (RFC 9002 §7). */
import type { Instant } from '../base/time.ts';

/** What one ACK newly acknowledged, ack-eliciting packets only. */
export type AckedSummary = {
  readonly packets: number;
  readonly bytes: number;
  /** Largest packet number newly acknowledged by this ACK. */
  readonly largest: number;
  /** Round trip of this ACK without the ack delay, or undefined if it gave no sample. */
  readonly rttMs: number | undefined;
  /** Bytes in flight before this ACK. */
  readonly bytesInFlightBefore: number;
};

/** What was declared lost at one moment, ack-eliciting packets only. */
export type LostSummary = { readonly packets: number; readonly bytes: number; readonly largest: number };

/** A machine told by LossRecovery what happens to packets; nobody else calls its `on…` methods. */
export interface CongestionController {
  /** Bytes that may be in flight; never below WINDOW_DATAGRAMS_MIN nor above WINDOW_DATAGRAMS_MAX full datagrams. */
  readonly windowBytes: number;
  /** Bytes per millisecond the pacer refills with. */
  readonly pacingRate: number;
  /** An ack-eliciting packet went out. `bytesInFlight` includes it. */
  onSent(now: Instant, packetNumber: number, sizeBytes: number, bytesInFlight: number): void;
  onAcked(now: Instant, acked: AckedSummary): void;
  onLost(now: Instant, lost: LostSummary): void;
  /** Packets declared lost before were acknowledged after all. */
  onSpuriouslyLost(now: Instant, packets: number): void;
  /** Nothing of a span of three PTOs came through (RFC 9002 §7.6). */
  onPersistentCongestion(now: Instant): void;
}
