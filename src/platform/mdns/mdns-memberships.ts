/** The multicast group joined on each interface, and joined again when the system forgot it. */
import type { Socket } from 'node:dgram';
import type { LinkInterface } from '../../discovery/dns-message.ts';
import { IPV4, type MdnsFamily } from './mdns-family.ts';

export type MembershipChange = {
  /** Interfaces that had lost their membership without a word, and have it again (deleted and made anew, same address). */
  readonly rejoined: readonly string[];
  /** Interfaces that cannot be joined now, with the system's code. */
  readonly failed: readonly { readonly name: string; readonly code: string }[];
};

export class Memberships {
  readonly #socket: Socket;
  readonly #family: MdnsFamily;
  /** Interface → address (IPv6: name) it was joined by. BOUNDED: by the list given. */
  readonly #joined = new Map<string, string>();

  constructor(socket: Socket, family: MdnsFamily = IPV4) {
    this.#socket = socket;
    this.#family = family;
  }

  isJoined(name: string): boolean {
    return this.#joined.has(name);
  }

  get size(): number {
    return this.#joined.size;
  }

  /** Joins what is new, leaves what is gone, and tries all others again: the system refuses a second joining of what still stands. */
  update(links: readonly LinkInterface[]): MembershipChange {
    const wanted = new Map<string, string>();
    for (const link of links) {
      const address = this.#family.memberOf(link);
      if (address !== undefined) wanted.set(link.name, address);
    }
    for (const [name, address] of this.#joined) {
      if (wanted.get(name) === address) continue;
      this.#joined.delete(name);
      this.#leave(address);
    }
    const rejoined: string[] = [];
    const failed: { name: string; code: string }[] = [];
    for (const [name, address] of wanted) {
      const wasJoined = this.#joined.has(name);
      const code = this.#join(address);
      // joined already: by us (then any refusal is good news), or by the same interface's former address
      if (code === undefined || code === 'EADDRINUSE') this.#joined.set(name, address);
      if (code === undefined && wasJoined) rejoined.push(name);
      if (code !== undefined && code !== 'EADDRINUSE' && !wasJoined) failed.push({ name, code });
    }
    return { rejoined, failed };
  }

  leaveAll(): void {
    for (const address of this.#joined.values()) this.#leave(address);
    this.#joined.clear();
  }

  /** @returns the system's code if it refused. */
  #join(address: string): string | undefined {
    try {
      this.#socket.addMembership(this.#family.group, address);
      return undefined;
    } catch (error) {
      return codeOf(error);
    }
  }

  #leave(address: string): void {
    try {
      this.#socket.dropMembership(this.#family.group, address);
    } catch {
      // the interface or its address is gone, and the membership with it: what was wanted
    }
  }
}

/** `ENODEV`, `EADDRINUSE`, … */
export const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : String(error);
