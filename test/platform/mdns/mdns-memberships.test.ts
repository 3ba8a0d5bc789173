import type { Socket } from 'node:dgram';
import { describe, expect, test } from '@jest/globals';
import type { LinkInterface } from '../../../src/discovery/dns-message.ts';
import { Memberships } from '../../../src/platform/mdns/mdns-memberships.ts';

/** A system with interfaces that come and go: what it joined, by address, and how it refuses. */
class FakeSystem {
  readonly addresses = new Set(['10.0.0.1', '10.0.1.1']);
  readonly joined = new Set<string>();

  readonly socket = {
    addMembership: (_group: string, address: string): void => {
      if (!this.addresses.has(address)) throw Object.assign(new Error('no such device'), { code: 'ENODEV' });
      if (this.joined.has(address)) throw Object.assign(new Error('joined already'), { code: 'EADDRINUSE' });
      this.joined.add(address);
    },
    dropMembership: (_group: string, address: string): void => {
      if (!this.joined.delete(address)) throw Object.assign(new Error('not joined'), { code: 'EADDRNOTAVAIL' });
    },
  } as unknown as Socket;
}

const link = (name: string, address: string): LinkInterface => ({
  name,
  ipv4: [{ address, prefix: 24 }],
  ipv6: [],
  isLoopback: false,
});
const eth = link('eth0', '10.0.0.1');
const wlan = link('wlan0', '10.0.1.1');

describe('memberships', () => {
  test('each interface is joined by its own address, and what is gone is left', () => {
    const system = new FakeSystem();
    const memberships = new Memberships(system.socket);
    expect(memberships.update([eth, wlan])).toEqual({ rejoined: [], failed: [] });
    expect([...system.joined]).toEqual(['10.0.0.1', '10.0.1.1']);
    memberships.update([wlan]);
    expect([...system.joined]).toEqual(['10.0.1.1']);
    memberships.leaveAll();
    expect([system.joined.size, memberships.size]).toEqual([0, 0]);
  });

  test('a look at what still stands changes nothing', () => {
    const memberships = new Memberships(new FakeSystem().socket);
    memberships.update([eth]);
    expect(memberships.update([eth])).toEqual({ rejoined: [], failed: [] });
    expect(memberships.isJoined('eth0')).toBe(true);
  });

  test('an interface deleted and made anew with the same address is joined again, and said to be', () => {
    const system = new FakeSystem();
    const memberships = new Memberships(system.socket);
    memberships.update([eth, wlan]);
    system.joined.delete('10.0.0.1'); // the system forgets, and tells nobody
    expect(memberships.update([eth, wlan])).toEqual({ rejoined: ['eth0'], failed: [] });
    expect(system.joined.has('10.0.0.1')).toBe(true);
  });

  test('an interface that cannot be joined is named with the reason, and tried again', () => {
    const system = new FakeSystem();
    system.addresses.delete('10.0.0.1');
    const memberships = new Memberships(system.socket);
    expect(memberships.update([eth, wlan])).toEqual({ rejoined: [], failed: [{ name: 'eth0', code: 'ENODEV' }] });
    expect([memberships.isJoined('eth0'), memberships.size]).toEqual([false, 1]);
    system.addresses.add('10.0.0.1');
    expect(memberships.update([eth, wlan])).toEqual({ rejoined: [], failed: [] });
    expect(memberships.isJoined('eth0')).toBe(true);
  });

  test('an interface with another address is left by the old and joined by the new', () => {
    const system = new FakeSystem();
    const memberships = new Memberships(system.socket);
    memberships.update([eth]);
    system.addresses.add('10.0.0.9');
    memberships.update([link('eth0', '10.0.0.9')]);
    expect([...system.joined]).toEqual(['10.0.0.9']);
  });

  test('an interface without IPv4 is left out', () => {
    const memberships = new Memberships(new FakeSystem().socket);
    expect(memberships.update([{ ...eth, ipv4: [] }])).toEqual({ rejoined: [], failed: [] });
    expect(memberships.size).toBe(0);
  });
});
