/** What is announced about people who are in a session, by somebody who is not them. */
import { describe, expect, test } from '@jest/globals';
import type { DnsMessage, DnsRecord } from '../../src/discovery/dns-message.ts';
import { announcement, message, record, SERVICE } from '../discovery/mdns-world.ts';
import type { SimulatedPeer } from '../sim/simulated-peer.ts';
import { LAN } from '../sim/world.ts';
import { AttackedWorld } from './attacked-world.ts';

const SEED = 668;
const ATTACKER = '10.0.66.1';

const hear = (peer: SimulatedPeer, host: string, heard: DnsMessage): void =>
  peer.receive({ kind: 'mdns', interface: LAN, from: { host, port: 5353 }, message: heard });
const said = (...answers: readonly DnsRecord[]): DnsMessage => message({ isResponse: true, answers });

/** What Bob announced, as he says it again when an interface comes up. */
const wordsOf = (attacked: AttackedWorld): readonly DnsRecord[] => {
  const { ann, bob, world } = attacked;
  const receive = ann.receive.bind(ann);
  const records: DnsRecord[] = [];
  ann.receive = (input) => {
    if (input.kind === 'mdns' && input.from.host === bob.host) records.push(...input.message.answers);
    receive(input);
  };
  const cat = world.add({ name: 'Cat' }); // who asks, and is told
  attacked.until(() => cat.peer.sessionCount() === 2 && records.some(({ data }) => data.kind === 'PTR'));
  ann.receive = receive;
  return records;
};

describe(`announcements about those who talk, seed ${SEED}`, () => {
  test('no goodbye, expiry, displacement or conflict ends a session or loses a message', () => {
    const attacked = new AttackedWorld(SEED);
    const { ann, bob } = attacked;
    const records = wordsOf(attacked);
    const pointer = records.find(({ data }) => data.kind === 'PTR');
    const instance = pointer?.data.kind === 'PTR' ? pointer.data.target : '';
    expect(instance).toMatch(new RegExp(`^[a-z2-7]{26}\\.${SERVICE}$`));
    const elsewhere = record(instance, { kind: 'SRV', target: 'evil.local', port: 9, priority: 0, weight: 0 });
    const attacks: readonly DnsMessage[] = [
      said(...records.map((each) => ({ ...each, ttl: 0 }))),
      said(...records.map((each) => ({ ...each, ttl: 1 }))),
      said(elsewhere, record('evil.local', { kind: 'A', address: ATTACKER })),
      said(elsewhere, record('evil.local', { kind: 'A', address: '10.0.5.5' })),
    ];
    attacked.talkWhile(400, (round) => {
      const attack = attacks[round % attacks.length];
      if (attack === undefined) return;
      // to Ann about Bob, and to Bob under his own name; as if from Bob, and from elsewhere
      for (const peer of [ann, bob]) hear(peer, round % 8 < 4 ? bob.host : ATTACKER, attack);
    });
    attacked.world.run(5_000);
    expect(attacked.disturbances().filter((what) => what !== 'warning')).toEqual([]);
    // Bob is told, once, that somebody uses his label
    expect([ann, bob].map((peer) => peer.seen('warning').map(({ code }) => code))).toEqual([[], ['label-taken']]);
    const { heard, said: expected } = attacked.conversation();
    expect(heard).toEqual(expected);
  });

  test('somebody’s identity in the text of another leads to nobody: nothing is shown, and nothing is sent there instead', () => {
    const attacked = new AttackedWorld(SEED);
    const { ann, bob, world } = attacked;
    const before = ann.peer.people(world.time(0)).map(({ id, address }) => [id, address]);
    const hellos: Uint8Array[] = [];
    const tap = world.tap;
    world.tap = (from, to, bytes) => {
      if (to.host === ATTACKER && from.host === ann.host) hellos.push(bytes);
      tap?.(from, to, bytes);
    };
    const events = ann.events.length;
    attacked.talkWhile(200, (round) => {
      const id = bob.id.slice(0, 16);
      hear(ann, ATTACKER, announcement(`twin${round % 40}`, { address: ATTACKER, port: 4000 + (round % 40), id }));
    });
    world.run(20_000);
    expect(ann.peer.people(world.time(0)).map(({ id, address }) => [id, address])).toEqual(before);
    expect(ann.events.slice(events).filter(({ event }) => event.kind === 'joined' || event.kind === 'left')).toEqual([]);
    const { heard, said: expected } = attacked.conversation();
    expect(heard).toEqual(expected);
    expect(attacked.disturbances()).toEqual([]);
    // of one size, before anything is proven, and not many
    expect(new Set(hellos.map(({ length }) => length)).size).toBe(1);
    expect(hellos.length).toBeLessThan(400);
  });
});
