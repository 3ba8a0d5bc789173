import { describe, expect, test } from '@jest/globals';
import { DOCTOR_MEANINGS } from '../../../src/cli/program/program-doctor.ts';
import type { Checkup, InterfaceCheck, OtherCheck, PeerCheck } from '../../../src/platform/doctor/checkup.ts';
import { type Cause, DOCTOR_CODES, diagnose } from '../../../src/platform/doctor/diagnosis.ts';
import { isNeighbour } from '../../../src/platform/doctor/system.ts';

const eth0: InterfaceCheck = {
  name: 'eth0',
  addresses: ['10.0.0.1'],
  leftOut: undefined,
  hasJoined: true,
  hearsItself: true,
  mdnsHosts: ['10.0.0.2'],
};
const other = (last: number, arrived: number | undefined, answered: number): OtherCheck => ({
  address: { host: `10.0.0.${last}`, port: 4455 },
  sendFailure: undefined,
  small: { sent: 3, arrived, answered },
});
const well: Checkup = {
  interfaces: [eth0],
  mdnsFailure: undefined,
  mdnsSharedWith: [],
  beaconFailure: undefined,
  beaconHosts: [],
  takesUdp: true,
  earshotHosts: ['10.0.0.2'],
  others: [other(2, 3, 3)],
  earshotsHere: 0,
  firewalls: [],
  peer: undefined,
};
const bob: PeerCheck = {
  address: { host: '10.0.0.2', port: 4455 },
  link: { name: 'eth0', isUsed: true },
  sendFailure: undefined,
  isRefused: false,
  isNeighbour: true,
  isRefusedElsewhere: false,
  small: { sent: 100, arrived: 100, answered: 100 },
  large: { sent: 3, arrived: 3, answered: 3 },
  oversized: { sent: 3, arrived: 3, answered: 3 },
  hearsOurBroadcast: true,
  isHeardByBroadcast: true,
  hearsOwnMulticast: true,
  takesUnasked: true,
  clockSkewMs: 400,
  hearsOurMulticast: true,
  isHeardByMulticast: true,
};
const silent: PeerCheck = {
  ...bob,
  small: { sent: 3, arrived: undefined, answered: 0 },
  large: { sent: 0, arrived: undefined, answered: 0 },
  oversized: { sent: 0, arrived: undefined, answered: 0 },
  hearsOurMulticast: false,
  isHeardByMulticast: false,
};
const withPeer = (peer: PeerCheck, more: Partial<Checkup> = {}): Checkup => ({ ...well, ...more, peer });

describe('the diagnosis', () => {
  test.each<[Cause, Checkup]>([
    ['all-well', well],
    ['all-well', withPeer(bob)],
    ['all-well', { ...well, others: [] }],
    ['all-well', { ...well, others: [other(2, undefined, 0), other(3, 3, 1)] }],
    ['inbound-dropped-here', { ...well, others: [other(2, 3, 0)] }],
    ['inbound-dropped-here', { ...well, others: [other(2, undefined, 0), other(3, 2, 0), other(4, 0, 0)] }],
    ['inbound-dropped-there', { ...well, others: [other(2, 0, 0), other(3, 0, 0)] }],
    ['dropped-here-or-there', { ...well, others: [other(2, undefined, 0)] }],
    ['dropped-here-or-there', { ...well, others: [other(2, undefined, 0), other(3, 0, 0)] }],
    ['outbound-refused', { ...well, others: [{ ...other(2, undefined, 0), sendFailure: 'EPERM' }] }],
    ['mdns-port-taken', { ...well, others: [other(2, undefined, 0)], mdnsFailure: 'EADDRINUSE' }],
    ['no-interface', { ...well, interfaces: [{ ...eth0, leftOut: 'tunnel' }] }],
    ['mdns-port-taken', { ...well, mdnsFailure: 'EADDRINUSE', mdnsSharedWith: ['avahi-daemon (7)'] }],
    ['mdns-port-taken', withPeer({ ...bob, isHeardByMulticast: false }, { mdnsFailure: 'EADDRINUSE' })],
    ['inbound-dropped-here', { ...well, takesUdp: false }],
    ['inbound-dropped-here', withPeer(silent, { takesUdp: false })],
    ['outbound-refused', withPeer({ ...silent, sendFailure: 'EPERM' })],
    ['nobody-at-port', withPeer({ ...silent, isRefused: true })],
    ['absent-or-isolated', withPeer({ ...silent, isNeighbour: false })],
    ['inbound-dropped-there', withPeer({ ...silent, hearsOurMulticast: true })],
    ['inbound-dropped-there', withPeer(silent, { beaconHosts: ['10.0.0.2'] })],
    ['inbound-dropped-there', withPeer({ ...silent, small: { sent: 3, arrived: 0, answered: 0 } })],
    ['inbound-dropped-here', withPeer({ ...silent, small: { sent: 3, arrived: 3, answered: 0 } })],
    ['inbound-dropped-here', withPeer({ ...silent, isRefusedElsewhere: true }, { interfaces: [{ ...eth0, mdnsHosts: [] }] })],
    ['dropped-here-or-there', withPeer({ ...silent, isRefusedElsewhere: true })],
    ['datagrams-lost', withPeer({ ...bob, small: { sent: 100, arrived: 95, answered: 70 } })],
    ['all-well', withPeer({ ...bob, small: { sent: 100, arrived: 99, answered: 91 } })],
    ['all-well', { ...well, earshotHosts: [], earshotsHere: 2 }],
    [
      'multicast-not-reaching',
      withPeer({ ...bob, hearsOurMulticast: false, isHeardByMulticast: false, hearsOwnMulticast: false }),
    ],
    ['dropped-here-or-there', withPeer(silent)],
    ['dropped-here-or-there', withPeer({ ...silent, isNeighbour: undefined })],
    ['multicast-dropped-here', { ...well, interfaces: [{ ...eth0, hearsItself: false }], earshotHosts: [] }],
    ['large-datagrams-lost', withPeer({ ...bob, large: { sent: 3, arrived: 0, answered: 0 } })],
    ['clocks-apart', withPeer({ ...bob, clockSkewMs: -86_400_000 })],
    ['wrong-interface', withPeer({ ...bob, link: { name: 'docker0', isUsed: false } })],
    ['multicast-swallowed', withPeer({ ...bob, hearsOurMulticast: false, isHeardByMulticast: false })],
    ['multicast-not-heard', withPeer({ ...bob, isHeardByMulticast: false })],
    ['multicast-not-reaching', withPeer({ ...bob, hearsOurMulticast: false })],
    ['beyond-router', withPeer({ ...bob, link: undefined, hearsOurMulticast: false, isHeardByMulticast: false })],
    ['nobody-runs-earshot', { ...well, earshotHosts: [] }],
    ['silent-network', { ...well, earshotHosts: [], interfaces: [{ ...eth0, mdnsHosts: [] }] }],
  ])('%s is named in one sentence, and what is wrong comes with advice', (cause, checkup) => {
    const found = diagnose(checkup, 'bob');
    expect(found.cause).toBe(cause);
    expect(found.text).not.toMatch(/\n|\. |\.$/);
    expect(found.advice === undefined).toBe(cause === 'all-well');
  });

  test('two addresses of one host are not called two hosts', () => {
    const { text } = diagnose({ ...well, earshotHosts: ['10.0.0.2', 'fe80::2%eth0'] }, 'bob');
    expect(text).toBe('this network is well: earshot runs at 2 other addresses (10.0.0.2, fe80::2%eth0)');
  });

  test('with people there is a session, so that datagrams do come in, whatever is not answered', () => {
    expect(diagnose({ ...well, others: [other(2, undefined, 0)] }, 'them', 1).cause).toBe('all-well');
  });

  test('port 5353 is never all that a firewall is to let in', () => {
    const deaf = { ...well, earshotHosts: [], interfaces: [{ ...eth0, hearsItself: false }] };
    for (const checkup of [deaf, { ...well, takesUdp: false }, { ...well, others: [other(2, 3, 0)] }]) {
      expect(diagnose(checkup, 'them').advice).toMatch(/port 5353.*earshot's own port/);
    }
  });

  test('where two causes look alike both are named, and how to tell them apart', () => {
    expect(diagnose(withPeer(silent), 'bob')).toMatchObject({
      text: expect.stringMatching(/there, or here$/),
      advice: expect.stringContaining('run earshot doctor there'),
    });
    expect(diagnose(withPeer({ ...silent, isNeighbour: false }), 'bob')).toMatchObject({
      text: expect.stringMatching(/off or elsewhere, or the access point keeps its clients apart/),
      advice: expect.stringContaining('ping'),
    });
  });

  test('each cause has a code of its own from 10 to 29, and the help tells all', () => {
    const codes = Object.values(DOCTOR_CODES);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes.filter((code) => code !== 0 && (code < 10 || code > 29))).toEqual([]);
    expect(Object.keys(DOCTOR_MEANINGS).map(Number)).toEqual([...codes]);
  });

  test('a neighbour is one with a link-layer address in the table of the system', () => {
    const table = [
      'IP address       HW type     Flags       HW address            Mask     Device',
      '10.0.0.2         0x1         0x2         02:00:00:00:00:02     *        eth0',
      '10.0.0.3         0x1         0x0         00:00:00:00:00:00     *        eth0',
    ].join('\n');
    expect(['10.0.0.2', '10.0.0.3', '10.0.0.4'].map((host) => isNeighbour(host, table))).toEqual([true, false, undefined]);
  });
});
