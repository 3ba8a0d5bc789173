/** From records to claims: which instance is said to be where, checked so that it can do no harm, told once. */
import { type Address, type AddressKey, addressKey } from '../base/address.ts';
import { toHex } from '../base/bytes.ts';
import type { Instant } from '../base/time.ts';
import type { CachedRecord, RecordCache } from './cache.ts';
import type { DnsQuestion, LinkInterface } from './dns-message.ts';
import { CLAIM_BURST, CLAIM_OTHERS_BURST, CLAIM_OTHERS_RATE, CLAIM_RATE, CLAIM_SOURCES_MAX } from './limits.ts';
import { isLinkLocal6, isUsableTarget } from './link.ts';
import type { DiscoveryOutput } from './output.ts';
import { instanceName } from './records.ts';
import { Allowance } from './schedule.ts';
import { idHintOf } from './text-record.ts';

/** What was told of an instance on a link: address → hint in hex ('' without), and whether its host said so. BOUNDED: by the records of its names. */
type Told = Map<AddressKey, { readonly hint: string; readonly isOwnWord: boolean }>;

export class Claims {
  readonly #cache: RecordCache;
  /** Instance → link → what was told. BOUNDED: by the pointers in the cache, each entry goes with its pointer. */
  readonly #told = new Map<string, Map<string, Told>>();
  /** By source address, the least recent first. BOUNDED: by CLAIM_SOURCES_MAX. */
  readonly #allowances = new Map<string, { readonly self: Allowance; readonly others: Allowance }>();

  constructor(cache: RecordCache) {
    this.#cache = cache;
  }

  /**
   * Looks at an instance again after its records changed.
   * @param isOurs whether an address and port are our own.
   * @param sayer host that has just said where the instance is; undefined: something else was said.
   * @returns a question that would complete it.
   */
  update(
    now: Instant,
    options: {
      readonly link: LinkInterface;
      readonly instance: string;
      readonly sayer: string | undefined;
      readonly isOurs: (address: Address) => boolean;
    },
    out: DiscoveryOutput[],
  ): readonly DnsQuestion[] {
    const { link, instance, sayer } = options;
    const name = instanceName(instance);
    const before = this.#told.get(instance)?.get(link.name);
    // what was told once is not completed again: its session, not its records, says whether it is alive
    const isTold = before !== undefined && before.size > 0;
    const service = this.#cache.get(link.name, 'SRV', name).at(-1);
    if (service?.record.data.kind !== 'SRV') return isTold ? [] : [ask(name, 'SRV'), ask(name, 'TXT')];
    const { target, port } = service.record.data;
    const hosts = [...this.#cache.get(link.name, 'A', target), ...this.#cache.get(link.name, 'AAAA', target)];
    if (hosts.length === 0) return isTold ? [] : [ask(target, 'A'), ask(target, 'AAAA')];
    const text = this.#cache.get(link.name, 'TXT', name).at(-1)?.record.data;
    const idHint = text?.kind === 'TXT' ? idHintOf(text.strings) : undefined;
    const hides = text?.kind === 'TXT' && idHint === undefined;
    const after: Told = new Map();
    for (const host of hosts) {
      const address = targetOf(link, host, port, options.isOurs);
      if (address === undefined) {
        out.push({ kind: 'dropped', reason: 'bad-target' });
        continue;
      }
      const key = addressKey(address);
      const hint = idHint === undefined ? '' : toHex(idHint);
      const known = before?.get(key);
      const isOwnWord = known?.isOwnWord === true || address.host === sayer;
      if (known?.hint !== hint || known.isOwnWord !== isOwnWord) {
        if (!this.#mayTell(now, isOwnWord ? address.host : host.source, address.host)) {
          out.push({ kind: 'dropped', reason: 'rate-limited' });
          continue;
        }
        const claimed = idHint === undefined ? {} : { idHint };
        out.push({ kind: 'found', address, interface: link.name, ...claimed, hides, instance, isOwnWord });
      }
      after.set(key, { hint, isOwnWord });
    }
    const links = this.#told.get(instance) ?? new Map<string, Told>();
    this.#told.set(instance, links.set(link.name, after));
    return [];
  }

  /** Nobody had room for what was told: it is told again when it is announced again. */
  untell(instance: string): void {
    for (const told of this.#told.get(instance)?.values() ?? []) told.clear();
  }

  /** The pointer to an instance left the cache of a link; gone is what no link has. */
  onPointerGone(link: string, instance: string, out: DiscoveryOutput[]): void {
    const links = this.#told.get(instance);
    if (links?.delete(link) !== true || links.size > 0) return;
    this.#told.delete(instance);
    out.push({ kind: 'gone', instance });
  }

  #mayTell(now: Instant, source: string, target: string): boolean {
    const allowances = this.#allowances.get(source) ?? {
      self: new Allowance(CLAIM_BURST, CLAIM_RATE),
      others: new Allowance(CLAIM_OTHERS_BURST, CLAIM_OTHERS_RATE),
    };
    this.#allowances.delete(source);
    this.#allowances.set(source, allowances);
    if (this.#allowances.size > CLAIM_SOURCES_MAX) {
      for (const oldest of this.#allowances.keys()) {
        this.#allowances.delete(oldest);
        break;
      }
    }
    return (target === source ? allowances.self : allowances.others).take(now);
  }
}

const ask = (name: string, type: DnsQuestion['type']): DnsQuestion => ({ name, type, isUnicast: false });

/** Never port 0, ourselves, or an address that is not this link's (attacks: off-link, multicast, broadcast, loopback from outside). */
const targetOf = (
  link: LinkInterface,
  entry: CachedRecord,
  port: number,
  isOurs: (address: Address) => boolean,
): Address | undefined => {
  const data = entry.record.data;
  if ((data.kind !== 'A' && data.kind !== 'AAAA') || port === 0) return undefined;
  if (!isUsableTarget(link, data.address, entry.source)) return undefined;
  const host = isLinkLocal6(data.address) ? `${data.address}%${link.name}` : data.address;
  return isOurs({ host: data.address, port }) ? undefined : { host, port };
};
