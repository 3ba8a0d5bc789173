import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { earshotOn, endAll, isJoined, isMessage, isReady, type Running, textsOf } from './earshot-on.ts';
import { Lab, labProblem, titled } from './hosts.ts';

jest.setTimeout(60_000);
const suite = labProblem === undefined ? describe : describe.skip;

suite(titled('interfaces and ports'), () => {
  let lab: Lab;
  beforeAll(() => {
    lab = new Lab(3);
    lab.addCable(1, 2);
  });
  afterEach(() => lab?.killAll()); // what a failed test left running
  afterAll(() => lab?.remove());

  for (const [what, wanted] of [
    ['a name', () => 'eth1'],
    ['an address', () => lab.cableAddress(1)],
  ] as const) {
    test(`--interface with ${what}: met there only, and nothing leaves by another one`, async () => {
      lab.startCounting(1);
      const listeners = [2, 3].map((host) => earshotOn(lab, host, ['listen', '--json', '--name', `host${host}`]));
      const [near, far] = listeners;
      await Promise.all([near?.until(isJoined('host3')), far?.until(isJoined('host2'))]);
      const limited = earshotOn(lab, 1, ['listen', '--json', '--name', 'limited', '--interface', wanted()]);
      const ready = await limited.until(isReady);
      const [joined, seen] = await Promise.all([near?.until(isJoined('limited')), limited.until(isJoined('host2'))]);
      expect([joined?.address, seen.address]).toEqual([lab.cableAddress(1), lab.cableAddress(2)]);
      expect(ready.addresses).toContain(`${lab.cableAddress(1)}:${ready.port}`);
      expect(ready.addresses).not.toContain(`${lab.address(1)}:${ready.port}`);
      const sender = earshotOn(lab, 3, ['send', 'to those on the bridge']);
      expect(await sender.exit).toBe(0);
      await near?.until(isMessage('to those on the bridge'));
      await endAll(limited, ...listeners);
      expect(textsOf(limited)).toEqual([]);
      expect(far?.lines.filter(isJoined('limited'))).toEqual([]);
      const { eth0, eth1 } = lab.counted(1);
      expect(eth0).toBe(0);
      expect(eth1).toBeGreaterThan(0);
    });
  }

  test('beside a bridge of containers and a tunnel, without a default route: met on the cable, nothing leaves by the others', async () => {
    const others = [
      ['docker0', '172.17.0.1/16'],
      ['tun0', '10.8.0.2/32'],
    ] as const;
    for (const [name, address] of others) {
      lab.ip(1, 'link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}-end`);
      lab.ip(1, 'addr', 'add', address, 'dev', name);
      for (const end of [name, `${name}-end`]) lab.ip(1, 'link', 'set', end, 'up');
    }
    try {
      lab.exec(1, 'nft', 'add table inet others; add counter inet others sent');
      lab.exec(1, 'nft', 'add chain inet others out { type filter hook output priority 0; }');
      lab.exec(1, 'nft', 'add rule inet others out oifname { docker0, tun0 } meta l4proto udp counter name sent');
      const [near, far] = [1, 3].map((host) => earshotOn(lab, host, ['listen', '--json', '--name', `host${host}`]));
      if (near === undefined || far === undefined) throw new Error('two were started');
      const { addresses } = await near.until(isReady);
      const [, seen] = await Promise.all([near.until(isJoined('host3')), far.until(isJoined('host1'))]);
      expect(seen.address).toBe(lab.address(1));
      expect(String(addresses)).not.toMatch(/172\.17\.|10\.8\./);
      await endAll(near, far);
      expect(lab.exec(1, 'nft', 'list counter inet others sent')).toContain('packets 0');
    } finally {
      for (const [name] of others) lab.ip(1, 'link', 'del', name);
    }
  });

  test('who is limited to an interface does not answer on another one', async () => {
    const limited = earshotOn(lab, 1, ['listen', '--json', '--name', 'limited', '--interface', 'eth1']);
    const { port } = await limited.until(isReady);
    lab.startCounting(1);
    const stranger = earshotOn(lab, 3, [
      'send',
      'let me in',
      '--no-discovery',
      '--peer',
      `${lab.address(1)}:${port}`,
      '--timeout',
      '2',
    ]);
    expect(await stranger.exit).toBe(3);
    expect(lab.counted(1).eth0).toBe(0);
    await endAll(limited);
  });

  test('an interface that does not exist: code 5, and those that do are listed', async () => {
    const peer = earshotOn(lab, 1, ['listen', '--interface', 'wlan7']);
    expect(await peer.exit).toBe(5);
    expect(peer.stderr()).toMatch(/"wlan7".*lo \(127\.0\.0\.1, ::1\), eth0 \(10\.97\.0\.1, .*, eth1 \(10\.98\.0\.1, /);
  });

  test('a port that another program has: code 5 if asked for, another one if it was only the one had before', async () => {
    const other = earshotOn(lab, 1, ['listen', '--json']);
    const { port } = await other.until(isReady);
    const asked = earshotOn(lab, 1, ['listen', '--port', String(port)]);
    expect(await asked.exit).toBe(5);
    expect(asked.stderr()).toContain(`port ${port} was asked for, but another program uses it`);

    const before = earshotOn(lab, 2, ['listen', '--json', '--port', String(port)]);
    await before.until(isReady);
    await endAll(before);
    const again = earshotOn(lab, 2, ['listen', '--json'], { home: before.home });
    expect((await again.until(isReady)).port).toBe(port); // kept
    await endAll(again);
    const taken = earshotOn(lab, 1, ['listen', '--json', '--name', 'moved'], { home: before.home });
    expect((await taken.until(isReady)).port).not.toBe(port);
    await other.until(isJoined('moved'));
    await endAll(other, taken);
  });

  describe('without a network', () => {
    const started: Running[] = [];
    beforeAll(() => {
      lab.ip(3, 'link', 'set', 'eth0', 'down');
    });
    afterAll(() => {
      lab.ip(3, 'link', 'set', 'eth0', 'up');
    });
    afterEach(() => endAll(...started.splice(0)));

    test('send says so, with code 5', async () => {
      const sender = earshotOn(lab, 3, ['send', 'hello', '--timeout', '1']);
      expect(await sender.exit).toBe(5);
      expect(sender.stderr()).toMatch(/no network/);
    });

    test('listen says so and waits; when the network comes up, others are met', async () => {
      const other = earshotOn(lab, 1, ['listen', '--json', '--name', 'other']);
      const waiting = earshotOn(lab, 3, ['listen', '--json', '--name', 'waiting']);
      started.push(other, waiting);
      await Promise.all([other.until(isReady), waiting.until(isReady)]);
      await waiting.untilTold(/no network interface can be used/);
      lab.ip(3, 'link', 'set', 'eth0', 'up');
      await Promise.all([other.until(isJoined('waiting')), waiting.until(isJoined('other'))]);
    });
  });
});
