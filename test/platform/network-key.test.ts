import { describe, expect, test } from '@jest/globals';
import type { LinkInterface } from '../../src/discovery/dns-message.ts';
import { gatewayIn, NetworkKey } from '../../src/platform/network-key.ts';

const link = (address: string, prefix = 24, isLoopback = false): LinkInterface => ({
  name: isLoopback ? 'lo' : 'eth0',
  ipv4: [{ address, prefix }],
  ipv6: [],
  isLoopback,
});

describe('the key of a network', () => {
  test('is the same for another address of the same subnet behind the same gateway, also after a restart', () => {
    const key = new NetworkKey(() => 'aa:bb');
    const first = key.of([link('192.168.1.7')]);
    expect(key.of([link('192.168.1.99')])).toBe(first);
    expect(key.of([])).toBeUndefined();
    expect(key.of([link('192.168.1.7'), link('127.0.0.1', 8, true)])).toBe(first);
    expect(new NetworkKey(() => 'aa:bb').of([link('192.168.1.8')])).toBe(first);
    expect(first).toBe('192.168.1.0/24 aa:bb');
  });

  test('is another behind another gateway, and on another subnet', () => {
    const gateways = ['aa', 'bb', 'cc'];
    const key = new NetworkKey(() => gateways.shift());
    const home = key.of([link('192.168.1.7')]);
    key.of([]);
    expect(key.of([link('192.168.1.7')])).not.toBe(home);
    expect(key.of([link('10.0.0.1', 8)])).toBe('10.0.0.0/8 cc');
  });

  test('without a known gateway is another whenever the network was left, but not after a restart', () => {
    const key = new NetworkKey(() => undefined);
    const first = key.of([link('192.168.1.7')]);
    expect(key.of([link('192.168.1.8')])).toBe(first);
    expect(new NetworkKey(() => undefined).of([link('192.168.1.7')])).toBe(first);
    key.of([]);
    const again = key.of([link('192.168.1.7')]);
    expect(again).not.toBe(first);
    key.of([]);
    expect(key.of([link('192.168.1.7')])).not.toBe(again);
  });

  test('reads the gateway from the tables of Linux', () => {
    const route = [
      'Iface\tDestination\tGateway \tFlags',
      'eth0\t0001A8C0\t00000000\t0001',
      'eth0\t00000000\t0101A8C0\t0003',
      '',
    ].join('\n');
    const arp = [
      'IP address       HW type     Flags       HW address            Mask     Device',
      '192.168.1.10     0x1         0x2         11:11:11:11:11:11     *        eth0',
      '192.168.1.1      0x1         0x2         52:54:00:12:34:56     *        eth0',
      '',
    ].join('\n');
    expect(gatewayIn(route, arp)).toBe('52:54:00:12:34:56');
    expect(gatewayIn(route, arp.replace('52:54:00:12:34:56', '00:00:00:00:00:00'))).toBeUndefined();
    expect(gatewayIn('', '')).toBeUndefined();
  });
});
