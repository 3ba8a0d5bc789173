/**
 * Fifty who come, go, are cut off from each other, die and come back, while one frame in five is lost and sent again; in the end everybody
 * holds the same. An hour of it in virtual time.
 */
import { decodeRecord } from '../../src/chat/record.ts';
import { LOBBY, type Node, type PipeOptions, World } from './chat-world.ts';

export type SoakOptions = { readonly peers: number; readonly minutes: number };
export type SoakResult = {
  readonly said: number;
  /** Of each peer, what it holds on its disk of what everybody said in the room: messages. */
  readonly held: readonly number[];
  /** Messages that were shown twice. */
  readonly doubled: number;
  readonly reused: number;
};

const PIPE: PipeOptions = { delayMs: 2, jitterMs: 30, duplicate: 0.02, late: 0.2, lostRuns: 0 };

export const soak = (seed: number, { peers, minutes }: SoakOptions): SoakResult => {
  const world = new World(seed, PIPE);
  const { random } = world;
  const nodes = Array.from({ length: peers }, (_, n) => world.node(`p${n}`));
  for (const node of nodes) {
    node.newcomers = 'all';
    node.restart();
    node.step((chat, now, out) => chat.enterNetwork(now, 'home', out));
    node.join(LOBBY);
  }
  let said = 0;
  for (let minute = 0; minute < minutes; minute++) {
    if (minute % 3 === 0) partition(world, nodes, 4 + random.below(6));
    for (let part = 0; part < 6; part++) {
      const speaker = nodes[random.below(peers)] as Node;
      if (!speaker.isDead) {
        const count = random.chance(0.1) ? 30 : 1 + random.below(3);
        speaker.say(LOBBY, ...Array.from({ length: count }, () => `m${said++}`));
      }
      world.run(10_000);
      if (random.chance(0.3)) restart(world, nodes[random.below(peers)] as Node);
    }
  }
  for (const node of nodes) if (node.isDead) node.restart();
  partition(world, nodes, 1);
  world.run(120_000);
  return outcome(nodes);
};

/** Killed at any moment, sometimes for a while; with what it wrote down, or with every record to read again. */
const restart = (world: World, node: Node): void => {
  if (node.isDead) {
    node.restart();
    return;
  }
  if (world.random.chance(0.3)) node.checkpoint();
  node.kill();
  if (world.random.chance(0.7)) node.restart();
};

/** So many groups, in which everybody meets everybody. */
const partition = (world: World, nodes: readonly Node[], groups: number): void => {
  const group = new Map(nodes.map((node) => [node, world.random.below(groups)]));
  for (const [i, a] of nodes.entries()) {
    for (const b of nodes.slice(i + 1)) {
      const isTogether = group.get(a) === group.get(b) && !a.isDead && !b.isDead;
      world.disconnect(a, b);
      if (isTogether) world.connect(a, b);
    }
  }
};

const outcome = (nodes: readonly Node[]): SoakResult => {
  const doubled = nodes.reduce((sum, node) => sum + node.messages.length - new Set(node.messages.map(({ id }) => id)).size, 0);
  const own = new Set<string>();
  const held = nodes.map((node) => {
    const known = new Set<string>();
    for (const bytes of node.disk.records) {
      const record = decodeRecord(bytes);
      if (!record.ok || (record.value.kind !== 'own-run' && record.value.kind !== 'received')) continue;
      const { kind, log, first, count } = record.value;
      const author = record.value.kind === 'received' ? record.value.author : node.id;
      for (let number = first; number < first + count; number++) {
        const key = `${author} ${log} ${number}`;
        known.add(key);
        if (kind === 'own-run') own.add(key);
      }
    }
    return known;
  });
  const numbers = nodes.flatMap((node) => node.eventsOf('sent').map(({ sequence }) => `${node.id} ${sequence}`));
  const lost = numbers.length - new Set(numbers).size;
  return { said: own.size, held: held.map((known) => [...own].filter((key) => known.has(key)).length), doubled, reused: lost };
};
