import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Address } from '../../src/base/address.ts';
import { openUdp, type UdpOptions, type UdpPort } from '../../src/platform/udp.ts';

const opened: UdpPort[] = [];
afterEach(async () => {
  for (const udp of opened.splice(0)) await udp.close();
});
const open = async (options: Partial<UdpOptions> = {}): Promise<UdpPort> => {
  const udp = await openUdp({ onDatagram: () => undefined, ...options });
  opened.push(udp);
  return udp;
};
/** Passes of the event loop until something holds, 5 s at most. */
const until = async (holds: () => boolean): Promise<void> => {
  const end = performance.now() + 5_000;
  while (!holds() && performance.now() < end) await new Promise((resolve) => setImmediate(resolve));
};
type Received = { readonly from: Address; readonly bytes: Uint8Array };
const listening = async (): Promise<{ readonly udp: UdpPort; readonly next: () => Promise<Received> }> => {
  const waiting: ((received: Received) => void)[] = [];
  const udp = await open({ onDatagram: (from, bytes) => waiting.shift()?.({ from, bytes }) });
  return { udp, next: () => new Promise((resolve) => waiting.push(resolve)) };
};
/** A socket of somebody else that has a port. */
const occupied = async (type: 'udp4' | 'udp6' = 'udp4'): Promise<{ readonly port: number; readonly free: () => void }> => {
  const socket = createSocket({ type, ipv6Only: type === 'udp6' });
  socket.bind(0);
  await once(socket, 'listening');
  return { port: socket.address().port, free: () => socket.close() };
};
const hasIPv6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some((one) => one.address === '::1'));

describe('the chat port', () => {
  test('carries datagrams over IPv4, and says where they came from', async () => {
    const { udp, next } = await listening();
    const sender = await open();
    const received = next();
    sender.send({ host: '127.0.0.1', port: udp.port }, Uint8Array.of(1, 2, 3));
    expect(await received).toEqual({ from: { host: '127.0.0.1', port: sender.port }, bytes: Uint8Array.of(1, 2, 3) });
  });

  (hasIPv6 ? test : test.skip)('carries datagrams over IPv6 on the same port (skipped without ::1)', async () => {
    const { udp, next } = await listening();
    const sender = await open();
    const received = next();
    sender.send({ host: '::1', port: udp.port }, Uint8Array.of(6));
    expect(await received).toEqual({ from: { host: '::1', port: sender.port }, bytes: Uint8Array.of(6) });
  });

  test('hands over plain bytes: a slice of them is a copy', async () => {
    const { udp, next } = await listening();
    const received = next();
    udp.send({ host: '127.0.0.1', port: udp.port }, Uint8Array.of(7, 8));
    const { bytes } = await received;
    bytes.slice(0, 1).fill(0);
    expect([Buffer.isBuffer(bytes), ...bytes]).toEqual([false, 7, 8]);
  });

  test('does not hear whom it may not hear, and counts that', async () => {
    const heard: number[] = [];
    let mayHear = false;
    const udp = await open({
      mayHear: (host) => mayHear && host === '127.0.0.1',
      onDatagram: (_, bytes) => heard.push(bytes.length),
    });
    const sender = await open();
    const say = (size: number): void => sender.send({ host: '127.0.0.1', port: udp.port }, new Uint8Array(size));
    say(1);
    await until(() => udp.stats().datagramsUnheard > 0);
    mayHear = true;
    say(2);
    await until(() => heard.length > 0);
    expect({ heard, ...udp.stats() }).toMatchObject({ heard: [2], datagramsIn: 1, datagramsUnheard: 1 });
  });

  test('counts datagrams and bytes in both directions', async () => {
    const { udp, next } = await listening();
    const received = next();
    udp.send({ host: '127.0.0.1', port: udp.port }, new Uint8Array(10));
    await received;
    expect(udp.stats()).toMatchObject({ datagramsIn: 1, datagramsOut: 1, bytesIn: 10, bytesOut: 10, sendFailures: {} });
  });

  test('an explicit port that is taken is an error that names it', async () => {
    const other = await occupied();
    await expect(open({ port: other.port })).rejects.toMatchObject({
      code: 'port-taken',
      message: expect.stringContaining(String(other.port)),
    });
    other.free();
  });

  (hasIPv6 ? test : test.skip)('an explicit port that is taken for IPv6 only is an error too (skipped without ::1)', async () => {
    const other = await occupied('udp6');
    await expect(open({ port: other.port })).rejects.toMatchObject({ code: 'port-taken' });
    other.free();
  });

  test('a preferred port is had if it is free, and another one if it is taken', async () => {
    const other = await occupied();
    const moved = await open({ preferredPort: other.port });
    expect(moved.port).not.toBe(other.port);
    other.free();
    const { port } = moved;
    await moved.close();
    expect((await open({ preferredPort: port })).port).toBe(port);
  });

  test('a send to where nothing can be sent is counted, never thrown', async () => {
    const udp = await open();
    udp.send({ host: '127.0.0.1', port: 0 }, Uint8Array.of(1));
    udp.send({ host: 'not an address', port: 5 }, Uint8Array.of(1));
    udp.send({ host: '127.0.0.1', port: udp.port }, new Uint8Array(70_000));
    for (let pass = 0; pass < 3; pass++) await new Promise((resolve) => setImmediate(resolve));
    expect(Object.values(udp.stats().sendFailures).reduce((sum, count) => sum + count, 0)).toBe(3);
    expect(udp.stats().sendFailures).toMatchObject({ EMSGSIZE: 1 });
  });

  test('after closing, sends go nowhere and closing again does nothing', async () => {
    const udp = await open();
    await udp.close();
    udp.send({ host: '127.0.0.1', port: 9 }, Uint8Array.of(1));
    await udp.close();
    expect(udp.stats().datagramsOut).toBe(0);
  });
});
