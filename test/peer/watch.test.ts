/** Who watches whom, and what the word of others is worth (protocol.md §7.1). */
import { describe, expect, test } from '@jest/globals';
import { type PeerId, peerId } from '../../src/base/ids.ts';
import { WATCHERS_CHOSEN, WATCHING_MAX } from '../../src/base/limits.ts';
import { type Instant, instant } from '../../src/base/time.ts';
import { type Sessions, Watch } from '../../src/peer/watch.ts';
import type { SessionInfo } from '../../src/transport/endpoint-output.ts';
import type { SilentFrame, WatchFrame } from '../../src/wire/watch-frame.ts';
import { seededEntropy } from '../discovery/mdns-world.ts';

const idOf = (n: number): PeerId => peerId(Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? n & 255 : i === 1 ? n >> 8 : 7)));

/** One peer's watch over sessions that are as this table says. */
class Bench {
  now: Instant = instant(1_000);
  readonly kept = new Set<PeerId>();
  readonly silent = new Set<PeerId>();
  readonly heard = new Map<PeerId, Instant>();
  asked: PeerId[] = [];
  sent: { readonly to: PeerId; readonly frame: WatchFrame | SilentFrame }[] = [];
  readonly hiding = new Set<PeerId>();
  readonly #sessions: Sessions = {
    keep: (peer, isKept) => void (isKept ? this.kept.add(peer) : this.kept.delete(peer)),
    ask: (peer) => void this.asked.push(peer),
    session: (peer) =>
      this.heard.has(peer)
        ? ({ lastHeard: this.heard.get(peer), isSilent: this.silent.has(peer) } as unknown as SessionInfo)
        : undefined,
    send: (to, frame) => void this.sent.push({ to, frame }),
  };
  readonly watch = new Watch(seededEntropy(11), this.#sessions, (peer) => !this.hiding.has(peer));

  /** @param hosts over which the peers are spread. */
  meet(count: number, hosts = count): this {
    for (let n = 1; n <= count; n++) {
      this.heard.set(idOf(n), this.now);
      this.kept.add(idOf(n));
      this.watch.onMet(this.now, idOf(n), `10.0.0.${n % hosts}`);
    }
    return this.wait(1_000);
  }

  /** Up to the next thing due, again and again. */
  wait(durationMs: number): this {
    const end = this.now + durationMs;
    for (let at = this.watch.nextTimeout(); at !== undefined && at <= end; at = this.watch.nextTimeout()) {
      this.now = instant(Math.max(this.now, at));
      this.watch.onTimeout(this.now);
    }
    this.now = instant(end);
    return this;
  }

  chosen(): readonly PeerId[] {
    const chosen = new Set<PeerId>();
    for (const { to, frame } of this.sent) {
      if (frame.kind === 'watch') frame.isWatching ? chosen.add(to) : chosen.delete(to);
    }
    return [...chosen];
  }

  /** To whom it was said that somebody is silent. */
  told(): readonly PeerId[] {
    return this.sent.flatMap(({ to, frame }) => (frame.kind === 'silent' ? [to] : []));
  }
}

describe('the choice', () => {
  test('of a few everybody is chosen, of a crowd two; the other sessions sleep', () => {
    expect(new Bench().meet(4).chosen()).toHaveLength(4);
    const bench = new Bench().meet(100);
    expect(bench.chosen()).toHaveLength(WATCHERS_CHOSEN);
    expect([...bench.kept].sort()).toEqual([...bench.chosen()].sort());
  });

  test('falls on different hosts, also if nearly all peers are on one', () => {
    const bench = new Bench();
    bench.heard.set(idOf(500), bench.now);
    bench.watch.onMet(bench.now, idOf(500), '10.0.0.99');
    expect(bench.meet(50, 1).chosen()).toContain(idOf(500));
  });

  test('changes as time passes, so that nobody is left with bad watchers', () => {
    const bench = new Bench().meet(100);
    const everChosen = new Set(bench.chosen());
    for (let minute = 0; minute < 60; minute++) for (const peer of bench.wait(60_000).chosen()) everChosen.add(peer);
    expect(everChosen.size).toBeGreaterThan(15);
    expect(bench.chosen()).toHaveLength(WATCHERS_CHOSEN);
  });

  test('one that fell silent is replaced at once', () => {
    const bench = new Bench().meet(100);
    const [first] = bench.chosen();
    if (first === undefined) throw new Error('nobody was chosen');
    bench.silent.add(first);
    bench.watch.onSilent(bench.now, first);

    expect(bench.chosen()).toHaveLength(WATCHERS_CHOSEN);
    expect(bench.chosen()).not.toContain(first);
  });

  test('those who choose us are watched, so many and no more', () => {
    const bench = new Bench().meet(100);
    const before = new Set(bench.kept);
    const taken = Array.from({ length: 100 }, (_, n) => bench.watch.onWatch(idOf(n + 1), true));
    expect(taken.filter(Boolean)).toHaveLength(WATCHING_MAX);
    expect(bench.kept.size).toBeLessThanOrEqual(WATCHING_MAX + before.size);
    bench.watch.onWatch(idOf(1), false);
    expect(bench.kept.has(idOf(1))).toBe(before.has(idOf(1)));
  });

  test('a host that runs many does not take the places of all others: one of its own gives way', () => {
    const bench = new Bench().meet(20);
    const many = Array.from({ length: 100 }, (_, n) => idOf(1_000 + n));
    for (const peer of many) {
      bench.heard.set(peer, bench.now);
      bench.watch.onMet(bench.now, peer, '10.0.66.1');
    }
    bench.wait(1_000);
    for (const peer of many) bench.watch.onWatch(peer, true);
    const before = [...bench.kept].filter((peer) => many.includes(peer)).length;
    for (let n = 1; n <= 20; n++) expect(bench.watch.onWatch(idOf(n), true)).toBe(true);
    expect([...bench.heard.keys()].slice(0, 20).every((peer) => bench.kept.has(peer))).toBe(true);
    expect([...bench.kept].filter((peer) => many.includes(peer)).length).toBe(before - 20);
  });
});

describe('a death', () => {
  test('found by who watches is told to everybody once, and not to the dead', () => {
    const bench = new Bench().meet(100);
    const [first] = bench.chosen();
    if (first === undefined) throw new Error('nobody was chosen');
    bench.silent.add(first);
    bench.watch.onSilent(bench.now, first);
    expect(new Set(bench.told())).toEqual(new Set([...bench.heard.keys()].filter((peer) => peer !== first)));
    expect(bench.told()).toHaveLength(99);
  });

  test('of somebody who hides is told to nobody', () => {
    const bench = new Bench().meet(100);
    for (const peer of bench.chosen()) {
      bench.hiding.add(peer);
      bench.silent.add(peer);
      bench.watch.onSilent(bench.now, peer);
    }
    expect(bench.told()).toEqual([]);
  });

  test('that was told of, or found by speaking, is not told on: a death costs the crowd as much as it has peers, not the square', () => {
    const bench = new Bench().meet(100).wait(5_000);
    const asleep = [...bench.heard.keys()].filter((peer) => !bench.kept.has(peer));
    const [told, spoken] = asleep;
    if (told === undefined || spoken === undefined) throw new Error('nobody sleeps');
    expect(bench.watch.onTold(bench.now, idOf(50), told)).toBe(true);
    expect(bench.asked).toContain(told);
    for (const peer of [told, spoken]) {
      bench.silent.add(peer);
      bench.watch.onSilent(bench.now, peer);
    }
    expect(bench.told()).toEqual([]);
  });

  test('hidden by silent watchers is found all the same: one sleeping session after the other is asked', () => {
    const bench = new Bench().meet(20);
    for (let i = 0; i < 200; i++) {
      bench.wait(10_000);
      for (const peer of bench.asked.splice(0)) bench.heard.set(peer, bench.now);
    }
    const unheard = [...bench.heard].filter(([peer, at]) => !bench.kept.has(peer) && bench.now - at > 20 * 45_000);
    expect(unheard).toEqual([]);
  });

  test('found so is told like one that is watched', () => {
    const bench = new Bench().meet(100).wait(60_000);
    const [swept] = bench.asked;
    if (swept === undefined) throw new Error('nobody was asked');
    bench.silent.add(swept);
    bench.watch.onSilent(bench.now, swept);
    expect(bench.told()).toHaveLength(99);
  });
});

describe('liars', () => {
  test('one who tells of a thousand deaths makes us ask a few, ends no session, and is told apart by a reason', () => {
    const bench = new Bench().meet(300).wait(5_000);
    bench.asked = [];
    const heeded: boolean[] = [];
    for (let round = 0; round < 4; round++) {
      for (let n = 2; n <= 300; n++) heeded.push(bench.watch.onTold(bench.now, idOf(1), idOf(n)));
    }
    expect(bench.asked.length).toBeLessThanOrEqual(32);
    expect(heeded.filter((is) => !is).length).toBeGreaterThan(900);
    expect(bench.told()).toEqual([]);
  });

  test('many together make us ask no more than four a second in the long run', () => {
    const bench = new Bench().meet(300).wait(5_000);
    bench.asked = [];
    for (let second = 0; second < 60; second++) {
      for (let n = 1; n <= 300; n++) bench.watch.onTold(bench.now, idOf(n), idOf(((n + second) % 300) + 1));
      bench.wait(1_000);
    }
    expect(bench.asked.length).toBeLessThanOrEqual(256 + 4 * 60 + 4);
  });

  test('about whom they lie is asked once in ten seconds, and not at all if just heard', () => {
    const bench = new Bench().meet(100).wait(5_000);
    bench.asked = [];
    for (let n = 2; n <= 20; n++) bench.watch.onTold(bench.now, idOf(n), idOf(1));
    expect(bench.asked).toEqual([idOf(1)]);
    bench.heard.set(idOf(30), bench.now);
    bench.watch.onTold(bench.now, idOf(2), idOf(30));
    expect(bench.asked).toEqual([idOf(1)]);
  });

  test('what proves true costs its teller nothing', () => {
    const bench = new Bench().meet(300).wait(5_000);
    for (let n = 2; n <= 200; n++) {
      expect(bench.watch.onTold(bench.now, idOf(1), idOf(n))).toBe(true);
      bench.heard.delete(idOf(n));
      bench.watch.onGone(bench.now, idOf(n), true);
    }
  });

  test('whoever leaves and comes back, under this or another name, has no more lies than before', () => {
    const bench = new Bench().meet(300).wait(5_000);
    bench.asked = [];
    for (let life = 0; life < 20; life++) {
      const liar = idOf(1_000 + (life >> 1));
      bench.heard.set(liar, bench.now);
      bench.watch.onMet(bench.now, liar, '10.0.66.1');
      for (let n = 1; n <= 20; n++) bench.watch.onTold(bench.now, liar, idOf(((life * 20 + n) % 300) + 1));
      bench.watch.onGone(bench.now, liar, false);
    }
    expect(bench.asked).toHaveLength(32);
    expect(bench.watch.onTold(bench.now, idOf(2), idOf(100))).toBe(true);
    expect(bench.asked).toContain(idOf(100));
  });

  test('a lie told just before a death does not hide it from whoever hears of it then', () => {
    const bench = new Bench().meet(100).wait(5_000);
    const [liar, dead, honest] = [idOf(10), idOf(11), idOf(12)];
    bench.watch.onTold(bench.now, liar, dead);
    bench.heard.set(dead, instant(bench.now + 10)); // it lives, and answers; then it dies
    bench.wait(6_500);
    bench.asked = [];
    bench.watch.onTold(bench.now, liar, dead);
    expect(bench.asked).toEqual([]);
    bench.watch.onTold(bench.now, honest, dead);
    expect(bench.asked).toEqual([dead]);
    bench.watch.onTold(bench.now, idOf(13), dead);
    expect(bench.asked).toEqual([dead]);
  });

  test('whoever falls silent and comes back, again and again, does not make us talk each time', () => {
    const bench = new Bench().meet(100);
    const [first] = bench.chosen();
    if (first === undefined) throw new Error('nobody was chosen');
    bench.watch.onWatch(first, true);
    for (let round = 0; round < 100; round++) {
      bench.watch.onSilent(bench.now, first);
      bench.wait(6_000);
    }
    expect(bench.told().filter((to) => to === idOf(50)).length).toBeLessThanOrEqual(16 + 10);
  });

  test('of strangers nothing is asked', () => {
    const bench = new Bench().meet(10).wait(5_000);
    bench.asked = [];
    expect(bench.watch.onTold(bench.now, idOf(1), idOf(999))).toBe(true);
    expect(bench.watch.onTold(bench.now, idOf(999), idOf(2))).toBe(true);
    expect(bench.asked).toEqual([]);
  });
});
