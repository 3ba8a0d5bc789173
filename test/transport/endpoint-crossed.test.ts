import { describe, expect, test } from '@jest/globals';
import { toHex } from '../../src/base/bytes.ts';
import { ascending, frameNumber, Lan, type Node, numbersOf, upTo } from './lan.ts';

const SETTLED_MS = 30_000;

/** Two hosts that dial each other within a round trip, over a link that loses 30 %. */
const crossedPair = (seed: number): { lan: Lan; a: Node; b: Node } => {
  const lan = new Lan(seed, { lossRate: 0.3 });
  const [a, b] = [lan.add(), lan.add()];
  a.greetings = upTo(40).map(frameNumber);
  b.greetings = upTo(40).map(frameNumber);
  lan.dial(a, b);
  lan.run(lan.random() < 0.5 ? 0 : lan.random());
  lan.dial(b, a);
  return { lan, a, b };
};

describe('openings that cross', () => {
  test('100 pairs at 30 % loss end up with one session each, and every frame arrives', () => {
    const found: unknown[] = [];
    for (let seed = 0; seed < 100; seed++) {
      const { lan, a, b } = crossedPair(seed);
      lan.run(200);
      lan.send(a, b, ...upTo(40).map((n) => frameNumber(40 + n)));
      lan.send(b, a, ...upTo(40).map((n) => frameNumber(40 + n)));
      lan.run(SETTLED_MS);
      for (const node of [a, b]) {
        const { openings, halfOpen, connections } = node.endpoint.counts();
        found.push({
          seed,
          history: node.history,
          failures: node.failures,
          counts: { openings, halfOpen, connections },
          sessions: node.endpoint.sessions().length,
          greetings: ascending(numbersOf(node)).filter((number) => number < 40).length,
        });
      }
    }
    const expected = {
      history: ['established'],
      failures: [],
      counts: { openings: 0, halfOpen: 0, connections: 1 },
      sessions: 1,
      greetings: 40,
    };
    expect(found).toEqual(upTo(200).map((i) => ({ seed: i >>> 1, ...expected })));
  });

  test('without loss the lower ephemeral key stands, and the other opening costs nothing', () => {
    for (let seed = 0; seed < 20; seed++) {
      const lan = new Lan(seed, { jitterMs: 0 });
      const [a, b] = [lan.add(), lan.add()];
      lan.isCapturing = true;
      lan.dial(a, b);
      lan.dial(b, a);
      const [fromA = '', fromB = ''] = lan.captured.map(({ bytes }) => toHex(bytes));
      lan.run(SETTLED_MS);
      const isLowerA = noiseOf(fromA) < noiseOf(fromB);
      expect(a.endpoint.session(b.id)?.isInitiator).toBe(isLowerA);
      expect(b.endpoint.session(a.id)?.isInitiator).toBe(!isLowerA);
      expect([a.dropped('crossed-handshake'), b.dropped('crossed-handshake')]).toEqual(isLowerA ? [1, 0] : [0, 1]);
      expect([a.history, b.history]).toEqual([['established'], ['established']]);
    }
  });

  test('a lower key does not insist for ever: if its initiations are all lost, the other opening is answered', () => {
    for (let seed = 0; seed < 10; seed++) {
      const lan = new Lan(seed);
      const [a, b] = [lan.add(), lan.add()];
      lan.passes = ({ from, bytes }) => !(from.host === a.address.host && bytes[1] === 2);
      lan.dial(a, b);
      lan.dial(b, a);
      lan.run(2_000);
      expect([a.history, b.history]).toEqual([['established'], ['established']]);
    }
  });

  test('two sessions of the same epoch, because neither knew of the other, become the same one on both sides', () => {
    let doubled = 0;
    for (let seed = 0; seed < 40; seed++) {
      const lan = new Lan(seed);
      const [a, b] = [lan.add(), lan.add()];
      const second = { host: 'fe80::2%eth0', port: 4000 };
      lan.alias(second, b);
      lan.dial(a, second);
      lan.dial(b, a);
      lan.run(10);
      if (a.endpoint.counts().connections === 2) doubled += 1;
      expect(a.endpoint.session(b.id)?.isInitiator).toBe(!b.endpoint.session(a.id)?.isInitiator);
      lan.run(SETTLED_MS);
      expect([a, b].map((node) => node.endpoint.counts().connections)).toEqual([1, 1]);
      expect([a.history, b.history]).toEqual([['established'], ['established']]);
    }
    expect(doubled).toBeGreaterThan(5);
  });

  test('two sessions over two address pairs become one on both sides', () => {
    const lan = new Lan(7);
    const [a, b] = [lan.add(), lan.add()];
    const second = { host: 'fe80::2%eth0', port: 4000 };
    lan.alias(second, b);
    lan.alias({ host: 'fe80::1%eth0', port: 4000 }, a);
    lan.dial(a, b);
    lan.run(10);
    lan.dial(a, second);
    lan.run(10);
    expect([a.endpoint.counts().connections, b.endpoint.counts().connections]).toEqual([2, 2]);
    for (let i = 0; i < 6; i++) {
      lan.send(a, b, frameNumber(i));
      lan.send(b, a, frameNumber(i));
      lan.run(3_000);
    }
    expect([a.endpoint.counts().connections, b.endpoint.counts().connections]).toEqual([1, 1]);
    expect(a.endpoint.session(b.id)?.address).toEqual(second);
    expect(a.moves.at(-1)?.host).toBe(second.host);
    expect(numbersOf(a)).toEqual(upTo(6));
    expect(numbersOf(b)).toEqual(upTo(6));
    expect([a.history, b.history]).toEqual([['established'], ['established']]);
  });
});

/** The 32 bytes of message 1 in an initiation without a token: after array, kind, version, id (5), empty token and a head of 2. */
const noiseOf = (initiationHex: string): string => {
  const at = initiationHex.indexOf('405820');
  return initiationHex.slice(at + 6, at + 6 + 64);
};
