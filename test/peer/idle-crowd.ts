/** Many people who say nothing, and one of them who dies: what that costs, in virtual time. */
import { cheapSuite } from '../sim/cheap-suite.ts';
import { World } from '../sim/world.ts';

const IDLE_MS = 10 * 60_000;

export type IdleCrowdResult = {
  readonly haveMet: boolean;
  /** Datagrams a second a peer while nobody spoke, and mDNS messages a minute of all together. */
  readonly rate: number;
  readonly mdnsRate: number;
  /** Left before anybody died. */
  readonly falseDeaths: number;
  /** How many noticed the death, and the last of them after so many ms. */
  readonly noticed: number;
  readonly lastAfterMs: number;
};

export const idleCrowd = (seed: number, count: number): IdleCrowdResult => {
  const world = new World({ seed, suite: cheapSuite, turnMs: 1 });
  let mdns = 0;
  const multicast = world.multicast.bind(world);
  world.multicast = (from, send) => {
    mdns += 1;
    multicast(from, send);
  };
  const peers = Array.from({ length: count }, (_, i) => world.add({ name: `p${i}` }));
  const haveMet = world.runUntil(() => peers.every((peer) => peer.peer.sessionCount() === count - 1), 30_000);
  world.run(60_000);
  const [sent, mdnsBefore] = [world.sent, mdns];
  world.run(IDLE_MS);
  const rate = (world.sent - sent) / count / (IDLE_MS / 1_000);
  const mdnsRate = (mdns - mdnsBefore) / (IDLE_MS / 60_000);
  const leftAt = () => peers.flatMap(({ events }) => events.filter(({ event }) => event.kind === 'left').map(({ at }) => at));
  const falseDeaths = leftAt().length;
  peers[count >> 1]?.kill();
  const diedAt = world.now;
  world.run(15_000);
  const left = leftAt();
  return { haveMet, rate, mdnsRate, falseDeaths, noticed: left.length, lastAfterMs: Math.max(...left) - diedAt };
};
