/**
 * Asks somebody which of our datagrams arrive there, by each way and of each size, and listens for the reports by each way
 * (protocol.md §12.6): no session is needed, and nobody there sees it.
 */
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { type Address, isIPv6 } from '../../base/address.ts';
import { BEACON_PORT } from '../../base/limits.ts';
import type { LinkInterface } from '../../discovery/dns-message.ts';
import { broadcastsOf, ipBytes } from '../../discovery/link.ts';
import {
  decodeReport,
  encodeQuestion,
  type HeardCounts,
  type Question,
  questionName,
  type Report,
  type ReportWay,
  reportInName,
} from '../../wire/inquiry.ts';
import { encodeMdns } from '../mdns/mdns-encode.ts';
import { IPV4, IPV6 } from '../mdns/mdns-family.ts';
import { errorCode } from '../world-text.ts';
import type { Tally } from './checkup.ts';

const MDNS_PORT = 5353;
export const SMALL = 500;
export const FULL = 1200;
/** All that a link of 1500 bytes carries. */
export const OVERSIZED = { ipv4: 1472, ipv6: 1452 };
const FIRST_COUNT = 3;
/** With the last, which bring the counts, a hundred. */
const LOSS_COUNT = 97;
const LARGE_COUNT = 3;
/** Between two: below the rate that a peer takes of one host. */
const EVERY_MS = 10;
const APART_MS = 80;
const WAIT_MS = 600;

/** What became of the questions. */
export type Asked = {
  readonly sendFailure: string | undefined;
  readonly small: Tally;
  readonly full: Tally;
  readonly oversized: Tally;
  /** As they report; undefined: no report came, by whatever way. */
  readonly there: Pick<HeardCounts, 'multicast' | 'broadcast'> | undefined;
  /** Ways by which a report came that was to come so. */
  readonly heardBy: ReadonlySet<ReportWay>;
  /** A datagram that answers nothing of ours arrived; undefined: nothing else arrived either. */
  readonly takesUnasked: boolean | undefined;
  readonly hearsOwnMulticast: boolean | undefined;
  readonly clockSkewMs: number | undefined;
};

/** @param link the one they are on; undefined: only unicast can be tried. */
export const ask = (to: Address, link: LinkInterface | undefined, reports: Reports): Promise<Asked> =>
  asking(to, link, reports, (asker) => asker.run());

/** The same, only as far as it takes to know whether datagrams come through: the other ways if unicast does not. */
export const askBriefly = (to: Address, link: LinkInterface | undefined, reports: Reports): Promise<Asked> =>
  asking(to, link, reports, (asker) => asker.runBriefly());

const asking = async (
  to: Address,
  link: LinkInterface | undefined,
  reports: Reports,
  run: (asker: Asker) => Promise<Asked>,
): Promise<Asked> => {
  const asker = new Asker(to, link, reports);
  await asker.open();
  try {
    return await run(asker);
  } finally {
    await asker.close();
  }
};

/** Reports as they come in by multicast and broadcast, on sockets of others. */
export class Reports {
  readonly nonce: Uint8Array = new Uint8Array(randomBytes(8));
  readonly heardBy = new Set<ReportWay>();
  latest: Report | undefined;
  /** By the clock here, when the latest came. */
  #latestAtMs = 0;
  #mostHeard = -1;

  /** A name that was asked for by multicast. */
  onName(name: string): void {
    this.on(reportInName(name), 'multicast');
  }

  /** A datagram at the port of beacons. */
  onBroadcast(bytes: Uint8Array): void {
    const report = decodeReport(bytes);
    if (report.ok) this.on(report.value, 'broadcast');
  }

  /** @returns whether it is one of ours. */
  on(report: Report | undefined, way: ReportWay): boolean {
    if (report === undefined || Buffer.compare(report.nonce, this.nonce) !== 0) return false;
    this.heardBy.add(way);
    const heard = Object.values(report.heard).reduce((sum, count) => sum + count, 0);
    if (heard < this.#mostHeard) return true; // overtaken by a later one
    this.#mostHeard = heard;
    this.latest = report;
    this.#latestAtMs = Date.now();
    return true;
  }

  /** How far their clock was ahead when the latest came; they tell whole seconds. */
  get clockSkewMs(): number | undefined {
    return this.latest === undefined ? undefined : this.latest.seconds * 1_000 + 500 - this.#latestAtMs;
  }
}

class Asker {
  readonly #to: Address;
  readonly #target: Pick<Question, 'address' | 'port'>;
  readonly #link: LinkInterface | undefined;
  readonly #reports: Reports;
  /** Of the questions by which loss is measured: counted there by themselves. */
  readonly #loss = new Reports();
  readonly #socket: Socket;
  /** Nothing is ever sent from it. */
  readonly #aside: Socket;
  /** Numbers of unicast questions, by size. BOUNDED: by what is sent. */
  readonly #sent = new Map<number, number>();
  readonly #answered = new Map<number, number>();
  #isUnasked = false;
  #number = 0;
  #sendFailure: string | undefined;

  constructor(to: Address, link: LinkInterface | undefined, reports: Reports) {
    const type = isIPv6(to.host) ? 'udp6' : 'udp4';
    this.#to = to;
    this.#target = { address: ipBytes(to.host.split('%', 1)[0] ?? '') ?? new Uint8Array(4), port: to.port };
    this.#link = link;
    this.#reports = reports;
    this.#socket = createSocket({ type });
    this.#aside = createSocket({ type });
    this.#socket.on('message', (message) => this.#onMessage(new Uint8Array(message)));
    this.#aside.on('message', (message) => {
      if (this.#onMessage(new Uint8Array(message))) this.#isUnasked = true;
    });
    for (const socket of [this.#socket, this.#aside]) socket.on('error', (error) => this.#failed(error));
  }

  async open(): Promise<void> {
    for (const socket of [this.#socket, this.#aside]) await new Promise<void>((resolve) => socket.bind(0, resolve));
    if (!isIPv6(this.#to.host)) this.#socket.setBroadcast(true);
  }

  async close(): Promise<void> {
    for (const socket of [this.#socket, this.#aside]) await new Promise<void>((resolve) => socket.close(() => resolve()));
  }

  async run(): Promise<Asked> {
    await this.#askFirst();
    await this.#askByAllWays();
    if (this.#answered.size === 0) return this.#result(this.#reports);
    this.#sent.clear();
    this.#answered.clear();
    await this.#measureLoss();
    return this.#result(this.#loss);
  }

  async runBriefly(): Promise<Asked> {
    await this.#askFirst();
    if (this.#answered.size === 0) await this.#askByAllWays();
    return this.#result(this.#reports);
  }

  /** Before anything they could answer: what a firewall there thinks of strangers. */
  async #askFirst(): Promise<void> {
    await this.#several(this.#reports, FIRST_COUNT, SMALL, APART_MS);
    await this.#until(() => this.#countAnswered(SMALL) === FIRST_COUNT);
  }

  async #askByAllWays(): Promise<void> {
    const { port: aside } = this.#aside.address();
    for (const ways of [
      ['unicast', 'unicast'],
      ['multicast', 'broadcast'],
      ['broadcast', 'multicast'],
    ] as const) {
      this.#askByMulticast(ways[0]);
      this.#askByBroadcast(ways[1]);
      this.#send(this.#question({ answerPort: aside }), SMALL);
      await pause(APART_MS);
    }
    this.#send(this.#question({ way: 'multicast' }), SMALL);
    this.#send(this.#question({ way: 'broadcast' }), SMALL);
    const { heardBy } = this.#reports;
    await this.#until(() => heardBy.has('multicast') && heardBy.has('broadcast') && this.#isUnasked);
  }

  async #measureLoss(): Promise<void> {
    const oversized = this.#oversized;
    await this.#several(this.#loss, LOSS_COUNT, SMALL, EVERY_MS);
    for (const sizeBytes of [FULL, oversized]) await this.#several(this.#loss, LARGE_COUNT, sizeBytes, EVERY_MS);
    const isWhole = (): boolean => this.#sent.size === this.#answered.size;
    await this.#until(isWhole);
    await this.#several(this.#loss, FIRST_COUNT, SMALL, EVERY_MS); // these bring the counts
    await this.#until(isWhole);
  }

  get #oversized(): number {
    return isIPv6(this.#to.host) ? OVERSIZED.ipv6 : OVERSIZED.ipv4;
  }

  #question(change: Partial<Question>): Question {
    this.#number += 1;
    const { nonce } = this.#reports;
    return { nonce, number: this.#number, way: 'unicast', answerPort: 0, ...this.#target, ...change };
  }

  /** Questions whose answers are counted. */
  async #several({ nonce }: Reports, count: number, sizeBytes: number, everyMs: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const question = this.#question({ nonce });
      this.#sent.set(question.number, sizeBytes);
      this.#send(question, sizeBytes);
      await pause(everyMs);
    }
  }

  #send(question: Question, sizeBytes: number): void {
    const bytes = encodeQuestion(question, sizeBytes);
    this.#socket.send(bytes, this.#to.port, this.#to.host, (error) => error !== null && this.#failed(error));
  }

  #askByMulticast(way: ReportWay): void {
    const family = isIPv6(this.#to.host) ? IPV6 : IPV4;
    const member = this.#link === undefined ? undefined : family.memberOf(this.#link);
    if (this.#link === undefined || member === undefined) return;
    const none = { isResponse: false, isTruncated: false, answers: [], authorities: [], additionals: [], id: 0 };
    const questions = [{ name: questionName(this.#question({ way })), type: 'TXT', isUnicast: false }] as const;
    try {
      this.#socket.setMulticastInterface(member);
      this.#socket.setMulticastTTL(255);
      for (const packet of encodeMdns({ ...none, questions }))
        this.#socket.send(packet, MDNS_PORT, family.groupOn(this.#link), () => undefined);
    } catch {
      // the interface is gone, or takes no part in multicast: that nothing arrives there is what is told
    }
  }

  #askByBroadcast(way: ReportWay): void {
    if (this.#link === undefined || isIPv6(this.#to.host)) return;
    const bytes = encodeQuestion(this.#question({ way }), SMALL);
    for (const host of broadcastsOf(this.#link)) this.#socket.send(bytes, BEACON_PORT, host, () => undefined);
  }

  #onMessage(bytes: Uint8Array): boolean {
    const decoded = decodeReport(bytes);
    if (!decoded.ok) return false;
    const isOurs = [this.#reports, this.#loss].some((reports) => reports.on(decoded.value, 'unicast'));
    if (!isOurs) return false;
    const sizeBytes = this.#sent.get(decoded.value.number);
    if (sizeBytes !== undefined) this.#answered.set(decoded.value.number, sizeBytes);
    return true;
  }

  #failed(error: unknown): void {
    this.#sendFailure ??= errorCode(error) ?? String(error);
  }

  #countAnswered(sizeBytes: number): number {
    return [...this.#answered.values()].filter((size) => size === sizeBytes).length;
  }

  /** @param by what the reports to these say of unicast. */
  #result(by: Reports): Asked {
    const { latest, heardBy } = this.#reports;
    const tally = (sizeBytes: number, arrived: number | undefined): Tally => {
      const sent = [...this.#sent.values()].filter((size) => size === sizeBytes).length;
      // of the first, others of that size went out besides
      return {
        sent,
        arrived: arrived === undefined ? undefined : Math.min(sent, arrived),
        answered: this.#countAnswered(sizeBytes),
      };
    };
    const heard = by.latest?.heard;
    return {
      sendFailure: heardBy.size > 0 ? undefined : this.#sendFailure,
      small: tally(SMALL, heard?.small),
      full: tally(FULL, heard?.full),
      oversized: tally(this.#oversized, heard?.oversized),
      there: latest?.heard,
      heardBy,
      takesUnasked: heardBy.has('unicast') ? this.#isUnasked : undefined,
      hearsOwnMulticast: latest?.hearsMulticast,
      clockSkewMs: this.#reports.clockSkewMs,
    };
  }

  async #until(isDone: () => boolean): Promise<void> {
    const end = performance.now() + WAIT_MS;
    while (!isDone() && performance.now() < end) await pause(EVERY_MS);
  }
}

/** Whether the system there says that nobody listens at a port. */
export const isRefused = async ({ host, port }: Address): Promise<boolean> => {
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4' });
  const refused = new Promise<boolean>((resolve) => {
    setTimeout(() => resolve(false), WAIT_MS);
    socket.on('error', (error) => resolve(errorCode(error) === 'ECONNREFUSED'));
    // connected: else the system does not tell
    socket.connect(port, host, () => {
      for (const at of [0, APART_MS]) setTimeout(() => socket.send(new Uint8Array(1), () => undefined), at);
    });
  });
  const answer = await refused;
  await pause(APART_MS); // the second has left
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return answer;
};

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, milliseconds)));
