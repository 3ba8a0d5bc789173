import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { concat, toHex } from '../../src/base/bytes.ts';
import { FRAME_SIZE_MAX, REASSEMBLY_PER_PEER_MAX, SEND_QUEUE_MAX } from '../../src/base/limits.ts';
import { instant } from '../../src/base/time.ts';
import { Reassembly, ReassemblyBudget, reassemblyCharge } from '../../src/transport/reassembly.ts';
import { type OutgoingFrame, SendQueue } from '../../src/transport/send-queue.ts';
import { decodeFrames, type FragmentFrame, framesHead } from '../../src/wire/frame.ts';
import { runs, seedNote } from '../wire/seed.ts';

const ROOM = 1150;
const bytesOf = (length: number, salt: number): Uint8Array => new Uint8Array(length).fill(salt);
const sizeOf = (packet: readonly OutgoingFrame[]): number => packet.reduce((sum, frame) => sum + frame.bytes.length, 0);
const firstBytes = (packet: readonly OutgoingFrame[]): (number | undefined)[] => packet.map((frame) => frame.bytes[0]);
const fragmentOf = (frame: OutgoingFrame): FragmentFrame => {
  const decoded = decodeFrames(concat(framesHead(1), frame.bytes));
  const fragment = decoded.ok ? decoded.value.frames[0] : undefined;
  if (fragment?.kind !== 'fragment') throw new Error('not a fragment');
  return fragment;
};
/** As LossRecovery does when a packet is acknowledged. */
const acknowledge = (queue: SendQueue, packet: readonly OutgoingFrame[]): void => {
  const fresh = packet.filter((frame) => !frame.isAcked);
  for (const frame of fresh) frame.isAcked = true;
  queue.onAcked(fresh);
};
/** All that may go now, in packets. */
const takeAll = (queue: SendQueue): OutgoingFrame[][] => {
  const packets: OutgoingFrame[][] = [];
  for (let packet = queue.takePacket(ROOM); packet.length > 0; packet = queue.takePacket(ROOM)) packets.push(packet);
  return packets;
};

describe('a send queue', () => {
  test('serves retransmissions, then control, then runs, each in order', () => {
    const queue = new SendQueue(ROOM);
    queue.push(bytesOf(10, 1), 'run');
    queue.push(bytesOf(10, 2), 'run');
    const lost = queue.takePacket(20);
    queue.push(bytesOf(10, 3), 'run');
    queue.push(bytesOf(10, 4), 'control');
    queue.push(bytesOf(10, 5), 'control');
    queue.retransmit(lost);
    expect(queue.sizeBytes).toBe(50);
    expect(firstBytes(queue.takePacket(ROOM))).toEqual([1, 2, 4, 5, 3]);
    expect([queue.sizeBytes, queue.isEmpty, queue.nextSizeBytes]).toEqual([0, true, 0]);
  });

  test('a frame that does not fit waits for the next packet, and is never overtaken in its class', () => {
    const queue = new SendQueue(ROOM);
    queue.push(bytesOf(700, 1), 'run');
    queue.push(bytesOf(700, 2), 'run');
    queue.push(bytesOf(10, 3), 'run');
    expect(takeAll(queue).map(firstBytes)).toEqual([[1], [2, 3]]);
  });

  test('nothing is taken when the first frame needs more room, so that no frame starves', () => {
    const queue = new SendQueue(ROOM);
    queue.push(bytesOf(ROOM, 1), 'run');
    const lost = queue.takePacket(ROOM);
    queue.retransmit(lost);
    queue.push(bytesOf(10, 2), 'control');
    expect([queue.takePacket(ROOM - 1), queue.nextSizeBytes]).toEqual([[], ROOM]);
    expect(firstBytes(queue.takePacket(ROOM))).toEqual([1]);
  });

  test('a packet takes no more frames than asked for', () => {
    const queue = new SendQueue(ROOM);
    for (let salt = 0; salt < 30; salt++) queue.push(bytesOf(3, salt), 'control');
    expect([queue.takePacket(ROOM, 23).length, queue.takePacket(ROOM, 23).length]).toEqual([23, 7]);
  });

  test('a frame acknowledged while it waited to go again does not go', () => {
    const queue = new SendQueue(ROOM);
    queue.push(bytesOf(10, 1), 'run');
    queue.push(bytesOf(10, 2), 'run');
    const lost = queue.takePacket(ROOM);
    queue.retransmit(lost);
    queue.retransmit(lost);
    expect(queue.sizeBytes).toBe(20);
    acknowledge(queue, lost.slice(0, 1));
    expect(firstBytes(queue.takePacket(ROOM))).toEqual([2]);
    queue.retransmit(lost);
    acknowledge(queue, lost);
    expect([queue.takePacket(ROOM), queue.sizeBytes, queue.isEmpty]).toEqual([[], 0, true]);
  });

  test('a large frame travels in fragments that fill packets', () => {
    const queue = new SendQueue(ROOM);
    const frame = Uint8Array.from({ length: 9000 }, (_, index) => index & 0xff);
    queue.push(bytesOf(400, 1), 'run');
    queue.push(frame, 'run');
    queue.push(bytesOf(100, 2), 'run');
    const packets = takeAll(queue);
    expect(packets.length).toBe(9);
    for (const packet of packets.slice(0, -1)) expect(sizeOf(packet)).toBeGreaterThan(ROOM - 10);
    const reassembly = new Reassembly(new ReassemblyBudget());
    const results = packets.flat().filter((sent) => sent.part !== undefined);
    expect(results.map((sent) => reassembly.add(instant(0), fragmentOf(sent))).at(-1)).toEqual({ kind: 'frame', bytes: frame });
    expect(packets.at(-1)?.at(-1)?.bytes[0]).toBe(2);
  });

  test('no crumb is cut: a fragment has 128 bytes, or is the last', () => {
    const queue = new SendQueue(ROOM);
    queue.push(bytesOf(1020, 1), 'run');
    queue.push(bytesOf(2000, 2), 'run');
    expect(takeAll(queue).map((packet) => packet.length)).toEqual([1, 1, 1]);
  });

  test('no more is begun than the other side reassembles, and it goes on as frames are acknowledged', () => {
    const queue = new SendQueue(ROOM);
    const begun = Math.floor(REASSEMBLY_PER_PEER_MAX / reassemblyCharge(9000));
    for (let salt = 0; salt < 40; salt++) queue.push(bytesOf(9000, salt), 'run');
    queue.push(bytesOf(10, 99), 'run');
    const packets = takeAll(queue);
    const wholes = new Set(packets.flat().map((frame) => frame.part?.whole));
    expect([wholes.size, queue.isEmpty, queue.nextSizeBytes]).toEqual([begun, false, 0]);
    queue.push(bytesOf(10, 100), 'control');
    expect(takeAll(queue).map(firstBytes)).toEqual([[100]]);
    for (const packet of packets) acknowledge(queue, packet);
    expect(takeAll(queue).flat().at(-1)?.bytes[0]).toBe(99);
    expect(queue.isEmpty).toBe(true);
  });

  test('a full queue refuses, and a frame larger than any is a misuse', () => {
    const queue = new SendQueue(ROOM);
    let taken = 0;
    while (queue.push(bytesOf(FRAME_SIZE_MAX, 0), 'run')) taken++;
    expect(taken).toBe((2 * SEND_QUEUE_MAX) / FRAME_SIZE_MAX);
    expect(() => queue.push(bytesOf(FRAME_SIZE_MAX + 1, 0), 'run')).toThrow('at most');
  });

  test('drained for another session: what is in flight first, large frames whole and once, acknowledged ones not', () => {
    const queue = new SendQueue(ROOM);
    queue.push(bytesOf(10, 1), 'control');
    queue.push(bytesOf(10, 2), 'control');
    queue.push(bytesOf(3000, 3), 'run');
    queue.push(bytesOf(10, 4), 'run');
    const first = queue.takePacket(ROOM);
    const second = queue.takePacket(ROOM);
    acknowledge(queue, first.slice(0, 1));
    queue.retransmit(second);
    expect(queue.drain(first).map(({ bytes, priority }) => [bytes[0], bytes.length, priority])).toEqual([
      [2, 10, 'control'],
      [3, 3000, 'run'],
      [4, 10, 'run'],
    ]);
    expect([queue.isEmpty, queue.sizeBytes]).toEqual([true, 0]);
  });

  test(`over a lossy link every frame arrives as it was pushed ${seedNote}`, () => {
    const frames = fc.array(
      fc.record({
        length: fc.oneof(fc.integer({ min: 3, max: 300 }), fc.integer({ min: 3, max: FRAME_SIZE_MAX })),
        isRun: fc.boolean(),
      }),
      {
        maxLength: 60,
      },
    );
    fc.assert(
      fc.property(frames, fc.infiniteStream(fc.nat(99)), (list, dice) => {
        const queue = new SendQueue(ROOM);
        const reassembly = new Reassembly(new ReassemblyBudget());
        const sent = list.map(({ length, isRun }, salt) => ({ bytes: bytesOf(length, salt), isRun }));
        for (const { bytes, isRun } of sent) queue.push(bytes, isRun ? 'run' : 'control');
        const arrived = new Set<string>();
        const roll = (): number => dice.next().value;
        while (!queue.isEmpty) {
          const small = queue.takePacket(ROOM - roll());
          const packet = small.length > 0 ? small : queue.takePacket(ROOM);
          expect(sizeOf(packet)).toBeLessThanOrEqual(ROOM);
          expect(packet.length).toBeGreaterThan(0);
          const isLost = roll() < 30;
          for (const frame of packet) {
            if (isLost) continue;
            if (frame.part === undefined) arrived.add(toHex(frame.bytes));
            else {
              const result = reassembly.add(instant(0), fragmentOf(frame));
              expect(['full', 'violation']).not.toContain(result.kind);
              if (result.kind === 'frame') arrived.add(toHex(result.bytes));
            }
          }
          if (isLost) queue.retransmit(packet);
          else acknowledge(queue, packet);
        }
        expect(arrived).toEqual(new Set(sent.map(({ bytes }) => toHex(bytes))));
        expect([queue.sizeBytes, reassembly.usedBytes]).toEqual([0, 0]);
      }),
      runs(60),
    );
  });
});
