/**
 * Tells whoever asks (`earshot doctor`, protocol.md §12.6) which of their questions arrived here, and by which ways: one report a
 * question, never larger than it, at a bounded rate. Questions come from strangers and change nothing here but a few counters.
 */
import type { Address } from '../base/address.ts';
import { equal, toHex } from '../base/bytes.ts';
import type { DropReason } from '../base/drop-reason.ts';
import {
  BEACON_PORT,
  INQUIRERS_MAX,
  INQUIRY_BURST_GROUP,
  INQUIRY_BURST_PER_SOURCE,
  INQUIRY_BURST_TOTAL,
  INQUIRY_RATE_GROUP,
  INQUIRY_RATE_PER_SOURCE,
  INQUIRY_RATE_TOTAL,
  INQUIRY_SIZE_MIN,
} from '../base/limits.ts';
import type { Now } from '../base/time.ts';
import type { DnsMessage, LinkInterface, MdnsReceived } from '../discovery/dns-message.ts';
import { broadcastsOf, ipBytes, isOnLink } from '../discovery/link.ts';
import { SourceBuckets } from '../transport/source-buckets.ts';
import { TokenBucket } from '../transport/token-bucket.ts';
import {
  decodeQuestion,
  encodeReport,
  type HeardKind,
  kindOfSize,
  type Question,
  questionInName,
  type Report,
  reportName,
} from '../wire/inquiry.ts';
import type { Effect } from './effect.ts';

/** Ports below are of services: nobody asks from there. */
const ANSWER_PORT_MIN = 1024;

type Heard = Record<HeardKind, number>;
/** How a question came; `sizeBytes` is what its report may have. */
type Arrival = { readonly from: Address; readonly kind: HeardKind; readonly sizeBytes: number };

export class Reporter {
  readonly #port: number;
  /** By nonce in hex, the longest silent first. BOUNDED: by INQUIRERS_MAX. */
  readonly #heard = new Map<string, Heard>();
  readonly #sources = new SourceBuckets(INQUIRY_BURST_PER_SOURCE, INQUIRY_RATE_PER_SOURCE);
  #total: TokenBucket | undefined;
  #group: TokenBucket | undefined;
  #links: readonly LinkInterface[] = [];
  #hearsMulticast = false;

  /** @param port others reach us on; 0: only what comes by unicast is for us. */
  constructor(port: number) {
    this.#port = port;
  }

  /** How much is remembered, for tests of the bounds. */
  get counts(): { readonly inquirers: number; readonly sources: number } {
    return { inquirers: this.#heard.size, sources: this.#sources.size };
  }

  onInterfaces(links: readonly LinkInterface[]): void {
    this.#links = links;
  }

  /** A datagram that says it is a question. @param isBroadcast it came to the port of beacons. */
  onDatagram(now: Now, from: Address, bytes: Uint8Array, isBroadcast: boolean, effects: Effect[]): void {
    const question = decodeQuestion(bytes);
    const kind = isBroadcast ? 'broadcast' : kindOfSize(bytes.length);
    const arrival = { from, kind, sizeBytes: bytes.length } as const;
    const reason = question.ok ? this.#onQuestion(now, question.value, arrival, effects) : question.reason;
    if (reason !== undefined) effects.push({ kind: 'dropped', reason });
  }

  /** @returns whether the message was a question of this kind, and nothing for discovery. */
  onMdns(now: Now, { from, message }: MdnsReceived, effects: Effect[]): boolean {
    this.#hearsMulticast = true;
    const [first, ...others] = message.questions;
    const question = first === undefined || others.length > 0 ? undefined : questionInName(first.name);
    if (question === undefined) return false;
    const arrival = { from, kind: 'multicast', sizeBytes: INQUIRY_SIZE_MIN } as const;
    const reason = this.#onQuestion(now, question, arrival, effects);
    if (reason !== undefined) effects.push({ kind: 'dropped', reason });
    return true;
  }

  /** @returns why nothing is reported. */
  #onQuestion(now: Now, question: Question, arrival: Arrival, effects: Effect[]): DropReason | undefined {
    const { from, kind } = arrival;
    const isToAll = kind === 'multicast' || kind === 'broadcast';
    if (isToAll && !this.#isForUs(question)) return 'foreign-question';
    const to = { host: from.host, port: question.answerPort === 0 ? from.port : question.answerPort };
    if (to.port < ANSWER_PORT_MIN) return 'bad-target';
    this.#total ??= new TokenBucket(now.at, INQUIRY_BURST_TOTAL, INQUIRY_RATE_TOTAL);
    if (!this.#sources.take(now.at, from.host) || !this.#total.take(now.at)) return 'rate-limited';
    const report: Report = {
      nonce: question.nonce.slice(),
      number: question.number,
      hearsMulticast: this.#hearsMulticast,
      seconds: Math.min(0xffff_ffff, Math.max(0, Math.floor(now.wall / 1_000))),
      heard: this.#count(question.nonce, kind),
    };
    if (question.way !== 'unicast') return this.#tellAll(now, report, question.way, from, effects);
    effects.push({ kind: 'transmit', to, bytes: encodeReport(report, arrival.sizeBytes) });
    return undefined;
  }

  #tellAll(
    now: Now,
    report: Report,
    way: 'multicast' | 'broadcast',
    { host }: Address,
    effects: Effect[],
  ): DropReason | undefined {
    const link = this.#links.find((one) => isOnLink(one, host));
    if (link === undefined) return 'bad-target';
    this.#group ??= new TokenBucket(now.at, INQUIRY_BURST_GROUP, INQUIRY_RATE_GROUP);
    if (!this.#group.take(now.at)) return 'rate-limited';
    if (way === 'multicast') {
      effects.push({ kind: 'mdns', interface: link.name, message: messageOf(reportName(report)) });
      return undefined;
    }
    const bytes = encodeReport(report, INQUIRY_SIZE_MIN);
    for (const broadcast of broadcastsOf(link))
      effects.push({ kind: 'transmit', to: { host: broadcast, port: BEACON_PORT }, bytes });
    return undefined;
  }

  #isForUs({ address, port }: Question): boolean {
    if (port !== this.#port) return false;
    return this.#links.some(({ ipv4, ipv6 }) =>
      [...ipv4, ...ipv6].some((own) => equal(ipBytes(own.address) ?? new Uint8Array(0), address)),
    );
  }

  #count(nonce: Uint8Array, kind: HeardKind): Readonly<Heard> {
    const key = toHex(nonce);
    const heard = this.#heard.get(key) ?? { small: 0, full: 0, oversized: 0, multicast: 0, broadcast: 0 };
    this.#heard.delete(key);
    for (const oldest of this.#heard.keys()) {
      if (this.#heard.size < INQUIRERS_MAX) break;
      this.#heard.delete(oldest);
    }
    this.#heard.set(key, heard);
    heard[kind] += 1;
    return { ...heard };
  }
}

/** A question of mDNS that nobody answers. */
const messageOf = (name: string): DnsMessage => ({
  isResponse: false,
  isTruncated: false,
  questions: [{ name, type: 'TXT', isUnicast: false }],
  answers: [],
  authorities: [],
  additionals: [],
  id: 0,
});
