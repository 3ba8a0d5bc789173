import { createSocket, type Socket } from 'node:dgram';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { DnsMessage, LinkInterface, MdnsReceived } from '../../../src/discovery/dns-message.ts';
import { type MdnsOptions, type MdnsPort, openMdns } from '../../../src/platform/mdns/mdns.ts';
import { announcement, message, question, SERVICE } from '../../discovery/mdns-world.ts';

const loopback: LinkInterface = { name: 'lo', ipv4: [{ address: '127.0.0.1', prefix: 8 }], ipv6: [], isLoopback: true };
const DEADLINE_MS = 10_000;

/** A port that nobody uses now. */
const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });

/** Messages as they come, and a way to wait for one. */
class Inbox {
  readonly received: MdnsReceived[] = [];
  #waiting: (() => void)[] = [];

  readonly onMessage = (received: MdnsReceived): void => {
    this.received.push(received);
    for (const wake of this.#waiting.splice(0)) wake();
  };

  async until(isWanted: (heard: DnsMessage) => boolean): Promise<MdnsReceived> {
    for (;;) {
      const wanted = this.received.find((received) => isWanted(received.message));
      if (wanted !== undefined) return wanted;
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error('no such message within the deadline')), DEADLINE_MS);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }
}

const opened: { close(): unknown }[] = [];
/** A plain socket, closed after the test. */
const plainSocket = async (options: { readonly port?: number; readonly address: string }): Promise<Socket> => {
  const socket = createSocket({ type: 'udp4', reuseAddr: false });
  await new Promise<void>((resolve) => socket.bind({ port: 0, exclusive: true, ...options }, resolve));
  opened.push({ close: () => new Promise<void>((resolve) => socket.close(() => resolve())) });
  return socket;
};
const open = async (
  options: Partial<MdnsOptions> & { readonly port: number },
): Promise<{ mdns: MdnsPort; inbox: Inbox; problems: string[] }> => {
  const inbox = new Inbox();
  const problems: string[] = [];
  const mdns = await openMdns({
    interfaces: () => [loopback],
    onMessage: inbox.onMessage,
    onProblem: (text) => problems.push(text),
    ...options,
  });
  opened.push(mdns);
  return { mdns, inbox, problems };
};
afterEach(async () => {
  for (const mdns of opened.splice(0)) await mdns.close();
});

const hasInstance = (label: string) => (heard: DnsMessage) =>
  heard.isResponse && heard.answers.some(({ data }) => data.kind === 'PTR' && data.target === `${label}.${SERVICE}`);

describe('the mDNS port, on loopback', () => {
  test('two on one host see what the other multicasts, on the interface it was sent on, and their own', async () => {
    const port = await freePort();
    const ann = await open({ port });
    const bob = await open({ port });
    const sent = announcement('ann', { address: '127.0.0.1', port: 1, id: '00'.repeat(8) });
    ann.mdns.send({ interface: 'lo', message: sent });
    bob.mdns.send({ interface: 'lo', message: announcement('bob', { address: '127.0.0.1', port: 2 }) });
    const expected = { interface: 'lo', from: { host: '127.0.0.1', port }, message: sent };
    expect(await bob.inbox.until(hasInstance('ann'))).toEqual(expected);
    expect(await ann.inbox.until(hasInstance('bob'))).toMatchObject({ interface: 'lo' });
    expect(await ann.inbox.until(hasInstance('ann'))).toEqual(expected);
    expect([...ann.problems, ...bob.problems]).toEqual([]);
  });

  test('close waits until the goodbye has left', async () => {
    const port = await freePort();
    const ann = await open({ port });
    const bob = await open({ port });
    for (let i = 0; i < 50; i++)
      ann.mdns.send({ interface: 'lo', message: message({ questions: [question('A', `host${i}.local`)] }) });
    ann.mdns.send({ interface: 'lo', message: announcement('ann', { address: '127.0.0.1', port: 1, ttl: 0 }) });
    await ann.mdns.close();
    expect(ann.mdns.stats()).toMatchObject({ sent: 51, failed: 0 });
    await bob.inbox.until(hasInstance('ann'));
    ann.mdns.send({ interface: 'lo', message: announcement('ann', { address: '127.0.0.1', port: 1 }) }); // after the end: nothing
    expect(ann.mdns.stats().sent).toBe(51);
  });

  test('a unicast reply goes to the asker alone', async () => {
    const port = await freePort();
    const { mdns } = await open({ port });
    const asker = await plainSocket({ address: '127.0.0.1' });
    const heard = new Promise<Buffer>((resolve) => asker.once('message', resolve));
    mdns.send({
      interface: 'lo',
      to: { host: '127.0.0.1', port: asker.address().port },
      message: announcement('ann', { address: '127.0.0.1', port: 1 }),
    });
    expect((await heard).readUInt16BE(2)).toBe(0x8400);
  });

  test('garbage, compression loops and huge declared counts are dropped, and what follows is heard', async () => {
    const port = await freePort();
    const { inbox, mdns } = await open({ port });
    const attacker = await plainSocket({ address: '127.0.0.1' });
    const hostile = [
      new Uint8Array(0),
      new Uint8Array(12).fill(255),
      Uint8Array.of(0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 12, 0, 1), // a name that points at itself
      Uint8Array.of(0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0x61, 0xc0, 12, 0, 12, 0, 1), // and one that grows
      new Uint8Array(2_000).fill(0xc0),
    ];
    attacker.setMulticastInterface('127.0.0.1');
    for (const bytes of hostile) await new Promise<void>((resolve) => attacker.send(bytes, port, '224.0.0.251', () => resolve()));
    mdns.send({ interface: 'lo', message: announcement('ann', { address: '127.0.0.1', port: 1 }) });
    await inbox.until(hasInstance('ann'));
    expect([inbox.received.length, mdns.stats().dropped]).toEqual([1, hostile.length]);
  });

  test('a port that somebody keeps for himself is a problem told, not an error thrown', async () => {
    const port = await freePort();
    await plainSocket({ port, address: '0.0.0.0' });
    const { mdns, problems } = await open({ port });
    expect(problems).toEqual([expect.stringMatching(new RegExp(`^UDP port ${port} was expected.*EADDRINUSE.*--peer`))]);
    mdns.setInterfaces([loopback]);
    mdns.send({ interface: 'lo', message: message({}) });
    await mdns.close();
  });

  test('no interface to use is told once, and over when there is one', async () => {
    const port = await freePort();
    const { mdns, problems, inbox } = await open({ port, interfaces: () => [] });
    mdns.setInterfaces([]);
    expect(problems).toEqual([expect.stringContaining('no network interface can be used for multicast')]);
    mdns.setInterfaces([loopback]);
    mdns.send({ interface: 'lo', message: announcement('ann', { address: '127.0.0.1', port: 1 }) });
    await inbox.until(hasInstance('ann'));
    mdns.setInterfaces([]);
    expect(problems).toHaveLength(2);
  });

  test('an interface whose address does not exist is named, the others work', async () => {
    const port = await freePort();
    const ghost: LinkInterface = { name: 'ghost0', ipv4: [{ address: '192.0.2.77', prefix: 24 }], ipv6: [], isLoopback: false };
    const { mdns, problems, inbox } = await open({ port, interfaces: () => [ghost, loopback] });
    mdns.send({ interface: 'ghost0', message: message({ questions: [question('A', 'a.local')] }) });
    mdns.send({ interface: 'lo', message: announcement('ann', { address: '127.0.0.1', port: 1 }) });
    await inbox.until(hasInstance('ann'));
    expect(problems).toEqual([expect.stringMatching(/^interface ghost0 .*\(E[A-Z]+\)$/)]);
  });
});
