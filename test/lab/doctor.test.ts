import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { BIN, earshotOn, endAll, isReady, type Line, makeHome, type Running } from './earshot-on.ts';
import { Lab, labProblem, titled } from './hosts.ts';

jest.setTimeout(90_000);
const suite = labProblem === undefined ? describe : describe.skip;

suite(titled('earshot doctor'), () => {
  let lab: Lab;
  let bob: Running;
  let at: string;
  beforeAll(() => {
    lab = new Lab(2);
  });
  beforeEach(async () => {
    bob = earshotOn(lab, 2, ['listen', '--json', '--name', 'bob']);
    at = `${lab.address(2)}:${(await bob.until(isReady)).port}`;
  });
  afterEach(async () => {
    for (const host of [1, 2]) lab.exec(host, 'nft', 'add table inet ill; delete table inet ill');
    await lab.killAll();
  });
  afterAll(() => lab?.remove());

  const visit = async (...args: readonly string[]): Promise<{ readonly code: number | null; readonly found: Line }> => {
    const doctor = earshotOn(lab, 1, ['doctor', '--json', ...args]);
    const code = await doctor.exit;
    const [found] = doctor.lines;
    if (found === undefined) throw new Error(`it said nothing: ${doctor.stderr()}`);
    return { code, found };
  };
  const drop = (host: number, hook: 'input' | 'output', ...rules: readonly string[]): void => {
    lab.exec(host, 'nft', `add table inet ill; add chain inet ill c { type filter hook ${hook} priority 0; }`);
    for (const rule of rules) lab.exec(host, 'nft', `add rule inet ill c ${rule} drop`);
  };

  test('all is well: by address, by name, and with nobody in particular', async () => {
    const byAddress = await visit(at);
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
    const byName = await visit('bob');
    expect([byName.code, byName.found.cause]).toEqual([0, 'all-well']);
    const alone = await visit();
    expect([alone.code, alone.found.cause, alone.found.earshotHosts]).toEqual([
      0,
      'all-well',
      expect.arrayContaining([lab.address(2)]),
    ]);
    await endAll(bob);
  });

  test('several of this machine by themselves, on loopback, are no silent network', async () => {
    const alone = ['listen', '--json', '--interface', '127.0.0.1', '--name'];
    const [ann, eve] = [earshotOn(lab, 1, [...alone, 'ann']), earshotOn(lab, 1, [...alone, 'eve'])];
    const [{ port }] = await Promise.all([ann.until(isReady), eve.until(isReady)]);
    const { code, found } = await visit('--interface', '127.0.0.1');
    expect([code, found.text]).toEqual([0, '2 earshots run on this machine; no other host on this network runs earshot']);
    const theirs = await visit(`127.0.0.1:${port}`, '--interface', '127.0.0.1');
    expect([theirs.code, theirs.found.cause]).toEqual([0, 'all-well']);
    expect(theirs.found.peer).not.toHaveProperty('hearsOurBroadcast');
    await endAll(ann, eve);
  });

  test('incoming UDP dropped here', async () => {
    drop(1, 'input', 'meta l4proto udp');
    expect(await visit(at)).toMatchObject({ code: 12, found: { cause: 'inbound-dropped-here' } });
  });

  test('incoming UDP dropped here, but for what this machine sends itself, and but for multicast', async () => {
    drop(1, 'input', 'iifname eth0 meta l4proto udp');
    expect(await visit(at)).toMatchObject({ code: 12, found: { cause: 'inbound-dropped-here' } });
    lab.exec(1, 'nft', 'delete table inet ill');
    drop(1, 'input', 'iifname eth0 meta l4proto udp ip daddr != 224.0.0.0/4');
    expect(await visit(at)).toMatchObject({
      code: 12,
      found: { text: expect.stringContaining('gets what you send and answers') },
    });
  });

  test('a firewall here that takes answers alone is told of, and is no illness', async () => {
    lab.exec(1, 'nft', 'add table inet ill; add chain inet ill c { type filter hook input priority 0; }');
    lab.exec(1, 'nft', 'add rule inet ill c iifname eth0 ip daddr != 224.0.0.0/4 meta l4proto udp ct state new drop');
    const { code, found } = await visit(at);
    expect([code, found.peer]).toEqual([0, expect.objectContaining({ takesUnasked: false, isHeardByBroadcast: false })]);
  });

  test('of a hundred datagrams many lost on the way there', async () => {
    lab.exec(2, 'nft', 'add table inet ill; add chain inet ill c { type filter hook input priority 0; }');
    lab.exec(2, 'nft', 'add rule inet ill c meta l4proto udp numgen inc mod 4 == 0 drop');
    const { code, found } = await visit(at);
    expect([code, found.text]).toEqual([
      29,
      expect.stringMatching(/of 100 datagrams .* 2\d are lost on the way there and 0 on the way back/),
    ]);
  });

  test('incoming UDP dropped there, mDNS apart; and all of it: a beacon of theirs tells that it is there', async () => {
    drop(2, 'input', 'meta l4proto udp udp dport != 5353');
    expect(await visit(at)).toMatchObject({ code: 16, found: { cause: 'inbound-dropped-there' } });
    drop(2, 'input', 'meta l4proto udp');
    expect(await visit(at)).toMatchObject({
      code: 16,
      found: { cause: 'inbound-dropped-there', text: expect.stringContaining('is heard, but nothing comes back') },
    });
  });

  test('multicast dropped on the way; ours alone; theirs alone', async () => {
    const both = ['ip daddr 224.0.0.0/4', 'ip6 daddr ff00::/8 meta l4proto udp'];
    drop(2, 'output', ...both);
    expect(await visit(at)).toMatchObject({ code: 22, found: { cause: 'multicast-not-heard' } });
    lab.exec(2, 'nft', 'delete table inet ill');
    drop(2, 'input', ...both);
    expect(await visit(at)).toMatchObject({ code: 23, found: { cause: 'multicast-not-reaching' } });
  });

  test('port 5353 kept by another program', async () => {
    const keeper =
      "require('dgram').createSocket('udp4').bind({port:5353,exclusive:true},()=>console.log('kept')); setTimeout(()=>{},60000)";
    const child = lab.spawn(1, [process.execPath, '-e', keeper]);
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    const { code, found } = await visit(at);
    expect([code, found.cause, found.text]).toEqual([11, 'mdns-port-taken', expect.stringMatching(/^node|MainThread/)]);
  });

  test('somebody on an interface that is not used', async () => {
    lab.addCable(1, 2);
    const { code, found } = await visit(at.replace(lab.address(2), lab.cableAddress(2)), '--interface', 'eth0');
    lab.removeCable(1);
    expect([code, found.cause, found.advice]).toEqual([20, 'wrong-interface', 'run earshot with --interface eth1']);
  });

  test('a black hole for large datagrams', async () => {
    drop(2, 'input', 'meta l4proto udp meta length > 1000');
    expect(await visit(at)).toMatchObject({ code: 19, found: { cause: 'large-datagrams-lost' } });
  });

  test('a clock a day off', async () => {
    const late = 'data:text/javascript,const now=Date.now.bind(Date);Date.now=()=>now()-86400000';
    const args = ['listen', '--json', '--name', 'eve', '--port', '4460', '--ephemeral'];
    const eve = lab.spawn(2, [process.execPath, '--import', late, BIN, ...args]);
    await new Promise((resolve) => eve.stdout?.once('data', resolve));
    const { code, found } = await visit(`${lab.address(2)}:4460`);
    expect([code, found.cause, found.text]).toEqual([28, 'clocks-apart', expect.stringContaining('24 hours behind')]);
  });

  test('nobody at the port, and nobody at the address, which clients kept apart look like', async () => {
    expect(await visit(`${lab.address(2)}:9`)).toMatchObject({ code: 14, found: { cause: 'nobody-at-port' } });
    expect(await visit(`${lab.address(77)}:4455`)).toMatchObject({ code: 15, found: { cause: 'absent-or-isolated' } });
    lab.isolate(1, 2);
    expect(await visit(at)).toMatchObject({ code: 15, found: { cause: 'absent-or-isolated' } });
    expect((await visit()).code).toBe(26);
    lab.isolate();
  });

  test('no network at all, and a name that nobody has', async () => {
    expect(await visit('nobody')).toMatchObject({ code: 27, found: { cause: 'no-such-peer' } });
    lab.ip(1, 'link', 'set', 'eth0', 'down');
    const without = await visit();
    lab.ip(1, 'link', 'set', 'eth0', 'up');
    expect(without).toMatchObject({ code: 10, found: { cause: 'no-interface' } });
  });

  test('for people it is a few lines, the sentence last; and the profile is not touched', async () => {
    const home = makeHome(lab);
    const doctor = earshotOn(lab, 1, ['doctor', at], { home });
    expect(await doctor.exit).toBe(0);
    const lines = doctor.lines.map(({ text }) => String(text));
    expect(lines.at(-1)).toBe(`you and ${at} hear each other, by unicast and by multicast`);
    expect(lines).toContainEqual(expect.stringMatching(/^eth0 +multicast heard, mDNS of \d other address/));
    expect(lines).toContain('  500 bytes  100 of 100 arrived there, 100 of 100 came back');
    expect(lab.exec(1, 'ls', '-A', home)).toBe('');
  });
});
