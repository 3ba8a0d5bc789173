import { describe, expect, test } from '@jest/globals';
import { DONE, IN_FLIGHT, LOST, SENT_PACKETS_MAX, SentPackets, SILENT } from '../../src/transport/sent-packets.ts';

const add = (packets: SentPackets<string>, number: number): void =>
  packets.add(number, number % 2 === 0 ? IN_FLIGHT : SILENT, number / 10, 1000 + (number % 200), number - 5, [`f${number}`]);

describe('packets sent', () => {
  test('are found by number, also after the ring has grown', () => {
    const packets = new SentPackets<string>();
    for (let number = 1001; number < 1001 + SENT_PACKETS_MAX; number++) add(packets, number);
    expect([packets.first, packets.next, packets.isFull]).toEqual([1001, 1001 + SENT_PACKETS_MAX, true]);
    for (let number = packets.first; number < packets.next; number++) {
      expect([
        packets.state(number),
        packets.sentAt(number),
        packets.sizeBytes(number),
        packets.ackLargest(number),
        packets.frames(number),
      ]).toEqual([number % 2 === 0 ? IN_FLIGHT : SILENT, number / 10, 1000 + (number % 200), number - 5, [`f${number}`]]);
    }
  });

  test('the ring is used again from its beginning', () => {
    const packets = new SentPackets<string>();
    for (let number = 7; number < 10_000; number++) {
      add(packets, number);
      packets.forgetBelow(number - 40);
    }
    for (let number = packets.first; number < packets.next; number++) expect(packets.frames(number)).toEqual([`f${number}`]);
    expect([packets.first, packets.next]).toEqual([9959, 10_000]);
  });

  test('a lost one keeps its frames, one that is done lets them go', () => {
    const packets = new SentPackets<string>();
    for (const number of [4, 5, 6]) add(packets, number);
    packets.markLost(4);
    packets.markDone(6);
    expect([4, 5, 6].map((number) => [packets.state(number), packets.frames(number)])).toEqual([
      [LOST, ['f4']],
      [SILENT, ['f5']],
      [DONE, []],
    ]);
  });

  test('when all is forgotten the next number is still known', () => {
    const packets = new SentPackets<string>();
    add(packets, 4);
    packets.forgetBelow(99);
    expect([packets.first, packets.next, packets.isFull]).toEqual([5, 5, false]);
  });

  test('a session at rest keeps no memory of the burst before', () => {
    const packets = new SentPackets<string>();
    const atRest = packets.ringBytes;
    for (let number = 0; number < SENT_PACKETS_MAX; number++) add(packets, number);
    expect(packets.ringBytes).toBeGreaterThanOrEqual(15 * SENT_PACKETS_MAX);
    for (let number = SENT_PACKETS_MAX; number < SENT_PACKETS_MAX + 8; number++) {
      packets.forgetBelow(number - 1);
      add(packets, number);
      expect([packets.first, packets.frames(number - 1)]).toEqual([number - 1, [`f${number - 1}`]]);
    }
    expect([atRest <= 256, packets.ringBytes <= 1024]).toEqual([true, true]);
  });
});
