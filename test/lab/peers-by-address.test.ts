import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { earshotOn, endAll, isJoined, isMessage, isReady, type Line, type Running } from './earshot-on.ts';
import { ipv6Problem, Lab, labProblem, titled } from './hosts.ts';

jest.setTimeout(60_000);
const suite = labProblem === undefined ? describe : describe.skip;
const testIPv6 = ipv6Problem === undefined ? test : test.skip;

suite(titled('peers named by address, without discovery'), () => {
  let lab: Lab;
  let listener: Running;
  let ready: Line;
  beforeAll(async () => {
    lab = new Lab(2);
    listener = earshotOn(lab, 2, ['listen', '--json', '--name', 'ears', '--no-discovery']);
    ready = await listener.until(isReady);
  });
  afterAll(() => lab?.remove());

  const sayTo = async (peer: string, text: string, hostsFile?: string): Promise<void> => {
    const args = ['send', text, '--no-discovery', '--peer', peer];
    const sender = earshotOn(lab, 1, args, hostsFile === undefined ? {} : { hostsFile });
    expect([await sender.exit, sender.stderr()]).toEqual([0, '']);
    await listener.until(isMessage(text));
  };

  test('the addresses of `ready` are those it is reached at', async () => {
    expect(ready.addresses).toEqual([
      `${lab.address(2)}:${ready.port}`,
      ...(ipv6Problem === undefined ? [`[${lab.address6(2)}]:${ready.port}`, `[${lab.linkLocal(2)}%eth0]:${ready.port}`] : []),
    ]);
  });

  test('IPv4: heard, and nothing leaves but datagrams between the two', async () => {
    for (const host of [1, 2]) lab.startCounting(host);
    await sayTo(`${lab.address(2)}:${ready.port}`, 'by IPv4');
    for (const host of [1, 2]) {
      const { eth0, multicast, broadcast } = lab.counted(host);
      expect({ multicast, broadcast }).toEqual({ multicast: 0, broadcast: 0 });
      expect(eth0).toBeGreaterThan(0);
    }
  });

  test('with discovery the same count sees multicast', async () => {
    lab.startCounting(1);
    const seeker = earshotOn(lab, 1, ['send', 'anyone?', '--timeout', '1']);
    expect(await seeker.exit).toBe(3);
    expect(lab.counted(1).multicast).toBeGreaterThan(0);
  });

  testIPv6(titled('IPv6', ipv6Problem), () => sayTo(`[${lab.address6(2)}]:${ready.port}`, 'by IPv6'));

  testIPv6(titled('IPv6 of the link, with its zone', ipv6Problem), () =>
    sayTo(`[${lab.linkLocal(2)}%eth0]:${ready.port}`, 'by link-local IPv6'),
  );

  test('a name', async () => {
    const hostsFile = join(lab.folder, 'one');
    writeFileSync(hostsFile, `127.0.0.1 localhost\n${lab.address(2)} ears.lab\n`);
    await sayTo(`ears.lab:${ready.port}`, 'by name', hostsFile);
  });

  test('a name with several addresses of which only one answers', async () => {
    const hostsFile = join(lab.folder, 'many');
    writeFileSync(hostsFile, `127.0.0.1 localhost\n${lab.address(77)} ears.lab\n${lab.address(2)} ears.lab\n`);
    await sayTo(`ears.lab:${ready.port}`, 'by one of its addresses', hostsFile);
  });

  test('two on one host, by its loopback', async () => {
    const neighbour = earshotOn(lab, 2, ['send', 'by loopback', '--no-discovery', '--peer', `localhost:${ready.port}`]);
    expect([await neighbour.exit, neighbour.stderr()]).toEqual([0, '']);
    await listener.until(isMessage('by loopback'));
  });

  test('a peer named before it is there is met when it comes, and met again after it was away', async () => {
    const caller = earshotOn(lab, 1, [
      'listen',
      '--json',
      '--name',
      'caller',
      '--no-discovery',
      '--peer',
      `${lab.address(2)}:4999`,
    ]);
    await caller.until(isReady);
    for (const name of ['first', 'second']) {
      const late = earshotOn(lab, 2, ['listen', '--json', '--name', name, '--no-discovery', '--port', '4999']);
      await Promise.all([caller.until(isJoined(name)), late.until(isJoined('caller'))]);
      await endAll(late);
    }
    await endAll(caller);
  });

  test('nobody at the address: code 3, and nothing is numbered', async () => {
    const sender = earshotOn(lab, 1, [
      'send',
      '--json',
      'hello',
      '--no-discovery',
      '--peer',
      `${lab.address(99)}:4999`,
      '--timeout',
      '1',
    ]);
    sender.end();
    expect(await sender.exit).toBe(3);
    expect(sender.lines.filter(({ type }) => type === 'sent')).toEqual([]);
    expect(sender.stderr()).toMatch(/nobody was found/);
  });
});
