import { afterEach, describe, expect, test } from '@jest/globals';
import { type EarshotPeer, type Message, type OpenOptions, openPeer } from '../../src/index.ts';
import { bundle, type Child, run } from './child.ts';
import { temporaryFolder } from './temporary.ts';

const opened: EarshotPeer[] = [];
afterEach(async () => {
  for (const peer of opened.splice(0)) await peer.close();
});
/** On loopback, without discovery. */
const open = async (options: OpenOptions): Promise<EarshotPeer> => {
  const peer = await openPeer({ interfaces: ['127.0.0.1'], useDiscovery: false, ...options });
  opened.push(peer);
  return peer;
};
const at = (peer: EarshotPeer): string => `127.0.0.1:${peer.port}`;
const heard = (peer: EarshotPeer, count: number): Promise<readonly Message[]> =>
  new Promise((resolve) => {
    const messages: Message[] = [];
    peer.on('message', ({ message }) => {
      messages.push(message);
      if (messages.length === count) resolve(messages);
    });
  });
const textsOf = (messages: readonly Message[]): readonly string[] => messages.map(({ body }) => body.text);

describe('peers on one machine', () => {
  test('meet, talk in a room and in private, and are told of delivery', async () => {
    const ada = await open({ home: temporaryFolder(), name: 'Ada' });
    const bob = await open({ home: temporaryFolder(), name: 'Bob', peers: [at(ada)] });
    for (const peer of [ada, bob]) peer.join('lobby');
    const joined = new Promise<string>((resolve) => ada.on('joined', ({ peer }) => resolve(peer.name)));
    expect(await joined).toBe('Bob');
    const hearing = heard(bob, 2);
    await (await ada.say('lobby', 'hello')).delivered();
    const receipt = await ada.tell(bob.id, 'psst');
    expect(await receipt.delivered()).toEqual([expect.objectContaining({ peer: bob.id, name: 'Bob', isStored: true })]);
    expect((await hearing).map(({ authorName, body, scope }) => [authorName, body.text, scope.kind])).toEqual([
      ['Ada', 'hello', 'room'],
      ['Ada', 'psst', 'direct'],
    ]);
  });

  test('count what waits for somebody who has gone, as far as it is asked', async () => {
    const ada = await open({ home: temporaryFolder(), name: 'Ada' });
    const bob = await open({ home: temporaryFolder(), name: 'Bob', peers: [at(ada)] });
    for (const peer of [ada, bob]) peer.join('lobby');
    await new Promise<void>((resolve) => ada.on('joined', () => resolve()));
    await (await ada.say('lobby', 'heard')).delivered();
    const left = new Promise<void>((resolve) => ada.on('left', () => resolve()));
    await bob.close();
    await left;
    expect(await ada.queuedCount(9)).toBe(0);
    const said = [];
    for (const text of ['one', 'two', 'three', 'four']) said.push(await ada.say('lobby', text));
    said.push(await ada.tell(bob.id, 'psst'));
    expect([await ada.queuedCount(9), await ada.queuedCount(2)]).toEqual([5, 2]);
    const [one, two] = said;
    if (one === undefined || two === undefined) throw new Error('nothing was said');
    await ada.remove(one.scope, one.id);
    await ada.drop(two.id);
    expect(await ada.queuedCount(9)).toBe(3);
    expect((await ada.queue()).map(({ message }) => message.body.text)).toEqual(['three', 'four', 'psst']);
  });

  test('that keep nothing acknowledge what an iterator has gone past', async () => {
    const ada = await open({ isEphemeral: true });
    const bob = await open({ isEphemeral: true, peers: [at(ada)] });
    for (const peer of [ada, bob]) peer.join('lobby');
    await new Promise<void>((resolve) => ada.on('joined', () => resolve()));
    const events = bob[Symbol.asyncIterator]();
    const receipt = await ada.say('lobby', 'hello');
    let event = await events.next();
    while (event.value?.kind !== 'message') event = await events.next();
    expect(receipt.deliveries).toEqual([]);
    const delivered = receipt.delivered();
    void events.next();
    expect(await delivered).toEqual([expect.objectContaining({ peer: bob.id, isStored: false })]);
  });
});

describe('a peer that is killed', () => {
  const sayer = (): Promise<string> =>
    bundle(`
      import { openPeer } from '/src/index.ts';
      const [, , home = '', text = ''] = process.argv;
      const peer = await openPeer({ home, interfaces: ['127.0.0.1'], useDiscovery: false });
      peer.join('lobby');
      const { sequence } = await peer.say('lobby', text);
      process.stdout.write(JSON.stringify({ port: peer.port, id: peer.id, sequence }) + '\\n');
      peer.on('joined', ({ peer: other }) => { if (text === 'third') void peer.tell(other.id, 'met you'); });
      setTimeout(() => {}, 1e6);
    `);
  const said = async (child: Child): Promise<{ readonly port: number; readonly id: string; readonly sequence: number }> =>
    JSON.parse((await child.line()) ?? 'null');

  test('by SIGKILL comes back as the same person on the same port, with a number it never used, and meets again', async () => {
    const home = temporaryFolder();
    const script = await sayer();
    const numbers: number[] = [];
    const people = new Set<string>();
    for (const text of ['first', 'second']) {
      const child = run(script, home, text);
      const { port, id, sequence } = await said(child);
      numbers.push(sequence);
      people.add(`${id} ${port}`);
      await child.kill();
    }
    const last = run(script, home, 'third');
    const { port, id, sequence } = await said(last);
    numbers.push(sequence);
    people.add(`${id} ${port}`);
    expect(people.size).toBe(1);
    expect([...numbers].sort((a, b) => a - b)).toEqual([...new Set(numbers)]);
    const listener = await open({ isEphemeral: true, peers: [`127.0.0.1:${port}`] });
    const hearing = heard(listener, 1);
    expect(textsOf(await hearing)).toEqual(['met you']);
    await last.kill();
  });
});
