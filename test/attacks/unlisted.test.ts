/** Whoever hides is told of by nobody, at no moment of a session and however it was opened. */
import { expect, test } from '@jest/globals';
import { instant } from '../../src/base/time.ts';
import { cheapSuite } from '../sim/cheap-suite.ts';
import { World } from '../sim/world.ts';
import { Liar } from './liar.ts';

const SEED = 670;

test(`a stranger who asks all the time does not hear of a private peer before it has said that it is one, seed ${SEED}`, () => {
  const world = new World({ seed: SEED, suite: cheapSuite, link: { delayMs: 5 } });
  const options = { name: 'Ann', visibility: 'open' as 'open' | 'private' };
  const ann = world.add(options);
  const bob = world.add({ name: 'Bob' });
  expect(world.runUntil(() => ann.peer.sessionCount() + bob.peer.sessionCount() === 2, 5_000)).toBe(true);
  ann.tell(bob.id, 'hello');
  bob.tell(ann.id, 'hello');
  world.run(1_000);
  const random = world.random.fork();
  const at = { host: '10.0.66.1', port: 4000 };
  const eve = new Liar({
    suite: cheapSuite,
    entropy: (length) => random.bytes(length),
    now: () => instant(world.now),
    transmit: (to, bytes) => world.transmit(at, to, bytes),
  });
  world.tap = (_, to, bytes) => {
    if (to.host === at.host) world.at(1, () => eve.receive(bytes));
  };
  eve.open(bob.address);
  expect(world.runUntil(() => eve.hasSession, 5_000)).toBe(true);
  options.visibility = 'private';
  let told = 0;
  for (let round = 0; round < 40; round++) {
    ann.quit();
    world.run(1_500);
    ann.start();
    if (round % 2 === 0) ann.receive({ kind: 'dial', to: bob.address, via: 'remembered' });
    // the moment at which Bob has a session, and she has not said a word in it
    world.runUntil(() => bob.peer.sessionCount() === 2, 20_000);
    eve.heard.length = 0;
    eve.send({ kind: 'peers', isAsking: true, seconds: 0, peers: [] });
    world.run(800);
    told += eve.heard.filter((frame) => frame.kind === 'peers' && frame.peers.some(({ peer }) => peer === ann.id)).length;
  }
  expect(told).toBe(0);
});
