import { describe, expect, test } from '@jest/globals';
import { concat } from '../../src/base/bytes.ts';
import { type PeerId, peerId } from '../../src/base/ids.ts';
import { KNOCK_SIZE, KNOCKING_CONTACTS_MAX, KNOCKS } from '../../src/base/limits.ts';
import { instant, wallTime } from '../../src/base/time.ts';
import type { Visibility } from '../../src/base/visibility.ts';
import { Pins } from '../../src/chat/pins.ts';
import type { DhKey } from '../../src/crypto/suite.ts';
import { Door } from '../../src/peer/door.ts';
import { cheapSuite } from '../sim/cheap-suite.ts';
import { Random } from '../sim/random.ts';

const random = new Random(91);
const NOON = Date.UTC(2026, 0, 1, 12);
const LAN = { name: 'lan0', ipv4: [{ address: '10.0.0.2', prefix: 16 }], ipv6: [], isLoopback: false };
const AT = { host: '10.0.0.2', port: 4000 };
const never = () => false;

type Side = { readonly door: Door; readonly pins: Pins; readonly dh: DhKey; readonly id: PeerId; readonly agreed: () => number };
const side = (visibility: Visibility): Side => {
  const pins = new Pins();
  let agreed = 0;
  const key = cheapSuite.dh(random.bytes(32));
  const dh: DhKey = {
    publicKey: key.publicKey,
    agree: (theirs) => {
      agreed += 1;
      return key.agree(theirs);
    },
  };
  const entropy = (length: number) => random.bytes(length);
  const door = new Door({ suite: cheapSuite, entropy, dh, port: 4000, visibility, contacts: () => pins });
  door.onTime(wallTime(NOON));
  door.onInterfaces([LAN]);
  return { door, pins, dh, id: peerId(random.bytes(32)), agreed: () => agreed };
};
const know = (one: Side, { id, dh }: { readonly id: PeerId; readonly dh: { readonly publicKey: Uint8Array } }, isMeant = true) =>
  one.pins.set(id, { name: 'x', sealKey: dh.publicKey, serial: 1, isMeant });
const anybody = () => ({ id: peerId(random.bytes(32)), dh: cheapSuite.dh(random.bytes(32)) });
const knockOf = (from: Side, ephemeral: Uint8Array, turn = 0): Uint8Array =>
  from.door.knocksFor(AT, 'contacts').of(ephemeral, turn);
const judged = (by: Side, ephemeral: Uint8Array, knocks: Uint8Array, at = 0) =>
  by.door.judge(instant(at), { ephemeral, knocks }, never);

describe('a door', () => {
  test('with a thousand contacts on both sides: each is knocked for in its turn, and found', () => {
    const [ann, bob] = [side('open'), side('private')];
    know(ann, bob); // her oldest: the last to have a turn
    for (let i = 1; i < 1_000; i++) know(ann, anybody());
    know(bob, ann);
    for (let i = 1; i < 1_000; i++) know(bob, anybody());
    const { turns } = ann.door.knocksFor(AT, 'contacts');
    expect(turns).toBe(Math.ceil(1_000 / KNOCKS));
    const ephemeral = random.bytes(32);
    const found = Array.from({ length: turns }, (_, turn) => judged(bob, ephemeral, knockOf(ann, ephemeral, turn)).kind);
    expect(found.indexOf('contact')).toBe(turns - 1);
    expect(bob.agreed()).toBe(1_000); // once each, whoever knocks how often
  });

  test('counts the newest contacts alone, once there are too many', () => {
    const [ann, bob] = [side('open'), side('private')];
    know(bob, ann);
    for (let i = 0; i < KNOCKING_CONTACTS_MAX; i++) know(bob, anybody());
    know(ann, bob);
    const ephemeral = random.bytes(32);
    expect(judged(bob, ephemeral, knockOf(ann, ephemeral))).toEqual({ kind: 'refused', reason: 'stranger' });
    expect(bob.agreed()).toBe(KNOCKING_CONTACTS_MAX);
  });

  test('opens to new contacts at once, and no more to one who was forgotten or who only wrote', () => {
    const [ann, bob] = [side('open'), side('private')];
    know(ann, bob);
    const kind = () => {
      const ephemeral = random.bytes(32);
      return judged(bob, ephemeral, knockOf(ann, ephemeral)).kind;
    };
    know(bob, ann, false);
    expect(kind()).toBe('refused');
    know(bob, ann);
    expect(kind()).toBe('contact');
    bob.pins.forget(ann.id);
    expect(kind()).toBe('refused');
  });

  test.each([
    [-2, 'refused'],
    [-1, 'contact'],
    [0, 'contact'],
    [1, 'contact'],
    [2, 'refused'],
  ])('takes knocks of yesterday, today and tomorrow: %i', (days, kind) => {
    const [ann, bob] = [side('open'), side('private')];
    know(ann, bob);
    know(bob, ann);
    ann.door.onTime(wallTime(NOON + days * 86_400_000));
    const ephemeral = random.bytes(32);
    expect(judged(bob, ephemeral, knockOf(ann, ephemeral)).kind).toBe(kind);
  });

  test('a knock comes back neither to who made it, nor is it good for another key or twice', () => {
    const [ann, bob] = [side('private'), side('private')];
    know(ann, bob);
    know(bob, ann);
    const ephemeral = random.bytes(32);
    const knocks = knockOf(ann, ephemeral);
    expect(judged(ann, ephemeral, knocks).kind).toBe('refused');
    expect(judged(bob, random.bytes(32), knocks)).toEqual({ kind: 'refused', reason: 'stranger' });
    expect(judged(bob, ephemeral, knocks)).toEqual({ kind: 'contact', peer: ann.id });
    bob.door.onAnswered(ephemeral);
    expect(judged(bob, ephemeral, knocks)).toEqual({ kind: 'refused', reason: 'replayed' });
  });

  test("another contact's tag with a proof of one's own is none", () => {
    const [ann, bob, eve] = [side('open'), side('private'), side('open')];
    for (const one of [ann, eve]) {
      know(one, bob);
      know(bob, one);
    }
    const ephemeral = random.bytes(32);
    const mixed = concat(knockOf(ann, ephemeral).slice(0, 4), knockOf(eve, ephemeral).slice(4, KNOCK_SIZE));
    expect(judged(bob, ephemeral, mixed)).toEqual({ kind: 'refused', reason: 'stranger' });
  });

  test('proofs are worked out for overheard tags at a bounded rate, which comes back', () => {
    const [ann, bob] = [side('open'), side('private')];
    know(ann, bob);
    know(bob, ann);
    const overheard = knockOf(ann, random.bytes(32)).slice(0, KNOCK_SIZE);
    const flood = concat(...Array.from({ length: KNOCKS }, () => overheard));
    const reasons = Array.from({ length: 1_000 }, () => {
      const knocker = judged(bob, random.bytes(32), flood);
      return knocker.kind === 'refused' ? knocker.reason : knocker.kind;
    });
    expect(reasons.filter((reason) => reason === 'stranger')).toHaveLength(1024 / 2); // two of each
    expect(reasons.at(-1)).toBe('rate-limited');
    const ephemeral = random.bytes(32);
    expect(judged(bob, ephemeral, knockOf(ann, ephemeral), 1_000).kind).toBe('contact');
  });

  test('in stealth nobody begins anything, and who has a session with us goes on', () => {
    const [ann, bob] = [side('open'), side('stealth')];
    know(ann, bob);
    know(bob, ann);
    const ephemeral = random.bytes(32);
    const knocks = knockOf(ann, ephemeral);
    expect(judged(bob, ephemeral, knocks)).toEqual({ kind: 'refused', reason: 'stealth' });
    const judge = (id: PeerId) => bob.door.judge(instant(0), { ephemeral, knocks }, (peer) => peer === id);
    expect(judge(bob.id)).toEqual({ kind: 'refused', reason: 'stealth' });
    expect(judge(ann.id)).toEqual({ kind: 'contact', peer: ann.id });
  });

  test('every initiation carries as many knocks, of whoever has contacts or none', () => {
    const [ann, bob] = [side('open'), side('open')];
    know(ann, bob);
    for (const whom of ['contacts', 'nobody', { peer: bob.id }] as const)
      for (const one of [ann, bob])
        expect(one.door.knocksFor(AT, whom).of(random.bytes(32), 0)).toHaveLength(KNOCKS * KNOCK_SIZE);
  });
});
