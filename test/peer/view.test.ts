/** How somebody's session is shown to people. */
import { describe, expect, test } from '@jest/globals';
import { peerId } from '../../src/base/ids.ts';
import { instant, wallTime } from '../../src/base/time.ts';
import { newPerson } from '../../src/peer/people.ts';
import { viewOf } from '../../src/peer/view.ts';
import type { SessionInfo } from '../../src/transport/endpoint-output.ts';
import { cheapSuite } from '../sim/cheap-suite.ts';
import { World } from '../sim/world.ts';

const SEED = 4_711;
const address = { host: '10.0.0.2', port: 9 };
const id = peerId(new Uint8Array(32));
const heardFor = (silentMs: number, more: Partial<SessionInfo>): SessionInfo => ({
  peer: id,
  sealKey: new Uint8Array(32),
  serial: 1,
  boot: new Uint8Array(8),
  name: 'Bob',
  address,
  rttMs: 1,
  lastHeard: instant(100_000 - silentMs),
  isSilent: false,
  isKept: true,
  isInitiator: true,
  ...more,
});
const person = newPerson(instant(0), heardFor(0, {}), 'mdns');
const stateOf = (session: SessionInfo | undefined): string =>
  viewOf({ at: instant(100_000), wall: wallTime(0) }, person, { session, rooms: [], isTwin: false, isPinned: false }).state;

describe('the state of somebody', () => {
  test('is idle only if their silence was watched, and unreachable once they were asked in vain', () => {
    expect([
      stateOf(heardFor(30_000, {})),
      stateOf(heardFor(30_001, {})),
      stateOf(heardFor(90_000, { isKept: false })),
      stateOf(heardFor(90_000, { isKept: false, isSilent: true })),
      stateOf(heardFor(7_000, { isSilent: true })),
      stateOf(undefined),
    ]).toEqual(['connected', 'idle', 'connected', 'unreachable', 'unreachable', 'unreachable']);
  });

  test(`in a crowd that says nothing, most of whose sessions sleep, everybody stays connected to all, seed ${SEED}`, () => {
    const world = new World({ seed: SEED, suite: cheapSuite, turnMs: 1 });
    const peers = Array.from({ length: 12 }, (_, i) => world.add({ name: `p${i}` }));
    expect(world.runUntil(() => peers.every(({ peer }) => peer.sessionCount() === 11), 10_000)).toBe(true);
    const shown = new Set<string>();
    for (let i = 0; i < 30; i++) {
      world.run(10_000);
      for (const { peer } of peers) for (const { state } of peer.people(world.time(0))) shown.add(state);
    }
    expect([...shown]).toEqual(['connected']);
    const [dead, ...others] = peers;
    dead?.kill();
    const haveSeen = (): boolean =>
      others.every(({ peer }) =>
        peer.people(world.time(0)).every(({ name, state }) => (name === 'p0') === (state === 'unreachable')),
      );
    expect(world.runUntil(haveSeen, 12_000)).toBe(true);
  });
});
