import { describe, expect, test } from '@jest/globals';
import type { Address } from '../../src/base/address.ts';
import { INQUIRERS_MAX, INQUIRY_BURST_GROUP, INQUIRY_BURST_PER_SOURCE, INQUIRY_BURST_TOTAL } from '../../src/base/limits.ts';
import { instant, type Now, wallTime } from '../../src/base/time.ts';
import type { Effect } from '../../src/peer/effect.ts';
import { Reporter } from '../../src/peer/reporter.ts';
import { decodeReport, encodeQuestion, type Question, questionName, type Report, reportInName } from '../../src/wire/inquiry.ts';

const ANN: Address = { host: '10.0.0.1', port: 40_001 };
const PORT = 4455;
const asked: Question = {
  nonce: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
  number: 1,
  way: 'unicast',
  answerPort: 0,
  address: Uint8Array.of(10, 0, 0, 2),
  port: PORT,
};

class Asked {
  readonly reporter = new Reporter(PORT);
  at = 0;

  constructor() {
    this.reporter.onInterfaces([{ name: 'eth0', ipv4: [{ address: '10.0.0.2', prefix: 24 }], ipv6: [], isLoopback: false }]);
  }

  get now(): Now {
    return { at: instant(this.at), wall: wallTime(1_767_225_600_500) };
  }

  ask(change: Partial<Question> = {}, { sizeBytes = 64, from = ANN, isBroadcast = false } = {}): readonly Effect[] {
    const effects: Effect[] = [];
    this.reporter.onDatagram(this.now, from, encodeQuestion({ ...asked, ...change }, sizeBytes), isBroadcast, effects);
    return effects;
  }

  askAll(change: Partial<Question> = {}): readonly Effect[] {
    const effects: Effect[] = [];
    const questions = [{ name: questionName({ ...asked, ...change }), type: 'TXT', isUnicast: false }] as const;
    const rest = { isResponse: false, isTruncated: false, answers: [], authorities: [], additionals: [], id: 0 };
    expect(this.reporter.onMdns(this.now, { interface: 'eth0', from: ANN, message: { ...rest, questions } }, effects)).toBe(true);
    return effects;
  }
}

const reportOf = (effects: readonly Effect[]): Report => {
  const [effect] = effects;
  if (effect?.kind === 'mdns') return reportInName(effect.message.questions[0]?.name ?? '') ?? fail(effects);
  const report = effect?.kind === 'transmit' ? decodeReport(effect.bytes) : undefined;
  return report?.ok === true ? report.value : fail(effects);
};
const fail = (effects: readonly Effect[]): never => {
  throw new Error(`no report: ${JSON.stringify(effects)}`);
};

describe('who is asked which datagrams arrive', () => {
  test('counts them by way and size, and reports by the way that was asked for', () => {
    const bob = new Asked();
    const none = { small: 0, full: 0, oversized: 0, multicast: 0, broadcast: 0 };
    const first = bob.ask({}, { sizeBytes: 500 });
    expect(reportOf(first)).toEqual({
      nonce: asked.nonce,
      number: 1,
      hearsMulticast: false,
      seconds: 1_767_225_600,
      heard: { ...none, small: 1 },
    });
    expect(first).toMatchObject([{ kind: 'transmit', to: ANN }]);
    bob.ask({}, { sizeBytes: 1200 });
    bob.ask({}, { sizeBytes: 1472 });
    bob.askAll();
    const byBroadcast = bob.ask({ way: 'broadcast', number: 9 }, { isBroadcast: true });
    expect(byBroadcast).toMatchObject([{ kind: 'transmit', to: { host: '10.0.0.255', port: 27_531 } }]);
    const byMulticast = bob.ask({ way: 'multicast', number: 10 });
    expect(byMulticast).toMatchObject([{ kind: 'mdns', interface: 'eth0' }]);
    expect(reportOf(byMulticast)).toMatchObject({
      number: 10,
      hearsMulticast: true,
      heard: { small: 2, full: 1, oversized: 1, multicast: 1, broadcast: 1 },
    });
    const elsewhere = bob.ask({ answerPort: 50_000, nonce: new Uint8Array(8) });
    expect(elsewhere).toMatchObject([{ kind: 'transmit', to: { host: ANN.host, port: 50_000 } }]);
    expect(reportOf(elsewhere).heard).toEqual({ ...none, small: 1 });
  });

  test('is silent about what others are asked by multicast or broadcast', () => {
    const bob = new Asked();
    const others = [{ port: 4456 }, { address: Uint8Array.of(10, 0, 0, 3) }];
    for (const other of others) {
      expect(bob.ask(other, { isBroadcast: true })).toEqual([{ kind: 'dropped', reason: 'foreign-question' }]);
      expect(bob.askAll(other)).toEqual([{ kind: 'dropped', reason: 'foreign-question' }]);
    }
    expect(bob.ask({ way: 'multicast' }, { from: { host: '192.0.2.1', port: 40_001 } })).toEqual([
      { kind: 'dropped', reason: 'bad-target' },
    ]);
  });
});

describe('a stranger who asks', () => {
  test('gets one report a question, never larger than it, whatever its size', () => {
    const bob = new Asked();
    for (let sizeBytes = 64; sizeBytes <= 1472; sizeBytes++) {
      bob.at += 1_000;
      const question = encodeQuestion(asked, sizeBytes);
      const effects: Effect[] = [];
      bob.reporter.onDatagram(bob.now, ANN, question, false, effects);
      const out = effects.flatMap((effect) => (effect.kind === 'transmit' ? [effect.bytes.length] : []));
      expect(out.length).toBeLessThanOrEqual(1);
      for (const length of out) expect(length).toBeLessThanOrEqual(question.length);
    }
    // an mDNS message has more bytes around the name than the report that answers it
    expect(questionName(asked).length + 12).toBeGreaterThanOrEqual(64);
  });

  test('is not led to a service of the host it pretends to be', () => {
    const bob = new Asked();
    for (const answerPort of [1, 53, 1023]) expect(bob.ask({ answerPort })).toEqual([{ kind: 'dropped', reason: 'bad-target' }]);
    expect(bob.ask({}, { from: { host: '10.0.0.1', port: 53 } })).toEqual([{ kind: 'dropped', reason: 'bad-target' }]);
  });

  test('and floods is answered at a bounded rate; many that flood too, and everybody else the less; memory is bounded', () => {
    const bob = new Asked();
    const answered = (effects: readonly Effect[]): number => effects.filter(({ kind }) => kind !== 'dropped').length;
    let one = 0;
    for (let i = 0; i < 1_000; i++) one += answered(bob.ask());
    expect(one).toBe(INQUIRY_BURST_PER_SOURCE);
    let many = 0;
    for (let i = 0; i < 5_000; i++) {
      const nonce = Uint8Array.from({ length: 8 }, (_, byte) => (i >> byte) & 255);
      many += answered(bob.ask({ nonce }, { from: { host: `10.1.${i >> 8}.${i & 255}`, port: 4000 } }));
    }
    expect(many).toBe(INQUIRY_BURST_TOTAL - INQUIRY_BURST_PER_SOURCE);
    expect(bob.reporter.counts.inquirers).toBe(INQUIRERS_MAX);
    expect(bob.reporter.counts.sources).toBeLessThanOrEqual(1024);
    bob.at += 10_000;
    expect(answered(bob.ask())).toBe(1);
  });

  test('makes us speak to everybody now and then only', () => {
    const bob = new Asked();
    let told = 0;
    for (let i = 0; i < 100; i++)
      told += bob.ask({ way: i % 2 === 0 ? 'multicast' : 'broadcast' }).filter(({ kind }) => kind !== 'dropped').length;
    expect(told).toBe(INQUIRY_BURST_GROUP);
  });
});
