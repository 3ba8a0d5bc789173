import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type Avahi, startAvahi } from './avahi.ts';
import { earshotOn, endAll, eventsOf, isJoined, isLeft, isMessage, isReady } from './earshot-on.ts';
import { Lab, labProblem, titled } from './hosts.ts';
import { missingForLab } from './mdns-lab.ts';

jest.setTimeout(60_000);
const suite = labProblem === undefined ? describe : describe.skip;
const avahiProblem = labProblem ?? missingForLab('avahi-daemon', 'avahi-browse', 'dbus-daemon');

suite(titled('finding each other'), () => {
  let lab: Lab;
  beforeAll(() => {
    lab = new Lab(3);
  });
  afterEach(() => lab?.killAll()); // what a failed test left running
  afterAll(() => lab?.remove());

  test('two on one host find each other and one on another host, at the address and port that `ready` says', async () => {
    const names = ['ann', 'bob', 'cleo'];
    const listeners = names.map((name, i) => earshotOn(lab, i < 2 ? 1 : 2, ['listen', '--json', '--name', name]));
    const readies = await Promise.all(listeners.map((listener) => listener.until(isReady)));
    for (const [i, listener] of listeners.entries()) {
      for (const [j, name] of names.entries()) {
        if (i === j) continue;
        const { address, port } = await listener.until(isJoined(name));
        expect({ port, isOneOfReady: readies[j]?.addresses }).toEqual({
          port: readies[j]?.port,
          isOneOfReady: expect.arrayContaining([`${address}:${port}`]),
        });
      }
    }
    await endAll(...listeners);
  });

  test('two starting at the same moment meet once, and both hear what is said then', async () => {
    for (let round = 0; round < 3; round++) {
      const [ann, bob] = [1, 2].map((host) => earshotOn(lab, host, ['listen', '--json', '--name', `host${host}`]));
      if (ann === undefined || bob === undefined) throw new Error('two were started');
      await Promise.all([ann.until(isJoined('host2')), bob.until(isJoined('host1'))]);
      const sender = earshotOn(lab, 3, ['send', 'hello both', '--peers', '2']);
      expect([await sender.exit, sender.stderr()]).toEqual([0, '']);
      await Promise.all([ann.until(isMessage('hello both')), bob.until(isMessage('hello both'))]);
      expect([eventsOf(ann, 'host2'), eventsOf(bob, 'host1')]).toEqual([['joined'], ['joined']]);
      ann.kill('SIGTERM');
      await bob.until(isLeft('host1'));
      expect(await ann.exit).toBe(143);
      await endAll(bob);
    }
  });

  test('with nobody there send numbers nothing and says so with code 3', async () => {
    const sender = earshotOn(lab, 3, ['send', '--json', 'anyone?', '--timeout', '1']);
    expect(await sender.exit).toBe(3);
    expect(sender.lines.filter(({ type }) => type === 'sent')).toEqual([]);
    expect(sender.stderr()).toMatch(/nobody/);
  });
});

(avahiProblem === undefined ? describe : describe.skip)(titled('seen by avahi', avahiProblem), () => {
  let lab: Lab;
  let avahi: Avahi;
  beforeAll(async () => {
    lab = new Lab(2);
    avahi = await startAvahi(lab.namespace(2), lab.folder);
  });
  afterAll(async () => {
    await avahi?.stop();
    await lab?.remove();
  });

  test('avahi-browse -rt shows the port and the text record, and sees the goodbye', async () => {
    const watching = avahi.browse('-rp', '_earshot._udp');
    const peer = earshotOn(lab, 1, ['listen', '--json', '--name', 'ann']);
    const { id, port } = await peer.until(isReady);
    const readyAt = performance.now();
    await watching.line('=;', lab.address(1));
    const seenMs = performance.now() - readyAt;
    const shown = await avahi.browse('-rtp', '_earshot._udp').line('=;');
    const [, , protocol, label, type, domain, host, address, shownPort, ...text] = shown.split(';');
    expect({ protocol, type, domain, host, address, shownPort }).toEqual({
      protocol: 'IPv4',
      type: '_earshot._udp',
      domain: 'local',
      host: `${label}.local`,
      address: lab.address(1),
      shownPort: String(port),
    });
    expect(text.join(';').split(' ').sort()).toEqual([`"id=${String(id).slice(0, 16)}"`, '"txtvers=1"', '"v=1"']);
    const endedAt = performance.now();
    await endAll(peer);
    await watching.line('-;', label ?? '');
    const goneMs = performance.now() - endedAt;
    process.stdout.write(`avahi-browse: ${seenMs.toFixed(0)} ms after ready, gone ${goneMs.toFixed(0)} ms after SIGTERM\n`);
  });
});
