import { describe, expect, test } from '@jest/globals';
import { utf8 } from '../../../src/base/bytes.ts';
import type { DnsMessage, DnsRecord } from '../../../src/discovery/dns-message.ts';
import { Announced } from '../../../src/platform/doctor/announced.ts';

type Said = {
  readonly label?: string;
  readonly port?: number;
  readonly id?: boolean;
  readonly at?: readonly string[];
  readonly ttl?: number;
};

const saying = ({ label = 'a', port = 4455, id = true, at = [], ttl = 120 }: Said): DnsMessage => {
  const name = `${label}._earshot._udp.local`;
  const strings = [utf8('txtvers=1'), ...(id ? [utf8('id=0123456789abcdef')] : [])];
  const record = (data: DnsRecord['data'], of = name): DnsRecord => ({ name: of, ttl, flush: true, data });
  const addresses = at.map((address) =>
    record(address.includes(':') ? { kind: 'AAAA', address } : { kind: 'A', address }, `${label}.local`),
  );
  return {
    isResponse: true,
    isTruncated: false,
    questions: [],
    answers: [record({ kind: 'SRV', target: `${label}.local`, port, priority: 0, weight: 0 })],
    authorities: [],
    additionals: [record({ kind: 'TXT', strings }), ...addresses],
    id: 0,
  };
};
const heard = (...said: readonly (readonly [host: string, Said])[]) => {
  const announced = new Announced();
  for (const [host, what] of said) announced.on({ host, port: 5353 }, saying(what));
  return announced.open;
};
const both = ['10.0.0.2', 'fe80::2'];

describe('earshots that announce themselves', () => {
  test('are where they say they are, one a host, by IPv4 if it is heard', () => {
    expect(
      heard(['fe80::2%eth0', { at: both }], ['10.0.0.2', { at: both }], ['10.0.0.2', { label: 'b', port: 9, at: both }]),
    ).toEqual([{ host: '10.0.0.2', port: 4455 }]);
    expect(heard(['fe80::2%eth0', { at: both }])).toEqual([{ host: 'fe80::2%eth0', port: 4455 }]);
  });

  test('are left out if they hide, have gone, or are told of by another host', () => {
    expect(heard(['10.0.0.2', { id: false }])).toEqual([]);
    expect(heard(['10.0.0.2', {}], ['10.0.0.2', { ttl: 0 }])).toEqual([]);
    expect(heard(['10.0.0.9', { at: both }])).toEqual([]);
  });

  test('are at most 64', () => {
    const many = Array.from({ length: 80 }, (_, i) => [`10.0.1.${i}`, { label: `l${i}` }] as const);
    expect(heard(...many).length).toBe(64);
  });
});
