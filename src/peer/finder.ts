/** How others are found: what discovery hears and what the user names become dials, at the dialer's pace. */
import { type Address, type AddressKey, addressKey } from '../base/address.ts';
import { toHex } from '../base/bytes.ts';
import type { PeerId } from '../base/ids.ts';
import { UNPROVEN_PEERS_MAX } from '../base/limits.ts';
import { earliest, type Instant, type Now } from '../base/time.ts';
import { Discovery, type DiscoveryOptions } from '../discovery/discovery.ts';
import type { LinkInterface, MdnsReceived } from '../discovery/dns-message.ts';
import type { DiscoveryOutput } from '../discovery/output.ts';
import { Dialer, type MetSession } from './dialer.ts';
import type { Effect } from './effect.ts';
import type { DialFailure, FoundVia } from './event.ts';
import { notify, ownTwinWarning, versionWarning } from './tell.ts';

const LABEL_TAKEN =
  'another host used the random label of this program for discovery, which now has another one: a copied machine, or somebody meddles';

export class Finder {
  readonly #discovery: Discovery | undefined;
  readonly #dialer = new Dialer();
  /** Addresses of which it was said that they speak another version, or have our key. BOUNDED: by UNPROVEN_PEERS_MAX. */
  readonly #foreignVersions = new Set<AddressKey>();
  /** Said by discovery in the step under way, not yet routed. */
  readonly #out: DiscoveryOutput[] = [];

  /** @param discovery undefined: only those are met whose address is given. */
  constructor(discovery: DiscoveryOptions | undefined) {
    this.#discovery = discovery === undefined ? undefined : new Discovery(discovery);
  }

  onMdns(now: Now, received: MdnsReceived): void {
    this.#discovery?.onMessage(now.at, received, this.#out);
  }

  onInterfaces(now: Now, interfaces: readonly LinkInterface[]): void {
    this.#discovery?.onInterfaces(now.at, interfaces, this.#out);
  }

  /** Try to meet whoever answers there. */
  ask(now: Now, to: Address, via: FoundVia): void {
    this.#dialer.ask(now.at, to, via);
  }

  nextTimeout(): Instant | undefined {
    return earliest(this.#discovery?.nextTimeout(), this.#dialer.nextTimeout());
  }

  onTimeout(now: Now): void {
    const due = this.#discovery?.nextTimeout();
    if (due !== undefined && due <= now.at) this.#discovery?.onTimeout(now.at, this.#out);
  }

  /** The addresses to dial now. */
  takeDue(now: Now): readonly Address[] {
    return this.#dialer.takeDue(now.at);
  }

  viaOf(address: Address): FoundVia {
    return this.#dialer.viaOf(address) ?? (this.#discovery === undefined ? 'static' : 'mdns');
  }

  onEstablished(peer: PeerId, address: Address): void {
    this.#dialer.onEstablished(peer, address);
  }

  onEnded(now: Now, peer: PeerId): void {
    this.#dialer.onEnded(now.at, peer);
  }

  onDialFailed(now: Now, to: Address, why: DialFailure, effects: Effect[]): void {
    this.#dialer.onFailed(now.at, to, why);
    const instance = this.#dialer.instanceOf(to);
    if (why === 'no-answer' && instance !== undefined) this.#discovery?.onUnreachable(now.at, instance);
    effects.push(notify({ kind: 'dial-failed', to, why }));
    if (why !== 'older' && why !== 'newer' && why !== 'own-key-elsewhere') return;
    // A target is dialled again now and then; this is worth saying once.
    if (this.#foreignVersions.has(addressKey(to)) || this.#foreignVersions.size >= UNPROVEN_PEERS_MAX) return;
    this.#foreignVersions.add(addressKey(to));
    effects.push(notify(why === 'own-key-elsewhere' ? ownTwinWarning(to) : versionWarning(to, why)));
  }

  goodbye(now: Now): void {
    this.#discovery?.goodbye(now.at, this.#out);
  }

  /** Takes what discovery has said to where it belongs. @param sessions those we have by now. */
  route(now: Now, sessions: () => readonly MetSession[], effects: Effect[]): void {
    for (const output of this.#out.splice(0)) this.#onOutput(now, output, sessions, effects);
  }

  get hasMore(): boolean {
    return this.#out.length > 0;
  }

  #onOutput(now: Now, output: DiscoveryOutput, sessions: () => readonly MetSession[], effects: Effect[]): void {
    switch (output.kind) {
      case 'mdns':
      case 'dropped':
        effects.push(output);
        return;
      case 'found': {
        const { address, instance, idHint } = output;
        const claim = { address, instance, idHint: idHint === undefined ? undefined : toHex(idHint) };
        const lost = this.#dialer.found(now.at, claim, sessions());
        if (lost === undefined) return;
        this.#discovery?.onRefused(lost);
        effects.push({ kind: 'dropped', reason: 'discovery-full' });
        return;
      }
      case 'gone':
        this.#dialer.gone(output.instance);
        return;
      case 'renamed':
        if (output.times === 1) effects.push(notify({ kind: 'warning', code: 'label-taken', text: LABEL_TAKEN }));
        return;
      default:
        output satisfies never;
    }
  }
}
