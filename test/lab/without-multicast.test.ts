import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { earshotOn, endAll, eventsOf, isJoined, isMessage, isReady, type Line, type Running } from './earshot-on.ts';
import { Lab, labProblem, titled } from './hosts.ts';

jest.setTimeout(90_000);
const suite = labProblem === undefined ? describe : describe.skip;

suite(titled('networks that swallow multicast'), () => {
  let lab: Lab;
  beforeAll(() => {
    lab = new Lab(3);
  });
  afterEach(() => lab.killAll());
  afterAll(() => lab?.remove());

  const listen = async (host: number, name: string, args: readonly string[] = [], home?: string): Promise<Running> => {
    const running = earshotOn(lab, host, ['listen', '--json', '--name', name, ...args], home === undefined ? {} : { home });
    await running.until(isReady);
    return running;
  };
  /** What leaves a host of these kinds is dropped. */
  const swallow = (...what: readonly ('multicast' | 'broadcast')[]): void => {
    for (const host of [1, 2, 3]) {
      lab.exec(host, 'nft', 'add table inet swallow; delete table inet swallow');
      if (what.length === 0) continue;
      lab.exec(host, 'nft', 'add table inet swallow; add chain inet swallow out { type filter hook output priority 0; }');
      if (what.includes('multicast')) {
        lab.exec(host, 'nft', 'add rule inet swallow out ip daddr 224.0.0.0/4 drop');
        lab.exec(host, 'nft', 'add rule inet swallow out ip6 daddr ff00::/8 meta l4proto udp drop');
      }
      if (what.includes('broadcast')) lab.exec(host, 'nft', 'add rule inet swallow out fib daddr type broadcast drop');
    }
  };

  test('the broadcast finds those beside us, several peers of one host too, and `via` says so', async () => {
    swallow('multicast');
    const [ann, anna, bob] = await Promise.all([listen(1, 'ann'), listen(1, 'anna'), listen(2, 'bob')]);
    const [byAnn, byBob, byAnna] = await Promise.all([
      ann.until(isJoined('bob')),
      bob.until(isJoined('ann')),
      anna.until(isJoined('bob')),
      bob.until(isJoined('anna')),
      ann.until(isJoined('anna')),
    ]);
    expect([byAnn, byBob, byAnna].map(({ via }) => via)).toContain('beacon');
    await endAll(ann, anna, bob);
  });

  test('with broadcast swallowed too, one who is named leads to the others, and they are remembered', async () => {
    swallow('multicast', 'broadcast');
    const bob = await listen(2, 'bob', ['--port', '4455']);
    const named = ['--peer', `${lab.address(2)}:4455`];
    const [ann, eve] = await Promise.all([listen(1, 'ann', named), listen(3, 'eve', named)]);
    const [, , byAnn, byEve] = await Promise.all([
      ann.until(isJoined('bob')),
      eve.until(isJoined('bob')),
      ann.until(isJoined('eve')),
      eve.until(isJoined('ann')),
    ]);
    expect([byAnn.via, byEve.via]).toContain('peer');

    await endAll(ann, eve);
    const again = await Promise.all([listen(3, 'eve', [], eve.home), listen(1, 'ann', [], ann.home)]);
    const [annAgain] = await Promise.all([again[1].until(isJoined('bob')), again[0].until(isJoined('ann'))]);
    expect(annAgain.via).toBe('remembered');
    await endAll(bob, ...again);
  });

  test('an address that changes takes the session along: no goodbye, and nothing is lost', async () => {
    swallow();
    const ann = await listen(1, 'ann');
    const bob = await listen(2, 'bob', ['--interface', 'eth0']);
    await Promise.all([ann.until(isJoined('bob')), bob.until(isJoined('ann'))]);
    lab.ip(2, 'addr', 'flush', 'dev', 'eth0');
    lab.ip(2, 'addr', 'add', '10.97.0.77/24', 'dev', 'eth0');
    await ann.until((line) => line.type === 'peer' && line.event === 'changed' && line.address === '10.97.0.77');
    const sender = earshotOn(lab, 3, ['send', 'after the move', '--timeout', '20']);
    await Promise.all([ann.until(isMessage('after the move')), bob.until(isMessage('after the move'))]);
    expect(await sender.exit).toBe(0);
    expect([eventsOf(ann, 'bob'), eventsOf(bob, 'ann')].flat()).not.toContain('left');
    await endAll(ann, bob);
    lab.ip(2, 'addr', 'flush', 'dev', 'eth0');
    lab.ip(2, 'addr', 'add', `${lab.address(2)}/24`, 'dev', 'eth0');
  });
});

suite(titled('two ways to each other'), () => {
  let lab: Lab;
  beforeAll(() => {
    lab = new Lab(2);
    lab.addCable(1, 2);
  });
  afterAll(() => lab?.remove());

  test('when the one in use dies the session goes on by the other: nobody leaves, nothing is lost', async () => {
    const ann = earshotOn(lab, 1, ['listen', '--json', '--name', 'ann']);
    const bob = earshotOn(lab, 2, ['listen', '--json', '--name', 'bob']);
    await Promise.all([ann.until(isReady), bob.until(isReady)]);
    const [seen] = await Promise.all([ann.until(isJoined('bob')), bob.until(isJoined('ann'))]);
    const isByBridge = String(seen.address).startsWith('10.97') || String(seen.address).startsWith('fd97');
    const isLinkLocal = String(seen.address).startsWith('fe80');
    const dead = isLinkLocal ? String(seen.address).split('%')[1] : isByBridge ? 'eth0' : 'eth1';
    const isDead = (address: unknown): boolean =>
      dead === 'eth0' ? /^10\.97|^fd97|%eth0$/.test(String(address)) : /^10\.98|%eth1$/.test(String(address));
    lab.ip(1, 'link', 'set', String(dead), 'down');
    const sender = earshotOn(lab, 2, ['send', 'by the other way', '--peers', '2', '--timeout', '20']);
    await Promise.all([ann.until(isMessage('by the other way')), bob.until(isMessage('by the other way'))]);
    expect(await sender.exit).toBe(0);
    const hasMoved = (name: string) => (line: Line) =>
      line.type === 'peer' &&
      line.event === 'changed' &&
      line.name === name &&
      line.address !== undefined &&
      !isDead(line.address);
    await Promise.all([ann.until(hasMoved('bob')), bob.until(hasMoved('ann'))]);
    expect([eventsOf(ann, 'bob'), eventsOf(bob, 'ann')].flat()).not.toContain('left');
    await endAll(ann, bob);
  });
});
