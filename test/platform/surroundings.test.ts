import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { InterfaceWatch, type SystemInterfaces } from '../../src/platform/interfaces.ts';
import { Surroundings } from '../../src/platform/surroundings.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const network = (address: string): SystemInterfaces => ({
  eth0: [{ address, family: 'IPv4', cidr: `${address}/24`, mac: '02:00:00:00:00:01', internal: false }],
});

describe('what happens around a peer', () => {
  test('a changed address and a night of sleep are told within two seconds, and nothing else is', () => {
    let system = network('192.168.1.5');
    const told: string[] = [];
    const surroundings = new Surroundings(new InterfaceWatch([], () => system), (why) => told.push(why));
    jest.advanceTimersByTime(60_000);
    expect(told).toEqual([]);
    system = network('192.168.1.6');
    jest.advanceTimersByTime(2_000);
    expect(told).toEqual(['changed']);
    jest.setSystemTime(Date.now() + 8 * 3_600_000);
    jest.advanceTimersByTime(2_000);
    expect(told).toEqual(['changed', 'woken']);
    surroundings.close();
    system = network('192.168.1.7');
    jest.advanceTimersByTime(60_000);
    expect(told).toEqual(['changed', 'woken']);
  });
});
