/** Sends one after the other: the outgoing interface of multicast is a setting of the socket, and a send takes effect later. */
import type { Socket } from 'node:dgram';
import type { LinkInterface } from '../../discovery/dns-message.ts';
import type { MdnsFamily } from './mdns-family.ts';
import { codeOf } from './mdns-memberships.ts';

export type Outgoing = {
  readonly link: LinkInterface;
  /** Absent: to the group, on this interface. */
  readonly to?: { readonly host: string; readonly port: number };
  readonly packets: readonly Uint8Array[];
};

/** Messages that wait for the socket; more are discarded (as the network would). */
const WAITING_MAX = 1024;

type SenderOptions = {
  readonly port: number;
  readonly family: MdnsFamily;
  /** Told of every message: undefined if it left, else the system's code. */
  readonly onResult: (link: LinkInterface, code: string | undefined) => void;
};

export class Sender {
  readonly #socket: Socket;
  readonly #port: number;
  readonly #family: MdnsFamily;
  readonly #onResult: (link: LinkInterface, code: string | undefined) => void;
  /** BOUNDED: by WAITING_MAX. */
  #waiting: Outgoing[] = [];
  #isRunning = false;
  #idle: (() => void)[] = [];

  constructor(socket: Socket, { port, family, onResult }: SenderOptions) {
    this.#socket = socket;
    this.#port = port;
    this.#family = family;
    this.#onResult = onResult;
  }

  /** Never throws. @returns false if too much waits already. */
  send(outgoing: Outgoing): boolean {
    if (this.#waiting.length >= WAITING_MAX) return false;
    this.#waiting.push(outgoing);
    if (!this.#isRunning) this.#next();
    return true;
  }

  /** Resolves when everything given so far has left or failed. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isRunning) this.#idle.push(resolve);
      else resolve();
    });
  }

  #next(): void {
    const outgoing = this.#waiting.shift();
    this.#isRunning = outgoing !== undefined;
    if (outgoing !== undefined) {
      this.#packets(outgoing, 0);
      return;
    }
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }

  #packets(outgoing: Outgoing, index: number): void {
    const packet = outgoing.packets[index];
    if (packet === undefined) {
      this.#done(outgoing.link, undefined);
      return;
    }
    const onSent = (error: Error | null): void => {
      if (error === null) this.#packets(outgoing, index + 1);
      else this.#done(outgoing.link, codeOf(error));
    };
    try {
      if (outgoing.to !== undefined) this.#socket.send(packet, outgoing.to.port, outgoing.to.host, onSent);
      else {
        this.#socket.setMulticastInterface(this.#family.memberOf(outgoing.link) ?? '');
        this.#socket.send(packet, this.#port, this.#family.groupOn(outgoing.link), onSent);
      }
    } catch (error) {
      // the interface is gone (ENODEV, EADDRNOTAVAIL), or the socket closed
      queueMicrotask(() => this.#done(outgoing.link, codeOf(error)));
    }
  }

  #done(link: LinkInterface, code: string | undefined): void {
    this.#onResult(link, code);
    this.#next();
  }
}
