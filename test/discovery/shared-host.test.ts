/** Many peers on one host, and questions that bring nobody. */
import { describe, expect, test } from '@jest/globals';
import { announcement, Bench, ethernet, MdnsWorld, message, question, record, SERVICE } from './mdns-world.ts';

test('32 peers of one host and one of another all find each other', () => {
  const world = new MdnsWorld({ seed: 5 });
  const names = Array.from({ length: 32 }, (_, i) => `peer${i}`);
  for (const [i, name] of names.entries()) world.add(name, '10.0.0.1', { port: 5_000 + i });
  world.add('ann', '10.0.0.2');
  world.run(4_000);
  const portsOf = (name: string) =>
    new Set(world.told.get(name)?.flatMap((output) => (output.kind === 'found' ? [output.address.port] : [])));
  for (const name of names) expect(portsOf(name).size).toBe(32);
  expect(portsOf('ann').size).toBe(32);
});

describe('passive observation of failures (§10.5)', () => {
  const pointer = (label: string) => record(SERVICE, { kind: 'PTR', target: `${label}.${SERVICE}` }, 4500);
  const ask = (...known: readonly string[]) => message({ questions: [question('PTR', SERVICE)], answers: known.map(pointer) });
  /** Bob and Carol are known, and nobody asks any more. */
  const quiet = (): Bench => {
    const bench = new Bench();
    for (const [i, label] of ['bob', 'carol'].entries())
      bench.hear(announcement(label, { address: `10.0.0.${2 + i}`, port: 9 }), { host: `10.0.0.${2 + i}` });
    bench.wait(200_000);
    bench.out.length = 0;
    return bench;
  };
  const gone = (bench: Bench) => bench.take('gone').map(({ instance }) => instance);

  test('who does not answer two questions of others within ten seconds is gone, without a question of ours', () => {
    const bench = quiet();
    bench.hear(ask(), { host: '10.0.0.7' });
    bench.wait(2_000);
    bench.hear(ask(), { host: '10.0.0.8' });
    bench.hear(message({ isResponse: true, answers: [pointer('carol')] }), { host: '10.0.0.3' });
    bench.wait(9_900);
    expect(gone(bench)).toEqual([]);
    bench.wait(200);
    expect(gone(bench)).toEqual(['bob']);
    expect(bench.sent().filter(({ isResponse }) => !isResponse)).toEqual([]);
  });

  test('one question, heard twice, says nothing; nor does one that lists him as known, goes on, or wants unicast', () => {
    const bench = quiet();
    const others = [ask(), ask(), ask('bob', 'carol'), { ...ask(), isTruncated: true }];
    for (const query of [...others, message({ questions: [question('PTR', SERVICE, true)] })]) {
      bench.hear(query, { host: '10.0.0.7' });
      bench.wait(500);
    }
    bench.hear(ask('bob', 'carol'), { host: '10.0.0.8' });
    bench.wait(30_000);
    expect(gone(bench)).toEqual([]);
  });
});

describe('on a link with both families', () => {
  test('our question comes back twice, and is ours both times; the third is another’s', () => {
    const bench = new Bench({ link: ethernet('10.0.0.1', { ipv6: [{ address: 'fe80::1', prefix: 64 }] }) });
    bench.wait(130);
    const query = bench.sent().find(({ isResponse }) => !isResponse);
    for (const host of ['10.0.0.1', 'fe80::1%eth0', 'fe80::1%eth0']) if (query !== undefined) bench.hear(query, { host });
    expect(bench.take('dropped').map(({ reason }) => reason)).toEqual(['own-announcement', 'own-announcement']);
  });
});
