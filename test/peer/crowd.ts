/** Fifty people in one room, each with as much to say, in a world of its own. */
import { cheapSuite } from '../sim/cheap-suite.ts';
import { World } from '../sim/world.ts';

const PEERS = 50;
const MESSAGES = 40;
/** Said at once, as a paste of several lines is. */
const BURST = 10;

export type CrowdResult = {
  readonly haveMet: boolean;
  readonly haveAll: boolean;
  /** Of an author at a peer: not all of them, or not in the order they were said. */
  readonly amiss: readonly string[];
};

export const crowd = (seed: number): CrowdResult => {
  const world = new World({ seed, suite: cheapSuite, link: { loss: 0.05, jitterMs: 1 }, turnMs: 1 });
  const peers = Array.from({ length: PEERS }, (_, i) => world.add({ name: `p${i}` }));
  const haveMet = world.runUntil(() => peers.every((peer) => peer.peer.sessionCount() === PEERS - 1), 30_000);
  world.run(500);
  for (const peer of peers) {
    const start = world.random.below(500);
    for (let i = 0; i < MESSAGES; i++) world.at(start + Math.floor(i / BURST) * 400, () => peer.say(`${peer.name}:${i}`));
  }
  const want = (PEERS - 1) * MESSAGES;
  const haveAll = world.runUntil(() => peers.every((peer) => peer.messageCount === want), 60_000);
  const amiss = peers.flatMap((peer) => {
    const byAuthor = new Map<string, string[]>();
    for (const { authorName, body } of peer.messages())
      byAuthor.set(authorName, [...(byAuthor.get(authorName) ?? []), body.text]);
    const wrong = [...byAuthor].filter(
      ([author, texts]) => texts.join() !== Array.from({ length: MESSAGES }, (_, i) => `${author}:${i}`).join(),
    );
    return byAuthor.size === PEERS - 1 ? wrong.map(([author]) => `${author} at ${peer.name}`) : [`authors at ${peer.name}`];
  });
  return { haveMet, haveAll, amiss };
};
