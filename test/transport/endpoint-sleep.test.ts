/** Sessions whose silence nobody probes (protocol.md §7.1). */
import { describe, expect, test } from '@jest/globals';
import { DEAD_AFTER_ASKING_MS, DEAD_AFTER_MS, PTO_MAX_MS, REKEY_AFTER_MS } from '../../src/base/limits.ts';
import { Lan, type Node } from './lan.ts';

const asleep = (seed: number): { lan: Lan; a: Node; b: Node } => {
  const lan = new Lan(seed, { delayMs: 1, jitterMs: 0 });
  const [a, b] = [lan.add(), lan.add()];
  lan.dial(a, b);
  lan.run(1_000);
  lan.act(a, (endpoint) => endpoint.keep(b.id, false));
  lan.act(b, (endpoint) => endpoint.keep(a.id, false));
  return { lan, a, b };
};
const sent = (...nodes: readonly Node[]): number => nodes.reduce((sum, node) => sum + node.datagramsOut, 0);

describe('a session that sleeps', () => {
  test('costs nothing for an hour, not even new keys, and what is said then arrives', () => {
    const { lan, a, b } = asleep(1);
    const before = sent(a, b);
    lan.run(3_600_000);
    expect(sent(a, b) - before).toBe(0);
    lan.send(a, b, { kind: 'run', run: Uint8Array.of(1) });
    lan.run(5);
    expect(new Set(b.frames.map(({ frame }) => frame.kind))).toEqual(new Set(['run'])); // at least once
    expect([a.history, b.history]).toEqual([['established'], ['established']]);
  });

  test('has fresh keys once a run went through it when it was old', () => {
    const { lan, a, b } = asleep(2);
    lan.isCapturing = true;
    lan.run(REKEY_AFTER_MS);
    const before = lan.captured.length;
    const initiations = () => lan.captured.slice(before).filter(({ bytes }) => bytes[1] === 2).length;
    lan.send(a, b, { kind: 'rooms', generation: 1, rooms: [] });
    lan.run(100);
    expect(initiations()).toBe(0);
    lan.send(a, b, { kind: 'run', run: Uint8Array.of(1) });
    lan.run(100);
    expect(initiations()).toBe(1);
    const asleepAgain = sent(a, b);
    lan.run(60_000); // the one it replaced only listens, the new one sleeps as it did
    expect(sent(a, b)).toBe(asleepAgain);
  });

  test('answers when asked, and sleeps on', () => {
    const { lan, a, b } = asleep(3);
    lan.run(600_000);
    const before = sent(a, b);
    lan.act(a, (endpoint) => endpoint.ask(b.id));
    lan.run(60_000);
    expect(sent(a, b) - before).toBe(2);
    expect([a.history, b.history]).toEqual([['established'], ['established']]);
  });

  test('whose other side died says so once, a while after it was asked, and then ends; not asked, it does not', () => {
    const { lan, a, b } = asleep(4);
    b.isCut = true;
    lan.run(600_000);
    expect([a.history, a.silences]).toEqual([['established'], 0]);
    lan.act(a, (endpoint) => endpoint.ask(b.id));
    const askedAt = lan.now;
    lan.run(PTO_MAX_MS + 10);
    expect([a.history, a.silences]).toEqual([['established'], 1]);
    expect(a.endpoint.session(b.id)?.isSilent).toBe(true);
    lan.run(DEAD_AFTER_MS);
    expect([a.history, a.silences]).toEqual([['established', 'ended silent'], 1]);
    expect(Math.round((a.ended[0]?.at ?? 0) - askedAt)).toBe(DEAD_AFTER_ASKING_MS);
  });

  test('is probed again when it is kept again', () => {
    const { lan, a, b } = asleep(5);
    lan.run(600_000);
    const before = sent(a, b);
    lan.act(a, (endpoint) => endpoint.keep(b.id, true));
    lan.run(100);
    expect(sent(a, b) - before).toBeGreaterThan(0);
    b.isCut = true;
    lan.run(DEAD_AFTER_MS + PTO_MAX_MS);
    expect([a.history, a.silences]).toEqual([['established', 'ended silent'], 1]);
  });
});
