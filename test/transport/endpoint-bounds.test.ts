import { describe, expect, test } from '@jest/globals';
import type { Address } from '../../src/base/address.ts';
import { SESSIONS_MAX } from '../../src/base/limits.ts';
import { later } from '../../src/base/time.ts';
import { frameNumber, Lan, type Node, numbersOf, upTo } from './lan.ts';

describe('at its maximum', () => {
  test('an endpoint has 256 dials under way, and refuses the next until one is over', () => {
    const lan = new Lan(1);
    const a = lan.add();
    const at = (i: number): Address => ({ host: '10.9.9.9', port: i + 1 });
    for (const i of upTo(256)) lan.dial(a, at(i));
    lan.dial(a, at(0)); // again: nothing new
    expect([a.endpoint.counts().openings, a.failures]).toEqual([256, []]);
    lan.dial(a, at(256));
    expect([a.endpoint.counts().openings, a.failures.map(({ to, why }) => ({ to, why }))]).toEqual([
      256,
      [{ to: at(256), why: 'rate-limited' }],
    ]);
    lan.run(11_000);
    expect([a.endpoint.counts().openings, a.failures.length]).toEqual([0, 257]);
  });

  test('SESSIONS_MAX sessions leave no room for another, and those there are keep working', () => {
    const lan = new Lan(2);
    const hub = lan.add();
    let now = lan.now;
    const friends: Node[] = [];
    /** Carries datagrams between the two until both are quiet. */
    const shuttle = (node: Node, start: (out: Parameters<Node['endpoint']['flush']>[1]) => void): string[] => {
      const out: Parameters<typeof start>[0] = [];
      const told: string[] = [];
      start(out);
      node.endpoint.flush(now, out);
      let forHub = out.splice(0);
      while (forHub.length > 0) {
        for (const output of forHub) if (output.kind === 'transmit') hub.endpoint.receive(now, node.address, output.bytes, out);
        hub.endpoint.flush(now, out);
        const fromHub = out.splice(0);
        for (const output of fromHub) {
          if (output.kind === 'transmit') node.endpoint.receive(now, hub.address, output.bytes, out);
          else told.push(output.kind === 'dropped' ? output.reason : output.kind);
        }
        node.endpoint.flush(now, out);
        forHub = out.splice(0);
      }
      return told;
    };
    const meet = (i: number): string[] => {
      now = later(now, 10);
      const node = lan.add({ host: `10.7.${i >>> 8}.${i & 255}` });
      friends.push(node);
      return shuttle(node, (out) => node.endpoint.dial(now, hub.address, out));
    };
    const told = upTo(SESSIONS_MAX).map(meet);
    expect(told.filter((kinds) => kinds.includes('established')).length).toBe(SESSIONS_MAX);
    expect(hub.endpoint.sessions().length).toBe(SESSIONS_MAX);
    expect(meet(SESSIONS_MAX)).toEqual(['sessions-full']);
    lan.dial(hub, { host: '10.1.1.1', port: 1 });
    expect(hub.failures.map(({ why }) => why)).toEqual(['rate-limited']);
    const [first] = friends;
    expect(first && shuttle(first, () => first.endpoint.send(hub.id, frameNumber(1)))).toEqual(['frame']);
  });

  test('a peer keeps at most five connections with us, however many it opens', () => {
    const lan = new Lan(3);
    const [a, b] = [lan.add(), lan.add()];
    for (const i of upTo(20)) {
      const way = { host: `10.8.0.${i}`, port: 4000 };
      lan.alias(way, a);
      lan.dial(b, way);
      lan.run(100);
      expect(a.endpoint.counts().connections).toBeLessThanOrEqual(5);
      expect(b.endpoint.counts().connections).toBeLessThanOrEqual(5);
    }
    lan.send(a, b, frameNumber(1));
    lan.send(b, a, frameNumber(2));
    lan.run(100);
    expect([numbersOf(a), numbersOf(b)]).toEqual([[2], [1]]);
    lan.run(20_000);
    expect([a.endpoint.counts().connections, b.endpoint.counts().connections]).toEqual([1, 1]);
    expect([a.history, b.history]).toEqual([['established'], ['established']]);
  });
});
