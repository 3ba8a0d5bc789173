import { describe, expect, test } from '@jest/globals';
import { instant } from '../../src/base/time.ts';
import { Bench, ethernet, MdnsWorld, SERVICE, summary } from './mdns-world.ts';

const responses = (bench: Bench) => bench.sent().filter((sent) => sent.isResponse);

describe('announcing (RFC 6762 §8.3, §10)', () => {
  test('a new link hears everything about us three times, at growing distances, and then nothing unasked', () => {
    const bench = new Bench({ isBrowsing: false });
    const times: number[] = [];
    const start = bench.now;
    while (bench.machine.nextTimeout() !== undefined) {
      bench.now = bench.machine.nextTimeout() ?? instant(0);
      bench.machine.onTimeout(bench.now, bench.out);
      times.push(bench.now - start);
    }
    const [first = 0, second = 0, third = 0] = times;
    expect(times).toHaveLength(3);
    expect(first).toBeLessThanOrEqual(20);
    expect([second - first, third - second]).toEqual([1_000, 2_000]);
    expect(bench.take('mdns')).toHaveLength(3);
  });

  test('an announcement has our pointer without, and our unique records with the flush bit, with the TTLs of §10', () => {
    const bench = new Bench({ isBrowsing: false });
    bench.wait(30);
    const [{ message, to }] = bench.take('mdns') as [Extract<(typeof bench.out)[number], { kind: 'mdns' }>];
    expect(to).toBeUndefined();
    expect(message).toEqual({
      isResponse: true,
      isTruncated: false,
      id: 0,
      questions: [],
      authorities: [],
      answers: [
        { name: SERVICE, ttl: 4500, flush: false, data: { kind: 'PTR', target: bench.instance } },
        {
          name: bench.instance,
          ttl: 120,
          flush: true,
          data: { kind: 'SRV', target: bench.host, port: 4000, priority: 0, weight: 0 },
        },
        {
          name: bench.instance,
          ttl: 4500,
          flush: true,
          data: {
            kind: 'TXT',
            strings: ['txtvers=1', 'v=1', 'id=0102030405060708'].map((text) => new TextEncoder().encode(text)),
          },
        },
        { name: bench.host, ttl: 120, flush: true, data: { kind: 'A', address: '10.0.0.1' } },
      ],
      additionals: [{ name: bench.host, ttl: 120, flush: true, data: { kind: 'NSEC', next: bench.host, types: ['A'] } }],
    });
  });

  test('addresses are those of the link and of no other (§6.2), and the label is not the name of the host', () => {
    const bench = new Bench({ isBrowsing: false, isStarted: false });
    const wlan = ethernet('192.168.7.5', { name: 'wlan0', ipv6: [{ address: 'fe80::5', prefix: 64 }] });
    bench.machine.onInterfaces(bench.now, [ethernet('10.0.0.1'), wlan], bench.out);
    bench.wait(30);
    const addresses = bench
      .take('mdns')
      .map((send) => [send.interface, ...send.message.answers.flatMap(({ data }) => ('address' in data ? [data.address] : []))]);
    expect(addresses.sort()).toEqual([
      ['eth0', '10.0.0.1'],
      ['wlan0', '192.168.7.5', 'fe80::5'],
    ]);
    expect(bench.machine.label).toMatch(/^[a-z2-7]{26}$/);
  });

  test('a changed address is announced again, an unchanged list is not', () => {
    const bench = new Bench({ isBrowsing: false });
    bench.settle();
    bench.machine.onInterfaces(bench.now, [ethernet('10.0.0.1')], bench.out);
    bench.wait(10_000);
    expect(bench.take('mdns')).toEqual([]);
    bench.machine.onInterfaces(bench.now, [ethernet('10.0.0.77')], bench.out);
    bench.wait(10_000);
    const sent = responses(bench);
    expect(sent).toHaveLength(3);
    expect(sent[0]?.answers.at(-1)?.data).toEqual({ kind: 'A', address: '10.0.0.77' });
  });

  test('an address that changes just after an announcement: the pointer is not said again within the second (§6)', () => {
    const bench = new Bench({ isBrowsing: false });
    bench.wait(30);
    bench.out.length = 0;
    bench.machine.onInterfaces(bench.now, [ethernet('10.0.0.77')], bench.out);
    bench.wait(30);
    expect(summary(bench.sent()[0]?.answers ?? [])).toEqual([`A ${bench.host}`]);
    bench.wait(1_100);
    expect(summary(bench.sent()[0]?.answers ?? [])).toContain(`PTR ${SERVICE}`);
  });

  test('addresses that change all the time are announced ten times in a minute, then every six seconds (§8.4)', () => {
    const bench = new Bench({ isBrowsing: false });
    bench.settle();
    for (let i = 0; i < 60; i++) {
      bench.machine.onInterfaces(bench.now, [ethernet(`10.0.0.${1 + i}`)], bench.out);
      bench.wait(500);
    }
    expect(bench.sent().length).toBeLessThanOrEqual(10 + 5 + 1);
    bench.wait(10_000);
    expect(bench.sent()[0]?.answers.at(-1)?.data).toEqual({ kind: 'A', address: '10.0.0.60' });
  });

  test('a timer that fires seconds late means sleep: announce and ask as at the start', () => {
    const bench = new Bench();
    bench.wait(8_000);
    bench.out.length = 0;
    bench.now = instant(bench.now + 3_600_000);
    bench.machine.onTimeout(bench.now, bench.out);
    bench.wait(10_000);
    const sent = bench.sent();
    expect(sent.filter((message) => message.isResponse)).toHaveLength(3);
    expect(sent.filter((message) => !message.isResponse).length).toBeGreaterThanOrEqual(3);
  });

  test('goodbye takes back with TTL 0 what was announced (§10.1), once, and then there is silence', () => {
    const bench = new Bench();
    bench.settle();
    bench.machine.goodbye(bench.now, bench.out);
    bench.machine.goodbye(bench.now, bench.out);
    const sent = bench.sent();
    expect(sent).toHaveLength(1);
    expect(summary(sent[0]?.answers ?? [])).toEqual([
      `PTR ${SERVICE}`,
      `SRV ${bench.instance}`,
      `TXT ${bench.instance}`,
      `A ${bench.host}`,
    ]);
    expect(sent[0]?.answers.every(({ ttl }) => ttl === 0)).toBe(true);
    bench.machine.refresh(bench.now, bench.out);
    bench.machine.onInterfaces(bench.now, [ethernet('10.0.0.2')], bench.out);
    expect(bench.machine.nextTimeout()).toBeUndefined();
    expect(bench.out).toEqual([]);
  });

  test('who never spoke says no goodbye', () => {
    const bench = new Bench();
    bench.machine.goodbye(bench.now, bench.out);
    expect(bench.out).toEqual([]);
  });

  test('two newcomers know each other after their first announcements', () => {
    const world = new MdnsWorld({ seed: 1 });
    world.add('ann', '10.0.0.1');
    world.add('bob', '10.0.0.2');
    world.run(25);
    expect([...world.found('ann')]).toEqual(['10.0.0.2']);
    expect([...world.found('bob')]).toEqual(['10.0.0.1']);
  });
});
