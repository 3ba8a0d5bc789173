/** A tag is overheard once; whoever has it must not keep those out whom it stands for. */
import { expect, test } from '@jest/globals';
import { concat, toHex } from '../../src/base/bytes.ts';
import { type PeerId, peerId } from '../../src/base/ids.ts';
import { KNOCK_SIZE, KNOCK_TAG_SIZE, KNOCKS } from '../../src/base/limits.ts';
import { type Instant, instant, wallTime } from '../../src/base/time.ts';
import type { Contacts } from '../../src/chat/pins.ts';
import { makeIdentity } from '../../src/crypto/identity.ts';
import { Door } from '../../src/peer/door.ts';
import { cheapSuite } from '../sim/cheap-suite.ts';
import { Random } from '../sim/random.ts';

const SEED = 669;
const BOB_AT = { host: '10.0.0.2', port: 40_000 };

test(`a flood of an overheard tag, 32 in each of 2,000 initiations a second, lets its owner in all the same, seed ${SEED}`, () => {
  const random = new Random(SEED);
  const identityOf = () => makeIdentity(cheapSuite, random.bytes(32), random.bytes(32), 1);
  const [ann, bob] = [identityOf(), identityOf()];
  const knowing = (peer: PeerId, sealKey: Uint8Array): Contacts => ({
    version: 1,
    count: 1,
    isContact: (other) => other === peer,
    newest: () => [{ peer, sealKey }],
  });
  const doorOf = (own: typeof ann, other: typeof ann): Door => {
    const contacts = knowing(peerId(other.signing.publicKey), other.dh.publicKey);
    const common = { suite: cheapSuite, entropy: (length: number) => random.bytes(length), port: BOB_AT.port };
    const door = new Door({ ...common, dh: own.dh, visibility: 'private', contacts: () => contacts });
    door.onTime(wallTime(Date.UTC(2026, 0, 1)));
    return door;
  };
  const [annsDoor, bobsDoor] = [doorOf(ann, bob), doorOf(bob, ann)];
  bobsDoor.onInterfaces([{ name: 'lan0', ipv4: [{ address: BOB_AT.host, prefix: 16 }], ipv6: [], isLoopback: false }]);
  const knock = () => {
    const ephemeral = random.bytes(32);
    return { ephemeral, knocks: annsDoor.knocksFor(BOB_AT, 'contacts').of(ephemeral, 0) };
  };
  const judge = (now: Instant, initiation: ReturnType<typeof knock>) => bobsDoor.judge(now, initiation, () => false).kind;
  const tagsOf = ({ knocks }: ReturnType<typeof knock>) =>
    Array.from({ length: KNOCKS }, (_, i) => knocks.slice(i * KNOCK_SIZE, i * KNOCK_SIZE + KNOCK_TAG_SIZE));

  const seen = new Set(tagsOf(knock()).map(toHex));
  const tag = tagsOf(knock()).find((one) => seen.has(toHex(one))); // what comes twice is no noise
  if (tag === undefined) throw new Error('nothing was overheard');
  let letIn = 0;
  for (let at = 0; at < 5_000; at += 0.5) {
    const knocks = concat(...Array.from({ length: KNOCKS }, () => concat(tag, random.bytes(KNOCK_SIZE - KNOCK_TAG_SIZE))));
    expect(judge(instant(at), { ephemeral: random.bytes(32), knocks })).toBe('refused');
    if (at % 50 === 0 && judge(instant(at), knock()) === 'contact') letIn += 1;
  }
  expect(letIn).toBe(100);
});
