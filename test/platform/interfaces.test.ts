import { describe, expect, test } from '@jest/globals';
import {
  checkInterfaces,
  chooseInterfaces,
  InterfaceWatch,
  leftOut,
  reachableAt,
  type SystemAddress,
  type SystemInterfaces,
} from '../../src/platform/interfaces.ts';

const address = (cidr: string, mac = '02:00:00:00:00:01', internal = false): SystemAddress => {
  const [host = ''] = cidr.split('/');
  return { address: host, family: host.includes(':') ? 'IPv6' : 'IPv4', cidr, mac, internal };
};
const NONE = '00:00:00:00:00:00';
const SYSTEM: SystemInterfaces = {
  lo: [address('127.0.0.1/8', NONE, true), address('::1/128', NONE, true)],
  eth0: [address('192.168.1.5/24'), address('10.1.2.3/8'), address('fe80::1/64')],
  wlan0: [address('192.168.2.5/24')],
  docker0: [address('172.17.0.1/16')],
  tailscale0: [address('100.64.0.1/32', NONE)],
};
const names = (wanted: readonly string[]): readonly string[] => chooseInterfaces(wanted, SYSTEM).map(({ name }) => name);

describe('the interfaces used', () => {
  test('are those of a LAN: no loopback, tunnel or container bridge', () => {
    expect(names([])).toEqual(['eth0', 'wlan0']);
  });

  test('come with addresses, prefixes and zone-less IPv6', () => {
    expect(chooseInterfaces(['eth0'], { eth0: [address('192.168.1.5/24'), address('fe80::1/64')] })).toEqual([
      {
        name: 'eth0',
        ipv4: [{ address: '192.168.1.5', prefix: 24 }],
        ipv6: [{ address: 'fe80::1', prefix: 64 }],
        isLoopback: false,
      },
    ]);
  });

  test.each([
    ['tun0', [address('10.8.0.2/24', NONE)], 'tunnel'],
    ['utun3', [address('fe80::2/64')], 'tunnel'],
    ['wg0', [address('10.0.0.1/24', NONE)], 'tunnel'],
    ['en7', [address('10.0.0.1/32')], 'tunnel'],
    ['ppp0', [address('10.0.0.1/32')], 'tunnel'],
    ['br-0123456789ab', [address('172.18.0.1/16')], 'container'],
    ['veth12ab', [address('fe80::3/64')], 'container'],
    ['virbr0', [address('192.168.122.1/24')], 'container'],
    ['vEthernet (WSL)', [address('172.20.0.1/20')], 'container'],
    ['lo0', [address('127.0.0.1/8', NONE, true)], 'loopback'],
    ['en0', [address('192.168.1.2/24')], undefined],
    ['br0', [address('192.168.1.2/24')], undefined],
    ['Wi-Fi', [address('192.168.1.2/24')], undefined],
    ['zt5u4ybhxq', [address('10.147.17.1/24')], undefined],
  ])('%s is judged by name and addresses', (name, addresses, expected) => {
    expect(leftOut(name, addresses)).toBe(expected);
  });

  test('asked for by name are used even if they would be left out', () => {
    expect(names(['docker0', 'lo'])).toEqual(['docker0', 'lo']);
  });

  test('asked for by address are used with that address alone', () => {
    expect(chooseInterfaces(['127.0.0.1'], SYSTEM)).toEqual([
      { name: 'lo', ipv4: [{ address: '127.0.0.1', prefix: 8 }], ipv6: [], isLoopback: true },
    ]);
  });

  test('asked for by two addresses of one are one interface with both', () => {
    expect(chooseInterfaces(['192.168.1.5', 'fe80::1%eth0'], SYSTEM)).toEqual([
      {
        name: 'eth0',
        ipv4: [{ address: '192.168.1.5', prefix: 24 }],
        ipv6: [{ address: 'fe80::1', prefix: 64 }],
        isLoopback: false,
      },
    ]);
  });

  test('that do not exist are an error that names those that do', () => {
    expect(() => checkInterfaces(['eth0'], SYSTEM)).not.toThrow();
    expect(() => checkInterfaces(['eth9'], SYSTEM)).toThrow(
      expect.objectContaining({
        code: 'no-such-interface',
        message: expect.stringMatching(/"eth9".*eth0 \(192\.168\.1\.5, 10\.1\.2\.3, fe80::1\).*wlan0/),
      }),
    );
  });

  test('on a machine without any are none, and say so', () => {
    expect(chooseInterfaces([], {})).toEqual([]);
    expect(() => checkInterfaces(['eth0'], {})).toThrow(
      expect.objectContaining({ message: expect.stringContaining('has none') }),
    );
  });
});

describe('watching interfaces', () => {
  test('tells a change of addresses, and not when nothing changed', () => {
    let system: SystemInterfaces = { eth0: [address('192.168.1.5/24')] };
    const watch = new InterfaceWatch([], () => system);
    expect(watch.look()).toBe(false);
    system = { eth0: [address('192.168.1.6/24')] };
    expect([watch.look(), watch.look()]).toEqual([true, false]);
    expect(watch.current[0]?.ipv4).toEqual([{ address: '192.168.1.6', prefix: 24 }]);
  });

  test('an interface asked for that is unplugged is gone, and back when it is', () => {
    const whole: SystemInterfaces = { usb0: [address('10.0.0.5/24')] };
    let system = whole;
    const watch = new InterfaceWatch(['usb0'], () => system);
    system = {};
    expect([watch.look(), watch.current]).toEqual([true, []]);
    system = whole;
    expect([watch.look(), watch.current.length]).toEqual([true, 1]);
  });
});

describe('where a peer can be reached', () => {
  test('is written as people write it, with the zone of link-local addresses', () => {
    const links = chooseInterfaces(['eth0'], SYSTEM);
    expect(reachableAt(links, 4455, { ipv4: true, ipv6: true })).toEqual([
      '192.168.1.5:4455',
      '10.1.2.3:4455',
      '[fe80::1%eth0]:4455',
    ]);
    expect(reachableAt(links, 4455, { ipv4: true, ipv6: false })).toEqual(['192.168.1.5:4455', '10.1.2.3:4455']);
  });
});
