/** mDNS packets as the tester writes and reads them: from RFC 1035 §4.1 and RFC 6762 §18, without anything of src. */

export type Name = readonly string[];
export type Rdata =
  | { readonly kind: 'A'; readonly address: string }
  | { readonly kind: 'PTR'; readonly target: Name }
  | { readonly kind: 'TXT'; readonly strings: readonly Buffer[] }
  | { readonly kind: 'SRV'; readonly port: number; readonly target: Name; readonly isCompressed?: boolean }
  | { readonly kind: 'NSEC'; readonly next: Name; readonly blocks: readonly number[]; readonly types: readonly number[] }
  | { readonly kind: 'raw'; readonly type: number; readonly bytes: Buffer };
export type Resource = { readonly name: Name; readonly ttl: number; readonly isFlush: boolean; readonly rdata: Rdata };
export type Question = { readonly name: Name; readonly type: number; readonly isUnicast: boolean; readonly class?: number };
export type Packet = {
  readonly id: number;
  readonly flags: number;
  readonly questions: readonly Question[];
  readonly answers: readonly Resource[];
  readonly authorities: readonly Resource[];
  readonly additionals: readonly Resource[];
};

export const TYPE = { A: 1, PTR: 12, TXT: 16, AAAA: 28, SRV: 33, NSEC: 47, ANY: 255 } as const;
export const FLAG = { response: 0x8000, opcode: 0x7800, authoritative: 0x0400, truncated: 0x0200, rest: 0x01ff } as const;
const CLASS_IN = 1;
const TOP_BIT = 0x8000;

export const typeOf = ({ rdata }: Resource): number => (rdata.kind === 'raw' ? rdata.type : TYPE[rdata.kind]);
/** Names are told apart without regard to the case of A–Z (§16). */
export const keyOf = (name: Name): string =>
  JSON.stringify(name.map((label) => label.replace(/[A-Z]/g, (letter) => letter.toLowerCase())));
export const isName = (a: Name, b: Name): boolean => keyOf(a) === keyOf(b);

const u16 = (value: number): Buffer => Buffer.from([(value >> 8) & 255, value & 255]);
const u32 = (value: number): Buffer => Buffer.concat([u16(Math.floor(value / 65_536)), u16(value % 65_536)]);
const string = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([bytes.length]), bytes]);
const wholeName = (name: Name): Buffer =>
  Buffer.concat([...name.map((label) => string(Buffer.from(label, 'utf8'))), Buffer.from([0])]);

const bitmap = (types: readonly number[]): Buffer => {
  const bits = Buffer.alloc(Math.floor(Math.max(...types) / 8) + 1);
  for (const type of types) bits[type >> 3] = (bits[type >> 3] ?? 0) | (0x80 >> (type & 7));
  return Buffer.concat([Buffer.from([0, bits.length]), bits]);
};

/** The data of a record as it is compared in a tie-break: without compression (§8.2). */
export const rdataBytes = (rdata: Rdata): Buffer => {
  switch (rdata.kind) {
    case 'A':
      return Buffer.from(rdata.address.split('.').map(Number));
    case 'PTR':
      return wholeName(rdata.target);
    case 'TXT':
      return rdata.strings.length === 0 ? Buffer.from([0]) : Buffer.concat(rdata.strings.map(string));
    case 'SRV':
      return Buffer.concat([u32(0), u16(rdata.port), wholeName(rdata.target)]);
    case 'NSEC':
      return Buffer.concat([wholeName(rdata.next), bitmap(rdata.types)]);
    case 'raw':
      return rdata.bytes;
    default:
      return rdata satisfies never;
  }
};
export const isSameData = (a: Rdata, b: Rdata): boolean =>
  a.kind === b.kind &&
  ((a.kind === 'PTR' && b.kind === 'PTR' && isName(a.target, b.target)) ||
    (a.kind === 'SRV' && b.kind === 'SRV' && a.port === b.port && isName(a.target, b.target)) ||
    rdataBytes(a).equals(rdataBytes(b)));

const resourceBytes = ({ name, ttl, isFlush, rdata }: Resource, type: number): Buffer => {
  const data = rdataBytes(rdata);
  return Buffer.concat([wholeName(name), u16(type), u16(CLASS_IN | (isFlush ? TOP_BIT : 0)), u32(ttl), u16(data.length), data]);
};

/** A packet in bytes; names are written whole. */
export const encode = (packet: Partial<Packet>): Buffer => {
  const { id = 0, flags = 0, questions = [], answers = [], authorities = [], additionals = [] } = packet;
  return Buffer.concat([
    ...[id, flags, questions.length, answers.length, authorities.length, additionals.length].map(u16),
    ...questions.map((question) =>
      Buffer.concat([
        wholeName(question.name),
        u16(question.type),
        u16((question.class ?? CLASS_IN) | (question.isUnicast ? TOP_BIT : 0)),
      ]),
    ),
    ...[...answers, ...authorities, ...additionals].map((resource) => resourceBytes(resource, typeOf(resource))),
  ]);
};

class Reader {
  readonly bytes: Buffer;
  at = 0;
  /** A pointer was met. */
  isCompressed = false;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  u16(): number {
    this.at += 2;
    return this.bytes.readUInt16BE(this.at - 2);
  }

  u32(): number {
    this.at += 4;
    return this.bytes.readUInt32BE(this.at - 4);
  }

  name(): Name {
    const labels: string[] = [];
    let end: number | undefined;
    for (let steps = 0; ; steps++) {
      if (steps > 128) throw new Error('a name without end');
      const length = this.bytes.readUInt8(this.at);
      if (length >= 0xc0) {
        end ??= this.at + 2;
        this.isCompressed = true;
        this.at = this.bytes.readUInt16BE(this.at) & 0x3fff;
        continue;
      }
      if (length > 63) throw new Error(`a label of ${length} bytes`);
      if (this.at + 1 + length > this.bytes.length) throw new Error('a label beyond the end');
      if (length > 0) labels.push(this.bytes.toString('utf8', this.at + 1, this.at + 1 + length));
      this.at += 1 + length;
      if (length === 0) break;
    }
    if (end !== undefined) this.at = end;
    return labels;
  }
}

const readData = (reader: Reader, type: number, end: number): Rdata => {
  const bytes = reader.bytes.subarray(reader.at, end);
  switch (type) {
    case TYPE.A:
      return { kind: 'A', address: [...bytes].join('.') };
    case TYPE.PTR:
      return { kind: 'PTR', target: reader.name() };
    case TYPE.SRV: {
      reader.at += 4;
      const port = reader.u16();
      reader.isCompressed = false;
      const target = reader.name();
      return { kind: 'SRV', port, target, isCompressed: reader.isCompressed };
    }
    case TYPE.TXT: {
      const strings: Buffer[] = [];
      for (let at = reader.at; at < end; at += 1 + (reader.bytes[at] ?? 0)) {
        if (at + 1 + (reader.bytes[at] ?? 0) > end) throw new Error('a TXT string beyond its record');
        strings.push(Buffer.from(reader.bytes.subarray(at + 1, at + 1 + (reader.bytes[at] ?? 0))));
      }
      return { kind: 'TXT', strings };
    }
    case TYPE.NSEC: {
      const next = reader.name();
      const [blocks, types]: [number[], number[]] = [[], []];
      while (reader.at < end) {
        const block = reader.bytes.readUInt8(reader.at);
        const length = reader.bytes.readUInt8(reader.at + 1);
        blocks.push(block);
        for (let i = 0; i < length * 8; i++) {
          if (((reader.bytes[reader.at + 2 + (i >> 3)] ?? 0) & (0x80 >> (i & 7))) !== 0) types.push(block * 256 + i);
        }
        reader.at += 2 + length;
      }
      return { kind: 'NSEC', next, blocks, types };
    }
    default:
      return { kind: 'raw', type, bytes: Buffer.from(bytes) };
  }
};

const readResource = (reader: Reader): Resource => {
  const name = reader.name();
  const type = reader.u16();
  const topAndClass = reader.u16();
  const ttl = reader.u32();
  const length = reader.u16();
  const end = reader.at + length;
  if (end > reader.bytes.length) throw new Error('a record beyond the end');
  const rdata = readData(reader, type, end);
  reader.at = end;
  return { name, ttl, isFlush: (topAndClass & TOP_BIT) !== 0, rdata };
};

/** @throws Error for what is not a whole packet. */
export const decode = (bytes: Buffer): Packet => {
  const reader = new Reader(bytes);
  const [id, flags, ...counts] = Array.from({ length: 6 }, () => reader.u16());
  const [questionCount = 0, answerCount = 0, authorityCount = 0, additionalCount = 0] = counts;
  const questions = Array.from({ length: questionCount }, () => {
    const name = reader.name();
    const type = reader.u16();
    const topAndClass = reader.u16();
    return { name, type, isUnicast: (topAndClass & TOP_BIT) !== 0, class: topAndClass & ~TOP_BIT };
  });
  const resources = (count: number): readonly Resource[] => Array.from({ length: count }, () => readResource(reader));
  const packet = {
    id: id ?? 0,
    flags: flags ?? 0,
    questions,
    answers: resources(answerCount),
    authorities: resources(authorityCount),
    additionals: resources(additionalCount),
  };
  if (reader.at !== bytes.length) throw new Error(`${bytes.length - reader.at} bytes after the end`);
  return packet;
};

/** Whether some name of the packet is written as a pointer to another one (§18.14). */
export const isCompressed = (bytes: Buffer): boolean => {
  const packet = decode(bytes);
  return bytes.length < encode(packet).length;
};
