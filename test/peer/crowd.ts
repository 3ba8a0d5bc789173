import { describe, expect, test } from '@jest/globals';
import { cheapSuite } from '../sim/cheap-suite.ts';
import { World } from '../sim/world.ts';

const PEERS = 50;
const MESSAGES = 40;
/** Said at once, as a paste of several lines is. */
const BURST = 10;

/** One world for each seed. In several test files, so that they run beside each other. */
export const describeCrowd = (seeds: readonly number[]): void =>
  describe('fifty people in one room', () => {
    test.each(seeds)('all hold all 2,000 messages at 5 %% loss, seed %i', (seed) => {
      const world = new World({ seed, suite: cheapSuite, link: { loss: 0.05, jitterMs: 1 }, turnMs: 1 });
      const peers = Array.from({ length: PEERS }, (_, i) => world.add({ name: `p${i}` }));
      const haveAllMet = () => peers.every((peer) => peer.peer.sessionCount() === PEERS - 1);
      expect(world.runUntil(haveAllMet, 30_000)).toBe(true);
      world.run(500);
      for (const peer of peers) {
        const start = world.random.below(500);
        for (let i = 0; i < MESSAGES; i++) world.at(start + Math.floor(i / BURST) * 400, () => peer.say(`${peer.name}:${i}`));
      }
      const want = (PEERS - 1) * MESSAGES;
      expect(world.runUntil(() => peers.every((peer) => peer.messageCount === want), 60_000)).toBe(true);
      for (const peer of peers) {
        const byAuthor = new Map<string, string[]>();
        for (const { authorName, body } of peer.messages())
          byAuthor.set(authorName, [...(byAuthor.get(authorName) ?? []), body.text]);
        expect(byAuthor.size).toBe(PEERS - 1);
        for (const [author, texts] of byAuthor)
          expect(texts).toEqual(Array.from({ length: MESSAGES }, (_, i) => `${author}:${i}`));
      }
    });
  });
