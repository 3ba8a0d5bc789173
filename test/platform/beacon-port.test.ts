import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { openBeaconPort } from '../../src/platform/beacon-port.ts';
import { openUdp } from '../../src/platform/udp.ts';

const freePort = async (): Promise<number> => {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
};
const never = (text: string): void => {
  throw new Error(text);
};

describe('the beacon port', () => {
  const onLinux = process.platform === 'linux' ? test : test.skip; // the loopback network of other systems has no broadcast
  onLinux('is shared: a broadcast from the chat port reaches every peer of the host, with that port as its source', async () => {
    const port = await freePort();
    const heard: { readonly who: number; readonly from: string; readonly bytes: readonly number[] }[] = [];
    let done: () => void = () => undefined;
    const both = new Promise<void>((resolve) => {
      done = resolve;
    });
    const listen = (who: number) =>
      openBeaconPort({
        port,
        onProblem: never,
        onDatagram: (from, bytes) => {
          heard.push({ who, from: `${from.host}:${from.port}`, bytes: [...bytes] });
          if (heard.length === 2) done();
        },
      });
    const [one, other] = [await listen(1), await listen(2)];
    const udp = await openUdp({ onDatagram: () => undefined });
    udp.send({ host: '127.255.255.255', port }, Uint8Array.of(1, 2, 3));
    await both;
    expect(heard.sort((a, b) => a.who - b.who)).toEqual(
      [1, 2].map((who) => ({ who, from: `127.0.0.1:${udp.port}`, bytes: [1, 2, 3] })),
    );
    await Promise.all([one.close(), other.close(), udp.close()]);
  });

  test('that somebody keeps for themselves is told of, and done without', async () => {
    const socket = createSocket('udp4');
    socket.bind(0, '0.0.0.0');
    await once(socket, 'listening');
    const told: string[] = [];
    const beacons = await openBeaconPort({
      port: socket.address().port,
      onDatagram: () => undefined,
      onProblem: (text) => told.push(text),
    });
    expect(told).toEqual([expect.stringMatching(/beacons of others cannot be heard: .*EADDRINUSE/)]);
    await beacons.close();
    await new Promise<void>((resolve) => socket.close(() => resolve()));
  });
});
