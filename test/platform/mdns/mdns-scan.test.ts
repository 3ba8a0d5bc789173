import { describe, expect, test } from '@jest/globals';
import type { DnsRecord } from '../../../src/discovery/dns-message.ts';
import { encodeMdns } from '../../../src/platform/mdns/mdns-encode.ts';
import { isPlausible } from '../../../src/platform/mdns/mdns-scan.ts';
import { announcement, message, question, record, SERVICE } from '../../discovery/mdns-world.ts';

const header = (questions: number, answers: number): number[] => [
  0,
  0,
  0x84,
  0,
  questions >> 8,
  questions & 255,
  answers >> 8,
  answers & 255,
  0,
  0,
  0,
  0,
];
const pointerRecord = [0xc0, 12, 0, 12, 0, 1, 0, 0, 0, 120, 0, 2, 0xc0, 12];
const longName = [...Array.from({ length: 126 }, () => [1, 97]).flat(), 0];
/** A record under the longest name of most labels, and as many that point at it as fit. */
const repetition = (size: number): Uint8Array => {
  const first = [...longName, 0, 12, 0, 1, 0, 0, 0, 120, 0, 2, 0xc0, 12];
  const count = Math.floor((size - 12 - first.length) / pointerRecord.length);
  return Uint8Array.from([...header(0, count + 1), ...first, ...Array.from({ length: count }, () => pointerRecord).flat()]);
};
const nsec = (bitmapSize: number): Uint8Array => {
  const size = bitmapSize + 2;
  return Uint8Array.from([
    ...header(0, 1),
    0,
    0,
    47,
    0,
    1,
    0,
    0,
    0,
    1,
    size >> 8,
    size & 255,
    0,
    0,
    ...new Array(bitmapSize).fill(255),
  ]);
};
const pointers = (count: number): readonly DnsRecord[] =>
  Array.from({ length: count }, (_, i) =>
    record(SERVICE, { kind: 'PTR', target: `instance-with-a-long-label-${i}.${SERVICE}` }, 4000),
  );

describe('before decoding', () => {
  test('what we send passes: announcements, questions with packets full of known answers, jumbo packets', () => {
    const packets = [
      ...encodeMdns(announcement('ann', { address: '10.0.0.1', port: 9, id: '0123456789abcdef' })),
      ...encodeMdns(message({ questions: [question('PTR', SERVICE), question('ANY', 'a.local', true)], answers: pointers(500) })),
      ...encodeMdns(message({ isResponse: true, answers: pointers(500) }), 9000),
      ...encodeMdns(
        message({ isResponse: true, answers: [record('a.local', { kind: 'NSEC', next: 'a.local', types: ['A', 'SRV'] })] }),
      ),
    ];
    expect(packets.length).toBeGreaterThan(10);
    expect(packets.map(isPlausible)).toEqual(packets.map(() => true));
  });

  test('every packet cut at any offset is no packet', () => {
    for (const packet of encodeMdns(announcement('ann', { address: '10.0.0.1', port: 9 }))) {
      for (let length = 0; length < packet.length; length++)
        expect([length, isPlausible(packet.subarray(0, length))]).toEqual([length, false]);
    }
  });

  test('12 bytes that declare 262,140 records are no packet, nor is anything above 9000 bytes', () => {
    expect([isPlausible(new Uint8Array(12).fill(255)), isPlausible(new Uint8Array(9001))]).toEqual([false, false]);
  });

  test('names that point at themselves, forward, or in a circle are refused', () => {
    const names = [
      [0xc0, 12],
      [1, 97, 0xc0, 12],
      [0xc0, 14, 1, 97, 0],
      [1, 97, 0xc0, 16, 0xc0, 12],
      [0x40, 1, 0],
    ];
    for (const name of names) expect(isPlausible(Uint8Array.from([...header(1, 0), ...name, 0, 12, 0, 1]))).toBe(false);
  });

  test('one long name repeated hundreds of times is refused, where decoding takes tens of milliseconds', () => {
    expect([isPlausible(repetition(9000)), isPlausible(repetition(1472)), isPlausible(repetition(500))]).toEqual([
      false,
      false,
      true,
    ]);
  });

  test('an NSEC that makes no sense becomes a record that nobody reads, and its packet is read (§6.1)', () => {
    const packet = (bitmap: readonly number[]): Uint8Array =>
      Uint8Array.from([...header(0, 1), 1, 97, 0, 0, 47, 0, 1, 0, 0, 0, 9, 0, 3 + bitmap.length, 1, 97, 0, ...bitmap]);
    for (const bitmap of [[0], [0, 0], [0, 33], [0, 5, 1, 1]]) {
      const bytes = packet(bitmap);
      expect([isPlausible(bytes), bytes[16]]).toEqual([true, 10]);
    }
    const sound = packet([0, 1, 0x40]);
    expect([isPlausible(sound), sound[16]]).toEqual([true, 47]);
  });

  test('an NSEC that claims thousands of types is refused', () => {
    expect([isPlausible(nsec(8000)), isPlausible(nsec(32))]).toEqual([false, true]);
  });
});
