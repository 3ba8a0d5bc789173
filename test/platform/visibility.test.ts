import { afterEach, describe, expect, test } from '@jest/globals';
import { type EarshotPeer, type OpenOptions, openPeer } from '../../src/index.ts';
import { readProfile } from '../../src/platform/home.ts';
import { temporaryFolder } from './temporary.ts';

const opened: EarshotPeer[] = [];
afterEach(async () => {
  for (const peer of opened.splice(0)) await peer.close();
});
const open = async (options: OpenOptions): Promise<EarshotPeer> => {
  const peer = await openPeer({ interfaces: ['127.0.0.1'], useDiscovery: false, ...options });
  opened.push(peer);
  return peer;
};
const at = (peer: EarshotPeer): string => `127.0.0.1:${peer.port}`;
const joined = (peer: EarshotPeer): Promise<string> =>
  new Promise((resolve) => peer.on('joined', ({ peer: other }) => resolve(other.name)));
const failed = (peer: EarshotPeer): Promise<string> =>
  new Promise((resolve) => peer.on('dial-failed', ({ why }) => resolve(why)));

describe('a private peer, over sockets and with real keys', () => {
  test('lets in whom it wrote to and who wrote to it, also after both began again, and nobody else', async () => {
    const homes = { ada: temporaryFolder(), bob: temporaryFolder() };
    const ada = await open({ home: homes.ada, name: 'Ada' });
    const bob = await open({ home: homes.bob, name: 'Bob', peers: [at(ada)] });
    await joined(ada);
    await (await ada.tell(bob.id, 'hello')).delivered();
    await (await bob.tell(ada.id, 'hello')).delivered();
    for (const peer of opened.splice(0)) await peer.close();

    const hidden = await open({ home: homes.ada, name: 'Ada', visibility: 'private' });
    expect(hidden.visibility).toBe('private');
    const eve = await open({ isEphemeral: true, name: 'Eve', peers: [at(hidden)] });
    const letIn = joined(hidden);
    const again = await open({ home: homes.bob, name: 'Bob', visibility: 'private', peers: [at(hidden)] });
    expect(await joined(again)).toBe('Ada');
    expect(await letIn).toBe('Bob');
    expect(await failed(eve)).toBe('no-answer');
    expect(hidden.stats().drops.stranger).toBeGreaterThan(0);
    expect(hidden.peers.map(({ name }) => name)).toEqual(['Bob']);
  }, 30_000);

  test('has another port each time, and leaves the one that the profile keeps', async () => {
    const home = temporaryFolder();
    const { port } = await open({ home });
    for (const peer of opened.splice(0)) await peer.close();
    const hidden = await open({ home, visibility: 'private' });
    expect(hidden.port).not.toBe(port);
    expect(readProfile(home)?.port).toBe(port);
  });
});
