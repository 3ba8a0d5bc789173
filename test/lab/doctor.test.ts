import { expect, test } from '@jest/globals';
import { BIN, earshotOn, endAll, isReady, makeHome } from './earshot-on.ts';
import { illSuite } from './ill-lab.ts';

illSuite('earshot doctor', (there) => {
  test('all is well: by address, by name, and with nobody in particular', async () => {
    const ill = there();
    const byAddress = await ill.visit(ill.at);
    expect([byAddress.code, byAddress.found.cause, byAddress.found.peer]).toEqual([
      0,
      'all-well',
      expect.objectContaining({
        small: { sent: 100, arrived: 100, answered: 100 },
        large: { sent: 3, arrived: 3, answered: 3 },
        oversized: { sent: 3, arrived: 3, answered: 3 },
        hearsOurMulticast: true,
        isHeardByMulticast: true,
        hearsOurBroadcast: true,
        isHeardByBroadcast: true,
        hearsOwnMulticast: true,
        takesUnasked: true,
      }),
    ]);
    const byName = await ill.visit('bob');
    expect([byName.code, byName.found.cause]).toEqual([0, 'all-well']);
    const alone = await ill.visit();
    expect(alone.found.others).toEqual([expect.objectContaining({ small: { sent: 3, arrived: 3, answered: 3 } })]);
    expect([alone.code, alone.found.cause, alone.found.earshotHosts]).toEqual([
      0,
      'all-well',
      expect.arrayContaining([ill.lab.address(2)]),
    ]);
    await endAll(ill.bob);
  });

  test('several of this machine by themselves, on loopback, are no silent network', async () => {
    const ill = there();
    const alone = ['listen', '--json', '--interface', '127.0.0.1', '--name'];
    const [ann, eve] = [earshotOn(ill.lab, 1, [...alone, 'ann']), earshotOn(ill.lab, 1, [...alone, 'eve'])];
    const [{ port }] = await Promise.all([ann.until(isReady), eve.until(isReady)]);
    const { code, found } = await ill.visit('--interface', '127.0.0.1');
    expect([code, found.text]).toEqual([0, '2 earshots run on this machine; no other host on this network runs earshot']);
    const theirs = await ill.visit(`127.0.0.1:${port}`, '--interface', '127.0.0.1');
    expect([theirs.code, theirs.found.cause]).toEqual([0, 'all-well']);
    expect(theirs.found.peer).not.toHaveProperty('hearsOurBroadcast');
    await endAll(ann, eve);
  });

  test('port 5353 kept by another program', async () => {
    const ill = there();
    const keeper =
      "require('dgram').createSocket('udp4').bind({port:5353,exclusive:true},()=>console.log('kept')); setTimeout(()=>{},60000)";
    const child = ill.lab.spawn(1, [process.execPath, '-e', keeper]);
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    const { code, found } = await ill.visit(ill.at);
    expect([code, found.cause, found.text]).toEqual([11, 'mdns-port-taken', expect.stringMatching(/^node|MainThread/)]);
  });

  test('somebody on an interface that is not used', async () => {
    const ill = there();
    ill.lab.addCable(1, 2);
    const { code, found } = await ill.visit(ill.at.replace(ill.lab.address(2), ill.lab.cableAddress(2)), '--interface', 'eth0');
    ill.lab.removeCable(1);
    expect([code, found.cause, found.advice]).toEqual([20, 'wrong-interface', 'run earshot with --interface eth1']);
  });

  test('a clock a day off', async () => {
    const ill = there();
    const late = 'data:text/javascript,const now=Date.now.bind(Date);Date.now=()=>now()-86400000';
    const args = ['listen', '--json', '--name', 'eve', '--port', '4460', '--ephemeral'];
    const eve = ill.lab.spawn(2, [process.execPath, '--import', late, BIN, ...args]);
    await new Promise((resolve) => eve.stdout?.once('data', resolve));
    const { code, found } = await ill.visit(`${ill.lab.address(2)}:4460`);
    expect([code, found.cause, found.text]).toEqual([28, 'clocks-apart', expect.stringContaining('24 hours behind')]);
  });

  test('nobody at the port, and nobody at the address, which clients kept apart look like', async () => {
    const ill = there();
    expect(await ill.visit(`${ill.lab.address(2)}:9`)).toMatchObject({ code: 14, found: { cause: 'nobody-at-port' } });
    expect(await ill.visit(`${ill.lab.address(77)}:4455`)).toMatchObject({ code: 15, found: { cause: 'absent-or-isolated' } });
    ill.lab.isolate(1, 2);
    expect(await ill.visit(ill.at)).toMatchObject({ code: 15, found: { cause: 'absent-or-isolated' } });
    expect((await ill.visit()).code).toBe(26);
    ill.lab.isolate();
  });

  test('by name it is with them for a moment, and they do not remember it', async () => {
    const ill = there();
    const home = makeHome(ill.lab);
    const eve = earshotOn(ill.lab, 2, ['listen', '--json', '--name', 'eve'], { home });
    await eve.until(isReady);
    for (const _ of [1, 2]) expect((await ill.visit('eve')).code).toBe(0);
    await eve.until(({ event, name }) => event === 'left' && name === 'doctor');
    const words = ['earshot', '--home', home, 'send', '--to', ''];
    const known = ill.lab.exec(2, process.execPath, BIN, 'complete', '--', ...words);
    expect(known.split('\n').map((line) => line.split('\t')[0])).toEqual(['bob', '']);
    await endAll(eve);
  });

  test('an address without a port is a mistake, and says what is missing', async () => {
    const ill = there();
    const doctor = earshotOn(ill.lab, 1, ['doctor', ill.lab.address(2)]);
    expect([await doctor.exit, doctor.stderr()]).toEqual([2, expect.stringContaining('HOST:PORT')]);
  });

  test('of an absent host it is not known whether it hears', async () => {
    const ill = there();
    const doctor = earshotOn(ill.lab, 1, ['doctor', `${ill.lab.address(77)}:4455`]);
    expect(await doctor.exit).toBe(15);
    expect(doctor.lines.map(({ text }) => String(text))).toContain(
      '  multicast  whether they hear you is not known, you do not hear them',
    );
  });

  test('no network at all, and a name that nobody has', async () => {
    const ill = there();
    expect(await ill.visit('nobody')).toMatchObject({ code: 27, found: { cause: 'no-such-peer' } });
    ill.lab.ip(1, 'link', 'set', 'eth0', 'down');
    const without = await ill.visit();
    ill.lab.ip(1, 'link', 'set', 'eth0', 'up');
    expect(without).toMatchObject({ code: 10, found: { cause: 'no-interface' } });
  });

  test('for people it is a few lines, the sentence last; and the profile is not touched', async () => {
    const ill = there();
    const home = makeHome(ill.lab);
    const doctor = earshotOn(ill.lab, 1, ['doctor', ill.at], { home });
    expect(await doctor.exit).toBe(0);
    const lines = doctor.lines.map(({ text }) => String(text));
    expect(lines.at(-1)).toBe(`you and ${ill.at} hear each other, by unicast and by multicast`);
    expect(lines).toContainEqual(expect.stringMatching(/^eth0 +multicast heard, mDNS of \d other address/));
    expect(lines).toContain('  500 bytes  100 of 100 arrived there, 100 of 100 came back');
    expect(ill.lab.exec(1, 'ls', '-A', home)).toBe('');
  });
});
