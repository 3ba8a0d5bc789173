/** Somebody whom all have met lies about who is silent, or plays dead, in a crowd most of whose sessions sleep (protocol.md §7.1). */
import { describe, expect, test } from '@jest/globals';
import type { Address } from '../../src/base/address.ts';
import { addressKey } from '../../src/base/address.ts';
import { instant } from '../../src/base/time.ts';
import { makeIdentity } from '../../src/crypto/identity.ts';
import { cheapSuite } from '../sim/cheap-suite.ts';
import type { SimulatedPeer } from '../sim/simulated-peer.ts';
import { World } from '../sim/world.ts';
import { Liar } from './liar.ts';

const SEED = 671;
const PEERS = 12;

/** A crowd that has settled, and one identity with a session to each of it. */
const crowdWithLiar = () => {
  const world = new World({ seed: SEED, suite: cheapSuite, turnMs: 1 });
  const peers = Array.from({ length: PEERS }, (_, i) => world.add({ name: `p${i}` }));
  expect(world.runUntil(() => peers.every((peer) => peer.peer.sessionCount() === PEERS - 1), 30_000)).toBe(true);
  const random = world.random.fork();
  const identity = makeIdentity(cheapSuite, random.bytes(32), random.bytes(32), 1);
  const tongues = new Map<string, Liar>();
  world.tap = (_, to, bytes) => {
    const tongue = tongues.get(addressKey(to));
    if (tongue !== undefined) world.at(0.2, () => tongue.receive(bytes));
  };
  const liars = peers.map((peer, i) => {
    const at: Address = { host: '10.0.66.1', port: 4_000 + i };
    const liar = new Liar({
      suite: cheapSuite,
      entropy: (length) => random.bytes(length),
      now: () => instant(world.now),
      transmit: (to, bytes) => world.transmit(at, to, bytes),
      identity,
    });
    tongues.set(addressKey(at), liar);
    liar.open(peer.address);
    expect(world.runUntil(() => liar.hasSession && peer.peer.sessionCount() === PEERS, 20_000)).toBe(true);
    liar.send({ kind: 'rooms', generation: 1, rooms: [] });
    return liar;
  });
  /** Some minutes, in which the liar answers like anybody else. */
  const settle = () => world.run(180_000);
  return { world, peers, liars, settle };
};

const deathsOf = (peers: readonly SimulatedPeer[], dead?: SimulatedPeer): number =>
  peers.flatMap(({ events }) =>
    events.filter(({ event }) => event.kind === 'left' && (dead === undefined || event.peer.address.host === dead.host)),
  ).length;

describe(`a liar in a crowd, seed ${SEED}`, () => {
  test('who calls everybody silent, all the time, ends no session', () => {
    const { world, peers, liars, settle } = crowdWithLiar();
    settle();
    const before = world.sent;
    for (let round = 0; round < 60; round++) {
      for (const liar of liars) for (const { id } of peers) liar.send({ kind: 'silent', peer: id });
      world.run(1_000);
    }
    expect(deathsOf(peers)).toBe(0);
    expect(peers.every((peer) => peer.peer.sessionCount() === PEERS)).toBe(true);
    const lies = 60 * PEERS * PEERS;
    expect(world.sent - before).toBeLessThan(2 * lies + 60 * PEERS * 5); // a lie and its acknowledgement, hardly a question
  });

  test('who calls somebody silent just before they die does not hide that from the others', () => {
    const { world, peers, liars, settle } = crowdWithLiar();
    settle();
    const [dead] = peers;
    if (dead === undefined) throw new Error('nobody is there');
    world.run(7_000); // since anybody was asked
    const { id } = dead;
    for (const liar of liars) liar.send({ kind: 'silent', peer: id });
    world.run(100);
    dead.kill();
    world.run(25_000);
    expect(deathsOf(peers, dead)).toBe(PEERS - 1);
  });

  test('who is watched by all, and plays dead again and again, makes them talk a few times', () => {
    const { world, peers, liars, settle } = crowdWithLiar();
    settle();
    for (const liar of liars) liar.send({ kind: 'watch', isWatching: true });
    world.run(1_000);
    const before = world.sent;
    for (let round = 0; round < 60; round++) {
      for (const liar of liars) liar.isAcknowledging = false;
      world.run(9_000);
      for (const liar of liars) {
        liar.isAcknowledging = true;
        liar.send({ kind: 'ping' });
      }
      world.run(1_000);
    }
    expect((world.sent - before) / PEERS / 10).toBeLessThan(240); // a minute; 150 are questions and answers of those who watch it
    // nobody's word is worth less for having told of it
    expect(peers.map(({ drops }) => drops.get('rate-limited') ?? 0)).toEqual(peers.map(() => 0));
    expect(deathsOf(peers)).toBe(0);
  });
});
