/** `--private` and `--stealth` among hosts: who finds whom, and what a host in stealth puts on the wire, seen by tshark beside it. */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { earshotOn, endAll, eventsOf, isJoined, isMessage, isReady, makeHome, type Running } from './earshot-on.ts';
import { Lab, labProblem, titled } from './hosts.ts';
import { missingForLab } from './mdns-lab.ts';

jest.setTimeout(120_000);
const suite = labProblem === undefined ? describe : describe.skip;
const sharkProblem = labProblem ?? missingForLab('tshark');

const ANN = 1;
const BOB = 2;
const EVE = 3;

let lab: Lab;
const homes = { ann: '', bob: '' };
const listen = async (host: number, name: string, args: readonly string[], home?: string): Promise<Running> => {
  const running = earshotOn(lab, host, ['listen', '--json', '--name', name, ...args], home === undefined ? {} : { home });
  await running.until(isReady);
  return running;
};
/** Ann and Bob have written to each other. */
const acquaint = async (): Promise<void> => {
  [homes.ann, homes.bob] = [makeHome(lab), makeHome(lab)];
  const [ann, bob] = await Promise.all([listen(ANN, 'ann', [], homes.ann), listen(BOB, 'bob', [], homes.bob)]);
  await Promise.all([ann.until(isJoined('bob')), bob.until(isJoined('ann'))]);
  const toBob = earshotOn(lab, ANN, ['send', '--to', 'bob', 'hello'], { home: homes.ann });
  const toAnn = earshotOn(lab, BOB, ['send', '--to', 'ann', 'hello'], { home: homes.bob });
  expect([await toBob.exit, await toAnn.exit]).toEqual([0, 0]);
  await endAll(ann, bob);
};

beforeAll(async () => {
  if (labProblem !== undefined) return;
  lab = new Lab(3);
  await acquaint();
});
afterEach(() => lab?.killAll());
afterAll(() => lab?.remove());

suite(titled('hiding'), () => {
  test('two private contacts find each other by themselves; a stranger finds neither, not by address either', async () => {
    const eve = await listen(EVE, 'eve', []);
    const [ann, bob] = await Promise.all([
      listen(ANN, 'ann', ['--private'], homes.ann),
      listen(BOB, 'bob', ['--private'], homes.bob),
    ]);
    await Promise.all([ann.until(isJoined('bob')), bob.until(isJoined('ann'))]);
    const port = ann.lines.find(isReady)?.port;
    const dialled = earshotOn(lab, EVE, ['peers', '--json', '--wait', '4', '--peer', `${lab.address(ANN)}:${port}`]);
    expect(await dialled.exit).toBe(0); // the other Eve
    expect(dialled.lines.map(({ name }) => name)).toEqual(['eve']);
    const said = earshotOn(lab, ANN, ['send', 'only for you'], { home: homes.ann });
    expect(await said.exit).toBe(0);
    await bob.until(isMessage('only for you'));
    expect([eventsOf(ann, 'eve'), eventsOf(bob, 'eve'), eventsOf(eve, 'ann'), eventsOf(eve, 'bob')]).toEqual([[], [], [], []]);
    await endAll(ann, bob, eve);
  });

  test('a private one and an open contact find each other, and the open one tells nobody', async () => {
    const [bob, eve] = await Promise.all([listen(BOB, 'bob', [], homes.bob), listen(EVE, 'eve', [])]);
    await bob.until(isJoined('eve'));
    const ann = await listen(ANN, 'ann', ['--private'], homes.ann);
    await Promise.all([ann.until(isJoined('bob')), bob.until(isJoined('ann'))]);
    const asked = earshotOn(lab, EVE, ['peers', '--json', '--wait', '4']);
    expect(await asked.exit).toBe(0);
    expect(asked.lines.map(({ name }) => name).sort()).toEqual(['bob', 'eve']);
    expect([eventsOf(eve, 'ann'), eventsOf(ann, 'eve')]).toEqual([[], []]);
    await endAll(ann, bob, eve);
  });

  test('a command that wants another visibility than the running peer has is refused, and says what to do', async () => {
    const ann = await listen(ANN, 'ann', [], homes.ann);
    const other = earshotOn(lab, ANN, ['listen', '--private', '--count', '1'], { home: homes.ann });
    expect(await other.exit).toBe(6);
    expect(other.stderr()).toMatch(/is open: everybody on the network sees it; end it/);
    await endAll(ann);
  });
});

(sharkProblem === undefined ? describe : describe.skip)(titled('stealth on the wire', sharkProblem), () => {
  type Frame = { readonly from: string; readonly protocols: string; readonly to: string };

  /** Everything that leaves Ann's host until the result is called. */
  const capture = async (): Promise<() => Promise<readonly Frame[]>> => {
    const fields = ['eth.src', 'frame.protocols', 'udp.dstport'].flatMap((field) => ['-e', field]);
    const shark = lab.spawn(ANN, ['tshark', '-l', '-Q', '-i', 'eth0', '-T', 'fields', ...fields]);
    const frames: Frame[] = [];
    const [{ address = '' } = {}] = JSON.parse(lab.ip(ANN, '-j', 'link', 'show', 'dev', 'eth0')) as { address?: string }[];
    if (shark.stdout === null) throw new Error('tshark has an output');
    const lines = createInterface({ input: shark.stdout });
    lines.on('line', (line) => {
      const [from = '', protocols = '', to = ''] = line.split('\t');
      frames.push({ from, protocols, to });
    });
    /** Datagrams of Eve's to a port of its own, until one is seen: what was sent before is seen then too. */
    const mark = async (port: number): Promise<void> => {
      for (let i = 0; i < 200 && !frames.some(({ to }) => to === String(port)); i++) {
        const seen = once(lines, 'line', { signal: AbortSignal.timeout(250) }).catch(() => undefined);
        lab.exec(EVE, 'bash', '-c', `echo > /dev/udp/${lab.address(ANN)}/${port}`);
        await seen;
      }
      expect(frames.some(({ to }) => to === String(port))).toBe(true);
    };
    await mark(9);
    return async () => {
      await mark(10);
      shark.kill('SIGINT');
      return frames.filter(({ from, to }) => from === address && to !== '9' && to !== '10'); // these: the system refuses the marks
    };
  };

  test('not one UDP datagram leaves the host until a contact is heard; the first goes to that contact', async () => {
    const eve = await listen(EVE, 'eve', []);
    const before = await capture();
    lab.startCounting(ANN);
    const ann = await listen(ANN, 'ann', ['--stealth'], homes.ann);
    const { port } = ann.lines.find(isReady) ?? {};
    // others ask, and knock at its very port
    for (const args of [
      ['--wait', '3'],
      ['--wait', '3', '--peer', `${lab.address(ANN)}:${port}`],
    ]) {
      const asking = earshotOn(lab, EVE, ['peers', ...args]);
      expect(await asking.exit).toBe(0);
    }
    expect(lab.counted(ANN)).toMatchObject({ eth0: 0, broadcast: 0 });
    const left = await before();
    expect(left.filter(({ protocols }) => /udp|tcp/.test(protocols))).toEqual([]);
    // the system itself: who takes part in multicast, and where neighbours are
    expect(left.filter(({ protocols }) => !/:(igmp|icmpv6|arp)\b/.test(protocols))).toEqual([]);

    const after = await capture();
    const bob = await listen(BOB, 'bob', [], homes.bob);
    await Promise.all([ann.until(isJoined('bob')), bob.until(isJoined('ann'))]);
    expect(eventsOf(ann, 'eve')).toEqual([]);
    expect(eventsOf(eve, 'ann')).toEqual([]);
    await endAll(ann);
    const sent = (await after()).filter(({ protocols }) => /^eth:ethertype:ip(v6)?:udp/.test(protocols));
    expect(sent.length).toBeGreaterThan(2);
    expect(new Set(sent.map(({ to }) => to))).toEqual(new Set([String(bob.lines.find(isReady)?.port)]));
    await endAll(bob, eve);
  });
});
