/** The hostile link: announcements are claims, bounded, and never aim us at a third party. */
import { describe, expect, test } from '@jest/globals';
import type { DnsMessage } from '../../src/discovery/dns-message.ts';
import { announcement, Bench, ethernet, message, record, SERVICE } from './mdns-world.ts';

describe('a hostile link', () => {
  test('10,000 fake instances of one source: 64 are believed, the cache stays small, we do not ask about the rest', () => {
    const bench = new Bench();
    bench.settle();
    for (let i = 0; i < 10_000; i++) {
      bench.hear(announcement(`fake${i}`, { address: '10.0.0.66', port: 1 + (i % 60_000) }), { host: '10.0.0.66' });
      if (i % 10 === 0) bench.wait(1);
    }
    expect(new Set(bench.take('found').map(({ instance }) => instance)).size).toBe(64);
    expect(bench.machine.cachedRecords).toBeLessThanOrEqual(512);
    expect(bench.take('dropped').length).toBeGreaterThan(9_900);
    expect(bench.sent().length).toBeLessThanOrEqual(3);
  });

  test('10,000 fakes of 10,000 spoofed sources: 4096 records at most, and a newcomer is still found', () => {
    const link = ethernet('10.0.0.1', { ipv4: [{ address: '10.0.0.1', prefix: 8 }] });
    const bench = new Bench({ link });
    bench.settle();
    for (let i = 0; i < 10_000; i++) {
      const host = `10.1.${i >> 8}.${i & 255}`;
      bench.hear(announcement(`fake${i}`, { address: host, port: 9 }), { host });
    }
    expect(bench.machine.cachedRecords).toBe(4096);
    bench.out.length = 0;
    bench.hear(announcement('honest', { address: '10.0.0.2', port: 9 }), { host: '10.0.0.2' });
    expect(bench.take('found').map(({ instance }) => instance)).toEqual(['honest']);
    bench.wait(4_600_000);
    expect(bench.machine.cachedRecords).toBe(0);
  });

  test('a question with thousands of known pointers stays bounded', () => {
    const link = ethernet('10.0.0.1', { ipv4: [{ address: '10.0.0.1', prefix: 8 }] });
    const bench = new Bench({ link });
    for (let i = 0; i < 5_000; i++) {
      const pointer = record(SERVICE, { kind: 'PTR', target: `fake${i}.${SERVICE}` }, 4500);
      bench.hear(message({ isResponse: true, answers: [pointer] }), { host: `10.1.${i >> 8}.${i & 255}` });
    }
    bench.wait(200);
    const queries = bench.sent().filter((sent) => !sent.isResponse);
    expect(Math.max(...queries.map((query) => query.answers.length))).toBe(1024);
    bench.wait(600_000);
    const wishes = bench.sent().flatMap(({ questions }) => questions.filter(({ type }) => type !== 'PTR'));
    expect(wishes.length).toBeLessThanOrEqual(3 * 128);
  });

  const badTargets = [
    ['an address off the link', '203.0.113.5', 9],
    ['a multicast address', '224.0.0.251', 9],
    ['the unspecified address', '0.0.0.0', 9],
    ['the limited broadcast address', '255.255.255.255', 9],
    ['the broadcast address of the link', '10.0.0.255', 9],
    ['the network address of the link', '10.0.0.0', 9],
    ['loopback', '127.0.0.1', 9],
    ['port 0', '10.0.0.2', 0],
    ['our own address and port', '10.0.0.1', 4000],
  ] as const;
  for (const [what, address, port] of badTargets) {
    test(`an announcement of ${what} is not told`, () => {
      const bench = new Bench();
      bench.hear(announcement('fake', { address, port }), { host: '10.0.0.66' });
      expect(bench.take('found')).toEqual([]);
      expect(bench.take('dropped')).toEqual([{ kind: 'dropped', reason: 'bad-target' }]);
    });
  }

  for (const address of ['::', '::1', 'ff02::fb', '::ffff:10.0.0.2', '2001:db8::5', 'fe80::zz']) {
    test(`an announcement of ${address} is not told`, () => {
      const bench = new Bench({ link: ethernet('10.0.0.1', { ipv6: [{ address: 'fe80::1', prefix: 64 }] }) });
      const claim = announcement('fake', { address: '10.0.0.2', port: 9 });
      bench.hear({ ...claim, answers: [...claim.answers.slice(0, 3), record('fake.local', { kind: 'AAAA', address })] });
      expect(bench.take('found')).toEqual([]);
    });
  }

  test('an off-link address is told if the datagram came from it', () => {
    const bench = new Bench();
    bench.hear(announcement('far', { address: '10.7.7.7', port: 9 }), { host: '10.7.7.7' });
    expect(bench.take('found').map(({ address }) => address.host)).toEqual(['10.7.7.7']);
  });

  test('loopback is told only where it was heard, on loopback', () => {
    const bench = new Bench({ link: { name: 'lo', ipv4: [{ address: '127.0.0.1', prefix: 8 }], ipv6: [], isLoopback: true } });
    const from = { interface: 'lo', host: '127.0.0.1' };
    bench.hear(announcement('neighbour', { address: '127.0.0.1', port: 9 }), from);
    bench.hear(announcement('outside', { address: '10.0.0.2', port: 9 }), from);
    expect(bench.take('found').map(({ instance }) => instance)).toEqual(['neighbour']);
  });

  test('a loopback source is not believed about loopback on another link', () => {
    const bench = new Bench();
    bench.hear(announcement('fake', { address: '127.0.0.1', port: 9 }), { host: '127.0.0.1' });
    expect(bench.take('found')).toEqual([]);
  });

  test('one source cannot aim us at target after target', () => {
    const bench = new Bench();
    for (let i = 0; i < 1_000; i++) {
      bench.wait(10);
      bench.hear(announcement('fake', { address: `10.0.0.${100 + (i % 100)}`, port: 1 + i }), { host: '10.0.0.66' });
    }
    expect(bench.take('found').length).toBeLessThanOrEqual(16 + 10 + 1);
    // nor at itself without end
    for (let i = 0; i < 1_000; i++) {
      bench.wait(10);
      bench.hear(announcement('self', { address: '10.0.0.66', port: 1 + i }), { host: '10.0.0.66' });
    }
    expect(bench.take('found').length).toBeLessThanOrEqual(64 + 20 + 1);
  });

  test('oversize TXT, control characters in labels and unusable hints do not come through', () => {
    const bench = new Bench();
    const claim = announcement('big', { address: '10.0.0.2', port: 9 });
    const strings = Array.from({ length: 20 }, () => new Uint8Array(255).fill(0x61));
    bench.hear({
      ...claim,
      answers: [...claim.answers.slice(0, 2), record(`big.${SERVICE}`, { kind: 'TXT', strings }), ...claim.answers.slice(3)],
    });
    bench.hear(announcement('esc\u001b[2J', { address: '10.0.0.3', port: 9 }));
    bench.hear(announcement('bad\ufffdutf8', { address: '10.0.0.4', port: 9 }));
    bench.hear(announcement('hint', { address: '10.0.0.5', port: 9, id: '0123456789abcdeg' }));
    const told = bench.take('found').map(({ instance, idHint }) => [instance, idHint]);
    expect(told).toEqual([
      ['big', undefined],
      ['hint', undefined],
    ]);
    expect(bench.machine.cachedRecords).toBe(7);
  });

  test('names like __proto__ are plain labels', () => {
    const bench = new Bench();
    for (const label of ['__proto__', 'constructor', 'tostring'])
      bench.hear(announcement(label, { address: '10.0.0.2', port: 9 }));
    expect(bench.take('found').map(({ instance }) => instance)).toEqual(['__proto__', 'constructor', 'tostring']);
    expect(Object.getOwnPropertyNames(Object.prototype).includes('data')).toBe(false);
  });

  test('a claim with somebody’s hint is still only a claim: both are told', () => {
    const bench = new Bench();
    const id = '0123456789abcdef';
    bench.hear(announcement('real', { address: '10.0.0.2', port: 9, id }), { host: '10.0.0.2' });
    bench.hear(announcement('fake', { address: '10.0.0.66', port: 9, id }), { host: '10.0.0.66' });
    expect(bench.take('found')).toHaveLength(2);
  });

  test('a flush bit on a pointer displaces nobody', () => {
    const bench = new Bench();
    bench.hear(announcement('bob', { address: '10.0.0.2', port: 9 }), { host: '10.0.0.2' });
    bench.wait(5_000);
    bench.hear(message({ isResponse: true, answers: [record(SERVICE, { kind: 'PTR', target: `fake.${SERVICE}` }, 4500, true)] }));
    bench.wait(60_000);
    expect(bench.take('gone')).toEqual([]);
  });

  test('responses from another port than 5353 are dropped (§6)', () => {
    const bench = new Bench();
    bench.hear(announcement('fake', { address: '10.0.0.66', port: 9 }), { port: 40_000 });
    expect(bench.out).toEqual([{ kind: 'dropped', reason: 'malformed-mdns' }]);
  });

  test('endless TTLs end within 75 minutes', () => {
    const bench = new Bench();
    bench.hear(announcement('fake', { address: '10.0.0.66', port: 9, ttl: 2 ** 32 - 1 }));
    bench.wait(4_500_000);
    expect(bench.machine.cachedRecords).toBe(0);
  });
});

describe('our own words', () => {
  const ownAnnouncement = (bench: Bench): DnsMessage => {
    bench.wait(50);
    const sent = bench.sent().find(({ isResponse }) => isResponse);
    if (sent === undefined) throw new Error('nothing was announced');
    return sent;
  };

  test('looped back, or repeated by a reflector, they are dropped and change nothing', () => {
    const bench = new Bench();
    const echo = ownAnnouncement(bench);
    const label = bench.machine.label;
    for (const host of ['10.0.0.1', '10.0.0.254']) bench.hear(echo, { host });
    expect(bench.out).toEqual([
      { kind: 'dropped', reason: 'own-announcement' },
      { kind: 'dropped', reason: 'own-announcement' },
    ]);
    expect([bench.machine.label, bench.machine.cachedRecords]).toEqual([label, 0]);
  });

  test('heard on another interface of ours with that one’s address they are no conflict (§14)', () => {
    const bench = new Bench({ isStarted: false });
    bench.machine.onInterfaces(bench.now, [ethernet('10.0.0.1'), ethernet('10.0.0.2', { name: 'wlan0' })], bench.out);
    const echo = ownAnnouncement(bench);
    const label = bench.machine.label;
    for (const name of ['eth0', 'wlan0']) bench.hear(echo, { interface: name, host: '10.0.0.1' });
    expect(bench.machine.label).toBe(label);
  });

  test('a goodbye under our name is no conflict', () => {
    const bench = new Bench();
    const label = bench.machine.label;
    bench.hear(message({ isResponse: true, answers: [record(bench.host, { kind: 'A', address: '10.0.0.66' }, 0)] }));
    expect(bench.machine.label).toBe(label);
  });
});
