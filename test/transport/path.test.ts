import { describe, expect, test } from '@jest/globals';
import { PATH_AMPLIFICATION_MAX } from '../../src/base/limits.ts';
import { instant } from '../../src/base/time.ts';
import { Path } from '../../src/transport/path.ts';
import { ascending, frameNumber, Lan, numbersOf, upTo } from './lan.ts';

const OLD = { host: '10.0.0.2', port: 1 };
const NEW = { host: '10.0.0.9', port: 1 };
const SEED = 90_210;

const bench = () => {
  let drawn = 0;
  const path = new Path(OLD, (length) => new Uint8Array(length).fill(++drawn));
  return path;
};
const at = instant;

describe('a path', () => {
  test('the newest datagram from elsewhere is challenged there, and the response moves the session', () => {
    const path = bench();
    path.onReceived(at(0), NEW, 100, true);
    expect(path.address).toEqual(OLD);
    const challenge = path.takeChallenge(at(0));
    expect(challenge).toEqual({ to: NEW, data: new Uint8Array(8).fill(1) });
    expect(path.onResponse(at(1), new Uint8Array(8))).toBe(false);
    expect(path.onResponse(at(1), new Uint8Array(8).fill(1))).toBe(true);
    expect(path.address).toEqual(NEW);
    expect(path.nextTimeout()).toBeUndefined();
  });

  test('an old datagram from elsewhere, held back on its way, changes nothing', () => {
    const path = bench();
    path.onReceived(at(0), NEW, 100, false);
    expect(path.takeChallenge(at(0))).toBeUndefined();
  });

  test('a response to a challenge that was never sent moves nothing', () => {
    const path = bench();
    path.onReceived(at(0), NEW, 1, true);
    expect(path.takeChallenge(at(0))).toBeUndefined(); // one byte came: three may go
    path.onReceived(at(1), NEW, 100, true);
    const untold = bench();
    untold.onReceived(at(0), NEW, 100, true);
    expect(untold.onResponse(at(1), new Uint8Array(8).fill(1))).toBe(false);
    expect(untold.address).toEqual(OLD);
  });

  test('challenges come at growing intervals, five at most, and never exceed three times what was received', () => {
    const path = bench();
    const receivedBytes = 40;
    path.onReceived(at(0), NEW, receivedBytes, true);
    const times: number[] = [];
    for (let now = 0; now < 10_000; now += 10) if (path.takeChallenge(at(now)) !== undefined) times.push(now);
    expect(times).toEqual([0, 100]);
    expect(times.length * 45).toBeLessThanOrEqual(PATH_AMPLIFICATION_MAX * receivedBytes);

    const rich = bench();
    rich.onReceived(at(0), NEW, 1200, true);
    const all: number[] = [];
    for (let now = 0; now < 10_000; now += 10) if (rich.takeChallenge(at(now)) !== undefined) all.push(now);
    expect(all).toEqual([0, 100, 300, 700, 1500]);
    expect(rich.address).toEqual(OLD);
  });

  test('when the old address speaks again, the other one is let go of', () => {
    const path = bench();
    path.onReceived(at(0), NEW, 100, true);
    path.onReceived(at(1), OLD, 100, true);
    expect(path.takeChallenge(at(1))).toBeUndefined();
  });

  test('whoever copies datagrams from elsewhere moves the session no more than once a second', () => {
    const path = bench();
    path.onReceived(at(0), NEW, 100, true);
    path.takeChallenge(at(0));
    path.onResponse(at(1), new Uint8Array(8).fill(1));
    path.onReceived(at(2), OLD, 100, true);
    expect(path.takeChallenge(at(2))).toBeUndefined();
    path.onReceived(at(1_001), OLD, 100, true);
    expect(path.takeChallenge(at(1_001))).toEqual({ to: OLD, data: new Uint8Array(8).fill(2) });
  });
});

describe(`a session whose peer moves, seed ${SEED}`, () => {
  const met = () => {
    const lan = new Lan(SEED);
    const [a, b] = [lan.add(), lan.add()];
    lan.dial(a, b);
    lan.run(1_000);
    return { lan, a, b };
  };

  test('goes on at the new address as soon as it speaks from there, with nothing lost and no new handshake', () => {
    const { lan, a, b } = met();
    lan.move(b, '10.0.0.77');
    lan.act(b, (endpoint, now) => endpoint.onNetworkChange(now));
    const movedAt = lan.now;
    lan.run(1_000, () => a.moves.length > 0);
    expect(a.moves.map(({ host }) => host)).toEqual(['10.0.0.77']);
    expect(lan.now - movedAt).toBeLessThan(10);
    lan.send(a, b, ...upTo(20).map(frameNumber));
    lan.send(b, a, ...upTo(20).map(frameNumber));
    lan.run(2_000);
    expect([numbersOf(a), numbersOf(b)]).toEqual([upTo(20), upTo(20)]);
    expect([a.history, b.history]).toEqual([['established'], ['established']]);
  });

  test('does so although datagrams are lost, and what was said meanwhile arrives', () => {
    const { lan, a, b } = met();
    lan.link.lossRate = 0.3;
    lan.move(b, '10.0.0.77');
    lan.send(a, b, ...upTo(20).map(frameNumber));
    lan.act(b, (endpoint, now) => endpoint.onNetworkChange(now));
    lan.run(10_000, () => new Set(numbersOf(b)).size === 20);
    expect(new Set(numbersOf(b)).size).toBe(20);
    expect([a.history, b.history]).toEqual([['established'], ['established']]);
  });

  test('does not follow a thief who sends copies from elsewhere but cannot open what is sent there', () => {
    const { lan, a, b } = met();
    lan.isCapturing = true;
    lan.passes = ({ from }) => from.host !== b.address.host; // the original never arrives
    lan.send(b, a, frameNumber(1));
    const copied = lan.captured.find(({ from }) => from.host === b.address.host);
    if (copied === undefined) throw new Error('nothing was sent');
    const thief = { host: '10.0.0.66', port: 1 };
    lan.captured.length = 0;
    lan.inject(thief, a, copied.bytes);
    lan.passes = () => true;
    lan.run(5_000);
    const toThief = lan.captured.filter(({ to }) => to.host === thief.host);
    const sizes = toThief.reduce((sum, { bytes }) => sum + bytes.length, 0);
    expect(toThief.length).toBeGreaterThan(0);
    expect(sizes).toBeLessThanOrEqual(3 * copied.bytes.length);
    expect(a.moves).toEqual([]);
    expect(a.endpoint.session(b.id)?.address).toEqual(b.address);
  });

  test('follows a relay that passes everything on, and comes back with the first datagram from the right address', () => {
    const { lan, a, b } = met();
    const relay = { host: '10.0.0.66', port: 1 };
    const stolen: Uint8Array[] = [];
    lan.alias(relay, b);
    lan.passes = ({ from, to, bytes }) => {
      const isTaken = from.host === b.address.host && to.host === a.address.host;
      if (isTaken) stolen.push(bytes);
      return !isTaken;
    };
    lan.send(b, a, frameNumber(0));
    for (let turn = 0; turn < 100; turn++) {
      lan.run(5);
      for (const bytes of stolen.splice(0)) lan.inject(relay, a, bytes);
    }
    expect(a.moves.map(({ host }) => host)).toEqual([relay.host]);
    lan.passes = () => true;
    lan.run(1_000);
    lan.send(b, a, frameNumber(1));
    lan.run(1_000);
    expect(a.endpoint.session(b.id)?.address).toEqual(b.address);
    expect([a.history, b.history, ascending(numbersOf(a))]).toEqual([['established'], ['established'], [0, 1]]);
  });
});
