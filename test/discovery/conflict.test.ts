/** Whose name it is: probing, ties, conflicts (RFC 6762 §8.1, §8.2, §9). */
import { describe, expect, test } from '@jest/globals';
import { instant } from '../../src/base/time.ts';
import { Conflicts } from '../../src/discovery/conflict.ts';
import type { DnsRecord } from '../../src/discovery/dns-message.ts';
import { compareProposals } from '../../src/discovery/tie-break.ts';
import { announcement, Bench, ethernet, MdnsWorld, message, question, record, SERVICE, summary } from './mdns-world.ts';

const probes = (bench: Bench) => bench.take('mdns').filter(({ message: sent }) => sent.authorities.length > 0);
/** Somebody answers for a name. */
const isTaken = (name: string) => message({ isResponse: true, answers: [record(name, { kind: 'A', address: '10.0.0.66' })] });
/** A bench that has to probe, with the times of what it sends until it is quiet. */
const timeline = (bench: Bench, durationMs: number): readonly (readonly [number, string])[] => {
  const start = bench.now;
  const lines: [number, string][] = [];
  while (bench.now - start < durationMs) {
    bench.wait(1);
    for (const { message: sent } of bench.take('mdns'))
      lines.push([bench.now - start, sent.authorities.length > 0 ? 'probe' : sent.isResponse ? 'response' : 'query']);
  }
  return lines;
};

describe('probing (§8.1)', () => {
  test('three probes 250 ms apart after at most 250 ms, the claim 250 ms later, announcements a second apart', () => {
    const bench = new Bench({ mayBeTaken: true, isBrowsing: false });
    const lines = timeline(bench, 5_000);
    const [first = 0] = lines.map(([at]) => at);
    expect(first).toBeLessThanOrEqual(251);
    expect(lines.map(([at, what]) => [at - first, what])).toEqual([
      [0, 'probe'],
      [250, 'probe'],
      [500, 'probe'],
      [750, 'response'],
      [1_750, 'response'],
      [3_750, 'response'],
    ]);
  });

  test('a probe asks ANY for both names and proposes all that is ours alone, without flush bits (§8.2); the first asks for unicast', () => {
    const bench = new Bench({ mayBeTaken: true, isBrowsing: false });
    bench.wait(800);
    const sent = probes(bench).map((probe) => probe.message);
    expect(sent.map(({ questions }) => questions)).toEqual(
      [true, false, false].map((isUnicast) => [
        question('ANY', bench.instance, isUnicast),
        question('ANY', bench.host, isUnicast),
      ]),
    );
    for (const { authorities, answers, additionals } of sent) {
      expect(summary(authorities)).toEqual([`SRV ${bench.instance}`, `TXT ${bench.instance}`, `A ${bench.host}`]);
      expect(authorities.some(({ flush }) => flush)).toBe(false);
      expect([answers, additionals]).toEqual([[], []]);
    }
  });

  test('nothing is answered under a name that is not ours yet, but others are asked for and found', () => {
    const bench = new Bench({ mayBeTaken: true });
    bench.wait(300);
    bench.hear(message({ questions: [question('PTR', SERVICE), question('SRV', bench.instance)] }));
    bench.hear(announcement('bob', { address: '10.0.0.2', port: 9 }), { host: '10.0.0.2' });
    bench.wait(300);
    expect(bench.take('found')).toHaveLength(1);
    const sent = bench.sent();
    expect(sent.filter(({ isResponse }) => isResponse)).toEqual([]);
    expect(sent.filter(({ authorities, questions }) => authorities.length === 0 && questions[0]?.name === SERVICE)).toHaveLength(
      1,
    );
  });

  test('who leaves while probing says no goodbye', () => {
    const bench = new Bench({ mayBeTaken: true, isBrowsing: false });
    bench.wait(600);
    bench.out.length = 0;
    bench.machine.goodbye(bench.now, bench.out);
    expect(bench.out).toEqual([]);
  });

  test('an answer of any type and in any section under the name means it is taken: another one, probed for in its turn', () => {
    for (const taken of [
      record('NAME', { kind: 'A', address: '10.0.0.66' }),
      record('NAME', { kind: 'TXT', strings: [] }),
      record('NAME', { kind: 'other', type: 'HINFO' }),
    ]) {
      for (const section of ['answers', 'authorities', 'additionals'] as const) {
        const bench = new Bench({ mayBeTaken: true, isBrowsing: false });
        bench.wait(300);
        const [first] = [bench.machine.label];
        bench.hear(message({ isResponse: true, [section]: [{ ...taken, name: bench.instance.toUpperCase() }] }));
        expect(bench.take('renamed')).toEqual([{ kind: 'renamed', from: first, to: bench.machine.label, times: 1 }]);
        bench.out.length = 0;
        expect(timeline(bench, 3_000).map(([, what]) => what)).toEqual(['probe', 'probe', 'probe', 'response', 'response']);
      }
    }
  });

  test('what arrives before the first probe is no answer to it, nor is our own word, nor a goodbye', () => {
    const bench = new Bench({ mayBeTaken: true, isBrowsing: false });
    const label = bench.machine.label;
    bench.hear(isTaken(bench.host));
    bench.wait(300);
    const [probe] = probes(bench);
    bench.hear(message({ isResponse: true, answers: probe?.message.authorities ?? [] }));
    bench.hear(message({ isResponse: true, answers: [record(bench.host, { kind: 'A', address: '10.0.0.66' }, 0)] }));
    if (probe !== undefined) bench.hear(probe.message, { host: bench.address });
    bench.wait(2_000);
    expect([bench.machine.label, bench.take('renamed')]).toEqual([label, []]);
    expect(bench.sent().some(({ isResponse }) => isResponse)).toBe(true);
  });

  test('fifteen conflicts in ten seconds, and every further attempt waits five seconds', () => {
    const bench = new Bench({ mayBeTaken: true, isBrowsing: false });
    const times: number[] = [];
    const start = bench.now;
    while (times.length < 18) {
      bench.wait(1);
      if (probes(bench).length === 0) continue;
      times.push(bench.now - start);
      bench.hear(isTaken(bench.host));
    }
    const gaps = times.slice(1).map((at, i) => at - (times[i] ?? 0));
    expect(Math.max(...gaps.slice(0, 14))).toBeLessThanOrEqual(252);
    expect(Math.min(...gaps.slice(14))).toBeGreaterThanOrEqual(5_000);
    expect(new Conflicts().onConflict(instant(0))).toBe(0);
  });
});

describe('two who probe for one name at once (§8.2)', () => {
  const a = (address: string): DnsRecord => record('x.local', { kind: 'A', address });
  const txt = (...strings: readonly string[]): DnsRecord =>
    record('x.local', { kind: 'TXT', strings: strings.map((text) => new TextEncoder().encode(text)) });
  const srv = (port: number, target = 'x.local'): DnsRecord =>
    record('x.local', { kind: 'SRV', target, port, priority: 0, weight: 0 });

  const order: readonly (readonly [string, readonly DnsRecord[], readonly DnsRecord[], number])[] = [
    ['the example of the RFC: 169.254.200.50 is later than 169.254.99.200', [a('169.254.200.50')], [a('169.254.99.200')], 1],
    ['equal sets are no conflict, in whatever order', [a('10.0.0.1'), txt('b')], [txt('b'), a('10.0.0.1')], 0],
    ['the type decides before the data', [txt('a')], [a('255.0.0.1')], 1],
    ['the later pair decides when the first is equal', [a('10.0.0.1'), a('10.0.0.3')], [a('10.0.0.2'), a('10.0.0.1')], 1],
    ['who has more records is later', [a('10.0.0.1'), txt('b')], [a('10.0.0.1')], 1],
    ['bytes are unsigned', [a('10.0.0.127')], [a('10.0.0.128')], -1],
    ['the length of a string is part of the data', [txt('ab')], [txt('c')], 1],
    ['a longer text is later', [txt('a', 'b')], [txt('a')], 1],
    ['ports are compared high byte first', [srv(0x0100)], [srv(0x00ff)], 1],
    ['names are compared without case', [srv(1, 'A.local')], [srv(1, 'a.LOCAL')], 0],
    [
      'a type we do not know is compared by its number',
      [a('10.0.0.1')],
      [record('x.local', { kind: 'other', type: 'HINFO' })],
      -1,
    ],
    ['UNKNOWN_65 is later than SRV', [srv(1)], [record('x.local', { kind: 'other', type: 'UNKNOWN_65' })], -1],
  ];
  for (const [title, ours, theirs, sign] of order) {
    test(title, () => {
      expect(Math.sign(compareProposals(ours, theirs))).toBe(sign);
      expect(Math.sign(compareProposals(theirs, ours)) + sign).toBe(0);
    });
  }

  const rival = (bench: Bench, address: string) =>
    message({
      questions: [question('ANY', bench.host, true)],
      authorities: [record(bench.host, { kind: 'A', address }, 120, false)],
    });

  test('who loses asks for the same name again a second later', () => {
    const bench = new Bench({ mayBeTaken: true, isBrowsing: false });
    bench.wait(260);
    expect(probes(bench)).not.toHaveLength(0);
    bench.hear(rival(bench, '10.0.0.200'));
    const label = bench.machine.label;
    expect(timeline(bench, 1_800).map(([at, what]) => [at, what])).toEqual([
      [1_000, 'probe'],
      [1_250, 'probe'],
      [1_500, 'probe'],
      [1_750, 'response'],
    ]);
    expect(bench.machine.label).toBe(label);
  });

  test('who wins, and who proposes the same, goes on', () => {
    for (const address of ['10.0.0.0', '10.0.0.1']) {
      const bench = new Bench({ mayBeTaken: true, isBrowsing: false });
      bench.wait(260);
      bench.out.length = 0;
      bench.hear(rival(bench, address));
      expect(timeline(bench, 760).map(([, what]) => what)).toEqual(['probe', 'probe', 'response']);
    }
  });
});

describe('a conflict later (§9)', () => {
  test('another record under our name: we ask whether it is ours, and keep it if nobody says so again', () => {
    const bench = new Bench({ isBrowsing: false });
    bench.settle();
    const label = bench.machine.label;
    bench.hear(isTaken(bench.host), { host: '10.0.0.66' });
    bench.hear(message({ questions: [question('SRV', bench.instance)] }));
    const lines = timeline(bench, 2_500);
    expect(lines.map(([, what]) => what)).toEqual(['probe', 'probe', 'probe', 'response', 'response']);
    expect(bench.machine.label).toBe(label);
  });

  test('and take another one if somebody does; nobody’s session is concerned', () => {
    const bench = new Bench();
    bench.hear(announcement('bob', { address: '10.0.0.2', port: 9 }), { host: '10.0.0.2' });
    bench.settle();
    const label = bench.machine.label;
    const claim = isTaken(bench.host);
    bench.hear(claim, { host: '10.0.0.66' });
    bench.wait(300);
    bench.hear(claim, { host: '10.0.0.66' });
    expect(bench.machine.label).not.toBe(label);
    bench.wait(2_000);
    expect(bench.take('gone')).toEqual([]);
    bench.hear(message({ questions: [question('SRV', bench.instance)] }));
    expect(
      bench
        .sent()
        .at(-1)
        ?.answers.map(({ name }) => name),
    ).toContain(bench.instance);
  });

  test('after that no name is trusted unasked: a changed address is probed for too', () => {
    const bench = new Bench({ isBrowsing: false });
    bench.settle();
    bench.hear(isTaken(bench.host));
    bench.settle();
    bench.machine.onInterfaces(bench.now, [ethernet('10.0.0.7')], bench.out);
    expect(timeline(bench, 1_500).map(([, what]) => what)).toEqual(['probe', 'probe', 'probe', 'response']);
  });

  test('a machine copied while it ran: both keep talking, one takes another name, each finds the other within 4 s', () => {
    const world = new MdnsWorld({ seed: 3 });
    world.add('ann', '10.0.0.1', { label: 'copied' });
    world.add('her copy', '10.0.0.2', { label: 'copied' });
    world.run(4_000);
    expect([...world.found('ann'), ...world.found('her copy')]).toEqual(expect.arrayContaining(['10.0.0.1', '10.0.0.2']));
    const renamed = [...world.told.values()].flat().filter(({ kind }) => kind === 'renamed');
    expect(renamed).toHaveLength(1);
  });

  test('a liar who contests every name for ten minutes costs the link few probes', () => {
    const bench = new Bench({ isBrowsing: false });
    bench.settle();
    let sent = 0;
    for (let i = 0; i < 6_000; i++) {
      bench.wait(100);
      sent += bench.sent().length;
      bench.hear(isTaken(bench.host), { host: '10.0.0.66' });
    }
    expect(sent).toBeLessThan(600_000 / 5_000 + 40);
  });
});
