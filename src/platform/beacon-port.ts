/**
 * The port that beacons are heard on (protocol.md §12.2), shared by all peers of this host: a broadcast reaches each of them.
 * Beacons leave by the chat port, not by this one.
 */
import { createSocket } from 'node:dgram';
import type { Address } from '../base/address.ts';
import { BEACON_PORT } from '../base/limits.ts';
import { errorCode } from './world-text.ts';

/** BOUNDED: beacons taken a second; whatever floods this port costs no more. A LAN of a thousand, all started at once, sends more: some of them are heard again. */
const BEACONS_PER_SECOND_MAX = 500;

export type BeaconPortOptions = {
  readonly onDatagram: (from: Address, bytes: Uint8Array) => void;
  /** For people: beacons cannot be heard. */
  readonly onProblem: (text: string) => void;
  /** UDP port; BEACON_PORT, except in tests. */
  readonly port?: number;
};

export interface BeaconPort {
  close(): Promise<void>;
}

/** Never rejects: without the port nobody is found by beacons, and `onProblem` has said so. */
export const openBeaconPort = async (options: BeaconPortOptions): Promise<BeaconPort> => {
  const { onDatagram, onProblem, port = BEACON_PORT } = options;
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  let second = 0;
  let taken = 0;
  socket.on('message', (message, remote) => {
    const now = Math.floor(performance.now() / 1_000);
    taken = now === second ? taken + 1 : 1;
    second = now;
    if (taken > BEACONS_PER_SECOND_MAX) return;
    onDatagram({ host: remote.address, port: remote.port }, new Uint8Array(message.buffer, message.byteOffset, message.length));
  });
  const failure = await new Promise<string | undefined>((resolve) => {
    socket.on('error', (error) => resolve(errorCode(error) ?? String(error)));
    socket.bind({ port, address: '0.0.0.0', exclusive: true }, () => resolve(undefined));
  });
  if (failure !== undefined) {
    onProblem(`beacons of others cannot be heard: UDP port ${port} was expected to be shared, but cannot be used (${failure})`);
    socket.close();
    return { close: async () => undefined };
  }
  return { close: () => new Promise((resolve) => socket.close(() => resolve())) };
};
