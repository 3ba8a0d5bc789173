/**
 * Whether datagrams reach somebody and an answer comes back. An initiation of a version that nobody speaks is answered with a
 * short notice by every earshot (protocol.md §13), whatever its size, without a session and without being shown to anybody.
 */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { type Address, isIPv6 } from '../../base/address.ts';
import { encode } from '../../wire/cbor.ts';
import { decodeDatagram } from '../../wire/datagram.ts';
import { errorCode } from '../world-text.ts';
import type { Tally } from './checkup.ts';

/** No version of the protocol, ever. */
const NO_VERSION = 0xffff_ffff;
const INITIATION = 2;
/** Bytes of such an initiation beside its padding: array, kind, version, id, heads and 32 bytes in Noise's place. */
const FIXED_SIZE = 1 + 1 + 5 + 5 + 1 + 34 + 3;
/** Between two datagrams: notices are sent at a bounded rate. */
const EVERY_MS = 30;
const WAIT_MS = 800;

export type Echo = { readonly tally: Tally; readonly isRefused: boolean; readonly sendFailure: string | undefined };

const probeOf = (id: number, sizeBytes: number): Uint8Array =>
  encode([
    INITIATION,
    NO_VERSION,
    id,
    new Uint8Array(0),
    new Uint8Array(randomBytes(32)),
    new Uint8Array(sizeBytes - FIXED_SIZE),
  ]);

/** Sends `count` datagrams of a size, 512 bytes or more, and counts the answers. Ends early when all are there. */
export const echo = async (to: Address, sizeBytes: number, count: number): Promise<Echo> => {
  const socket = createSocket({ type: isIPv6(to.host) ? 'udp6' : 'udp4' });
  const waiting = new Set<number>();
  let answered = 0;
  let isRefused = false;
  let sendFailure: string | undefined;
  const onFailure = (error: unknown): void => {
    const code = errorCode(error) ?? String(error);
    if (code === 'ECONNREFUSED') isRefused = true;
    else sendFailure ??= code;
  };
  socket.on('message', (message) => {
    const datagram = decodeDatagram(new Uint8Array(message));
    if (datagram.ok && datagram.value.kind === 'version' && waiting.delete(datagram.value.destinationId)) answered += 1;
  });
  socket.on('error', onFailure);
  // connected: the system tells when their host says that nobody listens
  const isConnected = await new Promise<boolean>((resolve) => {
    socket.once('error', () => resolve(false));
    socket.connect(to.port, to.host, () => resolve(true));
  });
  for (let sent = 0; isConnected && sent < count; sent++) {
    const id = randomBytes(4).readUInt32BE();
    waiting.add(id);
    socket.send(probeOf(id, sizeBytes), (error) => {
      if (error !== null) onFailure(error);
    });
    await pause(EVERY_MS);
  }
  const end = performance.now() + WAIT_MS;
  while (isConnected && waiting.size > 0 && performance.now() < end) await pause(20);
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return { tally: { sent: count, answered }, isRefused, sendFailure: answered > 0 ? undefined : sendFailure };
};

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
