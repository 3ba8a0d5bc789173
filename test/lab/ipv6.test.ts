import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { earshotOn, endAll, isJoined, isMessage, isReady } from './earshot-on.ts';
import { ipv6Problem, Lab, titled } from './hosts.ts';

jest.setTimeout(90_000);
const suite = ipv6Problem === undefined ? describe : describe.skip;

suite(titled('mDNS over IPv6', ipv6Problem), () => {
  let lab: Lab;
  beforeAll(() => {
    lab = new Lab(3);
  });
  afterEach(() => lab.killAll());
  afterAll(() => lab?.remove());

  const listen = (host: number, name: string, ...args: readonly string[]) =>
    earshotOn(lab, host, ['listen', '--json', '--name', name, ...args]);

  test('where there is no IPv4, peers find each other, and talk', async () => {
    for (const host of [1, 2]) lab.ip(host, '-4', 'addr', 'flush', 'dev', 'eth0');
    const [ann, bob] = [listen(1, 'ann'), listen(2, 'bob')];
    await Promise.all([ann.until(isReady), bob.until(isReady)]);
    const [seen] = await Promise.all([ann.until(isJoined('bob')), bob.until(isJoined('ann'))]);
    expect(seen).toMatchObject({ via: 'mdns', address: expect.stringContaining(':') });
    const sender = earshotOn(lab, 1, ['send', 'over six', '--to', 'bob']);
    expect([await sender.exit, sender.stderr()]).toEqual([0, '']);
    await bob.until(isMessage('over six'));
    await endAll(ann, bob);
  });

  test('two peers of one host and one beside them find each other there, link-local addresses alone', async () => {
    for (const host of [1, 2]) {
      lab.ip(host, '-4', 'addr', 'flush', 'dev', 'eth0');
      lab.ip(host, '-6', 'addr', 'flush', 'dev', 'eth0', 'scope', 'global');
    }
    const [ann, anna, bob] = [listen(1, 'ann'), listen(1, 'anna'), listen(2, 'bob')];
    const [, seen] = await Promise.all([
      ann.until(isJoined('bob')),
      anna.until(isJoined('bob')),
      ann.until(isJoined('anna')),
      bob.until(isJoined('anna')),
    ]);
    expect(seen.address).toBe(`${lab.linkLocal(2)}%eth0`);
    await endAll(ann, anna, bob);
  });

  test('where IPv4 is swallowed, multicast and broadcast, IPv6 finds', async () => {
    lab.ip(2, 'addr', 'replace', `${lab.address(2)}/24`, 'dev', 'eth0');
    for (const host of [2, 3]) {
      lab.exec(host, 'nft', 'add table inet swallow; add chain inet swallow out { type filter hook output priority 0; }');
      lab.exec(host, 'nft', 'add rule inet swallow out ip daddr 224.0.0.0/4 drop');
      lab.exec(host, 'nft', 'add rule inet swallow out fib daddr type broadcast drop');
    }
    const [bob, eve] = [listen(2, 'bob'), listen(3, 'eve')];
    const [seen] = await Promise.all([bob.until(isJoined('eve')), eve.until(isJoined('bob'))]);
    expect(seen.via).toBe('mdns');
    await endAll(bob, eve);
  });
});
