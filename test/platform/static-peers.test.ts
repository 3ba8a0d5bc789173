import { describe, expect, test } from '@jest/globals';
import { type Address, addressKey } from '../../src/base/address.ts';
import { parseTarget, StaticPeers } from '../../src/platform/static-peers.ts';

const failing = (code: string): Error => Object.assign(new Error(code), { code });
const world = (targets: readonly string[], lookup: (host: string) => Promise<readonly string[]>) => {
  const dialled: string[] = [];
  const asked: string[] = [];
  const dial = (to: Address): void => {
    dialled.push(addressKey(to));
  };
  const problems: string[] = [];
  const look = (host: string): Promise<readonly string[]> => {
    asked.push(host);
    return lookup(host);
  };
  const peers = new StaticPeers(targets, { dial, onProblem: (text) => problems.push(text), look });
  return { peers, dialled, asked, problems };
};

describe('a peer written as text', () => {
  test.each([
    ['example.org:4455', 'example.org', 4455],
    ['192.168.1.5:1', '192.168.1.5', 1],
    ['[fe80::1%eth0]:65535', 'fe80::1%eth0', 65_535],
    [' ada.local:7 ', 'ada.local', 7],
  ])('%s is host and port', (text, host, port) => {
    expect(parseTarget(text)).toMatchObject({ host, port });
  });

  test.each(['', 'example.org', 'example.org:', ':5', 'a:0', 'a:65536', 'fe80::1:5', '[::1]', 'a b:5', 'a:5x'])(
    '"%s" is refused with the form',
    (text) => {
      expect(() => parseTarget(text)).toThrow(
        expect.objectContaining({ name: 'ApiMisuse', message: expect.stringContaining('host:port') }),
      );
    },
  );
});

describe('static peers', () => {
  test('given by address are dialled without a lookup', async () => {
    const { peers, dialled, asked } = world(['127.0.0.1:5', '[fe80::1%eth0]:6'], async () => []);
    await peers.start();
    expect([dialled, asked]).toEqual([['127.0.0.1:5', '[fe80::1%eth0]:6'], []]);
    peers.close();
  });

  test('given by name are dialled at every address of it', async () => {
    const { peers, dialled } = world(['ada.local:5'], async () => ['10.0.0.1', 'fd00::1']);
    await peers.start();
    expect(dialled).toEqual(['10.0.0.1:5', '[fd00::1]:5']);
    peers.close();
  });

  test('with a name that does not exist are an error that names it', async () => {
    const { peers } = world(['nobody.invalid:5'], async () => {
      throw failing('ENOTFOUND');
    });
    await expect(peers.start()).rejects.toMatchObject({
      code: 'name-not-resolved',
      message: expect.stringContaining('"nobody.invalid"'),
    });
    peers.close();
  });

  test('with a name that cannot be looked up for now are said once, and found when the network is back', async () => {
    let isDown = true;
    const { peers, dialled, problems } = world(['ada.local:5'], async () => {
      if (isDown) throw failing('EAI_AGAIN');
      return ['10.0.0.1'];
    });
    await peers.start();
    expect(dialled).toEqual([]);
    peers.again();
    await new Promise((resolve) => setImmediate(resolve));
    expect(problems).toEqual([expect.stringContaining('"ada.local" of the peer ada.local:5 cannot be looked up')]);
    isDown = false;
    peers.again();
    await new Promise((resolve) => setImmediate(resolve));
    expect(dialled).toEqual(['10.0.0.1:5']);
    peers.close();
  });

  test('are all due again when the network changed', async () => {
    const { peers, dialled } = world(['10.0.0.1:5'], async () => []);
    await peers.start();
    peers.again();
    expect(dialled).toEqual(['10.0.0.1:5', '10.0.0.1:5']);
    peers.close();
  });

  test('a name that was just looked up is not looked up for every failed dial', async () => {
    const { peers, asked } = world(['ada.local:5'], async () => ['10.0.0.1']);
    await peers.start();
    for (let count = 0; count < 5; count++) peers.onDialFailed({ host: '10.0.0.1', port: 5 });
    expect(asked).toEqual(['ada.local']);
    peers.close();
  });
});
