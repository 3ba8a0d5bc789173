/** Encoded frames that wait for a packet. */

import { ApiMisuse } from '../base/errors.ts';
import { FRAME_SIZE_MAX, REASSEMBLY_PER_PEER_MAX, REPLAY_WINDOW_BITS, SEND_QUEUE_MAX } from '../base/limits.ts';
import { encodeFrame, FRAGMENT_OVERHEAD_MAX } from '../wire/frame.ts';
import { Fifo } from './fifo.ts';
import { FRAGMENT_SIZE_MIN, reassemblyCharge } from './reassembly.ts';

/** Order of service after retransmissions: control (name, rooms, start, hold, want) before runs. */
export type SendPriority = 'control' | 'run';

/** A frame too large for one packet, travelling in fragments. */
export type WholeFrame = {
  readonly kind: 'whole';
  readonly bytes: Uint8Array;
  readonly priority: SendPriority;
  readonly frameId: number;
  /** What is not yet cut into fragments starts here. */
  cutAt: number;
  /** Bytes of it acknowledged, each fragment once. */
  ackedBytes: number;
};

/** An encoded frame that fits a packet: what SendQueue hands out, LossRecovery keeps and hands back. */
export type OutgoingFrame = {
  readonly kind: 'frame';
  /** The frame's CBOR. */
  readonly bytes: Uint8Array;
  readonly priority: SendPriority;
  /** What it is a fragment of, and how many of its bytes it carries. */
  readonly part: { readonly whole: WholeFrame; readonly length: number } | undefined;
  /** Set by LossRecovery when a packet that carried it is acknowledged; it is then never sent again. */
  isAcked: boolean;
  /** Whether it is in the queue to be sent again. */
  isWaiting: boolean;
};

/** A frame as it was pushed, to be pushed to another session. */
export type QueuedFrame = { readonly bytes: Uint8Array; readonly priority: SendPriority };

/** Hard bound of the bytes that wait; the floors above are asked to wait at half of it. */
const WAITING_MAX = 2 * SEND_QUEUE_MAX;
/** How far frame ids begun may lie apart: the other side remembers completed ones as far as a replay window. */
const FRAME_ID_SPREAD_MAX = REPLAY_WINDOW_BITS / 2;

/**
 * Retransmissions first, then control, then runs; first in, first out in each.
 * Frames larger than `packetRoomMax` are cut into fragment frames that fill packets; no more of them are begun than the
 * other side's reassembly takes. Frames up to `packetRoomMax` are never cut: one that does not fit waits for the next packet.
 * BOUNDED: by 2 × SEND_QUEUE_MAX bytes pushed, and by what was in flight for retransmissions.
 */
export class SendQueue {
  readonly #packetRoomMax: number;
  readonly #again = new Fifo<OutgoingFrame>();
  readonly #fresh: { readonly [priority in SendPriority]: Fifo<OutgoingFrame | WholeFrame> } = {
    control: new Fifo(),
    run: new Fifo(),
  };
  /** Fragmented frames not wholly acknowledged, in the order they were begun. BOUNDED: by REASSEMBLY_PER_PEER_MAX as charged. */
  readonly #begun = new Set<WholeFrame>();
  #begunCharge = 0;
  #nextFrameId = 0;
  #sizeBytes = 0;

  /** @param packetRoomMax bytes of frames (without the array head) in a datagram that carries nothing else. */
  constructor(packetRoomMax: number) {
    this.#packetRoomMax = packetRoomMax;
  }

  /** Bytes that wait, retransmissions included. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Whether nothing waits at all. */
  get isEmpty(): boolean {
    return this.#again.length + this.#fresh.control.length + this.#fresh.run.length === 0;
  }

  /** Bytes the next frame needs in a packet (for a frame to be cut: the least that is worth beginning); 0 if none may go now. */
  get nextSizeBytes(): number {
    this.#dropAcked();
    const next = this.#again.first ?? this.#firstOf('control') ?? this.#firstOf('run');
    if (next === undefined) return 0;
    return next.kind === 'frame' ? next.bytes.length : leastOf(next);
  }

  /**
   * Appends an encoded frame (kept, not copied) of at most FRAME_SIZE_MAX bytes. False if the queue is full: the owner did
   * not heed the budget, or the session is exhausted.
   */
  push(bytes: Uint8Array, priority: SendPriority): boolean {
    if (bytes.length > FRAME_SIZE_MAX) throw new ApiMisuse(`a frame has at most ${FRAME_SIZE_MAX} bytes, got ${bytes.length}`);
    if (this.#sizeBytes + bytes.length > WAITING_MAX) return false;
    this.#sizeBytes += bytes.length;
    this.#fresh[priority].push(
      bytes.length <= this.#packetRoomMax
        ? { kind: 'frame', bytes, priority, part: undefined, isAcked: false, isWaiting: false }
        : { kind: 'whole', bytes, priority, frameId: this.#nextFrameId++, cutAt: 0, ackedBytes: 0 },
    );
    return true;
  }

  /** Queues lost frames again, ahead of everything else; those acknowledged or already waiting are left out. */
  retransmit(frames: readonly OutgoingFrame[]): void {
    for (const frame of frames) {
      if (frame.isAcked || frame.isWaiting) continue;
      frame.isWaiting = true;
      this.#sizeBytes += frame.bytes.length;
      this.#again.push(frame);
    }
  }

  /**
   * Takes frames that together have at most `room` bytes, `countMax` of them at most. Empty if the next one does not fit or
   * nothing may go: a frame as large as `packetRoomMax` needs a packet without an ack frame, so ask again with the full room
   * before giving up (`nextSizeBytes` tells beforehand).
   */
  takePacket(room: number, countMax = 255): OutgoingFrame[] {
    const packet: OutgoingFrame[] = [];
    if (this.nextSizeBytes > room) return packet;
    let left = this.#takeAgain(packet, room, countMax);
    left = this.#takeFresh('control', packet, left, countMax);
    this.#takeFresh('run', packet, left, countMax);
    return packet;
  }

  /** To be called with what LossRecovery reports as newly acknowledged: makes room for further fragmented frames. */
  onAcked(frames: readonly OutgoingFrame[]): void {
    for (const { part } of frames) {
      if (part === undefined) continue;
      part.whole.ackedBytes += part.length;
      if (part.whole.ackedBytes < part.whole.bytes.length || !this.#begun.delete(part.whole)) continue;
      this.#begunCharge -= reassemblyCharge(part.whole.bytes.length);
    }
  }

  /**
   * Empties the queue for another session: first the frames still in flight (from `LossRecovery.drain`), then what waits, in
   * order; each fragmented frame whole and once, acknowledged frames left out.
   */
  drain(inFlight: readonly OutgoingFrame[]): QueuedFrame[] {
    const all = new Set<OutgoingFrame | WholeFrame>();
    const add = (item: OutgoingFrame | WholeFrame): void => {
      if (item.kind === 'whole') all.add(item);
      else if (!item.isAcked) all.add(item.part?.whole ?? item);
    };
    for (const frame of inFlight) add(frame);
    for (const queue of [this.#again, this.#fresh.control, this.#fresh.run]) {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) add(item);
    }
    this.#sizeBytes = 0;
    this.#begun.clear();
    this.#begunCharge = 0;
    return Array.from(all, ({ bytes, priority }) => ({ bytes, priority }));
  }

  #takeAgain(packet: OutgoingFrame[], room: number, countMax: number): number {
    let left = room;
    while (packet.length < countMax) {
      this.#dropAcked();
      const frame = this.#again.first;
      if (frame === undefined || frame.bytes.length > left) break;
      this.#again.shift();
      frame.isWaiting = false;
      this.#sizeBytes -= frame.bytes.length;
      left -= frame.bytes.length;
      packet.push(frame);
    }
    return left;
  }

  #takeFresh(priority: SendPriority, packet: OutgoingFrame[], room: number, countMax: number): number {
    const queue = this.#fresh[priority];
    let left = room;
    while (packet.length < countMax) {
      const next = this.#firstOf(priority);
      if (next === undefined) break;
      if (next.kind === 'frame') {
        if (next.bytes.length > left) break;
        this.#sizeBytes -= next.bytes.length;
        left -= next.bytes.length;
        packet.push(next);
        queue.shift();
        continue;
      }
      if (leastOf(next) > left) break;
      const fragment = this.#cut(next, left);
      left -= fragment.bytes.length;
      packet.push(fragment);
      if (next.cutAt === next.bytes.length) queue.shift();
    }
    return left;
  }

  /** The next frame of a kind, unless it is one to be cut that may not be begun yet. */
  #firstOf(priority: SendPriority): OutgoingFrame | WholeFrame | undefined {
    const next = this.#fresh[priority].first;
    if (next === undefined || next.kind === 'frame' || next.cutAt > 0) return next;
    if (this.#begunCharge + reassemblyCharge(next.bytes.length) > REASSEMBLY_PER_PEER_MAX) return undefined;
    for (const oldest of this.#begun) return next.frameId - oldest.frameId > FRAME_ID_SPREAD_MAX ? undefined : next;
    return next;
  }

  /** The next fragment of a frame, as large as the room allows. */
  #cut(whole: WholeFrame, room: number): OutgoingFrame {
    if (whole.cutAt === 0) {
      this.#begun.add(whole);
      this.#begunCharge += reassemblyCharge(whole.bytes.length);
    }
    const offset = whole.cutAt;
    const length = Math.min(room - FRAGMENT_OVERHEAD_MAX, whole.bytes.length - offset);
    const content = whole.bytes.subarray(offset, offset + length);
    whole.cutAt = offset + length;
    this.#sizeBytes -= length;
    const bytes = encodeFrame({ kind: 'fragment', frameId: whole.frameId, offset, total: whole.bytes.length, bytes: content });
    return { kind: 'frame', bytes, priority: whole.priority, part: { whole, length }, isAcked: false, isWaiting: false };
  }

  /** Frames acknowledged while they waited to be sent again need not go. */
  #dropAcked(): void {
    for (let frame = this.#again.first; frame?.isAcked === true; frame = this.#again.first) {
      this.#again.shift();
      frame.isWaiting = false;
      this.#sizeBytes -= frame.bytes.length;
    }
  }
}

/** Room that the next fragment of a frame needs at least. */
const leastOf = (whole: WholeFrame): number =>
  Math.min(FRAGMENT_SIZE_MIN, whole.bytes.length - whole.cutAt) + FRAGMENT_OVERHEAD_MAX;

/** The first of these frames, as many as have room in `roomBytes`. */
export const fitting = (frames: Iterable<OutgoingFrame>, roomBytes: number): readonly OutgoingFrame[] => {
  const fit: OutgoingFrame[] = [];
  let room = roomBytes;
  for (const frame of frames) {
    if (frame.bytes.length > room) break;
    room -= frame.bytes.length;
    fit.push(frame);
  }
  return fit;
};
