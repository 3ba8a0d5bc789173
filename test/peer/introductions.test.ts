import { describe, expect, test } from '@jest/globals';
import { type PeerId, peerId } from '../../src/base/ids.ts';
import { PEERS_TOLD_MAX } from '../../src/base/limits.ts';
import { type Instant, instant } from '../../src/base/time.ts';
import type { LinkInterface } from '../../src/discovery/dns-message.ts';
import { ipBytes } from '../../src/discovery/link.ts';
import type { MetSession } from '../../src/peer/dialer.ts';
import { Introductions } from '../../src/peer/introductions.ts';
import type { ToldPeer } from '../../src/wire/network-frame.ts';

const id = (n: number): PeerId => peerId(Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? n & 255 : n >> 8)));
const eth0: LinkInterface = {
  name: 'eth0',
  ipv4: [{ address: '10.0.0.1', prefix: 24 }],
  ipv6: [{ address: 'fe80::1', prefix: 64 }],
  isLoopback: false,
};
const eth1: LinkInterface = { name: 'eth1', ipv4: [{ address: '10.1.0.1', prefix: 24 }], ipv6: [], isLoopback: false };
const ME = id(0);
const ANN = id(1);
const met = (peer: PeerId, host: string, port = 4000): MetSession => ({ peer, address: { host, port }, since: instant(0) });
const told = (peer: PeerId, host: string, port = 4000): ToldPeer => {
  const address = ipBytes(host);
  if (address === undefined) throw new Error(`no address: ${host}`);
  return { peer, address, port };
};
const at = (now: number): Instant => instant(now);

const introductions = () => {
  const machine = new Introductions(ME, (length) => new Uint8Array(length));
  machine.onInterfaces([eth0, eth1]);
  return machine;
};
/** Ann, met by a beacon, was asked. */
const asked = () => {
  const machine = introductions();
  machine.onMet(at(0), ANN, 'beacon');
  expect(machine.onTimeout(at(1_000))).toEqual([ANN]);
  return machine;
};
/** They were met, and have said their rooms. */
const introduced = (machine: Introductions, count: number): Introductions => {
  for (let n = 2; n < 2 + count; n++) {
    machine.onMet(at(0), id(n), 'mdns');
    machine.onRooms(id(n));
  }
  return machine;
};

describe('whoever hides', () => {
  test('is not told of, until they are met again without asking for it', () => {
    const machine = introduced(introductions(), 2);
    machine.onMet(at(0), ANN, 'mdns');
    const sessions = [met(ANN, '10.0.0.2'), met(id(2), '10.0.0.3'), met(id(3), '10.0.0.4')];
    machine.onUnlisted(id(2));
    expect(machine.answer(at(0), ANN, sessions)?.map(({ peer }) => peer)).toEqual([id(3)]);
    machine.onGone(id(2));
    machine.onMet(at(0), id(2), 'mdns');
    expect(machine.answer(at(1_000), ANN, sessions)?.map(({ peer }) => peer)).toEqual([id(3)]); // it may be about to say so
    machine.onRooms(id(2));
    expect(
      machine
        .answer(at(2_000), ANN, sessions)
        ?.map(({ peer }) => peer)
        .sort(),
    ).toEqual([id(2), id(3)]);
  });

  test('tells of nobody, and takes only whom it may meet', () => {
    const machine = new Introductions(ME, (length) => new Uint8Array(length), {
      isTelling: false,
      mayMeet: (peer) => peer === id(3),
    });
    machine.onInterfaces([eth0]);
    machine.onMet(at(0), ANN, 'beacon');
    expect(machine.onTimeout(at(1_000))).toEqual([ANN]);
    const sessions = [met(ANN, '10.0.0.2'), met(id(2), '10.0.0.3')];
    expect(machine.answer(at(1_000), ANN, sessions)).toEqual([]);
    expect(machine.onTold(at(1_000), ANN, [told(id(4), '10.0.0.5'), told(id(3), '10.0.0.4')], sessions)).toEqual([
      { host: '10.0.0.4', port: 4000 },
    ]);
  });
});

describe('whom to ask', () => {
  test('those who were found otherwise than by mDNS, a second later, once, four a minute at most', () => {
    const machine = introductions();
    machine.onMet(at(0), ANN, 'mdns');
    for (let n = 2; n < 10; n++) machine.onMet(at(0), id(n), 'static');
    expect(machine.onTimeout(at(999))).toEqual([]);
    expect(machine.onTimeout(at(1_000))).toEqual([2, 3, 4, 5].map(id));
    expect(machine.onTimeout(at(2_000))).toEqual([]);
  });

  test('everybody in turn, one a minute, while somebody is there', () => {
    const machine = introductions();
    for (let n = 1; n <= 3; n++) machine.onMet(at(0), id(n), 'mdns');
    const order: PeerId[] = [];
    for (let i = 0; i < 4; i++) order.push(...machine.onTimeout(machine.nextTimeout() ?? at(0)));
    expect(order).toEqual([1, 2, 3, 1].map(id));
    for (let n = 1; n <= 3; n++) machine.onGone(id(n));
    expect(machine.nextTimeout()).toBeUndefined();
  });
});

describe('what is answered', () => {
  const sessions = [met(ANN, '10.0.0.2'), met(id(2), '10.0.0.3'), met(id(3), '10.1.0.3'), met(id(4), 'fe80::9%eth0')];
  test('who is on the same link, and never who is on another', () => {
    expect(introduced(asked(), 3).answer(at(0), ANN, sessions)).toEqual([told(id(2), '10.0.0.3'), told(id(4), 'fe80::9')]);
  });

  test('to one beyond a router: who is on our links, without link-local addresses; nobody else from beyond', () => {
    const [, ...others] = sessions;
    const answer = introduced(asked(), 6).answer(at(0), ANN, [met(ANN, '192.0.2.1'), met(id(7), '192.0.2.9'), ...others]);
    expect(answer?.map(({ peer }) => peer)).toEqual([id(2), id(3)]);
  });

  test('nothing to a stranger, nothing twice within half a second, nobody where there is nobody to tell of', () => {
    const machine = asked();
    expect(machine.answer(at(0), id(9), sessions)).toBeUndefined();
    expect(machine.answer(at(0), ANN, sessions)).toBeDefined();
    expect(machine.answer(at(499), ANN, sessions)).toBeUndefined();
    expect(machine.answer(at(500), ANN, sessions)).toBeDefined();
    expect(machine.answer(at(1_000), ANN, [met(ANN, '10.0.0.2')])).toEqual([]);
  });

  test('of a crowd as many as a frame holds, and the others the next time', () => {
    const machine = introduced(asked(), 100);
    const crowd = [met(ANN, '10.0.0.2'), ...Array.from({ length: 100 }, (_, i) => met(id(i + 2), `10.0.0.${i + 3}`))];
    const seen = new Set<PeerId>();
    for (let turn = 0; turn < 3; turn++) {
      const answer = machine.answer(at(1_000 * turn), ANN, crowd);
      expect(answer?.length).toBeLessThanOrEqual(PEERS_TOLD_MAX);
      for (const { peer } of answer ?? []) seen.add(peer);
    }
    expect(seen.size).toBe(100);
  });
});

describe('what is made of an answer', () => {
  const sessions = [met(ANN, '10.0.0.2'), met(id(2), '10.0.0.3')];
  test('where those may be met who are not known, a link-local address with the zone of the link', () => {
    const peers = [told(ME, '10.0.0.1'), told(id(2), '10.0.0.3'), told(id(3), '10.0.0.4', 5), told(id(4), 'fe80::9', 6)];
    expect(asked().onTold(at(1_001), ANN, peers, sessions)).toEqual([
      { host: '10.0.0.4', port: 5 },
      { host: 'fe80::9%eth0', port: 6 },
    ]);
  });

  test.each([
    ['an address beyond the link', '8.8.8.8'],
    ['an address of another link of ours', '10.1.0.9'],
    ['the broadcast address', '10.0.0.255'],
    ['a multicast address', '224.0.0.251'],
    ['loopback', '127.0.0.1'],
    ['our own address', '10.0.0.1'],
    ['nowhere', '0.0.0.0'],
    ['IPv6 multicast', 'ff02::1'],
  ])('%s is never dialled', (_, host) => {
    expect(asked().onTold(at(1_001), ANN, [told(id(3), host)], sessions)).toEqual([]);
  });

  test('of one beyond a router, only what is beside them, and no broadcast', () => {
    const far = [met(ANN, '192.0.2.7')];
    const hosts = ['192.0.2.9', '192.0.2.255', '192.0.2.0', '192.0.3.9', '10.0.0.9', 'fe80::9', '127.0.0.1'];
    const peers = hosts.map((host, i) => told(id(10 + i), host));
    expect(
      asked()
        .onTold(at(1_001), ANN, peers, far)
        .map(({ host }) => host),
    ).toEqual(['192.0.2.9']);
  });

  test('nothing that was not asked for, or comes twice, or too late', () => {
    const peers = [told(id(3), '10.0.0.4')];
    const unasked = introductions();
    unasked.onMet(at(0), ANN, 'mdns');
    expect(unasked.onTold(at(1), ANN, peers, sessions)).toEqual([]);
    const machine = asked();
    expect(machine.onTold(at(1_001), ANN, peers, sessions)).toHaveLength(1);
    expect(machine.onTold(at(1_002), ANN, peers, sessions)).toEqual([]);
    expect(asked().onTold(at(31_001), ANN, peers, sessions)).toEqual([]);
    expect(asked().onTold(at(1_001), id(9), peers, sessions)).toEqual([]);
  });
});
