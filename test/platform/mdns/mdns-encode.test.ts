import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import multicastDns from 'multicast-dns';
import type { DnsMessage, DnsRecord } from '../../../src/discovery/dns-message.ts';
import { additionalsTo, announced, ownRecords } from '../../../src/discovery/own-records.ts';
import { messageOf } from '../../../src/platform/mdns/mdns-decode.ts';
import { encodeMdns } from '../../../src/platform/mdns/mdns-encode.ts';
import { ethernet, message, question, record, SERVICE } from '../../discovery/mdns-world.ts';

const label = 'abcdefghijklmnopqrstuvwxyz';
const own = ownRecords(
  { label, port: 4455, idHint: new Uint8Array(8) },
  ethernet('10.0.0.1', { ipv6: [{ address: 'fe80::1', prefix: 64 }] }),
);
const announcement = message({ isResponse: true, answers: announced(own), additionals: [own.hostNsec] });
const pointer = (i: number): DnsRecord =>
  record(SERVICE, { kind: 'PTR', target: `instance-number-${String(i).padStart(10, '0')}.${SERVICE}` }, 4000);

/** Through the decoder that receives in earnest: multicast-dns, fed by a socket that is not bound. */
const decodeWith = async (packets: readonly Uint8Array[]): Promise<readonly (DnsMessage | undefined)[]> => {
  const socket = createSocket('udp4');
  const mdns = multicastDns({ socket, multicast: false, bind: false });
  const decoded: (DnsMessage | undefined)[] = [];
  mdns.on('packet', (packet: multicastDns.FullPacket) => decoded.push(messageOf(packet)));
  mdns.on('warning', (error: Error) => {
    throw error;
  });
  for (const packet of packets)
    socket.emit('message', Buffer.from(packet), { address: '10.0.0.2', port: 5353, family: 'IPv4', size: packet.length });
  const closed = once(socket, 'close');
  mdns.destroy();
  await closed;
  return decoded;
};

describe('encoding', () => {
  test('what is encoded decodes to the same message, compressed names and all', async () => {
    expect(await decodeWith(encodeMdns(announcement))).toEqual([announcement]);
  });

  test('compression keeps a full answer near 200 bytes (RFC 6762 §18.14)', () => {
    const answer = message({ isResponse: true, answers: [own.pointer], additionals: additionalsTo(own, [own.pointer]) });
    const [packet] = encodeMdns(answer);
    expect(packet?.length).toBeLessThan(240);
  });

  test('header: id 0 and flags 0 in a query, AA in a response, TC where told (§18)', () => {
    const flags = (sent: DnsMessage): string => Buffer.from(encodeMdns(sent)[0] ?? []).toString('hex', 0, 4);
    const query = message({ questions: [question('PTR', SERVICE)] });
    expect([flags(query), flags({ ...query, isTruncated: true }), flags(announcement)]).toEqual([
      '00000000',
      '00000200',
      '00008400',
    ]);
  });

  test('the QU bit arrives (§5.4)', async () => {
    const query = message({
      questions: [question('PTR', SERVICE, true), question('ANY', 'a.local'), question('A', 'a.local', true)],
    });
    expect(await decodeWith(encodeMdns(query))).toEqual([query]);
  });

  test('known answers that do not fit follow in packets without questions, all but the last truncated (§7.2)', async () => {
    const answers = Array.from({ length: 100 }, (_, i) => pointer(i));
    const packets = encodeMdns(message({ questions: [question('PTR', SERVICE)], answers }));
    const decoded = await decodeWith(packets);
    expect(packets.every((packet) => packet.length <= 1472)).toBe(true);
    expect(decoded.map((part) => [part?.questions.length, part?.isTruncated])).toEqual([
      [1, true],
      [0, true],
      [0, false],
    ]);
    expect(decoded.flatMap((part) => part?.answers ?? [])).toEqual(answers);
  });

  test('a long response goes on in further responses, never truncated', async () => {
    const answers = Array.from({ length: 100 }, (_, i) => pointer(i));
    const decoded = await decodeWith(encodeMdns(message({ isResponse: true, answers })));
    expect(decoded.map((part) => [part?.isResponse, part?.isTruncated])).toEqual([
      [true, false],
      [true, false],
      [true, false],
    ]);
    expect(decoded.flatMap((part) => part?.answers ?? [])).toEqual(answers);
  });

  test('additionals that do not fit are left out', async () => {
    const answers = Array.from({ length: 20 }, (_, i) => pointer(i));
    const additionals = Array.from({ length: 20 }, (_, i) => pointer(100 + i));
    const [decoded, ...more] = await decodeWith(encodeMdns(message({ isResponse: true, answers, additionals })));
    expect(more).toEqual([]);
    expect(decoded?.answers).toEqual(answers);
    expect(decoded?.additionals).toEqual(additionals.slice(0, decoded?.additionals.length));
  });

  test('in a legacy reply the target of SRV is written out (§6.7)', () => {
    const reply = message({ isResponse: true, id: 9, questions: [question('SRV', own.instance)], answers: [own.service] });
    const target = Buffer.from([26, ...Buffer.from(label), 5, ...Buffer.from('local'), 0]);
    expect(Buffer.from(encodeMdns(reply)[0] ?? []).includes(target)).toBe(true);
    expect(Buffer.from(encodeMdns({ ...reply, questions: [] })[0] ?? []).includes(target)).toBe(false);
  });

  test('what has no wire form is left out: labels of 64 bytes, strings of 256, unknown types, bad addresses', () => {
    const long = 'x'.repeat(64);
    const answers = [
      record(`${long}.local`, { kind: 'A', address: '10.0.0.1' }),
      record('a.local', { kind: 'PTR', target: `${long}.local` }),
      record('a.local', { kind: 'TXT', strings: [new Uint8Array(256)] }),
      record('a.local', { kind: 'A', address: 'fe80::1' }),
      record('a.local', { kind: 'AAAA', address: '10.0.0.1' }),
      record('a.local', { kind: 'other', type: 'HINFO' }),
    ];
    expect(encodeMdns(message({ isResponse: true, answers }))).toEqual([]);
  });

  test('an empty TXT is one zero byte (RFC 6763 §6.1)', () => {
    const [packet] = encodeMdns(message({ isResponse: true, answers: [record('a.local', { kind: 'TXT', strings: [] })] }));
    expect(
      Buffer.from(packet ?? [])
        .toString('hex')
        .slice(-6),
    ).toBe('000100');
  });
});
