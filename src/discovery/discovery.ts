/** Who is on this link and where, as a machine over mDNS messages: the responders, browsers and the cache of all links together. */
import type { Address } from '../base/address.ts';
import { earliest, type Instant, later } from '../base/time.ts';
import type { Entropy } from '../crypto/suite.ts';
import { Browser } from './browser.ts';
import { type CachedRecord, RecordCache } from './cache.ts';
import { randomLabel } from './chance.ts';
import { Claims } from './claims.ts';
import { Conflicts, isConflict } from './conflict.ts';
import type { DnsMessage, DnsRecord, LinkInterface, MdnsReceived } from './dns-message.ts';
import { heardIn } from './heard.ts';
import {
  ANNOUNCE_JITTER_MAX_MS,
  ANNOUNCE_JITTER_MS,
  ANNOUNCE_JITTER_PER_PEER_MS,
  DOUBT_MS,
  MDNS_PORT,
  UPDATE_BURST,
  UPDATE_RATE,
  UPDATE_WAIT_MS,
  WAKE_AFTER_MS,
} from './limits.ts';
import { isOwnHost, networkKey } from './link.ts';
import type { DiscoveryOutput } from './output.ts';
import { OwnQueries } from './own-queries.ts';
import { type OwnRecords, type OwnService, ownRecords } from './own-records.ts';
import { Prober } from './prober.ts';
import { instanceName, instanceOf, lower, SERVICE_TYPE } from './records.ts';
import { Responder } from './responder.ts';
import { Allowance } from './schedule.ts';

export type DiscoveryOptions = OwnService & {
  readonly entropy: Entropy;
  /** Whether to look for others; if not, we are only found. */
  readonly isBrowsing: boolean;
  /** Nothing is said at all, neither asked nor answered: what others say is heard. */
  readonly isSilent?: boolean;
  /** The label may be somebody else's too: probe for it before the first announcement. Default: only once it was contested. */
  readonly mayBeTaken?: boolean;
};

type Link = {
  readonly interface: LinkInterface;
  readonly own: OwnRecords;
  readonly prober: Prober;
  readonly responder: Responder;
  readonly browser: Browser;
  /** Changes of our records that are announced at once. */
  readonly updates: Allowance;
};

export class Discovery {
  readonly #entropy: Entropy;
  readonly #isBrowsing: boolean;
  readonly #isSilent: boolean;
  #service: OwnService;
  /** By name of the interface. BOUNDED: by what the platform lists. */
  readonly #links = new Map<string, Link>();
  readonly #cache: RecordCache;
  readonly #claims: Claims;
  readonly #ownQueries = new OwnQueries();
  readonly #conflicts = new Conflicts();
  /** Somebody else had our label, or might: it is probed for (§8.1). */
  #isContested: boolean;
  #renames = 0;
  #hasLeft = false;

  constructor(options: DiscoveryOptions) {
    this.#entropy = options.entropy;
    this.#isBrowsing = options.isBrowsing;
    this.#isSilent = options.isSilent ?? false;
    this.#isContested = options.mayBeTaken ?? false;
    this.#service = { label: lower(options.label), port: options.port, idHint: options.idHint };
    this.#cache = new RecordCache(options.entropy);
    this.#claims = new Claims(this.#cache);
  }

  /** Our instance label now; another one after a conflict. */
  get label(): string {
    return this.#service.label;
  }

  /** Records of others held, for `/stats`. */
  get cachedRecords(): number {
    return this.#cache.size;
  }

  /** All links that may be used now. New ones are announced on and asked on; what was heard on a lost one is gone. */
  onInterfaces(now: Instant, interfaces: readonly LinkInterface[], out: DiscoveryOutput[]): void {
    if (this.#hasLeft) return;
    const usable = new Map(interfaces.filter(hasAddress).map((link) => [link.name, link]));
    for (const [name, link] of this.#links) {
      const current = usable.get(name);
      if (current !== undefined && networkKey(current) === networkKey(link.interface)) continue;
      this.#links.delete(name);
      this.#onGone(this.#cache.forget(name), out);
    }
    for (const [name, link] of usable) {
      const known = this.#links.get(name);
      if (known !== undefined && sameAddresses(known.interface, link)) continue;
      const isLate = known !== undefined && !known.updates.take(now);
      const opened = this.#open(link, known);
      this.#start(now, opened, isLate ? UPDATE_WAIT_MS : 0);
    }
  }

  /** The platform joined the group again on a link that was deaf: announce and ask as at the start. */
  onLinkUp(now: Instant, name: string): void {
    const link = this.#links.get(name);
    if (link === undefined || this.#hasLeft) return;
    this.#start(now, link);
  }

  onMessage(now: Instant, received: MdnsReceived, out: DiscoveryOutput[]): void {
    const link = this.#links.get(received.interface);
    if (link === undefined || this.#hasLeft) return;
    if (received.message.isResponse) this.#onResponse(now, link, received, out);
    else if (!this.#isSilent) this.#onQuery(now, link, received, out);
  }

  onTimeout(now: Instant, out: DiscoveryOutput[]): void {
    if (this.#hasLeft) return;
    const dueAt = this.nextTimeout();
    if (dueAt !== undefined && now - dueAt > WAKE_AFTER_MS) for (const name of this.#links.keys()) this.onLinkUp(now, name);
    const { expired, stale } = this.#cache.onTimeout(now);
    this.#onGone(expired, out);
    for (const [name, { prober, responder, browser }] of this.#links) {
      if (stale.has(name) && !this.#isSilent) browser.refreshPointers(now);
      if (prober.onTimeout(now, out)) responder.announce(now, { jitterMs: 0 });
      responder.onTimeout(now, out);
      browser.onTimeout(now, out);
    }
  }

  nextTimeout(): Instant | undefined {
    if (this.#hasLeft) return undefined;
    let next = this.#cache.nextTimeout();
    for (const { prober, responder, browser } of this.#links.values())
      next = earliest(next, prober.nextTimeout(), responder.nextTimeout(), browser.nextTimeout());
    return next;
  }

  /** Ask again on all links, because a person wants to see who is there; never twice within a second. */
  refresh(now: Instant, _out: DiscoveryOutput[]): void {
    if (this.#hasLeft || !this.#isAsking) return;
    for (const { browser } of this.#links.values()) browser.start(now);
  }

  /** Nobody answered where an instance is said to be: ask again, and drop the claim (`gone`) if it is not repeated (§10.4). */
  onUnreachable(now: Instant, instance: string): void {
    if (this.#hasLeft || !this.#isAsking) return;
    for (const [name, { browser }] of this.#links) {
      if (this.#cache.doubt(later(now, DOUBT_MS), name, SERVICE_TYPE, instanceName(instance))) browser.start(now);
    }
  }

  /** There was no room for what was found: it is found again when it is announced again. */
  onRefused(instance: string): void {
    this.#claims.untell(instance);
  }

  /** Take back what was announced, and fall silent for good. */
  goodbye(_now: Instant, out: DiscoveryOutput[]): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    if (this.#isSilent) return;
    for (const { responder } of this.#links.values()) responder.goodbye(out);
  }

  /** A new link, or new records on a known network: then what was heard stays, and the browser goes on. */
  #open(link: LinkInterface, known: Link | undefined): Link {
    const [entropy, ownQueries, cache] = [this.#entropy, this.#ownQueries, this.#cache];
    const own = ownRecords(this.#service, link);
    const opened: Link = {
      interface: link,
      own,
      prober: new Prober({ link: link.name, own, entropy }),
      responder: new Responder({ link, own, entropy, before: known?.responder }),
      browser: known?.browser ?? new Browser({ link: link.name, cache, entropy, ownQueries }),
      updates: known?.updates ?? new Allowance(UPDATE_BURST, UPDATE_RATE),
    };
    this.#links.set(link.name, opened);
    return opened;
  }

  get #isAsking(): boolean {
    return this.#isBrowsing && !this.#isSilent;
  }

  #start(now: Instant, link: Link, afterMs = 0): void {
    if (this.#isSilent) return;
    this.#claim(now, link, afterMs);
    if (this.#isBrowsing) link.browser.start(now);
  }

  /** Probes for our names if need be, and announces them: those who are found meanwhile are dialled all the same. */
  #claim(now: Instant, { interface: link, prober, responder }: Link, afterMs = 0): void {
    const peers = this.#cache.get(link.name, 'PTR', SERVICE_TYPE).length;
    const spreadMs = Math.min(ANNOUNCE_JITTER_PER_PEER_MS * peers, ANNOUNCE_JITTER_MAX_MS);
    if (!this.#isContested) {
      responder.announce(now, { afterMs, jitterMs: Math.max(ANNOUNCE_JITTER_MS, spreadMs) });
      return;
    }
    responder.stop();
    prober.start(now, afterMs);
  }

  #onQuery(now: Instant, link: Link, received: MdnsReceived, out: DiscoveryOutput[]): void {
    const { from, message } = received;
    const isFromPort = from.port === MDNS_PORT;
    if (
      isFromPort &&
      this.#isOwnHost(from.host) &&
      this.#ownQueries.takeEcho(now, { link: link.interface.name, host: from.host }, message)
    ) {
      out.push({ kind: 'dropped', reason: 'own-announcement' });
      return;
    }
    if (!link.prober.isProbing) link.responder.onQuery(now, received, out);
    else if (isFromPort) link.prober.onProbe(now, message, this.#allOwn());
    if (isFromPort && this.#isBrowsing) link.browser.onQuery(now, message, link.own.instance);
  }

  #onResponse(now: Instant, link: Link, received: MdnsReceived, out: DiscoveryOutput[]): void {
    const { from, message } = received;
    if (from.port !== MDNS_PORT) {
      out.push({ kind: 'dropped', reason: 'malformed-mdns' }); // §6: responses come from the mDNS port
      return;
    }
    if (this.#isSilent) {
      this.#ingest(now, link.interface, from.host, message, out);
      return;
    }
    if (link.prober.isProbing) {
      if (link.prober.isLostBy(message, this.#allOwn())) this.#rename(now, out);
    } else if (isConflict(message, this.#allOwn())) this.#contest(now, link);
    else link.responder.onResponse(now, message);
    if (this.#isBrowsing) this.#ingest(now, link.interface, from.host, message, out);
  }

  #ingest(now: Instant, link: LinkInterface, source: string, message: DnsMessage, out: DiscoveryOutput[]): void {
    const isWantedHost = (host: string): boolean => this.#cache.servicesAt(link.name, host).length > 0;
    const { records, hasOurs } = heardIn(message, this.#service.label, isWantedHost);
    if (hasOurs && records.length === 0) out.push({ kind: 'dropped', reason: 'own-announcement' });
    const touched = new Set<string>();
    const placed = new Set<string | undefined>();
    for (const record of records) {
      const ingested = this.#cache.ingest(now, link.name, source, record);
      if (ingested === 'full') out.push({ kind: 'dropped', reason: 'discovery-full' });
      if (ingested !== 'kept') continue;
      if (record.data.kind === 'SRV') placed.add(instanceOf(record.name));
      for (const instance of this.#instancesOf(link, record)) touched.add(instance);
    }
    this.#onGone(this.#cache.takeEvicted(), out);
    const isOurs = (address: Address): boolean => address.port === this.#service.port && this.#isOwnHost(address.host);
    for (const instance of touched) {
      if (!this.#cache.byRdata(link.name, 'PTR', SERVICE_TYPE).has(instanceName(instance))) continue;
      const sayer = placed.has(instance) ? source : undefined;
      const questions = this.#claims.update(now, { link, instance, sayer, isOurs }, out);
      if (questions.length > 0 && !this.#isSilent) this.#links.get(link.name)?.browser.want(now, questions);
    }
  }

  #instancesOf(link: LinkInterface, record: DnsRecord): readonly string[] {
    const names =
      record.data.kind === 'PTR'
        ? [record.data.target]
        : record.data.kind === 'A' || record.data.kind === 'AAAA'
          ? this.#cache.servicesAt(link.name, record.name)
          : [record.name];
    return names.map(instanceOf).filter((instance) => instance !== undefined);
  }

  #onGone(records: readonly CachedRecord[], out: DiscoveryOutput[]): void {
    for (const { record, link } of records) {
      const instance = record.data.kind === 'PTR' ? instanceOf(record.data.target) : undefined;
      if (instance !== undefined) this.#claims.onPointerGone(link, instance, out);
    }
  }

  /** Somebody says something else under a name that we had claimed: ask whether it is ours, as if we had just come (§9). */
  #contest(now: Instant, link: Link): void {
    this.#isContested = true;
    this.#claim(now, link, this.#conflicts.onConflict(now));
  }

  /**
   * The name is another's: a new one, on all links, probed for (§8.1, §9). No goodbye for the old pointer: it is the other's now. The
   * new one is kept as long as the label is: for this process.
   */
  #rename(now: Instant, out: DiscoveryOutput[]): void {
    this.#isContested = true;
    const from = this.#service.label;
    this.#service = { ...this.#service, label: randomLabel(this.#entropy) };
    this.#renames += 1;
    out.push({ kind: 'renamed', from, to: this.#service.label, times: this.#renames });
    const waitMs = this.#conflicts.onConflict(now);
    for (const link of [...this.#links.values()]) this.#claim(now, this.#open(link.interface, link), waitMs);
  }

  #allOwn(): readonly OwnRecords[] {
    return Array.from(this.#links.values(), ({ own }) => own);
  }

  #isOwnHost(host: string): boolean {
    for (const { interface: own } of this.#links.values()) if (isOwnHost(own, host)) return true;
    return false;
  }
}

const hasAddress = (link: LinkInterface): boolean => link.ipv4.length + link.ipv6.length > 0;
const addressesOf = (link: LinkInterface): string =>
  [...link.ipv4, ...link.ipv6].map(({ address, prefix }) => `${address}/${prefix}`).join(' ');
const sameAddresses = (a: LinkInterface, b: LinkInterface): boolean =>
  addressesOf(a) === addressesOf(b) && a.isLoopback === b.isLoopback;
