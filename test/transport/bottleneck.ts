/** A small simulated bottleneck: flows over one link with a queue, in virtual time, from a seed. For tests of the transport's parts. */

import { EMPTY } from '../../src/base/bytes.ts';
import { ACK_DELAY_MAX_MS, DATAGRAM_SIZE_MAX } from '../../src/base/limits.ts';
import { type Instant, instant } from '../../src/base/time.ts';
import type { CongestionController } from '../../src/transport/congestion.ts';
import { LossRecovery } from '../../src/transport/loss-recovery.ts';
import { Pacer } from '../../src/transport/pacer.ts';
import { PacketRanges } from '../../src/transport/packet-ranges.ts';
import { RttEstimator } from '../../src/transport/rtt.ts';

export type LinkOptions = {
  readonly seed: number;
  /** Datagrams of full size per millisecond that the bottleneck passes. */
  readonly datagramsPerMs: number;
  /** Datagrams that its queue holds. */
  readonly queueMax: number;
  /** Round trip of the empty path. */
  readonly rttMs: number;
  /** Share of datagrams lost at random, each way. */
  readonly loss: number;
};

export type FlowOptions = {
  readonly congestion: CongestionController;
  readonly startMs?: number;
  readonly stopMs?: number;
  /** A frame every so often instead of as many as may go. */
  readonly everyMs?: number;
};

type Frame = { readonly bytes: Uint8Array; isAcked: boolean; readonly at: number; isDelivered: boolean };
type Packet = { readonly number: number; readonly frames: readonly Frame[]; readonly isAckEliciting: boolean };
type Event = { readonly at: number; readonly order: number; readonly run: () => void };

/** mulberry32: 0 ≤ x < 1. */
export const seededRandom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** Events in order of time, then of creation. */
class Agenda {
  readonly #heap: Event[] = [];
  #order = 0;
  now = 0;

  at(time: number, run: () => void): void {
    const heap = this.#heap;
    let index = heap.push({ at: Math.max(time, this.now), order: this.#order++, run }) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#isBefore(index, parent)) break;
      this.#swap(index, parent);
      index = parent;
    }
  }

  runUntil(end: number): void {
    for (let event = this.#heap[0]; event !== undefined && event.at <= end; event = this.#heap[0]) {
      this.#removeFirst();
      this.now = event.at;
      event.run();
    }
    this.now = end;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    this.#swap(0, heap.length - 1);
    heap.pop();
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) return;
      if (child + 1 < heap.length && this.#isBefore(child + 1, child)) child++;
      if (!this.#isBefore(child, index)) return;
      this.#swap(index, child);
      index = child;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [first, second] = [this.#heap[a], this.#heap[b]];
    if (first === undefined || second === undefined) return false;
    return first.at < second.at || (first.at === second.at && first.order < second.order);
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#heap[a], this.#heap[b]];
    if (first === undefined || second === undefined) return;
    this.#heap[a] = second;
    this.#heap[b] = first;
  }
}

/** The link: random loss, then a queue that drops its tail, then the wire. Acknowledgements come back unhindered but for loss. */
export class Bottleneck {
  readonly agenda = new Agenda();
  readonly #options: LinkOptions;
  readonly #random: () => number;
  #freeAt = 0;
  /** Datagrams dropped because the queue was full. */
  overflowed = 0;
  /** Datagram-milliseconds waited in the queue, and datagrams passed. */
  passed = 0;
  #queueSum = 0;
  /** The largest queue seen since the last `resetQueue`, datagrams. */
  queueLargest = 0;
  #offered = 0;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
  }

  /** Mean queue met by a datagram that arrived, datagrams. */
  get queueMean(): number {
    return this.#offered === 0 ? 0 : this.#queueSum / this.#offered;
  }

  forward(arrive: () => void): void {
    const { agenda } = this;
    const queue = Math.max(0, (this.#freeAt - agenda.now) * this.#options.datagramsPerMs);
    this.#offered++;
    this.#queueSum += queue;
    this.queueLargest = Math.max(this.queueLargest, queue);
    if (queue >= this.#options.queueMax) {
      this.overflowed++;
      return;
    }
    this.#freeAt = Math.max(this.#freeAt, agenda.now) + 1 / this.#options.datagramsPerMs;
    this.passed++;
    // lost on the air after the bottleneck: it has used its share of the link
    if (this.#random() < this.#options.loss) return;
    agenda.at(this.#freeAt + this.#options.rttMs / 2, arrive);
  }

  back(arrive: () => void): void {
    if (this.#random() < this.#options.loss) return;
    this.agenda.at(this.agenda.now + this.#options.rttMs / 2, arrive);
  }
}

/** A sender and its receiver. Timers fire at whole milliseconds, as those of a host do. */
export class Flow {
  readonly #link: Bottleneck;
  readonly #options: FlowOptions;
  readonly #rtt = new RttEstimator();
  readonly recovery: LossRecovery<Frame>;
  readonly #pacer = new Pacer();
  readonly #received = new PacketRanges();
  readonly #again: Frame[] = [];
  readonly #fresh: Frame[] = [];
  #next = 0;
  #unacknowledged = 0;
  #ackAt: number | undefined;
  #timerAt: number | undefined;
  /** Frames that arrived for the first time. */
  delivered = 0;
  /** Datagrams sent, without acknowledgements. */
  sent = 0;
  /** One-way milliseconds of each frame delivered, if sent at intervals. */
  readonly delays: number[] = [];

  constructor(link: Bottleneck, options: FlowOptions) {
    this.#link = link;
    this.#options = options;
    this.recovery = new LossRecovery({ rtt: this.#rtt, congestion: options.congestion });
    link.agenda.at(options.startMs ?? 0, () => (options.everyMs === undefined ? this.#pump() : this.#tick(options.everyMs)));
  }

  get #now(): Instant {
    return instant(this.#link.agenda.now);
  }

  #tick(everyMs: number): void {
    if (this.#now >= (this.#options.stopMs ?? Number.POSITIVE_INFINITY)) return;
    this.#fresh.push({ bytes: EMPTY, isAcked: false, at: this.#now, isDelivered: false });
    this.#pump();
    this.#link.agenda.at(this.#now + everyMs, () => this.#tick(everyMs));
  }

  #nextFrame(): Frame | undefined {
    for (let frame = this.#again.shift(); frame !== undefined; frame = this.#again.shift()) if (!frame.isAcked) return frame;
    if (this.#options.everyMs !== undefined) return this.#fresh.shift();
    if (this.#now >= (this.#options.stopMs ?? Number.POSITIVE_INFINITY)) return undefined;
    return { bytes: EMPTY, isAcked: false, at: this.#now, isDelivered: false };
  }

  #pump(): void {
    const rate = this.#options.congestion.pacingRate;
    while (this.recovery.maySend(DATAGRAM_SIZE_MAX) && this.#pacer.maySend(this.#now, DATAGRAM_SIZE_MAX, rate)) {
      const frame = this.#nextFrame();
      if (frame === undefined) break;
      this.#send([frame]);
    }
    if (this.recovery.maySend(DATAGRAM_SIZE_MAX)) this.#wake(this.#pacer.nextSendAt(this.#now, DATAGRAM_SIZE_MAX, rate));
    this.#wake(this.recovery.nextTimeout());
  }

  #send(frames: readonly Frame[]): void {
    const number = this.#next++;
    this.sent++;
    this.#pacer.onSent(DATAGRAM_SIZE_MAX);
    this.recovery.onSent(this.#now, number, { sizeBytes: DATAGRAM_SIZE_MAX, isAckEliciting: true, frames });
    this.#link.forward(() => this.#arrive({ number, frames, isAckEliciting: true }));
  }

  #wake(at: Instant | undefined): void {
    if (at === undefined || at <= this.#now || (this.#timerAt !== undefined && this.#timerAt <= at)) return;
    const time = Math.ceil(at);
    this.#timerAt = time;
    this.#link.agenda.at(time, () => {
      if (this.#timerAt !== time) return;
      this.#timerAt = undefined;
      const { lost, probe } = this.recovery.onTimeout(this.#now);
      this.#again.push(...lost);
      if (probe) for (let count = 0; count < 2; count++) this.#send(this.recovery.oldestUnacked(1));
      this.#pump();
    });
  }

  #arrive(packet: Packet): void {
    const isInOrder = packet.number === this.#received.largest + 1;
    this.#received.add(packet.number);
    for (const frame of packet.frames) {
      if (frame.isDelivered) continue;
      frame.isDelivered = true;
      this.delivered++;
      if (this.#options.everyMs !== undefined) this.delays.push(this.#now - frame.at);
    }
    this.#unacknowledged++;
    if (this.#unacknowledged >= 2 || !isInOrder) this.#acknowledge(0);
    else {
      const since = this.#now;
      const due = since + ACK_DELAY_MAX_MS;
      this.#ackAt = due;
      this.#link.agenda.at(due, () => {
        if (this.#ackAt === due) this.#acknowledge(1000 * (this.#now - since));
      });
    }
  }

  #acknowledge(delayUs: number): void {
    this.#ackAt = undefined;
    this.#unacknowledged = 0;
    const ranges = this.#received.toAck();
    this.#link.back(() => {
      const result = this.recovery.onAck(this.#now, ranges, delayUs);
      if (result.kind === 'ok') this.#again.push(...result.lost);
      this.#pump();
    });
  }
}
