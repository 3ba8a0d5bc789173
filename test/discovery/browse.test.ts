import { describe, expect, test } from '@jest/globals';
import { instant } from '../../src/base/time.ts';
import type { DnsMessage } from '../../src/discovery/dns-message.ts';
import { announcement, Bench, ethernet, MdnsWorld, message, question, record, SERVICE, summary } from './mdns-world.ts';

const isQuery = (sent: DnsMessage): boolean => !sent.isResponse;
const asksForService = (sent: DnsMessage): boolean =>
  isQuery(sent) && sent.questions.some(({ type, name }) => type === 'PTR' && name === SERVICE);

/** When questions left in the next `durationMs`, from now. */
const questionTimes = (bench: Bench, durationMs: number): readonly number[] => {
  const times: number[] = [];
  const start = bench.now;
  while ((bench.machine.nextTimeout() ?? Number.POSITIVE_INFINITY) <= start + durationMs) {
    bench.wait((bench.machine.nextTimeout() ?? bench.now) - bench.now);
    if (bench.sent().some(asksForService)) times.push(bench.now - start);
  }
  bench.wait(start + durationMs - bench.now);
  return times;
};

describe('asking (RFC 6762 §5.2, §7)', () => {
  test('the first question comes after 20 to 120 ms, then 1, 2, 4 s later and so on up to hourly (§5.2)', () => {
    const times = questionTimes(new Bench(), 10 * 3_600_000);
    const [first = 0] = times;
    expect(first).toBeGreaterThanOrEqual(20);
    expect(first).toBeLessThanOrEqual(120);
    const gaps = times.slice(1).map((time, i) => Math.round((time - (times[i] ?? 0)) / 1000));
    expect(gaps.slice(0, 14)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600]);
  });

  test('who does not browse never asks, and tells of nobody', () => {
    const bench = new Bench({ isBrowsing: false });
    bench.hear(announcement('bob', { address: '10.0.0.2', port: 9 }));
    expect(questionTimes(bench, 100_000)).toEqual([]);
    expect(bench.take('found')).toEqual([]);
  });

  test('a question lists whom we know with the rest of their TTL, without the flush bit, while more than half is left (§7.1)', () => {
    const bench = new Bench();
    bench.hear(announcement('bob', { address: '10.0.0.2', port: 9 }));
    bench.wait(130);
    const asked = bench.sent().find(asksForService);
    expect(asked?.answers).toEqual([record(SERVICE, { kind: 'PTR', target: `bob.${SERVICE}` }, 4499, false)]);
    bench.wait(2_250_000);
    bench.out.length = 0;
    bench.machine.refresh(bench.now, bench.out);
    bench.wait(130);
    expect(bench.sent().find(asksForService)?.answers).toEqual([]);
  });

  test('the same question of another host stands for ours (§7.3)', () => {
    const bench = new Bench();
    bench.hear(message({ questions: [question('PTR', SERVICE)] }));
    expect(questionTimes(bench, 990)).toEqual([]);
    expect(questionTimes(bench, 520)).toHaveLength(1);
  });

  test('but not if it would hide somebody from us, wants unicast, goes on, or is a probe (§7.3)', () => {
    const stranger = record(SERVICE, { kind: 'PTR', target: `stranger.${SERVICE}` }, 4500);
    const others: readonly DnsMessage[] = [
      message({ questions: [question('PTR', SERVICE)], answers: [stranger] }),
      message({ questions: [question('PTR', SERVICE, true)] }),
      message({ questions: [question('PTR', SERVICE)], isTruncated: true }),
      message({ questions: [question('PTR', SERVICE)], authorities: [stranger] }),
      message({ questions: [question('PTR', '_http._tcp.local')] }),
    ];
    for (const other of others) {
      const bench = new Bench();
      bench.hear(other);
      expect(questionTimes(bench, 500)).toHaveLength(1);
    }
  });

  test('what others list as known is not believed (§7.1)', () => {
    const bench = new Bench();
    const strangers = [...announcement('stranger', { address: '10.0.0.3', port: 9 }).answers];
    bench.hear(message({ questions: [question('PTR', SERVICE)], answers: strangers }));
    expect(bench.take('found')).toEqual([]);
    expect(bench.machine.cachedRecords).toBe(0);
  });

  test('our own question, looped back, is not another host’s (§7.3); the same one of a second process here is', () => {
    const bench = new Bench();
    const echo = (): void => bench.hear(message({ questions: [question('PTR', SERVICE)] }), { host: '10.0.0.1' });
    const [first = 0] = questionTimes(bench, 120);
    echo();
    expect(bench.take('dropped')).toEqual([{ kind: 'dropped', reason: 'own-announcement' }]);
    expect(questionTimes(bench, 1_000)).toEqual([expect.closeTo(first + 1_000 - 120, 3)]);
    echo();
    bench.wait(1_500);
    echo();
    expect(questionTimes(bench, 3_900)).toEqual([]);
  });

  test('pointers near their end are asked for, all of a link with one question (§5.2)', () => {
    const bench = new Bench();
    for (let i = 0; i < 8; i++)
      bench.hear(announcement(`peer${i}`, { address: '10.0.0.2', port: i + 1 }), { host: `10.0.1.${i}` });
    const times = questionTimes(bench, 4_500_000).filter((time) => time > 3_590_000 && time < 3_820_000);
    expect(times.length).toBeGreaterThanOrEqual(1);
    expect(times.length).toBeLessThanOrEqual(9);
  });

  test('pointers with a short life do not set our pace', () => {
    const bench = new Bench();
    bench.settle();
    for (let i = 0; i < 60; i++) {
      bench.hear(announcement(`peer${i}`, { address: '10.0.0.2', port: 9, ttl: 1 }), { host: '10.0.0.2' });
      bench.wait(1_000);
    }
    expect(bench.sent().length).toBeLessThanOrEqual(2);
  });

  test('refresh asks again from the beginning, never twice within a second', () => {
    const bench = new Bench();
    bench.settle();
    for (let i = 0; i < 10; i++) bench.machine.refresh(bench.now, bench.out);
    expect(questionTimes(bench, 999)).toHaveLength(1);
    bench.machine.refresh(bench.now, bench.out);
    const [next = 0] = questionTimes(bench, 2_000);
    expect(next).toBeGreaterThan(0);
  });

  test('an instance that came as a bare pointer is asked about: SRV and TXT, then the address, three times at most', () => {
    const bench = new Bench();
    bench.settle();
    const pointer = record(SERVICE, { kind: 'PTR', target: `bob.${SERVICE}` }, 4500);
    bench.hear(message({ isResponse: true, answers: [pointer] }));
    bench.wait(120);
    expect(bench.sent().map(({ questions }) => questions)).toEqual([
      [question('SRV', `bob.${SERVICE}`), question('TXT', `bob.${SERVICE}`)],
    ]);
    const [, srv, txt, a] = announcement('bob', { address: '10.0.0.2', port: 9 }).answers;
    bench.hear(message({ isResponse: true, answers: [srv, txt].filter((one) => one !== undefined) }));
    bench.wait(1_000);
    const asked = bench.sent().flatMap(({ questions }) => questions.filter(({ type }) => type !== 'PTR'));
    expect(asked).toEqual([question('A', 'bob.local'), question('AAAA', 'bob.local')]);
    bench.hear(message({ isResponse: true, answers: a === undefined ? [] : [a] }));
    expect(bench.take('found')).toHaveLength(1);
    bench.wait(60_000);
    expect(bench.sent().filter(({ questions }) => questions.some(({ type }) => type !== 'PTR'))).toEqual([]);

    bench.hear(message({ isResponse: true, answers: [record(SERVICE, { kind: 'PTR', target: `mute.${SERVICE}` }, 4500)] }));
    bench.wait(60_000);
    expect(bench.sent().filter(({ questions }) => questions.some(({ name }) => name === `mute.${SERVICE}`))).toHaveLength(3);
  });

  test('questions about instances leave at most once a second, whatever else makes a timer fire', () => {
    const bench = new Bench();
    bench.settle();
    const bare = (label: string): void =>
      bench.hear(message({ isResponse: true, answers: [record(SERVICE, { kind: 'PTR', target: `${label}.${SERVICE}` }, 4500)] }));
    bare('ann');
    bench.wait(120);
    expect(bench.sent()).toHaveLength(1);
    bare('bob');
    bench.wait(300);
    bench.machine.onTimeout(bench.now, bench.out);
    expect(bench.sent()).toEqual([]);
  });

  test('an instance told once is not asked about when its address runs out, nor when only its pointer is renewed', () => {
    const bench = new Bench();
    const bob = announcement('bob', { address: '10.0.0.2', port: 9 });
    bench.hear(bob);
    bench.settle();
    for (const waitMs of [60_000, 200_000]) {
      bench.wait(waitMs);
      bench.hear({ ...bob, answers: bob.answers.slice(0, 1) });
      bench.hear({ ...bob, answers: bob.answers.slice(0, 2) });
    }
    bench.wait(10_000);
    expect(bench.sent().flatMap(({ questions }) => questions.filter(({ type }) => type !== 'PTR'))).toEqual([]);
  });
});

describe('being told (found, gone)', () => {
  const bob = announcement('bob', { address: '10.0.0.2', port: 4455, id: '0123456789abcdef' });
  const found = {
    kind: 'found',
    address: { host: '10.0.0.2', port: 4455 },
    interface: 'eth0',
    idHint: Uint8Array.of(0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef),
    hides: false,
    instance: 'bob',
    isOwnWord: true,
  };

  test('a complete announcement is told once, however often it comes', () => {
    const bench = new Bench();
    bench.hear(bob, { host: '10.0.0.2' });
    for (let i = 0; i < 5; i++) bench.hear(bob, { host: '10.0.0.2' });
    expect(bench.take('found')).toEqual([found]);
  });

  test('another port, another address or another hint is told', () => {
    const bench = new Bench();
    bench.hear(bob);
    const others = [
      announcement('bob', { address: '10.0.0.2', port: 4456, id: '0123456789abcdef' }),
      announcement('bob', { address: '10.0.0.7', port: 4456, id: '0123456789abcdef' }),
      announcement('bob', { address: '10.0.0.7', port: 4456, id: 'ffffffffffffffff' }),
    ];
    for (const other of others) {
      bench.wait(2_000);
      bench.hear(other);
      bench.wait(2_000);
    }
    const told = bench.take('found').map(({ address, idHint }) => `${address.host}:${address.port} ${idHint?.[0]}`);
    expect(told).toEqual(['10.0.0.2:4455 1', '10.0.0.2:4456 1', '10.0.0.7:4456 1', '10.0.0.7:4456 255']);
  });

  test('a goodbye is told a second later (§10.1), and who comes back is found again', () => {
    const bench = new Bench();
    bench.hear(bob);
    bench.take('found');
    bench.hear(announcement('bob', { address: '10.0.0.2', port: 4455, ttl: 0 }));
    bench.wait(999);
    expect(bench.take('gone')).toEqual([]);
    bench.wait(1);
    expect(bench.take('gone')).toEqual([{ kind: 'gone', instance: 'bob' }]);
    bench.hear(bob, { host: '10.0.0.2' });
    expect(bench.take('found')).toEqual([found]);
  });

  test('what another said before is told again when the host says so itself, once, and not for what else it says', () => {
    const bench = new Bench();
    bench.hear(bob, { host: '10.0.0.66' });
    bench.hear(announcement('mine', { address: '10.0.0.2', port: 9 }), { host: '10.0.0.2' });
    bench.hear(bob, { host: '10.0.0.2' });
    bench.hear(bob, { host: '10.0.0.66' });
    bench.hear(bob, { host: '10.0.0.2' });
    const told = bench.take('found').flatMap((one) => (one.kind === 'found' && one.instance === 'bob' ? [one] : []));
    expect(told).toEqual([{ ...found, isOwnWord: false }, found]);
  });

  test('a goodbye followed by an announcement within the second is no goodbye (§10.1)', () => {
    const bench = new Bench();
    bench.hear(bob);
    bench.hear(announcement('bob', { address: '10.0.0.2', port: 4455, ttl: 0 }));
    bench.wait(500);
    bench.hear(bob);
    bench.wait(10_000);
    expect(bench.take('gone')).toEqual([]);
    expect(bench.take('found')).toHaveLength(1);
  });

  test('who is not heard of again is gone when the pointer runs out, not when the address does', () => {
    const bench = new Bench();
    bench.hear(bob);
    bench.wait(4_499_999);
    expect(bench.take('gone')).toEqual([]);
    bench.wait(1);
    expect(bench.take('gone')).toEqual([{ kind: 'gone', instance: 'bob' }]);
    expect(bench.machine.cachedRecords).toBe(0);
  });

  test('the flush bit displaces what was said more than a second ago (§10.2), so an old address is not told again', () => {
    const bench = new Bench();
    bench.hear(bob);
    bench.wait(1_500);
    bench.hear(announcement('bob', { address: '10.0.0.3', port: 4455, id: '0123456789abcdef' }));
    bench.wait(1_500);
    bench.take('found');
    bench.hear(announcement('bob', { address: '10.0.0.3', port: 4456, id: '0123456789abcdef' }));
    expect(bench.take('found').map(({ address }) => address.host)).toEqual(['10.0.0.3']);
  });

  test('two addresses said within a second stand side by side (§10.2)', () => {
    const bench = new Bench();
    bench.hear(bob);
    bench.wait(500);
    bench.hear(announcement('bob', { address: '10.0.0.3', port: 4455, id: '0123456789abcdef' }));
    bench.wait(10_000);
    expect(bench.take('found').map(({ address }) => address.host)).toEqual(['10.0.0.2', '10.0.0.3']);
    bench.hear(
      message({
        isResponse: true,
        answers: [record(`bob.${SERVICE}`, { kind: 'SRV', target: 'bob.local', port: 5000, priority: 0, weight: 0 })],
      }),
    );
    expect(bench.take('found').map(({ address }) => [address.host, address.port])).toEqual([
      ['10.0.0.2', 5000],
      ['10.0.0.3', 5000],
    ]);
  });

  test('who could not be reached is asked for, not listed as known, and gone after ten seconds without an answer (§10.4)', () => {
    const bench = new Bench();
    bench.hear(bob);
    bench.settle();
    bench.machine.onUnreachable(bench.now, 'bob');
    bench.machine.onUnreachable(bench.now, 'nobody');
    bench.wait(9_999);
    const asked = bench.sent();
    expect(asked.length).toBeGreaterThanOrEqual(2);
    expect(asked.flatMap(({ answers }) => answers)).toEqual([]);
    expect(bench.take('gone')).toEqual([]);
    bench.wait(1);
    expect(bench.take('gone')).toEqual([{ kind: 'gone', instance: 'bob' }]);
  });

  test('who answers the doubt stays (§10.4)', () => {
    const bench = new Bench();
    bench.hear(bob);
    bench.settle();
    bench.machine.onUnreachable(bench.now, 'bob');
    bench.wait(1_000);
    bench.hear(bob);
    bench.wait(60_000);
    expect(bench.take('gone')).toEqual([]);
  });

  test('a lost link takes back what was heard on it; what another link has, stays', () => {
    const bench = new Bench({ isStarted: false });
    const wlan = ethernet('10.1.0.1', { name: 'wlan0' });
    bench.machine.onInterfaces(bench.now, [ethernet('10.0.0.1'), wlan], bench.out);
    bench.hear(bob);
    bench.hear(announcement('bob', { address: '10.1.0.2', port: 4455 }), { interface: 'wlan0', host: '10.1.0.2' });
    bench.hear(announcement('carol', { address: '10.0.0.3', port: 4455 }), { host: '10.0.0.3' });
    bench.machine.onInterfaces(bench.now, [wlan], bench.out);
    expect(bench.take('gone')).toEqual([{ kind: 'gone', instance: 'carol' }]);
    bench.machine.onInterfaces(bench.now, [ethernet('10.9.0.1', { name: 'wlan0' })], bench.out);
    expect(bench.take('gone')).toEqual([{ kind: 'gone', instance: 'bob' }]);
  });

  test('link-local IPv6 addresses carry the zone of their link', () => {
    const bench = new Bench({ link: ethernet('10.0.0.1', { ipv6: [{ address: 'fe80::1', prefix: 64 }] }) });
    const aaaa = record('bob.local', { kind: 'AAAA', address: 'fe80::2' });
    bench.hear({ ...bob, answers: bob.answers.slice(0, 3), additionals: [aaaa] });
    expect(bench.take('found').map(({ address }) => address)).toEqual([{ host: 'fe80::2%eth0', port: 4455 }]);
  });

  test('two peers on one host share an address but not the port, and find each other', () => {
    const world = new MdnsWorld({ seed: 3 });
    world.add('ann', '10.0.0.1', { port: 5000 });
    world.add('bob', '10.0.0.1', { port: 5001 });
    world.run(30);
    const told = (name: string) => world.told.get(name)?.flatMap((output) => (output.kind === 'found' ? [output.address] : []));
    expect(told('ann')).toEqual([{ host: '10.0.0.1', port: 5001 }]);
    expect(told('bob')).toEqual([{ host: '10.0.0.1', port: 5000 }]);
  });

  test('with 30 % of packets lost all of twenty find all', () => {
    const world = new MdnsWorld({ seed: 5, lossRate: 0.3 });
    for (let i = 1; i <= 20; i++) world.add(`peer${i}`, `10.0.0.${i}`);
    world.run(120_000);
    for (let i = 1; i <= 20; i++) expect([i, world.found(`peer${i}`).size]).toEqual([i, 19]);
  });

  test('fifty that start together say little, and next to nothing once they know each other', () => {
    const world = new MdnsWorld({ seed: 6 });
    const peers = Array.from({ length: 50 }, (_, i) => `peer${i}`);
    for (const [i, name] of peers.entries()) {
      world.add(name, `10.0.1.${i + 1}`);
      world.run(10);
    }
    world.run(60_000);
    expect(peers.map((name) => world.found(name).size)).toEqual(peers.map(() => 49));
    // 150 announcements; without duplicate question suppression some 400 questions more
    expect(world.traffic.length).toBeLessThan(250);
    const before = world.traffic.length;
    world.run(600_000);
    expect(world.traffic.length - before).toBeLessThan(20);
  });

  test('the same seed gives the same traffic, byte for byte', () => {
    const run = (): string => {
      const world = new MdnsWorld({ seed: 8, lossRate: 0.2 });
      for (let i = 1; i <= 5; i++) world.add(`peer${i}`, `10.0.0.${i}`);
      world.run(30_000);
      world.do('peer1', (now, out, machine) => machine.goodbye(now, out));
      world.run(5_000);
      return JSON.stringify([world.traffic, [...world.told]]);
    };
    expect(run()).toBe(run());
    expect(run()).toContain('"gone"');
  });

  test('records of printers and televisions are not kept', () => {
    const bench = new Bench();
    const printer = [
      record('_ipp._tcp.local', { kind: 'PTR', target: 'printer._ipp._tcp.local' }),
      record('printer._ipp._tcp.local', { kind: 'SRV', target: 'printer.local', port: 631, priority: 0, weight: 0 }),
      record('printer.local', { kind: 'A', address: '10.0.0.50' }),
    ];
    bench.hear(message({ isResponse: true, answers: printer }));
    expect([bench.machine.cachedRecords, summary(bench.sent()[0]?.answers ?? [])]).toEqual([0, []]);
  });
});

test('time never goes back, and a message without a link is ignored', () => {
  const bench = new Bench();
  bench.hear(announcement('bob', { address: '10.0.0.2', port: 9 }), { interface: 'eth7' });
  expect(bench.out).toEqual([]);
  expect(bench.now).toBe(instant(1_000));
});
