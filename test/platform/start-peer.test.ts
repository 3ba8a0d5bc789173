import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { EntryId, PeerId } from '../../src/base/ids.ts';
import { wallTime } from '../../src/base/time.ts';
import type { Effect } from '../../src/peer/effect.ts';
import type { PeerOptions } from '../../src/peer/options.ts';
import { callControl } from '../../src/platform/control.ts';
import type { EarshotPeer } from '../../src/platform/earshot-peer.ts';
import { RefusedError } from '../../src/platform/refused-error.ts';
import { type OpenOptions, startPeer } from '../../src/platform/start-peer.ts';
import { type Script, ScriptedCore } from './scripted-core.ts';
import { temporaryFolder } from './temporary.ts';

const opened: EarshotPeer[] = [];
afterEach(async () => {
  for (const peer of opened.splice(0)) await peer.close();
});

type Started = { readonly peer: EarshotPeer; readonly core: ScriptedCore; readonly options: PeerOptions };
/** On loopback, without discovery. */
const start = async (options: OpenOptions = {}, script: Script = () => []): Promise<Started> => {
  const core = new ScriptedCore(script);
  let given: PeerOptions | undefined;
  const peer = await startPeer({ interfaces: ['127.0.0.1'], useDiscovery: false, ...options }, (made) => {
    given = made;
    return core;
  });
  opened.push(peer);
  if (given === undefined) throw new Error('no core was asked for');
  return { peer, core, options: given };
};
const keyOf = ({ peer, options }: Started): readonly unknown[] => [peer.id, options.log, peer.port];
const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

/** A core that keeps and numbers what is said, and refuses what is empty. */
const numbering = (): Script => {
  let last = 0;
  return (input) => {
    if (input.kind !== 'say') return [];
    if (input.body.kind === 'text' && input.body.text === '')
      return [{ kind: 'notify', event: { kind: 'refused', token: input.token, why: 'empty', detail: '' } }];
    last += 1;
    const event = {
      kind: 'sent',
      token: input.token,
      id: `${last}` as EntryId,
      sequence: last,
      scope: input.scope,
      time: wallTime(last),
    } as const;
    return [{ kind: 'notify', event }];
  };
};

describe('opening a peer', () => {
  test('again from the same home gives the same person, log and port', async () => {
    const home = temporaryFolder();
    const first = await start({ home });
    await first.peer.close();
    expect(keyOf(await start({ home }))).toEqual(keyOf(first));
  });

  test('twice from one home at once is refused, and the second leaves nothing open', async () => {
    const home = temporaryFolder();
    const first = await start({ home });
    await expect(start({ home })).rejects.toMatchObject({ code: 'profile-in-use' });
    await first.peer.close();
    await start({ home });
  });

  test('without keeping anything leaves nothing behind, and is another person each time', async () => {
    const home = join(temporaryFolder(), 'home');
    const [a, b] = [await start({ home, isEphemeral: true }), await start({ home, isEphemeral: true })];
    expect([existsSync(home), a.peer.id === b.peer.id, a.options.isEphemeral]).toEqual([false, false, true]);
  });

  test('on a port that is taken fails, and the profile is free afterwards', async () => {
    const home = temporaryFolder();
    const socket = createSocket('udp4').bind(0, '0.0.0.0');
    await once(socket, 'listening');
    await expect(start({ home, port: socket.address().port })).rejects.toMatchObject({ code: 'port-taken' });
    socket.close();
    await start({ home });
  });

  test('on an interface that does not exist fails before anything is made', async () => {
    const home = join(temporaryFolder(), 'home');
    await expect(start({ home, interfaces: ['nope9'] })).rejects.toMatchObject({ code: 'no-such-interface' });
    expect(existsSync(home)).toBe(false);
  });

  test('has the name it was given, cleaned, for this run, and keeps the one it is renamed to', async () => {
    const home = temporaryFolder();
    const first = await start({ home, name: '  Ada\u202e ' });
    expect(first.options.name).toBe('Ada');
    await first.peer.close();
    const second = await start({ home });
    expect(second.options.name).not.toBe('Ada');
    second.peer.rename('Grace');
    await second.peer.close();
    expect((await start({ home })).options.name).toBe('Grace');
    expect(second.core.inputs).toContainEqual({ kind: 'rename', name: 'Grace' });
  });

  test('says where it can be reached, and dials the peers it was given', async () => {
    const { peer, core } = await start({ isEphemeral: true, peers: ['127.0.0.1:9'] });
    await turns(1);
    expect(peer.addresses).toEqual([`127.0.0.1:${peer.port}`]);
    expect(core.inputs).toContainEqual({ kind: 'dial', to: { host: '127.0.0.1', port: 9 }, via: 'static' });
    expect(core.inputs.find((input) => input.kind === 'interfaces')).toMatchObject({
      interfaces: [{ name: 'lo', isLoopback: true }],
    });
  });

  test('gives the core datagrams and sends what it wants sent', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const to = { host: '127.0.0.1', port: socket.address().port };
    const { peer } = await start({ isEphemeral: true }, (input): readonly Effect[] =>
      input.kind === 'datagram' ? [{ kind: 'transmit', to, bytes: input.bytes.slice().reverse() }] : [],
    );
    const answered = once(socket, 'message');
    socket.send(Buffer.of(1, 2, 3), peer.port, '127.0.0.1');
    expect([...(await answered)[0]]).toEqual([3, 2, 1]);
    expect(peer.stats()).toMatchObject({ datagramsIn: 1, datagramsOut: 1, sessions: 0, drops: {}, problems: [] });
    socket.close();
  });
});

describe('the log id', () => {
  const keeping: Script = (input) =>
    input.kind === 'join' ? [{ kind: 'persist', ticket: 1, record: new Uint8Array(50).fill(0x81), mustFlush: false }] : [];
  const written = async (home: string): Promise<Started> => {
    const started = await start({ home }, keeping);
    for (const room of ['a', 'b', 'c']) {
      started.peer.join(room);
      await turns(1);
    }
    await started.peer.close();
    return started;
  };

  test('stays as long as the messages are all there', async () => {
    const home = temporaryFolder();
    const first = await written(home);
    const second = await written(home);
    expect(second.options.log).toBe(first.options.log);
    expect((await start({ home })).core.restoredRecords).toHaveLength(6);
  });

  test.each<readonly [string, (home: string) => void]>([
    ['the messages are gone', (home) => rmSync(join(home, 'log'), { recursive: true })],
    [
      'the profile is a copy',
      (home) => {
        cpSync(home, `${home}-copy`, { recursive: true, filter: (path) => !path.endsWith('.sock') });
        rmSync(home, { recursive: true });
        renameSync(`${home}-copy`, home);
      },
    ],
    [
      'the messages are damaged in the middle',
      (home) => {
        const path = join(home, 'log', '00000001.seg');
        const bytes = readFileSync(path);
        bytes[16 + 58 + 20] = 9;
        writeFileSync(path, bytes);
      },
    ],
  ])('is a new one when %s', async (_why, change) => {
    const home = temporaryFolder();
    const first = await written(home);
    change(home);
    const second = await start({ home });
    expect(second.peer.id).toBe(first.peer.id);
    expect(second.options.log).not.toBe(first.options.log);
    const { log } = second.options;
    await second.peer.close();
    expect((await start({ home })).options.log).toBe(log);
  });

  test('damage is told to whoever opened the peer, as a warning and in the problems', async () => {
    const home = temporaryFolder();
    await written(home);
    const path = join(home, 'log', '00000001.seg');
    const bytes = readFileSync(path);
    bytes[16 + 58 + 20] = 9;
    writeFileSync(path, bytes);
    const { peer } = await start({ home });
    const warning = await new Promise((resolve) => peer.on('warning', resolve));
    expect(warning).toEqual({ kind: 'warning', code: 'not-stored', text: expect.stringContaining('damaged') });
    expect(peer.stats().problems).toEqual([expect.stringContaining('damaged')]);
  });

  test('messages without their keys are an error, and are left alone', async () => {
    const home = temporaryFolder();
    await written(home);
    rmSync(join(home, 'profile.json'));
    const before = readdirSync(join(home, 'log'));
    await expect(start({ home })).rejects.toMatchObject({ code: 'profile-damaged' });
    expect(readdirSync(join(home, 'log'))).toEqual(before);
  });
});

describe('saying', () => {
  test('resolves with the receipt of the message', async () => {
    const { peer } = await start({ isEphemeral: true }, numbering());
    const [first, second] = await Promise.all([
      peer.say('#Lobby', 'hello'),
      peer.tell('b'.repeat(64) as PeerId, 'psst', { isAction: true }),
    ]);
    expect(first).toMatchObject({ id: '1', sequence: 1, scope: { kind: 'room', room: 'lobby' } });
    expect(second).toMatchObject({ id: '2', scope: { kind: 'direct', reader: 'b'.repeat(64) } });
  });

  test('rejects with the reason the core gives', async () => {
    const { peer } = await start({ isEphemeral: true }, numbering());
    await expect(peer.say('lobby', '')).rejects.toEqual(new RefusedError('empty', 'the message is empty'));
  });

  test('in what is no room is a mistake of the caller', async () => {
    const { peer } = await start({ isEphemeral: true });
    await expect(peer.say('no room', 'hello')).rejects.toMatchObject({ name: 'ApiMisuse' });
    expect(() => peer.join('')).toThrow(expect.objectContaining({ name: 'ApiMisuse' }));
  });

  test('too much at once is refused, and so is anything after closing; nothing is left unanswered', async () => {
    const { peer } = await start({ isEphemeral: true });
    const all = Array.from({ length: 70_000 }, () => peer.say('lobby', 'x').catch((error: RefusedError) => error.why));
    await turns(1);
    await peer.close();
    const outcomes = new Set(await Promise.all(all));
    expect(outcomes).toEqual(new Set(['queue-full', 'closed']));
    await expect(peer.say('lobby', 'x')).rejects.toMatchObject({ why: 'closed' });
  });
});

describe('closing', () => {
  test('says goodbye first, ends iterators, and may be called again', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const to = { host: '127.0.0.1', port: socket.address().port };
    const { peer } = await start({ isEphemeral: true }, (input) =>
      input.kind === 'quit' ? [{ kind: 'transmit', to, bytes: Uint8Array.of(0xbe) }] : [],
    );
    const goodbye = once(socket, 'message');
    const event = peer[Symbol.asyncIterator]().next();
    await Promise.all([peer.close(), peer.close()]);
    expect([...(await goodbye)[0]]).toEqual([0xbe]);
    expect(await event).toMatchObject({ done: true });
    socket.close();
  });
});

describe('the control socket of a peer', () => {
  test('answers for the profile while the peer is open', async () => {
    const home = temporaryFolder();
    const { peer } = await start({ home });
    peer.serve(async function* (request) {
      yield [peer.id, request];
    });
    const replies: unknown[] = [];
    for await (const reply of (await callControl(home, 'who')) ?? []) replies.push(reply);
    expect(replies).toEqual([[peer.id, 'who']]);
    await peer.close();
    expect(await callControl(home, 'who')).toBeUndefined();
  });

  test('does not exist for an ephemeral peer', async () => {
    const { peer } = await start({ isEphemeral: true });
    expect(() => peer.serve(async function* () {})).toThrow(expect.objectContaining({ name: 'ApiMisuse' }));
  });
});
