/** Attackers with real sockets, on loopback only. */
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import type { Address } from '../../src/base/address.ts';
import { instant } from '../../src/base/time.ts';
import { nodeSuite } from '../../src/crypto/primitives/node-suite.ts';
import { Liar } from '../attacks/liar.ts';
import { DEADLINE_MS } from './waiting.ts';

const open = new Set<Socket>();

/** A bound socket that counts what comes back. */
export class AttackSocket {
  readonly #socket: Socket;
  readonly #to: Address;
  bytesOut = 0;
  bytesIn = 0;
  onBytes: ((bytes: Uint8Array) => void) | undefined;

  private constructor(socket: Socket, to: Address) {
    this.#socket = socket;
    this.#to = to;
    socket.on('message', (bytes) => {
      this.bytesIn += bytes.length;
      this.onBytes?.(bytes);
    });
  }

  /** @param at `127.0.0.1:port`. */
  static async open(at: string): Promise<AttackSocket> {
    const socket = createSocket('udp4');
    open.add(socket);
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return new AttackSocket(socket, { host: '127.0.0.1', port: Number(at.split(':')[1]) });
  }

  get to(): Address {
    return this.#to;
  }

  /** Resolves when the system has it. */
  send(bytes: Uint8Array): Promise<void> {
    this.bytesOut += bytes.length;
    return new Promise((resolve) => this.#socket.send(bytes, this.#to.port, this.#to.host, () => resolve()));
  }
}

export const closeSockets = (): void => {
  for (const socket of open) socket.close();
  open.clear();
};

/** A liar with a session. `sent`: its own datagrams. */
export const liarAt = async (at: string, name: string): Promise<{ readonly liar: Liar; readonly sent: Uint8Array[] }> => {
  const socket = await AttackSocket.open(at);
  const sent: Uint8Array[] = [];
  const liar = new Liar({
    suite: nodeSuite,
    entropy: (length) => new Uint8Array(randomBytes(length)),
    now: () => instant(performance.now()),
    transmit: (_to, bytes) => {
      sent.push(bytes.slice());
      void socket.send(bytes);
    },
    name,
  });
  await new Promise<void>((resolve, reject) => {
    const again = setInterval(() => liar.open(socket.to), 500);
    const tooLate = setTimeout(() => reject(new Error('no session with the peer under attack')), DEADLINE_MS);
    socket.onBytes = (bytes) => {
      liar.receive(bytes);
      if (!liar.hasSession) return;
      clearInterval(again);
      clearTimeout(tooLate);
      resolve();
    };
    liar.open(socket.to);
  });
  return { liar, sent };
};
