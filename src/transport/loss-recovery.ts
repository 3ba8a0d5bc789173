/** Loss detection and probe timeouts (RFC 9002 §6, appendix A), one packet-number space. */
import { ACK_RANGES_MAX, PACKET_THRESHOLD, PTO_MAX_MS, TIME_THRESHOLD, TIMER_GRANULARITY_MS } from '../base/limits.ts';
import { type Instant, instant } from '../base/time.ts';
import type { CongestionController } from './congestion.ts';
import type { PacketRange } from './packet-ranges.ts';
import type { RttEstimator } from './rtt.ts';
import { DONE, IN_FLIGHT, LOST, SENT_PACKETS_MAX, SentPackets, SILENT } from './sent-packets.ts';

/** A frame as loss recovery sees it: how large it is, and whether any packet with it was acknowledged. */
export type Deliverable = { readonly bytes: Uint8Array; isAcked: boolean };

export type SentInfo<F> = {
  readonly sizeBytes: number;
  /** Whether the other side must acknowledge it; then it counts as in flight. */
  readonly isAckEliciting: boolean;
  /** Frames to send again if it is lost; kept, not copied. */
  readonly frames: readonly F[];
  /** The largest packet number acknowledged by an ack frame in this packet, if there is one. */
  readonly ackLargest?: number | undefined;
};

export type AckResult<F> =
  | {
      readonly kind: 'ok';
      /** Frames acknowledged for the first time. */
      readonly acked: readonly F[];
      /** Frames to send again: lost, and in no packet that was acknowledged. One may come twice, or be in flight elsewhere. */
      readonly lost: readonly F[];
      /** The other side has seen acknowledgements up to this packet number: `PacketRanges.forgetUpTo`. −1 if none yet. */
      readonly ackedUpTo: number;
      /** Whether anything in flight was acknowledged. */
      readonly isProgress: boolean;
    }
  /** A number never sent, or ranges that are not descending and disjoint, or more than ACK_RANGES_MAX: close. */
  | { readonly kind: 'violation' };

export type TimeoutResult<F> = {
  /** As in AckResult. */
  readonly lost: readonly F[];
  /** Send up to two datagrams with `oldestUnacked` frames, whatever the window says; a ping if there are none. */
  readonly probe: boolean;
};

/** Packets lost that may still be acknowledged are remembered for this many PTOs after they were sent. */
const REMEMBERED_PTOS = 3;
/** New data waits while the packets in flight span this many numbers; the rest is for probes and acknowledgements. */
const SPREAD_MAX = SENT_PACKETS_MAX / 2;
/** PTOs without a single acknowledgement that make congestion persistent (RFC 9002 §7.6.1). */
const PERSISTENT_PTOS = 3;

/**
 * Every packet sent on a session until it is acknowledged, lost, or too old to be accepted by the other side.
 * Tells the congestion controller and the RTT estimator what they need: nobody else does.
 * Packet numbers are consecutive from whatever the first one is.
 */
export class LossRecovery<F extends Deliverable> {
  readonly #rtt: RttEstimator;
  readonly #congestion: CongestionController;
  readonly #packets = new SentPackets<F>();
  #smallestSent = -1;
  #largestAcked = -1;
  #ackedUpTo = -1;
  /** No packet below this number is in flight. */
  #oldestInFlight = 0;
  #bytesInFlight = 0;
  #packetsInFlight = 0;
  #ptoCount = 0;
  /** The PTO counts from the newest ack-eliciting packet, or from when it last ran out. */
  #ptoFrom = 0;
  /** When the oldest packet below the largest acknowledged one is lost by time. */
  #lossAt: Instant | undefined;
  /** Frames of packets that had to make room, for the next report. */
  readonly #pushedOut: F[] = [];

  constructor(options: { readonly rtt: RttEstimator; readonly congestion: CongestionController }) {
    this.#rtt = options.rtt;
    this.#congestion = options.congestion;
  }

  /** Bytes of ack-eliciting packets neither acknowledged nor lost. */
  get bytesInFlight(): number {
    return this.#bytesInFlight;
  }

  /** Probe timeouts since the last progress. */
  get ptoCount(): number {
    return this.#ptoCount;
  }

  /** The largest packet number sent, −1 before the first. */
  get largestSent(): number {
    return this.#packets.next - 1;
  }

  /** Whether the window takes another packet of this size now. Probes and acknowledgements alone do not ask. */
  maySend(sizeBytes: number): boolean {
    return (
      this.#bytesInFlight + sizeBytes <= this.#congestion.windowBytes &&
      (this.#packetsInFlight === 0 || this.#packets.next - this.#oldestInFlight < SPREAD_MAX)
    );
  }

  /** @param packetNumber one more than the last. */
  onSent(now: Instant, packetNumber: number, info: SentInfo<F>): void {
    const packets = this.#packets;
    if (this.#smallestSent < 0) this.#smallestSent = packetNumber;
    if (packets.isFull) this.#pushOut(now, packets.first);
    const state = info.isAckEliciting ? IN_FLIGHT : SILENT;
    packets.add(packetNumber, state, now, info.sizeBytes, info.ackLargest ?? -1, info.frames);
    if (!info.isAckEliciting) return;
    if (this.#packetsInFlight === 0) this.#oldestInFlight = packetNumber;
    this.#packetsInFlight++;
    this.#bytesInFlight += info.sizeBytes;
    this.#ptoFrom = now;
    this.#congestion.onSent(now, packetNumber, info.sizeBytes, this.#bytesInFlight);
  }

  /**
   * An ack frame came. Its work is bounded by the packets remembered, whatever the ranges claim.
   * @param ranges descending, as decoded. @param delayUs the ack delay it states, microseconds.
   */
  onAck(now: Instant, ranges: readonly PacketRange[], delayUs: number): AckResult<F> {
    if (!this.#isPlausible(ranges)) return { kind: 'violation' };
    const bytesInFlightBefore = this.#bytesInFlight;
    const packetsBefore = this.#packetsInFlight;
    const largest = ranges[0]?.[1] ?? -1;
    const isLargestNew = largest >= this.#packets.first && this.#packets.state(largest) !== DONE;
    const largestSentAt = isLargestNew ? this.#packets.sentAt(largest) : 0;
    const acked: F[] = [];
    const { largestNew, spurious } = this.#acknowledge(ranges, acked);
    this.#largestAcked = Math.max(this.#largestAcked, largest);
    const ackedPackets = packetsBefore - this.#packetsInFlight;
    const ackedBytes = bytesInFlightBefore - this.#bytesInFlight;
    const isProgress = ackedPackets > 0;
    const hasSample = isLargestNew && isProgress;
    if (hasSample) this.#rtt.update(now - largestSentAt, delayUs / 1000);
    if (isProgress) this.#ptoCount = 0;
    if (spurious > 0) this.#congestion.onSpuriouslyLost(now, spurious);
    const lost = this.#detectLost(now);
    if (isProgress) {
      const rttMs = hasSample ? this.#rtt.adjustedMs : undefined;
      this.#congestion.onAcked(now, {
        packets: ackedPackets,
        bytes: ackedBytes,
        largest: largestNew,
        rttMs,
        bytesInFlightBefore,
      });
    }
    this.#forget(now);
    return { kind: 'ok', acked, lost, ackedUpTo: this.#ackedUpTo, isProgress };
  }

  nextTimeout(): Instant | undefined {
    if (this.#pushedOut.length > 0) return instant(this.#ptoFrom);
    return this.#lossAt ?? this.#ptoAt();
  }

  /** The loss timer or the PTO may have run out; harmless when called early. */
  onTimeout(now: Instant): TimeoutResult<F> {
    if (this.#pushedOut.length > 0 || (this.#lossAt !== undefined && this.#lossAt <= now)) {
      const lost = this.#detectLost(now);
      this.#forget(now);
      return { lost, probe: false };
    }
    const ptoAt = this.#lossAt === undefined ? this.#ptoAt() : undefined;
    if (ptoAt === undefined || ptoAt > now) return { lost: [], probe: false };
    this.#ptoCount++;
    this.#ptoFrom = now;
    return { lost: [], probe: true };
  }

  /** Frames of the oldest packets in flight, each once, up to about `maxBytes` but at least one; they stay in flight as well. */
  oldestUnacked(maxBytes: number): F[] {
    const frames = new Set<F>();
    let sizeBytes = 0;
    for (let number = this.#firstInFlight(); number < this.#packets.next; number++) {
      if (this.#packets.state(number) !== IN_FLIGHT) continue;
      for (const frame of this.#packets.frames(number)) {
        if (frame.isAcked || frames.has(frame)) continue;
        sizeBytes += frame.bytes.length;
        if (sizeBytes > maxBytes && frames.size > 0) return [...frames];
        frames.add(frame);
      }
    }
    return [...frames];
  }

  /** The path may work again (an interface came up, a sign of life after silence): the next probe comes without back-off. */
  resetBackoff(): void {
    this.#ptoCount = 0;
  }

  /** All frames still in flight, oldest first, each once; forgets every packet. For a session that ends. */
  drain(): F[] {
    const frames = this.oldestUnacked(Number.POSITIVE_INFINITY);
    for (const frame of this.#pushedOut) if (!frame.isAcked && !frames.includes(frame)) frames.push(frame);
    this.#pushedOut.length = 0;
    this.#packets.forgetBelow(this.#packets.next);
    this.#bytesInFlight = 0;
    this.#packetsInFlight = 0;
    this.#lossAt = undefined;
    return frames;
  }

  /** Descending, disjoint and not touching, few enough, and of numbers that were sent (attack: ACK of unsent numbers). */
  #isPlausible(ranges: readonly PacketRange[]): boolean {
    if (ranges.length === 0 || ranges.length > ACK_RANGES_MAX || this.#smallestSent < 0) return false;
    let below = this.#packets.next + 1;
    for (const [smallest, largest] of ranges) {
      if (largest >= below - 1 || smallest > largest) return false;
      below = smallest;
    }
    return below >= this.#smallestSent;
  }

  /** Marks what the ranges cover, largest first; work is bounded by the packets remembered. */
  #acknowledge(ranges: readonly PacketRange[], acked: F[]): { largestNew: number; spurious: number } {
    const packets = this.#packets;
    let largestNew = -1;
    let spurious = 0;
    for (const [smallest, largest] of ranges) {
      if (largest < packets.first) break;
      for (let number = Math.max(smallest, packets.first); number <= largest; number++) {
        const state = packets.state(number);
        if (state === DONE) continue;
        if (state === IN_FLIGHT) this.#takeOutOfFlight(number);
        else if (state === LOST) spurious++;
        if (state !== SILENT && number > largestNew) largestNew = number;
        this.#ackedUpTo = Math.max(this.#ackedUpTo, packets.ackLargest(number));
        for (const frame of packets.frames(number)) {
          if (frame.isAcked) continue;
          frame.isAcked = true;
          acked.push(frame);
        }
        packets.markDone(number);
      }
    }
    return { largestNew, spurious };
  }

  /** RFC 9002 §6.1, A.10; also hands over what was pushed out. */
  #detectLost(now: Instant): F[] {
    const packets = this.#packets;
    const lost: F[] = this.#pushedOut.filter((frame) => !frame.isAcked);
    this.#pushedOut.length = 0;
    this.#lossAt = undefined;
    const delayMs = Math.max(TIME_THRESHOLD * Math.max(this.#rtt.latestMs, this.#rtt.smoothedMs), TIMER_GRANULARITY_MS);
    const summary = { packets: 0, bytes: 0, largest: -1 };
    let lostSince = now as number; // start of the stretch of lost packets without an acknowledged one between
    let stretchMs = 0;
    for (let number = this.#firstInFlight(); number <= this.#largestAcked; number++) {
      const state = packets.state(number);
      if (state !== IN_FLIGHT) {
        if (state === DONE) lostSince = now;
        continue;
      }
      const sentAt = packets.sentAt(number);
      const lostAt = instant(sentAt + delayMs);
      if (lostAt > now && this.#largestAcked - number < PACKET_THRESHOLD) {
        this.#lossAt = this.#lossAt === undefined || lostAt < this.#lossAt ? lostAt : this.#lossAt;
        continue;
      }
      lostSince = Math.min(lostSince, sentAt);
      stretchMs = Math.max(stretchMs, sentAt - lostSince);
      this.#lose(number, summary, lost);
    }
    if (summary.packets > 0) this.#congestion.onLost(now, summary);
    if (this.#rtt.hasSample && stretchMs > PERSISTENT_PTOS * this.#rtt.ptoMs) this.#congestion.onPersistentCongestion(now);
    return lost;
  }

  #lose(number: number, summary: { packets: number; bytes: number; largest: number }, lost: F[]): void {
    summary.packets++;
    summary.bytes += this.#packets.sizeBytes(number);
    summary.largest = Math.max(summary.largest, number);
    for (const frame of this.#packets.frames(number)) if (!frame.isAcked) lost.push(frame);
    this.#takeOutOfFlight(number);
    this.#packets.markLost(number);
  }

  /** The ring is full: its oldest packet is beyond the other side's replay window, so it is lost if it was in flight. */
  #pushOut(now: Instant, number: number): void {
    if (this.#packets.state(number) === IN_FLIGHT) {
      const summary = { packets: 0, bytes: 0, largest: -1 };
      this.#lose(number, summary, this.#pushedOut);
      this.#congestion.onLost(now, summary);
    }
    this.#packets.forgetBelow(number + 1);
  }

  #takeOutOfFlight(number: number): void {
    this.#bytesInFlight -= this.#packets.sizeBytes(number);
    this.#packetsInFlight--;
  }

  /** The oldest packet in flight, or `next` if there is none. */
  #firstInFlight(): number {
    const packets = this.#packets;
    let number = Math.max(this.#oldestInFlight, packets.first);
    if (this.#packetsInFlight === 0) number = packets.next;
    else while (number < packets.next && packets.state(number) !== IN_FLIGHT) number++;
    this.#oldestInFlight = number;
    return number;
  }

  /** Forgets from the oldest on what nothing more is to be learnt of. */
  #forget(now: Instant): void {
    const packets = this.#packets;
    const tooOld = now - REMEMBERED_PTOS * this.#rtt.ptoMs;
    let number = packets.first;
    for (; number < packets.next; number++) {
      const state = packets.state(number);
      if (state === IN_FLIGHT || (state === LOST && packets.sentAt(number) > tooOld)) break;
    }
    packets.forgetBelow(number);
  }

  #ptoAt(): Instant | undefined {
    if (this.#packetsInFlight === 0) return undefined;
    return instant(this.#ptoFrom + Math.min(this.#rtt.ptoMs * 2 ** Math.min(this.#ptoCount, 16), PTO_MAX_MS));
  }
}
