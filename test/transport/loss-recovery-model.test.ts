import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { instant } from '../../src/base/time.ts';
import { LanController } from '../../src/transport/congestion/lan-controller.ts';
import { LossRecovery } from '../../src/transport/loss-recovery.ts';
import { PacketRanges } from '../../src/transport/packet-ranges.ts';
import { RttEstimator } from '../../src/transport/rtt.ts';
import { runs, seedNote } from '../wire/seed.ts';

type Frame = { readonly name: number; readonly bytes: Uint8Array; isAcked: boolean };
type NaivePacket = { readonly sentAt: number; readonly isAckEliciting: boolean };

/** RFC 9002 appendix A as it is written there: a Map of packets, searched each time. */
class NaiveRecovery {
  readonly #rtt = new RttEstimator();
  readonly sent = new Map<number, NaivePacket>();
  #largestAcked = -1;
  #lossAt: number | undefined;
  #ptoCount = 0;
  #ptoFrom = 0;

  get inFlight(): number[] {
    return [...this.sent].filter(([, packet]) => packet.isAckEliciting).map(([number]) => number);
  }
  onSent(now: number, number: number, isAckEliciting: boolean): void {
    this.sent.set(number, { sentAt: now, isAckEliciting });
    if (isAckEliciting) this.#ptoFrom = now;
  }
  onAck(now: number, numbers: readonly number[], largest: number): { acked: number[]; lost: number[] } {
    this.#largestAcked = Math.max(this.#largestAcked, largest);
    const newly = numbers.filter((number) => this.sent.has(number));
    const acked = newly.filter((number) => this.sent.get(number)?.isAckEliciting).sort((a, b) => a - b);
    const newest = this.sent.get(largest);
    if (newest !== undefined && acked.length > 0) this.#rtt.update(now - newest.sentAt, 0);
    for (const number of newly) this.sent.delete(number);
    if (acked.length > 0) this.#ptoCount = 0;
    return { acked, lost: this.#detectLost(now) };
  }
  onTimeout(now: number): { lost: number[]; probe: boolean } {
    if (this.#lossAt !== undefined) return { lost: this.#lossAt <= now ? this.#detectLost(now) : [], probe: false };
    const at = this.nextTimeout();
    if (at === undefined || at > now) return { lost: [], probe: false };
    this.#ptoCount++;
    this.#ptoFrom = now;
    return { lost: [], probe: true };
  }
  nextTimeout(): number | undefined {
    if (this.#lossAt !== undefined) return this.#lossAt;
    return this.inFlight.length === 0 ? undefined : this.#ptoFrom + Math.min(1000, this.#rtt.ptoMs * 2 ** this.#ptoCount);
  }
  #detectLost(now: number): number[] {
    const delayMs = Math.max((9 / 8) * Math.max(this.#rtt.latestMs, this.#rtt.smoothedMs), 1);
    const lost: number[] = [];
    this.#lossAt = undefined;
    for (const number of this.inFlight.sort((a, b) => a - b)) {
      if (number > this.#largestAcked) continue;
      const lostAt = (this.sent.get(number)?.sentAt ?? 0) + delayMs;
      if (lostAt <= now || this.#largestAcked >= number + 3) {
        lost.push(number);
        this.sent.delete(number);
      } else this.#lossAt = Math.min(this.#lossAt ?? lostAt, lostAt);
    }
    return lost;
  }
}

const step = fc.record({
  kind: fc.constantFrom('send', 'send', 'send', 'silent', 'ack', 'ack', 'timeout', 'due'),
  afterMs: fc.constantFrom(0, 0, 0, 0.1, 0.3, 1, 5),
  /** Which of the newest packets an ack covers. */
  mask: fc.nat(0xffff),
});

test(`the ring decides as RFC 9002 appendix A with a Map does ${seedNote}`, () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), fc.nat(1000), (steps, first) => {
      const recovery = new LossRecovery<Frame>({ rtt: new RttEstimator(), congestion: new LanController() });
      const naive = new NaiveRecovery();
      const received = new PacketRanges();
      let now = 0;
      let next = first;
      const wasInFlight = (frames: readonly Frame[], before: ReadonlySet<number>): number[] =>
        frames
          .map(({ name }) => name)
          .filter((name) => before.has(name))
          .sort((a, b) => a - b); // prettier-ignore
      for (const { kind, afterMs, mask } of steps) {
        now += afterMs;
        if (kind === 'due') now = Math.max(now, naive.nextTimeout() ?? now);
        if (kind === 'send' || kind === 'silent') {
          const isAckEliciting = kind === 'send';
          const frames = isAckEliciting ? [{ name: next, bytes: new Uint8Array(9), isAcked: false }] : [];
          recovery.onSent(instant(now), next, { sizeBytes: 100, isAckEliciting, frames });
          naive.onSent(now, next, isAckEliciting);
          next++;
        } else if (kind === 'ack') {
          for (let bit = 0; bit < 16; bit++) if ((mask >> bit) & 1 && next - 1 - bit >= first) received.add(next - 1 - bit);
          if (received.count === 0) continue;
          const ranges = received.toAck();
          const numbers = ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, index) => from + index));
          const before = new Set(naive.inFlight);
          const result = recovery.onAck(instant(now), ranges, 0);
          if (result.kind === 'violation') throw new Error('violation');
          const expected = naive.onAck(now, numbers, received.largest);
          expect(wasInFlight(result.acked, before)).toEqual(expected.acked);
          expect(result.lost.map(({ name }) => name)).toEqual(expected.lost);
        } else {
          const result = recovery.onTimeout(instant(now));
          const expected = naive.onTimeout(now);
          expect({ lost: result.lost.map(({ name }) => name), probe: result.probe }).toEqual(expected);
        }
        expect(recovery.bytesInFlight).toBe(100 * naive.inFlight.length);
        expect(recovery.nextTimeout()).toBe(naive.nextTimeout());
      }
    }),
    runs(300),
  );
});
