import { describe, expect, test } from '@jest/globals';
import type { Address } from '../../src/base/address.ts';
import { concat, fromUtf8, toHex } from '../../src/base/bytes.ts';
import { KNOCK_SIZE, KNOCKS } from '../../src/base/limits.ts';
import type { Visibility } from '../../src/base/visibility.ts';
import type { MdnsSend } from '../../src/discovery/dns-message.ts';
import { decodeDatagram, encodeInitiation } from '../../src/wire/datagram.ts';
import { cheapSuite } from '../sim/cheap-suite.ts';
import type { HostOptions, SimulatedPeer } from '../sim/simulated-peer.ts';
import { World } from '../sim/world.ts';

const SEED = 7_301;
const DAY_MS = 86_400_000;

type Person = { readonly peer: SimulatedPeer; readonly options: HostOptions };
type Sent = { readonly from: Address; readonly to: Address; readonly bytes: Uint8Array };

const worldOf = () => {
  const world = new World({ seed: SEED, suite: cheapSuite });
  const sent: Sent[] = [];
  world.tap = (from, to, bytes) => sent.push({ from, to, bytes });
  const multicast: { readonly from: Address; readonly send: MdnsSend }[] = [];
  const { multicast: carry } = world;
  world.multicast = (from, send) => {
    multicast.push({ from, send });
    carry.call(world, from, send);
  };
  const add = (name: string, visibility: Visibility = 'open', more: HostOptions = {}): Person => {
    const options: HostOptions = { name, visibility, ...more };
    return { peer: world.add(options), options };
  };
  return { world, sent, multicast, add };
};
const count = ({ peer }: Person): number => peer.peer.sessionCount();
const again = ({ peer, options }: Person, visibility: Visibility): void => {
  options.visibility = visibility;
  peer.start();
};
/** They write to each other, and end. */
const acquaint = (world: World, a: Person, b: Person): void => {
  expect(world.runUntil(() => count(a) > 0 && count(b) > 0, 5_000)).toBe(true);
  a.peer.tell(b.peer.id, 'hello');
  b.peer.tell(a.peer.id, 'hello yourself');
  world.run(1_000);
  for (const { peer } of [a, b]) peer.quit();
  world.run(2_000);
};
const from = (sent: readonly Sent[], { peer }: Person): readonly Sent[] => sent.filter((one) => one.from.host === peer.host);
const initiations = (sent: readonly Sent[]) =>
  sent.flatMap(({ bytes }) => {
    const read = decodeDatagram(bytes);
    return read.ok && read.value.kind === 'initiation' && read.value.isOurs ? [read.value] : [];
  });

describe(`private, seed ${SEED}`, () => {
  test.each<readonly [Visibility, Visibility]>([
    ['private', 'open'],
    ['open', 'private'],
    ['private', 'private'],
  ])('contacts find each other by themselves: %s and %s', (one, other) => {
    const { world, add } = worldOf();
    const [ann, bob] = [add('Ann'), add('Bob')];
    acquaint(world, ann, bob);
    again(ann, one);
    again(bob, other);
    expect(world.runUntil(() => count(ann) === 1 && count(bob) === 1, 2_000)).toBe(true);
    ann.peer.say('here I am');
    expect(world.runUntil(() => bob.peer.texts().includes('here I am'), 2_000)).toBe(true);
  });

  test('a stranger who dials gets not one byte, whoever they are and however they dial', () => {
    const { world, sent, add } = worldOf();
    const ann = add('Ann', 'private');
    const eve = add('Eve');
    eve.peer.receive({ kind: 'dial', to: ann.peer.address, via: 'static' });
    world.run(60_000);
    expect(from(sent, ann)).toEqual([]);
    expect(initiations(from(sent, eve)).length).toBeGreaterThan(10);
    expect([count(ann), count(eve)]).toEqual([0, 0]);
    expect(ann.peer.drops.get('stranger')).toBeGreaterThan(10);
  });

  test('another version is not answered either', () => {
    const { world, sent, add } = worldOf();
    const ann = add('Ann', 'private');
    const bytes = encodeInitiation({ version: 2, sourceId: 5, token: new Uint8Array(0), noise: new Uint8Array(32) });
    ann.peer.receive({ kind: 'datagram', from: { host: '10.0.0.9', port: 4000 }, bytes });
    world.run(1_000);
    expect(from(sent, ann)).toEqual([]);
  });

  test('whoever wrote to us without an answer is no contact', () => {
    const { world, add } = worldOf();
    const [ann, eve] = [add('Ann'), add('Eve')];
    world.runUntil(() => count(ann) === 1, 5_000);
    eve.peer.tell(ann.peer.id, 'let me in');
    world.run(1_000);
    ann.peer.quit();
    again(ann, 'private');
    world.run(30_000);
    expect([count(ann), count(eve)]).toEqual([0, 0]);
  });

  test('a private peer dials no stranger, and tells one who answers at a named address of a contact nothing', () => {
    const { world, sent, add } = worldOf();
    const [ann, bob] = [add('Ann'), add('Bob')];
    acquaint(world, ann, bob);
    const eve = add('Eve');
    again(ann, 'private');
    world.run(30_000);
    expect(from(sent, ann).filter(({ to }) => to.host === eve.peer.host)).toEqual([]);
    ann.peer.receive({ kind: 'dial', to: eve.peer.address, via: 'remembered' });
    world.run(30_000);
    expect(ann.peer.drops.get('stranger')).toBeGreaterThan(0);
    expect([count(ann), count(eve)]).toEqual([0, 0]);
    expect(ann.peer.seen('dial-failed').map(({ why }) => why)).toContain('stranger');
  });

  test('whom the user names is met, stranger or not', () => {
    const { world, add } = worldOf();
    const [ann, eve] = [add('Ann', 'private'), add('Eve')];
    ann.peer.receive({ kind: 'dial', to: eve.peer.address, via: 'static' });
    expect(world.runUntil(() => count(ann) === 1 && count(eve) === 1, 2_000)).toBe(true);
    world.run(11 * 60_000); // past a re-key
    expect([count(ann), count(eve)]).toEqual([1, 1]);
  });

  test('nothing said by multicast or broadcast, and no initiation, holds the key, the name, or what the next start says', () => {
    const { world, multicast, sent, add } = worldOf();
    const [ann, bob] = [add('Annabel'), add('Bob')];
    acquaint(world, ann, bob);
    const said = (): string => {
      multicast.length = 0;
      sent.length = 0;
      again(ann, 'private');
      world.run(20_000);
      ann.peer.quit();
      const own = multicast.filter((one) => one.from.host === ann.peer.host);
      expect(own.length).toBeGreaterThan(2);
      const texts = own.flatMap(({ send }) => [...send.message.answers, ...send.message.additionals]);
      return JSON.stringify(
        texts.map((record) => [record.name, record.data.kind === 'TXT' ? record.data.strings.map(fromUtf8) : '']),
      );
    };
    const labels = (text: string) => new Set(text.match(/[a-z2-7]{26}/g));
    const [first, second] = [said(), said()];
    expect(first).not.toContain('id=');
    expect(first.toLowerCase()).not.toContain('annabel');
    expect(first).not.toContain(toHex(ann.peer.identity.signing.publicKey).slice(0, 16));
    expect([labels(first).size, labels(second).size]).toEqual([1, 1]);
    expect([...labels(first)].filter((label) => labels(second).has(label))).toEqual([]);
  });

  test('an open peer tells nobody of a private one, and a private one nobody of anybody', () => {
    const { world, add } = worldOf();
    const [ann, bob, eve] = [add('Ann'), add('Bob'), add('Eve')];
    acquaint(world, ann, bob);
    world.isMulticastLost = true;
    world.isBroadcastLost = true;
    again(ann, 'private');
    again(bob, 'open');
    ann.peer.receive({ kind: 'dial', to: bob.peer.address, via: 'static' });
    eve.peer.receive({ kind: 'dial', to: bob.peer.address, via: 'static' });
    expect(world.runUntil(() => count(bob) === 2, 5_000)).toBe(true);
    const toAnn = new Set<string>();
    world.tap = (by, to) => {
      if (to.host === ann.peer.host) toAnn.add(by.host);
    };
    const others = add('Zoe');
    others.peer.receive({ kind: 'dial', to: bob.peer.address, via: 'static' });
    world.run(200_000);
    expect(count(others)).toBe(2); // Bob and Eve
    expect([count(ann), count(bob), count(eve)]).toEqual([1, 3, 2]);
    expect([...toAnn]).toEqual([bob.peer.host]);
  });

  test.each([-1, 1])('clocks may be a day apart: %i', (days) => {
    const { world, add } = worldOf();
    const [ann, bob] = [add('Ann'), add('Bob', 'open', { skewMs: days * DAY_MS })];
    acquaint(world, ann, bob);
    again(ann, 'private');
    again(bob, 'private');
    expect(world.runUntil(() => count(ann) === 1 && count(bob) === 1, 2_000)).toBe(true);
  });

  test('a session outlives midnight and re-keys', () => {
    const { world, add } = worldOf();
    const [ann, bob] = [add('Ann'), add('Bob')];
    acquaint(world, ann, bob);
    again(ann, 'private');
    again(bob, 'private');
    world.runUntil(() => count(ann) === 1, 2_000);
    world.run(26 * 3_600_000);
    expect([count(ann), count(bob)]).toEqual([1, 1]);
    expect([ann, bob].flatMap(({ peer }) => peer.seen('left'))).toEqual([]);
  });

  test('whoever hides and does not know us is dialled seldom', () => {
    const { world, sent, add } = worldOf();
    const [ann, bob] = [add('Ann'), add('Bob')];
    acquaint(world, ann, bob);
    const zoe = add('Zoe', 'private');
    again(ann, 'open');
    world.run(3_600_000);
    const dials = new Set(
      initiations(from(sent, ann).filter(({ to }) => to.host === zoe.peer.host)).map(({ noise }) => toHex(noise)),
    );
    expect(dials.size).toBeGreaterThan(2);
    expect(dials.size).toBeLessThan(15);
    expect(count(zoe)).toBe(0);
  });

  test('one who has no contacts does not dial whoever hides', () => {
    const { world, sent, add } = worldOf();
    const [ann, zoe] = [add('Ann'), add('Zoe', 'private')];
    world.run(60_000);
    expect(from(sent, ann).filter(({ to }) => to.host === zoe.peer.host)).toEqual([]);
  });
});

describe(`what is overheard is of no use, seed ${SEED}`, () => {
  /** Bob is private and hears nothing of Ann, who therefore is the one that knocks, and is let in; Eve has what was said. */
  const overheard = () => {
    const made = worldOf();
    const { world, sent, add } = made;
    const [ann, bob] = [add('Ann'), add('Bob')];
    acquaint(world, ann, bob);
    sent.length = 0;
    world.isMulticastLost = true;
    world.isBroadcastLost = true;
    again(ann, 'open');
    again(bob, 'private');
    ann.peer.receive({ kind: 'dial', to: bob.peer.address, via: 'remembered' });
    expect(world.runUntil(() => count(ann) === 1 && count(bob) === 1, 2_000)).toBe(true);
    ann.peer.quit();
    world.isMulticastLost = false;
    world.isBroadcastLost = false;
    world.run(60_000);
    const knocked = sent.filter(
      ({ to, bytes }) => to.host === bob.peer.host && initiations([{ from: to, to, bytes }]).length > 0,
    );
    sent.length = 0;
    const eve = { host: '10.0.9.9', port: 4000 };
    const send = (bytes: Uint8Array): void => bob.peer.receive({ kind: 'datagram', from: eve, bytes });
    return { ...made, ann, bob, knocked, send };
  };

  test('a copied initiation, from elsewhere or from the same place', () => {
    const { world, sent, bob, knocked, send, ann } = overheard();
    expect(knocked.length).toBeGreaterThan(0);
    for (const { bytes } of knocked) send(bytes);
    for (const { bytes } of knocked) bob.peer.receive({ kind: 'datagram', from: ann.peer.address, bytes });
    world.run(30_000);
    expect(from(sent, bob)).toEqual([]);
    const drops = ['replayed', 'unexpected-handshake'].map((reason) => bob.peer.drops.get(reason) ?? 0);
    expect(drops.reduce((sum, one) => sum + one)).toBeGreaterThan(0);
  });

  test('its knocks in an initiation of another', () => {
    const { world, sent, bob, knocked, send } = overheard();
    for (const { knocks } of initiations(knocked)) {
      send(encodeInitiation({ sourceId: 7, token: new Uint8Array(0), noise: world.random.bytes(32), knocks }));
    }
    world.run(10_000);
    expect(from(sent, bob)).toEqual([]);
    expect(bob.peer.drops.get('stranger')).toBeGreaterThan(0);
  });

  test('at the door of another, or of the same one elsewhere', () => {
    const { world, sent, add, bob, knocked } = overheard();
    const zoe = add('Zoe', 'private');
    for (const { bytes } of knocked) zoe.peer.receive({ kind: 'datagram', from: { host: '10.0.9.9', port: 4000 }, bytes });
    bob.peer.quit();
    bob.options.visibility = 'private';
    bob.peer.start();
    const lan = { name: 'lan0', ipv4: [{ address: '10.0.77.7', prefix: 16 }], ipv6: [], isLoopback: false };
    bob.peer.receive({ kind: 'interfaces', interfaces: [lan] });
    for (const { bytes } of knocked) bob.peer.receive({ kind: 'datagram', from: { host: '10.0.9.9', port: 4000 }, bytes });
    sent.length = 0;
    world.run(5_000);
    expect(zoe.peer.drops.get('stranger')).toBeGreaterThan(0);
    expect(bob.peer.drops.get('stranger')).toBeGreaterThan(0);
    expect(sent.filter(({ to }) => to.host === '10.0.9.9')).toEqual([]);
  });

  test('three days later', () => {
    const { world, sent, bob, knocked, send } = overheard();
    world.run(3 * DAY_MS);
    bob.peer.quit();
    bob.peer.start(); // what was answered is forgotten
    world.run(1_000);
    sent.length = 0;
    for (const { bytes } of knocked) send(bytes);
    world.run(5_000);
    expect(from(sent, bob)).toEqual([]);
  });

  test('ten thousand false knocks keep no contact out', () => {
    const { world, sent, ann, bob, send } = overheard();
    const forged = (): Uint8Array =>
      encodeInitiation({
        sourceId: world.random.u32(),
        token: new Uint8Array(0),
        noise: world.random.bytes(32),
        knocks: world.random.bytes(KNOCKS * KNOCK_SIZE),
      });
    for (let i = 0; i < 10_000; i++) send(forged());
    world.run(1);
    expect(from(sent, bob)).toEqual([]);
    expect(bob.peer.drops.get('stranger')).toBe(10_000);
    again(ann, 'open');
    expect(world.runUntil(() => count(ann) === 1 && count(bob) === 1, 2_000)).toBe(true);
  });

  test('overheard tags with false proofs make us work at a bounded rate', () => {
    const { world, sent, bob, knocked, send } = overheard();
    const [first] = initiations(knocked);
    if (first === undefined) throw new Error('nobody knocked');
    for (let i = 0; i < 10_000; i++) {
      send(
        encodeInitiation({ sourceId: i, token: new Uint8Array(0), noise: world.random.bytes(32), knocks: concat(first.knocks) }),
      );
    }
    world.run(1);
    expect(from(sent, bob)).toEqual([]);
    expect(bob.peer.drops.get('rate-limited')).toBeGreaterThan(8_000);
  });

  test('knocks of one with a contact look like those of one with none: nothing repeats', () => {
    const { sent, add, world, bob, ann } = overheard();
    again(ann, 'open');
    const zoe = add('Zoe');
    zoe.peer.receive({ kind: 'dial', to: bob.peer.address, via: 'static' });
    world.run(5_000);
    for (const { knocks } of initiations(from(sent, zoe).concat(from(sent, ann)))) {
      const slots = Array.from({ length: KNOCKS }, (_, i) => toHex(knocks.subarray(i * KNOCK_SIZE, (i + 1) * KNOCK_SIZE)));
      expect(new Set(slots).size).toBe(KNOCKS);
    }
  });
});

describe(`stealth, seed ${SEED}`, () => {
  test('says nothing at all, is found by nobody, and dials a contact it hears', () => {
    const { world, sent, multicast, add } = worldOf();
    const [ann, bob] = [add('Ann'), add('Bob')];
    acquaint(world, ann, bob);
    const eve = add('Eve');
    again(ann, 'stealth');
    world.run(3_600_000);
    const beacons = world.beacons;
    for (const { send } of multicast) expect(send.message.questions.length + send.message.answers.length).toBeGreaterThan(0);
    sent.length = 0;
    multicast.length = 0;
    eve.peer.receive({ kind: 'dial', to: ann.peer.address, via: 'static' });
    ann.peer.receive({ kind: 'dial', to: eve.peer.address, via: 'remembered' });
    world.run(60_000);
    expect(from(sent, ann)).toEqual([]);
    expect(multicast.filter((one) => one.from.host === ann.peer.host)).toEqual([]);
    expect(ann.peer.drops.get('stealth')).toBeGreaterThan(10);
    again(bob, 'open');
    expect(world.runUntil(() => count(ann) === 1, 2_000)).toBe(true);
    expect(world.beacons).toBeGreaterThanOrEqual(beacons);
    world.run(3_600_000); // past re-keys
    expect([count(ann), count(bob), count(eve)]).toEqual([1, 2, 1]);
    ann.peer.quit();
    expect(multicast.filter((one) => one.from.host === ann.peer.host)).toEqual([]);
  });

  test('is no beacon either, and does not dial whoever hides', () => {
    const { world, sent, add } = worldOf();
    const [ann, bob] = [add('Ann'), add('Bob')];
    acquaint(world, ann, bob);
    const { beacons } = world;
    again(ann, 'stealth');
    world.run(120_000);
    expect(world.beacons).toBe(beacons);
    again(bob, 'private');
    sent.length = 0;
    world.run(60_000);
    expect(from(sent, ann)).toEqual([]);
  });

  test('dials whom the user names', () => {
    const { world, add } = worldOf();
    const [ann, bob] = [add('Ann', 'stealth'), add('Bob')];
    ann.peer.receive({ kind: 'dial', to: bob.peer.address, via: 'static' });
    expect(world.runUntil(() => count(ann) === 1 && count(bob) === 1, 2_000)).toBe(true);
  });
});
