/** Packets sent, by number: rings of numbers, because packet numbers are consecutive; no object per packet. */
import { REPLAY_WINDOW_BITS } from '../base/limits.ts';

/** Nothing more to learn about it: acknowledged, or never known. */
export const DONE = 0;
/** Ack-eliciting, neither acknowledged nor lost. */
export const IN_FLIGHT = 1;
/** Declared lost; its frames were handed back. An acknowledgement may still come. */
export const LOST = 2;
/** Not ack-eliciting: not in flight, never lost. */
export const SILENT = 3;
export type PacketState = typeof DONE | typeof IN_FLIGHT | typeof LOST | typeof SILENT;

/**
 * Packets that far behind the newest are refused by the other side's replay window: none older is remembered.
 * BOUNDED: by this, in packets.
 */
export const SENT_PACKETS_MAX = REPLAY_WINDOW_BITS;
/** A session at rest has one or two packets under way. */
const CAPACITY_MIN = 8;
/** A ring of at least this length that is nearly empty is given back: a burst is over some time, its session stays. */
const CAPACITY_GIVEN_BACK = 256;
const NO_FRAMES: readonly never[] = [];

/** Rings of a power-of-two length that grow up to SENT_PACKETS_MAX and shrink again; all access by packet number, O(1) on average. */
export class SentPackets<F> {
  #state = new Uint8Array(CAPACITY_MIN);
  #sentAt = new Float64Array(CAPACITY_MIN);
  #sizeBytes = new Uint16Array(CAPACITY_MIN);
  #ackLargest = new Int32Array(CAPACITY_MIN);
  #frames: (readonly F[])[] = new Array<readonly F[]>(CAPACITY_MIN).fill(NO_FRAMES);
  #first = 0;
  #next = 0;

  /** The oldest packet number remembered; equal to `next` if there is none. */
  get first(): number {
    return this.#first;
  }
  /** One more than the newest packet number. */
  get next(): number {
    return this.#next;
  }
  get isFull(): boolean {
    return this.#next - this.#first >= SENT_PACKETS_MAX;
  }

  /** Appends packet `next` (the very first may have any number). The ring must not be full. @param sizeBytes below 65,536. */
  add(number: number, state: PacketState, sentAt: number, sizeBytes: number, ackLargest: number, frames: readonly F[]): void {
    if (this.#first === this.#next) {
      this.#first = number;
      this.#next = number;
    }
    if (this.#next - this.#first >= this.#state.length) this.#resize(2 * this.#state.length);
    const slot = number & (this.#state.length - 1);
    this.#state[slot] = state;
    this.#sentAt[slot] = sentAt;
    this.#sizeBytes[slot] = sizeBytes;
    this.#ackLargest[slot] = ackLargest;
    this.#frames[slot] = frames;
    this.#next = number + 1;
  }

  /** State of a packet from `first` to `next` − 1. The same range holds for all methods below. */
  state(number: number): PacketState {
    return (this.#state[number & (this.#state.length - 1)] ?? DONE) as PacketState;
  }
  /** Instant of sending, milliseconds. */
  sentAt(number: number): number {
    return this.#sentAt[number & (this.#state.length - 1)] ?? 0;
  }
  sizeBytes(number: number): number {
    return this.#sizeBytes[number & (this.#state.length - 1)] ?? 0;
  }
  /** The largest packet number its ack frame acknowledged, −1 if it had none. */
  ackLargest(number: number): number {
    return this.#ackLargest[number & (this.#state.length - 1)] ?? -1;
  }
  frames(number: number): readonly F[] {
    return this.#frames[number & (this.#state.length - 1)] ?? NO_FRAMES;
  }
  /** It stays lost until acknowledged or forgotten; the frames stay known. */
  markLost(number: number): void {
    this.#state[number & (this.#state.length - 1)] = LOST;
  }
  /** Lets its frames go. */
  markDone(number: number): void {
    const slot = number & (this.#state.length - 1);
    this.#state[slot] = DONE;
    this.#frames[slot] = NO_FRAMES;
  }
  /** Forgets the packets below this number. */
  forgetBelow(number: number): void {
    for (; this.#first < number && this.#first < this.#next; this.#first++) this.markDone(this.#first);
    const { length } = this.#state;
    if (length >= CAPACITY_GIVEN_BACK && 8 * (this.#next - this.#first) <= length) this.#resize(length / 4);
  }

  /** Bytes that the rings take, for tests. */
  get ringBytes(): number {
    const { byteLength } = this.#sentAt;
    return this.#state.byteLength + byteLength + this.#sizeBytes.byteLength + this.#ackLargest.byteLength;
  }

  /** @param length a power of two, no less than the packets remembered. */
  #resize(length: number): void {
    const oldMask = this.#state.length - 1;
    const old = { state: this.#state, sentAt: this.#sentAt, size: this.#sizeBytes, ack: this.#ackLargest, frames: this.#frames };
    this.#state = new Uint8Array(length);
    this.#sentAt = new Float64Array(length);
    this.#sizeBytes = new Uint16Array(length);
    this.#ackLargest = new Int32Array(length);
    this.#frames = new Array<readonly F[]>(length).fill(NO_FRAMES);
    for (let number = this.#first; number < this.#next; number++) {
      const from = number & oldMask;
      const to = number & (length - 1);
      this.#state[to] = old.state[from] ?? DONE;
      this.#sentAt[to] = old.sentAt[from] ?? 0;
      this.#sizeBytes[to] = old.size[from] ?? 0;
      this.#ackLargest[to] = old.ack[from] ?? -1;
      this.#frames[to] = old.frames[from] ?? NO_FRAMES;
    }
  }
}
