import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { earshotOn, endAll, isMessage, isReady, makeHome, textsOf } from './earshot-on.ts';
import { Lab, labProblem, titled } from './hosts.ts';

jest.setTimeout(60_000);
const suite = labProblem === undefined ? describe : describe.skip;

suite(titled('somebody dies in the middle'), () => {
  let lab: Lab;
  beforeAll(() => {
    lab = new Lab(2);
  });
  afterEach(() => lab?.killAll()); // what a failed test left running
  afterAll(() => lab?.remove());

  const listenOn = (host: number, home: string) => earshotOn(lab, host, ['listen', '--json'], { home });

  test('the listener dies while send is at it: code 4 and queued; when both are back the rest comes, late, once', async () => {
    const [senderHome, listenerHome] = [makeHome(lab), makeHome(lab)];
    const first = listenOn(2, listenerHome);
    await first.until(isReady);
    const sender = earshotOn(lab, 1, ['send', '--json', '--timeout', '3'], { home: senderHome });
    sender.write('before 1\nbefore 2\n');
    await sender.until(({ type }) => type === 'delivered');
    await first.until(isMessage('before 2'));
    first.kill('SIGKILL');
    await first.exit;
    sender.write('after 1\nafter 2\n');
    sender.end();
    expect(await sender.exit).toBe(4);
    expect(sender.lines.find(({ type }) => type === 'summary')).toMatchObject({ sent: 4, queued: true });
    expect(sender.stderr()).toMatch(/2 messages were not delivered/);

    const second = listenOn(2, listenerHome);
    await second.until(isReady);
    const next = earshotOn(lab, 1, ['listen', '--json'], { home: senderHome }); // any command will do
    await second.until(isMessage('after 2'));
    const messages = second.lines.filter(({ type }) => type === 'message');
    expect(messages.filter(({ late }) => late !== true)).toEqual([]);
    // killed in the very act of showing it, the listener may show its last one again
    expect(messages.map(({ text }) => text).filter((text) => text !== 'before 2')).toEqual(['after 1', 'after 2']);
    expect(textsOf(first)).toEqual(['before 1', 'before 2']);
    await endAll(next, second);
  });

  test('a sender killed as soon as a message has its number: any next command delivers it', async () => {
    const [senderHome, listenerHome] = [makeHome(lab), makeHome(lab)];
    const first = listenOn(2, listenerHome);
    await first.until(isReady);
    const sender = earshotOn(lab, 1, ['send', '--json', '--timeout', '30'], { home: senderHome });
    sender.write('heard\n');
    await sender.until(({ type }) => type === 'delivered');
    first.kill('SIGKILL');
    await first.exit;
    sender.write('left behind\n');
    await sender.until(({ type, seq }) => type === 'sent' && seq === 2);
    sender.kill('SIGKILL');
    await sender.exit;

    const second = listenOn(2, listenerHome);
    await second.until(isReady);
    const peers = earshotOn(lab, 1, ['peers', '--json'], { home: senderHome });
    await second.until(isMessage('left behind'));
    expect(await peers.exit).toBe(0);
    const more = earshotOn(lab, 1, ['send', 'and on'], { home: senderHome });
    expect([await more.exit, more.stderr()]).toEqual([0, '']);
    await second.until(isMessage('and on'));
    expect(
      second.lines
        .filter(({ type, text }) => type === 'message' && text !== 'heard') // it may not have been shown before the kill
        .map(({ text, late, seq }) => ({ text, late, isNew: Number(seq) > 2 })),
    ).toEqual([
      { text: 'left behind', late: true, isNew: false },
      { text: 'and on', late: undefined, isNew: true },
    ]);
    await endAll(second);
  });

  test('a sender killed after code 4 has nothing to lose: send delivers what was queued before it says more', async () => {
    const [senderHome, listenerHome] = [makeHome(lab), makeHome(lab)];
    const first = listenOn(2, listenerHome);
    await first.until(isReady);
    const sender = earshotOn(lab, 1, ['send', '--json', '--timeout', '1'], { home: senderHome });
    sender.write('known\n');
    await sender.until(({ type }) => type === 'delivered');
    first.kill('SIGKILL');
    await first.exit;
    sender.write('queued\n');
    await sender.until(({ type }) => type === 'summary');
    sender.kill('SIGKILL');
    await sender.exit;

    const second = listenOn(2, listenerHome);
    await second.until(isReady);
    const more = earshotOn(lab, 1, ['send', 'newer'], { home: senderHome });
    expect([await more.exit, more.stderr()]).toEqual([0, '']);
    await second.until(isMessage('newer'));
    // what was delivered may not have been shown before the kill
    expect(textsOf(second).filter((text) => text !== 'known')).toEqual(['queued', 'newer']);
    await endAll(second);
  });
});
