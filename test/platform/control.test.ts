import { describe, expect, test } from '@jest/globals';
import { ControlError, type ControlHandler, callControl, serveControl } from '../../src/platform/control.ts';
import { connectToOwner, type ProfileLock } from '../../src/platform/lock.ts';
import { temporaryFolder } from './temporary.ts';

const served = async (handler: ControlHandler, use: (home: string, lock: ProfileLock) => Promise<void>): Promise<void> => {
  const home = temporaryFolder();
  const lock = await serveControl(home, handler);
  try {
    await use(home, lock);
  } finally {
    await lock.release();
  }
};

const ask = async (home: string, request: unknown): Promise<unknown[]> => {
  const replies = await callControl(home, request);
  if (replies === undefined) throw new Error('nobody is there');
  return collect(replies);
};
const collect = async (replies: AsyncIterable<unknown>): Promise<unknown[]> => {
  const all: unknown[] = [];
  for await (const reply of replies) all.push(reply);
  return all;
};

async function* echo(request: unknown): AsyncGenerator<unknown> {
  yield { was: request };
  yield 'done';
}

describe('the control socket', () => {
  test('answers a request with the replies its handler gives, in order', async () => {
    await served(echo, async (home) => {
      expect(await ask(home, { kind: 'peers', of: [1, null, 'ü\n'] })).toEqual([
        { was: { kind: 'peers', of: [1, null, 'ü\n'] } },
        'done',
      ]);
    });
  });

  test('nobody answers where no peer runs', async () => {
    expect(await callControl(temporaryFolder(), 'hello')).toBeUndefined();
  });

  test('serves several clients at once, each its own replies', async () => {
    await served(echo, async (home) => {
      const all = await Promise.all(Array.from({ length: 50 }, (_, at) => ask(home, at)));
      expect(all).toEqual(Array.from({ length: 50 }, (_, at) => [{ was: at }, 'done']));
    });
  });

  test('tells what the handler threw', async () => {
    const failing: ControlHandler = async function* () {
      yield 'first';
      throw new Error('no such room');
    };
    await served(failing, async (home) => {
      const replies = (await callControl(home, {}))?.[Symbol.asyncIterator]();
      expect(await replies?.next()).toEqual({ done: false, value: 'first' });
      await expect(replies?.next()).rejects.toEqual(new ControlError('no such room'));
    });
  });

  test('a client that goes away cancels its request', async () => {
    let cancelled: () => void = () => undefined;
    const isCancelled = new Promise<void>((resolve) => {
      cancelled = resolve;
    });
    const endless: ControlHandler = async function* (_request, signal) {
      yield 'hello';
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      cancelled();
    };
    await served(endless, async (home) => {
      for await (const reply of (await callControl(home, {})) ?? []) {
        expect(reply).toBe('hello');
        break;
      }
      await isCancelled;
    });
  });

  test('a handler is not asked for more than a slow client reads', async () => {
    let given = 0;
    let cancelled: () => void = () => undefined;
    const isCancelled = new Promise<void>((resolve) => {
      cancelled = resolve;
    });
    const eager: ControlHandler = async function* (_request, signal) {
      signal.addEventListener('abort', () => cancelled());
      for (;;) {
        given++;
        yield 'x'.repeat(64 * 1024);
      }
    };
    await served(eager, async (home) => {
      const client = await connectToOwner(home);
      client?.write('{}\n'); // and reads nothing
      let before = -1;
      while (given !== before || given === 0) {
        before = given;
        for (let pass = 0; pass < 50; pass++) await new Promise((resolve) => setImmediate(resolve));
      }
      expect(given).toBeLessThan(100);
      client?.destroy();
      await isCancelled;
    });
  });

  test('a request that is no JSON is answered with an error', async () => {
    await served(echo, async (home) => {
      const client = await connectToOwner(home);
      client?.write('{nonsense\n');
      let heard = '';
      for await (const bytes of client ?? []) heard += String(bytes);
      expect(JSON.parse(heard)).toEqual({ error: 'the request is not a line of JSON' });
    });
  });

  test('a peer that ends in the middle of an answer is noticed by its client', async () => {
    const endless: ControlHandler = async function* (_request, signal) {
      yield 'hello';
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    };
    await served(endless, async (home, lock) => {
      const replies = (await callControl(home, {}))?.[Symbol.asyncIterator]();
      expect(await replies?.next()).toEqual({ done: false, value: 'hello' });
      await lock.release();
      await expect(replies?.next()).rejects.toBeInstanceOf(ControlError);
    });
  });
});
