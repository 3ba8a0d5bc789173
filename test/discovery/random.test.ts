/** Whatever is said on the link, the machine keeps going. fast-check prints the seed and the smallest case of a failure. */
import { test } from '@jest/globals';
import fc from 'fast-check';
import type { DnsMessage, DnsQuestion, DnsRecord } from '../../src/discovery/dns-message.ts';
import { Bench, SERVICE } from './mdns-world.ts';

const name = fc.constantFrom(
  SERVICE,
  `a.${SERVICE}`,
  `B.${SERVICE}`,
  'a.local',
  'b.local',
  '_services._dns-sd._udp.local',
  '',
  '.',
  `OURS.${SERVICE}`,
  'OURS.local',
);
const address = fc.constantFrom('10.0.0.2', '10.0.0.1', '127.0.0.1', '224.0.0.1', 'fe80::2', '::', 'nonsense', '');
const data: fc.Arbitrary<DnsRecord['data']> = fc.oneof(
  fc.record({ kind: fc.constant('PTR' as const), target: name }),
  fc.record({ kind: fc.constant('SRV' as const), target: name, port: fc.nat(65_535), priority: fc.nat(3), weight: fc.nat(3) }),
  fc.record({ kind: fc.constant('TXT' as const), strings: fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 4 }) }),
  fc.record({ kind: fc.constantFrom('A' as const, 'AAAA' as const), address }),
  fc.record({ kind: fc.constant('NSEC' as const), next: name, types: fc.constant(['A']) }),
  fc.record({ kind: fc.constant('other' as const), type: fc.constant('HINFO') }),
);
const record: fc.Arbitrary<DnsRecord> = fc.record({
  name,
  ttl: fc.constantFrom(0, 1, 120, 4500, 2 ** 32 - 1),
  flush: fc.boolean(),
  data,
});
const question: fc.Arbitrary<DnsQuestion> = fc.record({
  name,
  type: fc.constantFrom('PTR' as const, 'SRV' as const, 'TXT' as const, 'A' as const, 'ANY' as const, 'other' as const),
  isUnicast: fc.boolean(),
});
const records = fc.array(record, { maxLength: 4 });
const heard = fc.record({
  message: fc.record({
    isResponse: fc.boolean(),
    isTruncated: fc.boolean(),
    questions: fc.array(question, { maxLength: 3 }),
    answers: records,
    authorities: fc.array(record, { maxLength: 1 }),
    additionals: records,
    id: fc.nat(65_535),
  }),
  host: address,
  port: fc.constantFrom(5353, 40_000),
  waitMs: fc.constantFrom(0, 1, 100, 1_000, 100_000),
});

test('any sequence of messages leaves the machine within its bounds and aims it at nobody else', () => {
  fc.assert(
    fc.property(fc.array(heard, { maxLength: 40 }), (story) => {
      const bench = new Bench();
      const ours = (message: DnsMessage): DnsMessage =>
        JSON.parse(JSON.stringify(message).replaceAll('OURS', bench.machine.label), revive) as DnsMessage;
      for (const { message, host, port, waitMs } of story) {
        bench.hear(ours(message), { host, port });
        bench.wait(waitMs);
      }
      bench.machine.goodbye(bench.now, bench.out);
      if (bench.machine.cachedRecords > 64 * 8) throw new Error(`${bench.machine.cachedRecords} records`);
      if (bench.machine.nextTimeout() !== undefined) throw new Error('not silent after goodbye');
      for (const claim of bench.take('found')) {
        if (!/^10\.0\.0\.[12]$/.test(claim.address.host)) throw new Error(`aimed at ${claim.address.host}`);
        if (claim.address.port === 0) throw new Error('port 0');
      }
    }),
    { numRuns: 300 },
  );
});

/** JSON makes objects of byte arrays. */
const revive = (key: string, value: unknown): unknown =>
  key === 'strings' && Array.isArray(value)
    ? value.map((bytes: Record<string, number>) => Uint8Array.from(Object.values(bytes)))
    : value;
