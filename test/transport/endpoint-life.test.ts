import { describe, expect, test } from '@jest/globals';
import { DEAD_AFTER_MS, KEEPALIVE_MS, REKEY_AFTER_MS } from '../../src/base/limits.ts';
import { ascending, frameNumber, Lan, type LinkOptions, type Node, numbersOf, upTo } from './lan.ts';

const meeting = (seed: number, link: Partial<LinkOptions> = {}): { lan: Lan; a: Node; b: Node } => {
  const lan = new Lan(seed, link);
  const [a, b] = [lan.add(), lan.add()];
  lan.dial(a, b);
  lan.run(9_000, () => a.established.length > 0 && b.established.length > 0);
  return { lan, a, b };
};
const connections = (...nodes: readonly Node[]): number[] => nodes.map((node) => node.endpoint.counts().connections);

describe('silence', () => {
  test('an idle session costs two datagrams in KEEPALIVE_MS and never ends', () => {
    const { lan, a, b } = meeting(1, { delayMs: 5, jitterMs: 0 });
    lan.run(100);
    const before = a.datagramsOut + b.datagramsOut;
    lan.run(60 * KEEPALIVE_MS);
    expect(a.datagramsOut + b.datagramsOut - before).toBeLessThanOrEqual(2 * 60);
    expect(a.datagramsOut + b.datagramsOut - before).toBeGreaterThanOrEqual(2 * 58);
    expect([a.history, b.history]).toEqual([['established'], ['established']]);
  });

  test('an idle session outlives a link that loses 30 %', () => {
    const { lan, a, b } = meeting(2, { lossRate: 0.3 });
    lan.run(9 * 60_000);
    expect([a.history, b.history]).toEqual([['established'], ['established']]);
  });

  test('a peer that vanishes is seen as silent, and ended DEAD_AFTER_MS after it was last heard', () => {
    const { lan, a, b } = meeting(3);
    lan.run(20_000);
    b.isCut = true;
    const lastHeard = a.endpoint.session(b.id)?.lastHeard ?? 0;
    lan.run(KEEPALIVE_MS + 2_000 - (lan.now - lastHeard));
    expect(a.endpoint.session(b.id)?.isSilent).toBe(true);
    lan.run(DEAD_AFTER_MS);
    expect(a.ended.map(({ peer, why, at }) => ({ peer, why, after: Math.round(at - lastHeard) }))).toEqual([
      { peer: b.id, why: 'silent', after: DEAD_AFTER_MS },
    ]);
    expect(connections(a)).toEqual([0]);
    expect(a.endpoint.nextTimeout()).toBeUndefined();
  });

  test('frames to a peer that vanished are sent at a rate that falls to once a second', () => {
    const { lan, a, b } = meeting(4);
    b.isCut = true;
    lan.send(a, b, frameNumber(1));
    lan.run(3_000);
    const before = a.datagramsOut;
    lan.run(5_000);
    expect(a.datagramsOut - before).toBeLessThanOrEqual(6);
  });

  test('an interface that comes up makes frames and openings go at once, not after their back-off', () => {
    const { lan, a, b } = meeting(9);
    const c = lan.add();
    for (const node of [b, c]) node.isCut = true;
    lan.send(a, b, frameNumber(1));
    lan.dial(a, c);
    lan.run(4_000);
    for (const node of [b, c]) node.isCut = false;
    lan.act(a, (endpoint, now) => endpoint.onNetworkChange(now));
    lan.run(20);
    expect(numbersOf(b)).toEqual([1]);
    expect(c.history).toEqual(['established']);
  });

  test('two processes that slept together ask before they believe that the other died', () => {
    const { lan, a, b } = meeting(5);
    lan.run(10_000);
    for (const node of [a, b]) node.isStopped = true;
    lan.run(3_600_000);
    for (const node of [a, b]) node.isStopped = false;
    lan.run(20_000);
    expect([a.history, b.history]).toEqual([['established'], ['established']]);
  });

  test('a goodbye ends the session at once on the other side, also if one copy of it is lost', () => {
    const { lan, a, b } = meeting(6);
    lan.run(1_000);
    let lost = 0;
    lan.passes = () => ++lost > 1;
    lan.act(a, (endpoint, now, out) => endpoint.closeAll(now, 0, 'bye', out));
    lan.run(1);
    expect(b.ended.map(({ peer, why }) => ({ peer, why }))).toEqual([{ peer: a.id, why: 'goodbye' }]);
    expect(a.history).toEqual(['established']);
    expect(connections(a, b)).toEqual([0, 0]);
    expect(a.endpoint.nextTimeout()).toBeUndefined();
  });

  test('close ends the session with a peer on both sides and says so on both', () => {
    const { lan, a, b } = meeting(7);
    lan.act(a, (endpoint, now, out) => endpoint.close(now, b.id, 2, 'nonsense', out));
    lan.run(1);
    expect([a.ended, b.ended].map((ended) => ended.map(({ why }) => why))).toEqual([['violation'], ['violation']]);
    expect([a.endpoint.budget(b.id), connections(a, b)]).toEqual([0, [0, 0]]);
  });

  test('a refusal tells the one who dialled', () => {
    const { lan, a, b } = meeting(8);
    lan.act(b, (endpoint, now, out) => endpoint.close(now, a.id, 4, 'not you', out));
    lan.run(1);
    expect(a.failures.map(({ to, why }) => ({ to, why }))).toEqual([{ to: b.address, why: 'refused' }]);
    expect(b.failures).toEqual([]);
  });
});

describe('a restart', () => {
  test('a new process of the same identity replaces the old session: ended, then established', () => {
    const { lan, a, b } = meeting(11);
    lan.run(500);
    b.isCut = true;
    lan.remove(b);
    const reborn = lan.add({ identity: b.identity, host: b.address.host });
    lan.dial(reborn, a);
    lan.run(100);
    expect(a.history).toEqual(['established', 'ended restarted', 'established']);
    expect(connections(a, reborn)).toEqual([1, 1]);
    lan.send(a, reborn, frameNumber(5));
    lan.run(10);
    expect(numbersOf(reborn)).toEqual([5]);
  });

  test('an address that was silent for a while is dialled again although its session still stands', () => {
    const { lan, a, b } = meeting(12);
    lan.run(500);
    b.isCut = true;
    lan.remove(b);
    lan.run(7_000);
    const reborn = lan.add({ identity: b.identity, host: b.address.host });
    lan.dial(a, reborn);
    lan.run(100);
    expect(a.history).toEqual(['established', 'ended restarted', 'established']);
    expect(reborn.history).toEqual(['established']);
  });

  test('a dial to where a session stands does nothing', () => {
    const { lan, a, b } = meeting(13);
    const before = a.datagramsOut;
    lan.dial(a, b);
    expect([a.datagramsOut - before, a.endpoint.counts().openings]).toEqual([0, 0]);
  });
});

describe('a re-key', () => {
  test('replaces the keys without a word to the floors above, and loses nothing under way', () => {
    const { lan, a, b } = meeting(21, { lossRate: 0.2 });
    const first = a.endpoint.session(b.id);
    let sent = 0;
    const chatter = (forMs: number): void => {
      for (let i = 0; i < forMs / 50; i++) {
        lan.send(a, b, frameNumber(sent));
        lan.send(b, a, frameNumber(sent));
        sent += 1;
        lan.run(50);
      }
    };
    lan.run(REKEY_AFTER_MS - 2_000);
    chatter(5_000);
    expect(connections(a, b)).toEqual([2, 2]);
    chatter(10_000);
    lan.run(20_000);
    expect(connections(a, b)).toEqual([1, 1]);
    expect(ascending(numbersOf(a))).toEqual(upTo(sent));
    expect(ascending(numbersOf(b))).toEqual(upTo(sent));
    expect([a.history, b.history]).toEqual([['established'], ['established']]);
    expect(a.endpoint.session(b.id)?.boot).toEqual(first?.boot);
    expect(a.endpoint.counts().openings + b.endpoint.counts().openings).toBe(0);
  });

  test('moves frames that were never acknowledged on the old keys', () => {
    const { lan, a, b } = meeting(22);
    // everything sealed is lost from now on; handshakes pass
    lan.run(REKEY_AFTER_MS - 1_000);
    lan.passes = ({ bytes }) => bytes[1] !== 1;
    lan.send(a, b, ...upTo(300).map(frameNumber), { kind: 'run', run: new Uint8Array(9000).fill(7) });
    lan.run(1_100);
    expect(numbersOf(b)).toEqual([]);
    expect(connections(a, b)).toEqual([2, 2]);
    lan.passes = () => true;
    lan.run(3_000);
    expect(ascending(numbersOf(b).filter((number) => number >= 0))).toEqual(upTo(300));
    expect(b.frames.filter(({ frame }) => frame.kind === 'run' && frame.run.length === 9000).length).toBeGreaterThan(0);
  });

  test('is done by the responder if the initiator does not', () => {
    const { lan, a, b } = meeting(23);
    lan.passes = ({ from, bytes }) => !(from.host === a.address.host && bytes[1] === 2);
    lan.run(REKEY_AFTER_MS + 29_000);
    expect(a.endpoint.session(b.id)?.isInitiator).toBe(true);
    lan.run(2_000);
    expect(a.endpoint.session(b.id)?.isInitiator).toBe(false);
    lan.run(20_000);
    expect(connections(a, b)).toEqual([1, 1]);
    expect([a.history, b.history, a.failures]).toEqual([['established'], ['established'], []]);
  });

  test('that cannot be finished leaves the old session in use', () => {
    const { lan, a, b } = meeting(24);
    lan.run(REKEY_AFTER_MS - 1_000);
    lan.passes = ({ bytes }) => bytes[1] !== 4;
    lan.run(2_000);
    lan.send(a, b, frameNumber(1));
    lan.run(100);
    expect(numbersOf(b)).toEqual([1]);
    lan.run(20_000);
    expect(connections(a, b)).toEqual([1, 1]);
    expect([a.history, b.history]).toEqual([['established'], ['established']]);
  });
});
