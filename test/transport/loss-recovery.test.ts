import { describe, expect, test } from '@jest/globals';
import { ACK_RANGES_MAX, PTO_MAX_MS } from '../../src/base/limits.ts';
import { instant } from '../../src/base/time.ts';
import type { AckedSummary, CongestionController, LostSummary } from '../../src/transport/congestion.ts';
import { LossRecovery } from '../../src/transport/loss-recovery.ts';
import type { PacketRange } from '../../src/transport/packet-ranges.ts';
import { RttEstimator } from '../../src/transport/rtt.ts';

type Frame = { readonly name: string; readonly bytes: Uint8Array; isAcked: boolean };

/** Remembers what it was told. */
class Witness implements CongestionController {
  readonly heard: string[] = [];
  windowBytes = 1e9;
  readonly pacingRate = 1e9;
  onSent(): void {}
  onAcked(_now: unknown, { packets, bytes, largest }: AckedSummary): void {
    this.heard.push(`acked ${packets} ${bytes} up to ${largest}`);
  }
  onLost(_now: unknown, { packets, bytes, largest }: LostSummary): void {
    this.heard.push(`lost ${packets} ${bytes} up to ${largest}`);
  }
  onSpuriouslyLost(_now: unknown, packets: number): void {
    this.heard.push(`spurious ${packets}`);
  }
  onPersistentCongestion(): void {
    this.heard.push('persistent');
  }
}

const frame = (name: string, length = 100): Frame => ({ name, bytes: new Uint8Array(length), isAcked: false });

/** Recovery with a measured RTT of 1 ms: PTO 1 + max(4 × 0.5, 1) + 2 = 5 ms, loss by time after 1.125 ms. */
const setUp = (): {
  recovery: LossRecovery<Frame>;
  congestion: Witness;
  rtt: RttEstimator;
  send: (at: number, number: number, ...frames: Frame[]) => Frame[];
} => {
  const rtt = new RttEstimator();
  rtt.update(1, 0);
  const congestion = new Witness();
  const recovery = new LossRecovery<Frame>({ rtt, congestion });
  const send = (at: number, number: number, ...frames: Frame[]): Frame[] => {
    const carried = frames.length > 0 ? frames : [frame(`f${number}`)];
    recovery.onSent(instant(at), number, { sizeBytes: 1000, isAckEliciting: true, frames: carried });
    return carried;
  };
  return { recovery, congestion, rtt, send };
};
const sendSilent = (recovery: LossRecovery<Frame>, at: number, number: number, ackLargest?: number): void =>
  recovery.onSent(instant(at), number, { sizeBytes: 50, isAckEliciting: false, frames: [], ackLargest });
const ack = (recovery: LossRecovery<Frame>, at: number, ...ranges: PacketRange[]): { acked: string[]; lost: string[] } => {
  const result = recovery.onAck(instant(at), ranges, 0);
  if (result.kind === 'violation') throw new Error('violation');
  return { acked: result.acked.map(({ name }) => name), lost: result.lost.map(({ name }) => name) };
};

describe('loss detection', () => {
  test('acknowledged packets leave the flight, their frames are reported once', () => {
    const { recovery, congestion, send } = setUp();
    for (let number = 0; number < 3; number++) send(0, number);
    expect(recovery.bytesInFlight).toBe(3000);
    expect(ack(recovery, 1, [0, 1])).toEqual({ acked: ['f0', 'f1'], lost: [] });
    expect(ack(recovery, 1, [0, 1])).toEqual({ acked: [], lost: [] });
    expect([recovery.bytesInFlight, recovery.largestSent]).toEqual([1000, 2]);
    expect(congestion.heard).toEqual(['acked 2 2000 up to 1']);
  });

  test('three packets after it acknowledged, a packet is lost', () => {
    const { recovery, congestion, send } = setUp();
    for (let number = 0; number < 5; number++) send(0, number);
    expect(ack(recovery, 0.5, [3, 3])).toEqual({ acked: ['f3'], lost: ['f0'] });
    expect(ack(recovery, 0.5, [3, 4])).toEqual({ acked: ['f4'], lost: ['f1'] });
    expect(congestion.heard).toEqual([
      'lost 1 1000 up to 0',
      'acked 1 1000 up to 3',
      'lost 1 1000 up to 1',
      'acked 1 1000 up to 4',
    ]);
  });

  test('a packet before an acknowledged one is lost after 9/8 of a round trip', () => {
    const { recovery, send } = setUp();
    send(0, 0);
    send(0.5, 1);
    expect(ack(recovery, 1.5, [1, 1])).toEqual({ acked: ['f1'], lost: ['f0'] });
    send(10, 2);
    send(10, 3);
    expect(ack(recovery, 11, [3, 3])).toEqual({ acked: ['f3'], lost: [] });
    expect(recovery.nextTimeout()).toBe(11.125);
    expect(recovery.onTimeout(instant(11.1)).lost).toEqual([]);
    expect(recovery.onTimeout(instant(11.125)).lost.map(({ name }) => name)).toEqual(['f2']);
    expect([recovery.nextTimeout(), recovery.bytesInFlight]).toEqual([undefined, 0]);
  });

  test('on a faster path it still waits a millisecond', () => {
    const { recovery, rtt, send } = setUp();
    for (let count = 0; count < 100; count++) rtt.update(0.2, 0);
    send(0, 0);
    send(0, 1);
    ack(recovery, 0.2, [1, 1]);
    expect(recovery.nextTimeout()).toBe(1);
  });

  test('acknowledged after it was declared lost, a packet does no harm and its frames need not go again', () => {
    const { recovery, congestion, send } = setUp();
    const [late] = send(0, 0);
    for (let number = 1; number < 4; number++) send(0, number);
    expect(ack(recovery, 0.5, [1, 3])).toEqual({ acked: ['f1', 'f2', 'f3'], lost: ['f0'] });
    expect(ack(recovery, 0.6, [0, 3])).toEqual({ acked: ['f0'], lost: [] });
    expect(late?.isAcked).toBe(true);
    expect(recovery.bytesInFlight).toBe(0);
    expect(congestion.heard.at(-1)).toBe('spurious 1');
  });

  test('a frame in two packets is acknowledged by either, and then not sent again for the other', () => {
    const { recovery, send } = setUp();
    const [twice] = send(0, 0);
    if (twice === undefined) throw new Error('no frame');
    for (let number = 1; number < 6; number++) send(0, number, twice);
    expect(ack(recovery, 1, [5, 5])).toEqual({ acked: ['f0'], lost: [] });
    expect(recovery.bytesInFlight).toBe(2000);
  });

  test('packets that elicit no acknowledgement are neither in flight nor lost', () => {
    const { recovery, send } = setUp();
    for (let number = 0; number < 4; number++) sendSilent(recovery, 0, number);
    expect([recovery.bytesInFlight, recovery.nextTimeout()]).toEqual([0, undefined]);
    send(0, 4);
    expect(ack(recovery, 1, [4, 4])).toEqual({ acked: ['f4'], lost: [] });
  });

  test('what the other side has seen acknowledged is known', () => {
    const { recovery } = setUp();
    recovery.onSent(instant(0), 0, { sizeBytes: 9, isAckEliciting: true, frames: [frame('a')], ackLargest: 77 });
    sendSilent(recovery, 0, 1, 80);
    expect(recovery.onAck(instant(1), [[0, 0]], 0)).toMatchObject({ kind: 'ok', ackedUpTo: 77, isProgress: true });
  });

  test('nothing through for three PTOs is persistent congestion, a loss among acknowledged packets is not', () => {
    const { recovery, congestion, send } = setUp();
    for (let number = 0; number < 20; number++) send(2 * number, number);
    ack(recovery, 39, [19, 19]);
    expect(congestion.heard).toContain('persistent');
    const other = setUp();
    for (let number = 0; number < 20; number++) other.send(2 * number, number);
    ack(other.recovery, 39, [19, 19], [14, 14], [9, 9], [4, 4]);
    expect(other.congestion.heard).not.toContain('persistent');
  });

  test('the ack delay is not part of the round trip', () => {
    const { recovery, rtt, send } = setUp();
    send(0, 0);
    recovery.onAck(instant(3), [[0, 0]], 2000);
    expect([rtt.latestMs, rtt.adjustedMs]).toEqual([3, 1]);
  });
});

describe('the probe timeout', () => {
  test('asks for a probe, doubles, and is reset by progress', () => {
    const { recovery, send } = setUp();
    send(0, 0);
    expect(recovery.nextTimeout()).toBe(5);
    expect(recovery.onTimeout(instant(4.9))).toEqual({ lost: [], probe: false });
    expect(recovery.onTimeout(instant(5))).toEqual({ lost: [], probe: true });
    expect(recovery.nextTimeout()).toBe(15);
    send(6, 1);
    expect([recovery.ptoCount, recovery.nextTimeout()]).toEqual([1, 16]);
    ack(recovery, 7, [1, 1]);
    expect(recovery.ptoCount).toBe(0);
  });

  test('never waits longer than its cap', () => {
    const { recovery, send } = setUp();
    let at = 0;
    send(at, 0);
    for (let count = 1; count < 40; count++) {
      at = recovery.nextTimeout() ?? Number.NaN;
      expect(recovery.onTimeout(instant(at)).probe).toBe(true);
      send(at, count);
    }
    expect((recovery.nextTimeout() ?? 0) - at).toBe(PTO_MAX_MS);
    recovery.resetBackoff();
    expect((recovery.nextTimeout() ?? 0) - at).toBe(5);
  });

  test('probes with the oldest frames that nobody acknowledged, each once', () => {
    const { recovery, send } = setUp();
    const [first] = send(0, 0, frame('a', 500), frame('b', 500));
    if (first === undefined) throw new Error('no frame');
    send(0, 1, first, frame('c', 500));
    send(0, 2, frame('d', 500));
    expect(recovery.oldestUnacked(1100).map(({ name }) => name)).toEqual(['a', 'b']);
    expect(recovery.oldestUnacked(100).map(({ name }) => name)).toEqual(['a']);
    ack(recovery, 0.5, [0, 0]);
    expect(recovery.oldestUnacked(9999).map(({ name }) => name)).toEqual(['c', 'd']);
  });

  test('before any sample the first probe waits for three times the assumed round trip', () => {
    const recovery = new LossRecovery<Frame>({ rtt: new RttEstimator(), congestion: new Witness() });
    recovery.onSent(instant(0), 1, { sizeBytes: 100, isAckEliciting: true, frames: [] });
    expect(recovery.nextTimeout()).toBe(302);
  });
});

describe('an acknowledgement from an attacker', () => {
  const tooMany = Array.from({ length: ACK_RANGES_MAX + 1 }, (_, index): PacketRange => [900 - 2 * index, 900 - 2 * index]);
  test.each<[string, readonly PacketRange[]]>([
    ['of a number never sent', [[1000, 1000]]],
    ['that reaches beyond what was sent', [[3, 2 ** 31]]],
    ['of a number before the first', [[4, 20]]],
    [
      'with overlapping ranges',
      [
        [500, 600],
        [400, 500],
      ],
    ], // prettier-ignore
    [
      'with touching ranges',
      [
        [500, 600],
        [400, 499],
      ],
    ], // prettier-ignore
    [
      'with ascending ranges',
      [
        [10, 20],
        [30, 40],
      ],
    ], // prettier-ignore
    ['with a range upside down', [[20, 10]]],
    ['with too many ranges', tooMany],
    ['with no ranges', []],
  ])('%s is a violation and changes nothing', (_what, ranges) => {
    const { recovery, congestion, send } = setUp();
    for (let number = 5; number < 1000; number++) send(0, number);
    expect(recovery.onAck(instant(1), ranges, 0)).toEqual({ kind: 'violation' });
    expect([recovery.bytesInFlight, congestion.heard]).toEqual([995_000, []]);
  });

  test('before anything was sent is a violation', () => {
    expect(setUp().recovery.onAck(instant(0), [[0, 0]], 0)).toEqual({ kind: 'violation' });
  });

  test('that never comes leaves no more than 4096 packets remembered, and the frames of others are handed back', () => {
    const { recovery, send } = setUp();
    for (let number = 0; number < 5000; number++) send(0, number);
    expect(recovery.bytesInFlight).toBe(4096 * 1000);
    expect(recovery.nextTimeout()).toBe(0);
    const { lost } = recovery.onTimeout(instant(0));
    expect([lost.length, lost[0]?.name, lost.at(-1)?.name]).toEqual([904, 'f0', 'f903']);
    expect(recovery.maySend(1000)).toBe(false);
    expect(ack(recovery, 1, [0, 4999]).acked.length).toBe(4096);
    expect([recovery.bytesInFlight, recovery.maySend(1000)]).toEqual([0, true]);
  });

  test('that never comes does not stop acknowledgements of ours, however many', () => {
    const { recovery, send } = setUp();
    send(0, 0);
    for (let number = 1; number < 20_000; number++) sendSilent(recovery, 0, number);
    expect(recovery.bytesInFlight).toBe(0);
    expect(recovery.onTimeout(instant(0)).lost.map(({ name }) => name)).toEqual(['f0']);
  });
});

test('a session that ends hands over every frame still in flight, each once', () => {
  const { recovery, send } = setUp();
  const [first] = send(0, 0);
  if (first === undefined) throw new Error('no frame');
  send(0, 1);
  send(0, 2, first);
  ack(recovery, 1, [1, 1]);
  expect(recovery.drain().map(({ name }) => name)).toEqual(['f0']);
  expect([recovery.bytesInFlight, recovery.nextTimeout(), recovery.drain()]).toEqual([0, undefined, []]);
});
