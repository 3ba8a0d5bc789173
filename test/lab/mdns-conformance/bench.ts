/** A target, a tester beside it, and what checks are made of. */
import { execFileSync } from 'node:child_process';
import {
  FLAG,
  isName,
  isSameData,
  keyOf,
  type Name,
  type Packet,
  type Question,
  type Rdata,
  type Resource,
  TYPE,
  typeOf,
} from './packet.ts';
import { type Place, SERVICE, startTarget, type Target, type TargetKind } from './target.ts';
import { type Fits, type Heard, isQuery, isResponse, Tester } from './tester.ts';

export type Level = 'MUST' | 'SHOULD';
/** Section of RFC 6762, or `63:` of RFC 6763. It fails by throwing what was wrong. */
export type Check = {
  readonly section: string;
  readonly level: Level;
  readonly title: string;
  readonly run: (bench: Bench) => Promise<void> | void;
};
/** Checks on one pair of hosts, one after the other. */
export type Lane = {
  readonly name: string;
  /** The whole program, or the machine alone with its finds told. */
  readonly needs: 'program' | 'finds';
  /** Of the machine's clock. */
  readonly speed?: number;
  /** Before the first check. Default: it is started and has announced itself for good. */
  readonly prepare?: (bench: Bench) => Promise<void>;
  readonly checks: readonly Check[];
};

/** Longest time to an answer: 120 ms, and 500 ms more to gather others (§6, §6.4). */
export const ANSWER_MS = 620;
/** The pace of repetition (§6). */
export const REPEAT_MS = 1_000;
/** What a timer and two processes may be late. */
export const LATE_MS = 40;

export const fail = (what: string): never => {
  throw new Error(what);
};
export const check = (isRight: boolean, what: string): void => {
  if (!isRight) fail(what);
};

export const records = ({ packet }: Heard): readonly Resource[] => [
  ...packet.answers,
  ...packet.authorities,
  ...packet.additionals,
];
export const question = (name: Name, type: number, more: Partial<Question> = {}): Question => ({
  name,
  type,
  isUnicast: false,
  ...more,
});
export const resource = (name: Name, ttl: number, rdata: Rdata, isFlush = rdata.kind !== 'PTR'): Resource => ({
  name,
  ttl,
  isFlush,
  rdata,
});
export const response = (answers: readonly Resource[], more: Partial<Packet> = {}): Partial<Packet> => ({
  flags: FLAG.response | FLAG.authoritative,
  answers,
  ...more,
});
export const text = (...strings: readonly string[]): Rdata => ({
  kind: 'TXT',
  strings: strings.map((each) => Buffer.from(each)),
});

/** What an honest stranger says of itself. */
export const stranger = (
  label: string,
  options: { readonly host: string; readonly port?: number; readonly ttl?: number },
): readonly Resource[] => {
  const { host, port = 9, ttl } = options;
  const [instance, target] = [
    [label, ...SERVICE],
    [label, 'local'],
  ];
  return [
    resource(SERVICE, ttl ?? 4500, { kind: 'PTR', target: instance }),
    resource(instance, ttl ?? 120, { kind: 'SRV', port, target }),
    resource(instance, ttl ?? 4500, text('txtvers=1', 'v=1')),
    resource(target, ttl ?? 120, { kind: 'A', address: host }),
  ];
};

/** What the target says of itself. */
export type Own = {
  readonly instance: Name;
  readonly host: Name;
  readonly pointer: Resource;
  readonly service: Resource;
  readonly text: Resource;
  readonly addresses: readonly Resource[];
};

export class Bench {
  readonly kind: TargetKind;
  readonly place: Place;
  readonly tester: Tester;
  readonly #speed: number;
  #target: Target | undefined;
  #startedAt = 0;

  constructor(kind: TargetKind, place: Place, speed = 1) {
    this.kind = kind;
    this.place = place;
    this.#speed = speed;
    this.tester = new Tester(place.tester, place.target);
  }

  get target(): Target {
    return this.#target ?? fail('it was not started');
  }

  get startedAt(): number {
    return this.#startedAt;
  }

  async start(): Promise<void> {
    this.#startedAt = performance.now();
    this.#target = await startTarget(this.kind, this.place, this.#speed);
  }

  async close(): Promise<void> {
    await this.#target?.kill();
    this.tester.close();
  }

  /** `ip ARGS` on the target's host. */
  ip(...args: readonly string[]): void {
    execFileSync('ip', ['-n', this.place.namespace, ...args]);
  }

  /** Started, and all is announced: the last of at most eight came longer ago than the next could take (§8.3: gaps at most double). */
  async settle(): Promise<void> {
    await this.start();
    await this.tester.until('an announcement', (heard) => isResponse(heard) && this.#find('SRV', heard) !== undefined);
    for (;;) {
      const announcedAt = this.tester.heard.filter(isResponse).map(({ at }) => at);
      const [last = 0, before = last - REPEAT_MS] = announcedAt.slice(-2).reverse();
      const end = last + 2 * Math.max(REPEAT_MS, last - before) + 2 * LATE_MS;
      const more = await this.tester.window(last + 1, end - last - 1, isResponse);
      if (more.length === 0) return;
    }
  }

  /** As last said by the target. */
  get own(): Own {
    const said = [...this.tester.heard].filter(isResponse).reverse();
    const last = (kind: string, name?: Name): Resource =>
      said
        .flatMap(records)
        .find((record) => record.rdata.kind === kind && record.ttl > 0 && (name === undefined || isName(record.name, name))) ??
      fail(`it never said a ${kind}`);
    const pointer = last('PTR', SERVICE);
    const instance = pointer.rdata.kind === 'PTR' ? pointer.rdata.target : [];
    const service = last('SRV', instance);
    const host = service.rdata.kind === 'SRV' ? service.rdata.target : [];
    const addresses = new Map(
      said
        .flatMap(records)
        .filter((record) => record.rdata.kind === 'A' && isName(record.name, host))
        .map((record) => [JSON.stringify(record.rdata), record]),
    );
    return { instance, host, pointer, service, text: last('TXT', instance), addresses: [...addresses.values()] };
  }

  /** Until nothing that was multicast holds an answer back (§6). */
  async rest(): Promise<void> {
    for (;;) {
      const last = this.tester.heard.filter((heard) => isResponse(heard) && heard.via === 'multicast').at(-1)?.at ?? 0;
      if ((await this.tester.window(last + 1, REPEAT_MS + LATE_MS, isMulticastResponse)).length === 0) return;
    }
  }

  /** Asks, after a rest. @returns when. */
  async ask(
    questions: readonly Question[],
    more: Partial<Packet> = {},
    from: { readonly host?: string; readonly port?: number } = {},
  ): Promise<number> {
    await this.rest();
    return this.tester.multicast({ questions, ...more }, from);
  }

  /** The first response since a time that has these in its answers. */
  answer(since: number, what: string, ...wanted: readonly Resource[]): Promise<Heard> {
    return this.tester.until(
      `an answer with ${what}`,
      (heard) => isResponse(heard) && wanted.every((one) => answers(heard, one)),
      since,
    );
  }

  /** Nothing that fits comes as an answer to what was sent at a time. */
  async silence(since: number, what: string, fits: Fits): Promise<void> {
    const heard = await this.tester.window(since, ANSWER_MS, fits);
    check(heard.length === 0, `${what}: heard after ${heard.map(({ at }) => Math.round(at - since)).join(', ')} ms`);
  }

  /** Probes for the target's instance: questions of any type with what is proposed. */
  isProbe(heard: Heard, instance: Name): boolean {
    return (
      isQuery(heard) && heard.packet.authorities.length > 0 && heard.packet.questions.some(({ name }) => isName(name, instance))
    );
  }

  #find(kind: string, heard: Heard): Resource | undefined {
    return records(heard).find(({ rdata }) => rdata.kind === kind);
  }
}

export const isMulticastResponse: Fits = (heard) => isResponse(heard) && heard.via === 'multicast';
const isSame = (a: Resource, b: Resource): boolean =>
  typeOf(a) === typeOf(b) && isName(a.name, b.name) && isSameData(a.rdata, b.rdata);
/** Whether a response has a record among its answers; with any TTL. */
export const answers = (heard: Heard, wanted: Resource): boolean => heard.packet.answers.some((record) => isSame(record, wanted));
export const says = (heard: Heard, wanted: Resource): boolean => records(heard).some((record) => isSame(record, wanted));
export const hasName = (heard: Heard, name: Name): boolean => records(heard).some((record) => isName(record.name, name));
/** Whether a query asks for the service. */
export const browses: Fits = (heard) =>
  isQuery(heard) && heard.packet.questions.some(({ name, type }) => type === TYPE.PTR && isName(name, SERVICE));
/** Labels that a query lists as known. */
export const knownLabels = (heard: Heard): readonly string[] =>
  heard.packet.answers.flatMap(({ name, rdata }) =>
    rdata.kind === 'PTR' && keyOf(name) === keyOf(SERVICE) ? [rdata.target[0] ?? ''] : [],
  );
