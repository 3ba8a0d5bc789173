/** What was received and still has to be acknowledged (RFC 9000 §13.2). */
import { ACK_DELAY_MAX_MS } from '../base/limits.ts';
import { type Instant, later } from '../base/time.ts';
import type { AckFrame } from '../wire/frame.ts';
import { PacketRanges } from './packet-ranges.ts';

/** Ack-eliciting packets after which an acknowledgement waits no longer. */
const PACKETS_PER_ACK = 2;

export class AckState {
  readonly #ranges = new PacketRanges();
  /** When the largest packet came: the delay an ack frame states is counted from here. */
  #largestAt: Instant | undefined;
  /** Ack-eliciting packets since the last ack frame. */
  #waiting = 0;
  #isDueNow = false;
  #dueAt: Instant | undefined;

  /** A packet was authentic and its frames were taken. */
  onPacket(now: Instant, packetNumber: number, isAckEliciting: boolean): void {
    const { largest } = this.#ranges;
    if (packetNumber > largest) this.#largestAt = now;
    this.#ranges.add(packetNumber);
    if (!isAckEliciting) return;
    this.#waiting += 1;
    // out of order or behind a gap: the other side can tell loss from delay only if it hears at once
    if (packetNumber !== largest + 1 || this.#waiting >= PACKETS_PER_ACK) this.#isDueNow = true;
    this.#dueAt ??= later(now, ACK_DELAY_MAX_MS);
  }

  /** Whether an ack frame should ride along with whatever goes. */
  get isWaiting(): boolean {
    return this.#waiting > 0;
  }

  /** Whether an acknowledgement should go now, if need be alone. */
  isDue(now: Instant): boolean {
    return this.#waiting > 0 && (this.#isDueNow || (this.#dueAt !== undefined && now >= this.#dueAt));
  }

  /** When an acknowledgement is due at the latest. */
  nextTimeout(): Instant | undefined {
    return this.#dueAt;
  }

  frame(now: Instant): AckFrame {
    const delayMs = this.#largestAt === undefined ? 0 : now - this.#largestAt;
    return { kind: 'ack', delayUs: Math.min(Math.round(delayMs * 1000), 0xffffffff), ranges: this.#ranges.toAck() };
  }

  /** An ack frame went out. @returns its largest number. */
  onSent(): number {
    this.#waiting = 0;
    this.#isDueNow = false;
    this.#dueAt = undefined;
    return this.#ranges.largest;
  }

  /** The other side knows what was acknowledged up to here. */
  forgetUpTo(packetNumber: number): void {
    // the largest stays, so that there is always something to say
    this.#ranges.forgetUpTo(Math.min(packetNumber, this.#ranges.largest - 1));
  }
}
