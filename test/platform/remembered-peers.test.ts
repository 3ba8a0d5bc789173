import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { peerId } from '../../src/base/ids.ts';
import { RememberedPeers } from '../../src/platform/remembered-peers.ts';
import { temporaryFolder } from './temporary.ts';

const id = (n: number) => peerId(new Uint8Array(32).fill(n));
const at = (n: number) => ({ host: `10.0.0.${n}`, port: 4000 });
const never = (text: string): void => {
  throw new Error(text);
};

describe('remembered peers', () => {
  test('are tried at the next start on the same network, the newest first', () => {
    const home = temporaryFolder();
    const first = new RememberedPeers(home, never);
    expect(first.onNetwork('home')).toEqual([]);
    first.onHere(id(1), at(1));
    first.onHere(id(2), { host: 'fe80::1%eth0', port: 5000 });
    first.onHere(id(1), at(3)); // moved
    first.close();
    const next = new RememberedPeers(home, never);
    expect(next.onNetwork('elsewhere')).toEqual([]);
    expect(next.onNetwork('home')).toEqual([at(3), { host: 'fe80::1%eth0', port: 5000 }]);
    next.close();
    if (process.platform !== 'win32') expect(statSync(join(home, 'peers.json')).mode & 0o777).toBe(0o600);
  });

  test('are tried again when the network comes back, not every time somebody looks at it', () => {
    const peers = new RememberedPeers(temporaryFolder(), never);
    peers.onNetwork('home');
    peers.onHere(id(1), at(1));
    expect(peers.onNetwork('home')).toEqual([]);
    expect(peers.onNetwork(undefined)).toEqual([]);
    expect(peers.onNetwork('home')).toEqual([at(1)]);
    peers.close();
  });

  test('are no more than 128 in all, and 32 are tried', () => {
    const home = temporaryFolder();
    const many = new RememberedPeers(home, never);
    many.onNetwork('home');
    for (let n = 1; n <= 200; n++) many.onHere(id(n), at(n));
    many.close();
    const next = new RememberedPeers(home, never);
    const tried = next.onNetwork('home');
    expect(tried).toHaveLength(32);
    expect(tried[0]).toEqual(at(200));
    expect((JSON.parse(readFileSync(join(home, 'peers.json'), 'utf8')) as { peers: unknown[] }).peers).toHaveLength(128);
  });

  test.each([
    ['empty', ''],
    ['of another form', '{"earshot":2,"peers":[]}'],
    ['of no form', '[1,2]'],
    ['with a host that is a name', '{"earshot":1,"peers":[{"id":"a","host":"example.org","port":1,"network":"home"}]}'],
    ['with a port that is none', '{"earshot":1,"peers":[{"id":"a","host":"10.0.0.1","port":0,"network":"home"}]}'],
  ])('in a file that is %s are as good as none', (_, text) => {
    const home = temporaryFolder();
    writeFileSync(join(home, 'peers.json'), text);
    expect(new RememberedPeers(home, never).onNetwork('home')).toEqual([]);
  });

  test('that cannot be kept are told of once, and do no harm', () => {
    const told: string[] = [];
    const peers = new RememberedPeers(join(temporaryFolder(), 'gone'), (text) => told.push(text));
    peers.onNetwork('home');
    for (const n of [1, 2]) {
      peers.onHere(id(n), at(n));
      peers.close();
    }
    expect(told).toEqual([expect.stringMatching(/cannot be kept in .*peers\.json: it is not there/)]);
  });
});
