import { describe, expect, test } from '@jest/globals';
import { instant } from '../../src/base/time.ts';
import { Bench, ethernet, message, question, record, SERVICE, summary } from './mdns-world.ts';

const META = '_services._dns-sd._udp.local';
const quiet = (link = ethernet('10.0.0.1')): Bench => {
  const bench = new Bench({ isBrowsing: false, link });
  bench.settle();
  return bench;
};
const ask = (...questions: ReturnType<typeof question>[]) => message({ questions });

describe('answering (RFC 6762 §6, §7)', () => {
  test('who asks for the service gets our pointer after 20 to 120 ms, and all that resolves it in the same packet', () => {
    for (let seed = 0; seed < 20; seed++) {
      const bench = new Bench({ isBrowsing: false, seed });
      bench.settle();
      const start = bench.now;
      bench.hear(ask(question('PTR', SERVICE)));
      expect(bench.out).toEqual([]);
      const delay = (bench.machine.nextTimeout() ?? 0) - start;
      expect(delay).toBeGreaterThanOrEqual(20);
      expect(delay).toBeLessThanOrEqual(120);
      bench.wait(120);
      const [answer] = bench.sent();
      expect(summary(answer?.answers ?? [])).toEqual([`PTR ${SERVICE}`]);
      expect(summary(answer?.additionals ?? [])).toEqual([
        `SRV ${bench.instance}`,
        `TXT ${bench.instance}`,
        `A ${bench.host}`,
        `NSEC ${bench.host}`,
      ]);
    }
  });

  test('what only we can answer is answered at once (§6)', () => {
    const bench = quiet();
    bench.hear(ask(question('SRV', bench.instance)));
    const [answer] = bench.sent();
    expect(summary(answer?.answers ?? [])).toEqual([`SRV ${bench.instance}`]);
    expect(summary(answer?.additionals ?? [])).toEqual([`A ${bench.host}`, `NSEC ${bench.host}`]);
  });

  test('a message with several questions gets one answer, delayed (§6.3)', () => {
    const bench = quiet();
    bench.hear(ask(question('SRV', bench.instance), question('TXT', bench.instance), question('A', bench.host)));
    expect(bench.out).toEqual([]);
    bench.wait(120);
    const sent = bench.sent();
    expect(sent).toHaveLength(1);
    expect(summary(sent[0]?.answers ?? [])).toEqual([`SRV ${bench.instance}`, `TXT ${bench.instance}`, `A ${bench.host}`]);
  });

  test('ANY gives all records of a name (§6.5), names compare without case for A–Z only (§16)', () => {
    const bench = quiet();
    bench.hear(ask(question('ANY', bench.instance.toUpperCase())));
    expect(summary(bench.sent()[0]?.answers ?? [])).toEqual([`SRV ${bench.instance}`, `TXT ${bench.instance}`]);
  });

  test('a type that our names do not have is denied by NSEC (§6.1)', () => {
    const bench = quiet();
    bench.hear(ask(question('AAAA', bench.host)));
    expect(bench.sent()[0]?.answers).toEqual([record(bench.host, { kind: 'NSEC', next: bench.host, types: ['A'] })]);
    bench.hear(ask(question('A', bench.instance)));
    expect(bench.sent()[0]?.answers).toEqual([
      record(bench.instance, { kind: 'NSEC', next: bench.instance, types: ['TXT', 'SRV'] }, 4500),
    ]);
  });

  test('with both families the other address comes along and nothing is denied (§6.2)', () => {
    const bench = quiet(ethernet('10.0.0.1', { ipv6: [{ address: 'fe80::1', prefix: 64 }] }));
    bench.hear(ask(question('A', bench.host)));
    const [answer] = bench.sent();
    expect([...summary(answer?.answers ?? []), ...summary(answer?.additionals ?? [])]).toEqual([
      `A ${bench.host}`,
      `AAAA ${bench.host}`,
    ]);
  });

  test('the list of service types names ours (RFC 6763 §9)', () => {
    const bench = quiet();
    bench.hear(ask(question('PTR', META)));
    bench.wait(120);
    expect(bench.sent()[0]?.answers).toEqual([record(META, { kind: 'PTR', target: SERVICE }, 4500)]);
  });

  test('names of others are never answered', () => {
    const bench = quiet();
    for (const name of ['_http._tcp.local', 'printer.local', `stranger.${SERVICE}`, 'local'])
      bench.hear(ask(question('ANY', name)));
    bench.wait(1_000);
    expect(bench.out).toEqual([]);
  });

  test('the same record is not multicast twice within a second, but the second asker is answered when it is over (§6)', () => {
    const bench = quiet();
    bench.hear(ask(question('SRV', bench.instance)));
    const first = bench.now;
    expect(bench.sent()).toHaveLength(1);
    bench.wait(300);
    for (let i = 0; i < 50; i++) bench.hear(ask(question('SRV', bench.instance)));
    expect(bench.sent()).toEqual([]);
    expect(bench.machine.nextTimeout()).toBe(instant(first + 1_000));
    bench.wait(5_000);
    expect(bench.sent()).toHaveLength(1);
  });

  test('an announcement counts as a multicast of its records (§6)', () => {
    const bench = new Bench({ isBrowsing: false });
    bench.wait(50);
    expect(bench.sent()).toHaveLength(1);
    bench.hear(ask(question('PTR', SERVICE)));
    bench.wait(800);
    expect(bench.sent()).toEqual([]);
  });

  test('an asker who lists our pointer with half of its life left hears nothing, with less he does (§7.1)', () => {
    const known = (bench: Bench, ttl: number) =>
      message({
        questions: [question('PTR', SERVICE)],
        answers: [record(SERVICE, { kind: 'PTR', target: bench.instance }, ttl)],
      });
    const bench = quiet();
    bench.hear(known(bench, 2250));
    bench.wait(1_000);
    expect(bench.sent()).toEqual([]);
    bench.hear(known(bench, 2249));
    bench.wait(1_000);
    expect(bench.sent()).toHaveLength(1);
  });

  test('a truncated query waits 400 to 500 ms for the rest of its known answers (§7.2)', () => {
    const bench = quiet();
    const query = message({ questions: [question('PTR', SERVICE)], isTruncated: true });
    bench.hear(query);
    bench.wait(399);
    expect(bench.sent()).toEqual([]);
    bench.wait(101);
    expect(bench.sent()).toHaveLength(1);

    bench.wait(2_000);
    bench.hear(query, { host: '10.0.0.5' });
    bench.wait(100);
    const rest = message({ answers: [record(SERVICE, { kind: 'PTR', target: bench.instance }, 4000)] });
    bench.hear(rest, { host: '10.0.0.6' }); // another's: no matter
    bench.hear(rest, { host: '10.0.0.5' });
    bench.wait(2_000);
    expect(bench.sent()).toEqual([]);
  });

  test('a record set of ours is said whole, or not at all: a left-out address would be flushed (§10.2)', () => {
    const link = ethernet('10.0.0.1', {
      ipv4: [
        { address: '10.0.0.1', prefix: 24 },
        { address: '10.0.0.3', prefix: 24 },
      ],
    });
    const bench = new Bench({ isBrowsing: false, link });
    bench.settle();
    const known = (...addresses: readonly string[]) =>
      addresses.map((address) => record(bench.host, { kind: 'A', address }, 120, false));
    bench.hear(message({ questions: [question('A', bench.host)], answers: known('10.0.0.1') }));
    expect(summary(bench.sent()[0]?.answers ?? [])).toEqual([`A ${bench.host}`, `A ${bench.host}`]);
    bench.wait(2_000);
    bench.hear(message({ questions: [question('A', bench.host)], answers: known('10.0.0.1', '10.0.0.3') }));
    expect(bench.sent()).toEqual([]);
    // so also when the known answers come in two packets (§7.2)
    bench.hear(message({ questions: [question('A', bench.host)], answers: known('10.0.0.1'), isTruncated: true }));
    bench.hear(message({ answers: known('10.0.0.3') }));
    bench.wait(600);
    expect(bench.sent()).toHaveLength(1);
  });

  test('who gives a record of ours less than half of its life is put right (§6.6); a goodbye too', () => {
    for (const ttl of [0, 1, 2249]) {
      const bench = quiet();
      bench.hear(message({ isResponse: true, answers: [record(SERVICE, { kind: 'PTR', target: bench.instance }, ttl)] }));
      bench.wait(120);
      expect(bench.sent().map(({ answers }) => answers.map((answer) => [answer.name, answer.ttl]))).toEqual([[[SERVICE, 4500]]]);
    }
    const bench = quiet();
    bench.hear(message({ isResponse: true, answers: [record(SERVICE, { kind: 'PTR', target: bench.instance }, 2250)] }));
    bench.wait(1_000);
    expect(bench.sent()).toEqual([]);
  });

  test('what another host answers meanwhile is not said again (§7.4)', () => {
    const bench = quiet();
    bench.hear(ask(question('PTR', META)));
    bench.hear(message({ isResponse: true, answers: [record(META, { kind: 'PTR', target: SERVICE }, 4500)] }));
    bench.wait(1_000);
    expect(bench.sent()).toEqual([]);
  });

  test('who asks for unicast gets unicast if the record was multicast within a quarter of its TTL, else all hear it (§5.4)', () => {
    const bench = quiet();
    bench.hear(ask(question('PTR', SERVICE, true)), { host: '10.0.0.9' });
    const replies = bench.take('mdns');
    expect(replies.map(({ to }) => to)).toEqual([{ host: '10.0.0.9', port: 5353 }]);
    bench.wait(1_200_000);
    bench.hear(ask(question('PTR', SERVICE, true)));
    bench.wait(200);
    expect(bench.take('mdns').map(({ to }) => to)).toEqual([undefined]);
  });

  test('nobody off the link gets unicast (§11)', () => {
    const bench = quiet();
    bench.hear(ask(question('PTR', SERVICE, true)), { host: '203.0.113.9' });
    bench.wait(200);
    expect(bench.take('mdns').map(({ to }) => to)).toEqual([undefined]);
    bench.hear(ask(question('PTR', SERVICE)), { host: '203.0.113.9', port: 40_000 });
    expect(bench.take('mdns')).toEqual([]);
  });

  test('a one-shot query from another port is answered there at once: its id and question, short TTLs, no flush bits (§6.7)', () => {
    const bench = quiet();
    const asked = question('PTR', SERVICE);
    bench.hear(message({ questions: [asked], id: 4711 }), { host: '10.0.0.9', port: 40_000 });
    const [reply] = bench.take('mdns');
    expect(reply?.to).toEqual({ host: '10.0.0.9', port: 40_000 });
    expect([reply?.message.id, reply?.message.questions]).toEqual([4711, [asked]]);
    const records = [...(reply?.message.answers ?? []), ...(reply?.message.additionals ?? [])];
    expect(records.length).toBeGreaterThan(3);
    expect(records.every(({ ttl, flush }) => ttl === 10 && !flush)).toBe(true);
  });

  test('a probe for our name is answered at once, and again after 250 ms (§8.1, §6)', () => {
    const bench = quiet();
    const probe = message({
      questions: [question('ANY', bench.host, true)],
      authorities: [record(bench.host, { kind: 'A', address: '10.0.0.66' }, 120, false)],
    });
    bench.hear(probe, { host: '10.0.0.66' });
    expect(bench.take('mdns').map(({ to }) => to?.host)).toEqual(['10.0.0.66']);
    const multicastProbe = { ...probe, questions: [question('ANY', bench.host)] };
    bench.hear(multicastProbe);
    expect(bench.sent()).toHaveLength(1);
    bench.hear(multicastProbe);
    bench.wait(249);
    expect(bench.sent()).toEqual([]);
    bench.wait(1);
    expect(bench.sent()).toHaveLength(1);
  });

  test('a flood of queries costs the link a bounded number of replies', () => {
    const bench = quiet();
    for (let i = 0; i < 10_000; i++) {
      bench.hear(ask(question('ANY', bench.instance, true)), { host: `10.0.0.${2 + (i % 200)}`, port: 1024 + i });
      if (i % 100 === 0) bench.wait(1);
    }
    expect(bench.take('mdns').length).toBeLessThanOrEqual(45);
    expect(bench.take('dropped').length).toBeGreaterThan(9_900);
  });
});
