import { describe, expect, test } from '@jest/globals';
import { toHex } from '../../src/base/bytes.ts';
import { BEACON_ALONE_EVERY_MS, BEACON_PORT } from '../../src/base/limits.ts';
import { type Instant, instant } from '../../src/base/time.ts';
import { Beacon, type BeaconOutput } from '../../src/discovery/beacon.ts';
import { broadcastsOf, hostOf, ipBytes } from '../../src/discovery/link.ts';
import { encodeBeacon } from '../../src/wire/beacon.ts';
import { encode } from '../../src/wire/cbor.ts';
import { ethernet } from './mdns-world.ts';

const TAG = new Uint8Array(8).fill(1);
const HINT = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const ETH0 = ethernet('192.168.1.5');

const beacon = () => new Beacon({ entropy: (length) => new Uint8Array(length).fill(1), idHint: HINT, port: 4000 });
/** When something is sent within `forMs`, and whereto. */
const sentDuring = (machine: Beacon, from: number, forMs: number) => {
  const sent: { readonly at: number; readonly to: string }[] = [];
  for (let next = machine.nextTimeout(); next !== undefined && next <= from + forMs; next = machine.nextTimeout()) {
    const out: BeaconOutput[] = [];
    const now: Instant = instant(Math.max(from, next));
    machine.onTimeout(now, out);
    for (const output of out) if (output.kind === 'transmit') sent.push({ at: now, to: `${output.to.host}:${output.to.port}` });
  }
  return sent;
};
const heard = (machine: Beacon, host: string, bytes: Uint8Array, port = 4000) => {
  const out: BeaconOutput[] = [];
  machine.onBeacon({ host, port }, bytes, out);
  return out;
};
const other = encodeBeacon({ tag: new Uint8Array(8).fill(9), idHint: HINT });

describe('the beacon', () => {
  test('is sent three times in 300 ms when a link comes up, to the broadcast address of its subnet', () => {
    const machine = beacon();
    machine.onInterfaces(instant(1_000), [ETH0]);
    machine.onAlone(instant(1_000), false);
    expect(sentDuring(machine, 1_000, 10 * BEACON_ALONE_EVERY_MS)).toEqual(
      [1_100, 1_200, 1_300].map((at) => ({ at, to: `192.168.1.255:${BEACON_PORT}` })),
    );
  });

  test('then every 30 s while nobody is known, and no more once somebody is', () => {
    const machine = beacon();
    machine.onInterfaces(instant(0), [ETH0]);
    expect(sentDuring(machine, 0, 61_000).map(({ at }) => at)).toEqual([100, 200, 300, 30_300, 60_300]);
    machine.onAlone(instant(61_000), false);
    expect(machine.nextTimeout()).toBeUndefined();
    machine.onAlone(instant(100_000), true);
    expect(sentDuring(machine, 100_000, 31_000).map(({ at }) => at)).toEqual([130_000]);
  });

  test('comes again after waking, and when an address changed, but not when nothing did', () => {
    const machine = beacon();
    machine.onInterfaces(instant(0), [ETH0]);
    machine.onAlone(instant(0), false);
    sentDuring(machine, 0, 1_000);
    machine.onInterfaces(instant(2_000), [ETH0]);
    expect(machine.nextTimeout()).toBeUndefined();
    machine.onInterfaces(instant(3_000), []);
    machine.onInterfaces(instant(3_000), [ETH0]);
    expect(sentDuring(machine, 3_000, 1_000)).toHaveLength(3);
    machine.onInterfaces(instant(5_000), [ethernet('192.168.7.5')]);
    expect(sentDuring(machine, 5_000, 1_000).map(({ to }) => to)).toEqual(Array(3).fill(`192.168.7.255:${BEACON_PORT}`));
  });

  test('goes out once a subnet, though two interfaces are on it, and not on loopback or to a lone address', () => {
    const machine = beacon();
    const lone = ethernet('10.1.1.1', { name: 'tun0', ipv4: [{ address: '10.1.1.1', prefix: 32 }] });
    const lo = ethernet('127.0.0.1', { name: 'lo', ipv4: [{ address: '127.0.0.1', prefix: 8 }], isLoopback: true });
    machine.onInterfaces(instant(0), [ETH0, ethernet('192.168.1.6', { name: 'eth1' }), lone, lo]);
    machine.onAlone(instant(0), false);
    expect(sentDuring(machine, 0, 1_000)).toHaveLength(3);
  });

  test('of somebody else on the link is a hint to its source', () => {
    const machine = beacon();
    machine.onInterfaces(instant(0), [ETH0]);
    expect(heard(machine, '192.168.1.9', other)).toEqual([
      { kind: 'hint', address: { host: '192.168.1.9', port: 4000 }, idHint: HINT },
    ]);
    expect(heard(machine, '192.168.1.9', encodeBeacon({ tag: HINT, idHint: undefined }))).toMatchObject([
      { kind: 'hint', idHint: undefined },
    ]);
  });

  test('of our own is dropped; another peer of this host is heard', () => {
    const machine = beacon();
    machine.onInterfaces(instant(0), [ETH0]);
    const own = [{ kind: 'dropped', reason: 'own-announcement' }];
    expect(heard(machine, '192.168.1.9', encodeBeacon({ tag: TAG, idHint: HINT }))).toEqual(own);
    expect(heard(machine, '192.168.1.5', other)).toEqual(own);
    expect(heard(machine, '192.168.1.5', other, 4001)).toMatchObject([{ kind: 'hint' }]);
  });

  test.each([
    ['from beyond the link', '10.9.9.9', 4000],
    ['from the broadcast address', '192.168.1.255', 4000],
    ['from a multicast address', '224.0.0.1', 4000],
    ['from loopback', '127.0.0.1', 4000],
    ['from port 0', '192.168.1.9', 0],
  ])('%s leads nowhere', (_, host, port) => {
    const machine = beacon();
    machine.onInterfaces(instant(0), [ETH0]);
    expect(heard(machine, host, other, port)).toEqual([{ kind: 'dropped', reason: 'bad-target' }]);
  });

  test.each([
    ['nothing', new Uint8Array(), 'malformed-cbor'],
    ['no array', encode(7), 'malformed-datagram'],
    ['another kind', encode([6, 1, TAG, HINT]), 'unknown-datagram'],
    ['another version', encode([7, 2, 'who', 'knows']), 'version-mismatch'],
    ['a short tag', encode([7, 1, TAG.slice(1), HINT]), 'malformed-datagram'],
    ['half a hint', encode([7, 1, TAG, HINT.slice(4)]), 'malformed-datagram'],
    ['more fields', encode([7, 1, TAG, HINT, 0]), 'malformed-datagram'],
  ])('of %s is dropped, with a reason', (_, bytes, reason) => {
    const machine = beacon();
    machine.onInterfaces(instant(0), [ETH0]);
    expect(heard(machine, '192.168.1.9', bytes)).toEqual([{ kind: 'dropped', reason }]);
  });
});

describe('addresses', () => {
  test.each([
    ['10.0.3.7', 16, ['10.0.255.255']],
    ['10.0.3.7', 24, ['10.0.3.255']],
    ['10.0.3.7', 27, ['10.0.3.31']],
    ['10.0.3.7', 31, []],
  ])('the broadcast address of %s/%i is %j', (address, prefix, expected) => {
    expect(broadcastsOf(ethernet(address, { ipv4: [{ address, prefix }] }))).toEqual(expected);
  });

  test.each(['1.2.3.4', 'fe80::1', '::1', '2001:db8::1:0:0:1', '1:2:3:4:5:6:7:8', 'fd97::', '1:0:2:3:4:5:6:7', '100::10:0:1'])(
    '%s is written as the system writes it',
    (host) => {
      const bytes = ipBytes(host);
      expect(bytes && hostOf(bytes)).toBe(host);
      expect(toHex(ipBytes(hostOf(bytes ?? new Uint8Array(4))) ?? new Uint8Array())).toBe(toHex(bytes ?? new Uint8Array()));
    },
  );
});
