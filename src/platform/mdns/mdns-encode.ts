/** mDNS messages to bytes: RFC 1035 §4.1 with name compression (RFC 6762 §18.14), the QU and flush bits, cut to packet size. */
import { utf8 } from '../../base/bytes.ts';
import type { DnsMessage, DnsQuestion, DnsRecord } from '../../discovery/dns-message.ts';
import { ipBytes } from '../../discovery/link.ts';

/** UDP payload of an mDNS packet on a link of MTU 1500 (RFC 6762 §17). */
export const MDNS_SIZE_MAX_IPV4 = 1472;
/** A one-shot asker has room for no more (RFC 1035 §4.2.1). */
const LEGACY_SIZE_MAX = 512;

const TYPES: Readonly<Record<string, number>> = { A: 1, PTR: 12, TXT: 16, AAAA: 28, SRV: 33, NSEC: 47, ANY: 255 };
const CLASS_IN = 1;
/** First bit of the class: QU in a question, flush in a record. */
const CLASS_TOP_BIT = 0x8000;
const FLAG_RESPONSE = 0x8000;
const FLAG_AUTHORITATIVE = 0x0400;
const FLAG_TRUNCATED = 0x0200;
const HEADER_SIZE = 12;
/** A pointer has 14 bits. */
const POINTER_MAX = 0x3fff;

type Section = 'questions' | 'answers' | 'authorities' | 'additionals';
const SECTIONS: readonly Section[] = ['questions', 'answers', 'authorities', 'additionals'];

/**
 * The packets of a message, in order. A query that is too long goes on in further packets without questions, all but the
 * last with the TC bit (§7.2); a response goes on in further responses; additionals that do not fit are left out. What has no
 * wire form (a label of more than 63 bytes, an unknown type) is left out too.
 */
export const encodeMdns = (message: DnsMessage, linkSizeMax: number = MDNS_SIZE_MAX_IPV4): readonly Uint8Array[] => {
  const isLegacy = message.isResponse && message.questions.length > 0;
  const sizeMax = isLegacy ? Math.min(linkSizeMax, LEGACY_SIZE_MAX) : linkSizeMax;
  const packets = [new Packet(sizeMax, isLegacy)];
  const current = (): Packet => packets.at(-1) ?? new Packet(sizeMax, isLegacy);
  for (const question of message.questions) current().question(question);
  for (const record of message.authorities) current().record('authorities', record);
  for (const record of message.answers) {
    if (current().record('answers', record) || current().isEmpty) continue;
    if (isLegacy) break; // §6.7: one reply of one packet
    const next = new Packet(sizeMax, isLegacy);
    if (next.record('answers', record)) packets.push(next);
  }
  for (const record of message.additionals) current().record('additionals', record);
  return packets
    .filter((packet) => !packet.isEmpty)
    .map((packet, i, all) =>
      packet.finish({ ...message, isTruncated: message.isTruncated || (!message.isResponse && i < all.length - 1) }),
    );
};

class Packet {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #isLegacy: boolean;
  readonly #counts: Record<Section, number> = { questions: 0, answers: 0, authorities: 0, additionals: 0 };
  /** Where each name, and each end of a name, was written first. */
  readonly #names = new Map<string, number>();
  #at = HEADER_SIZE;

  constructor(sizeMax: number, isLegacy: boolean) {
    this.#bytes = new Uint8Array(sizeMax);
    this.#view = new DataView(this.#bytes.buffer);
    this.#isLegacy = isLegacy;
  }

  get isEmpty(): boolean {
    return this.#at === HEADER_SIZE;
  }

  question(question: DnsQuestion): boolean {
    const type = TYPES[question.type];
    if (type === undefined) return false;
    return this.#whole('questions', () => this.#name(question.name) && this.#type(type, question.isUnicast));
  }

  record(section: Section, record: DnsRecord): boolean {
    const type = TYPES[record.data.kind];
    if (type === undefined) return false;
    return this.#whole(section, () => {
      if (!this.#name(record.name) || !this.#type(type, record.flush) || !this.#room(6)) return false;
      this.#view.setUint32(this.#at, record.ttl);
      const lengthAt = this.#at + 4;
      this.#at += 6;
      if (!this.#rdata(record.data)) return false;
      this.#view.setUint16(lengthAt, this.#at - lengthAt - 2);
      return true;
    });
  }

  finish(message: DnsMessage): Uint8Array {
    const flags = (message.isResponse ? FLAG_RESPONSE | FLAG_AUTHORITATIVE : 0) | (message.isTruncated ? FLAG_TRUNCATED : 0);
    this.#view.setUint16(0, message.id);
    this.#view.setUint16(2, flags);
    for (const [i, section] of SECTIONS.entries()) this.#view.setUint16(4 + 2 * i, this.#counts[section]);
    return this.#bytes.subarray(0, this.#at);
  }

  /** Writes all of something or nothing. */
  #whole(section: Section, write: () => boolean): boolean {
    const start = this.#at;
    if (write()) {
      this.#counts[section] += 1;
      return true;
    }
    this.#at = start;
    for (const [name, offset] of this.#names) if (offset >= start) this.#names.delete(name);
    return false;
  }

  #room(size: number): boolean {
    return this.#at + size <= this.#bytes.length;
  }

  #type(type: number, hasTopBit: boolean): boolean {
    if (!this.#room(4)) return false;
    this.#view.setUint16(this.#at, type);
    this.#view.setUint16(this.#at + 2, CLASS_IN | (hasTopBit ? CLASS_TOP_BIT : 0));
    this.#at += 4;
    return true;
  }

  #rdata(data: DnsRecord['data']): boolean {
    switch (data.kind) {
      case 'PTR':
        return this.#name(data.target);
      case 'SRV':
        return this.#numbers(data.priority, data.weight, data.port) && this.#name(data.target, !this.#isLegacy);
      case 'TXT':
        return data.strings.length === 0 ? this.#raw(new Uint8Array(1)) : data.strings.every((text) => this.#string(text));
      case 'A':
      case 'AAAA': {
        const bytes = ipBytes(data.address);
        return bytes?.length === (data.kind === 'A' ? 4 : 16) && this.#raw(bytes);
      }
      case 'NSEC':
        return this.#name(data.next) && this.#raw(typeBitmap(data.types));
      case 'other':
        return false;
      default:
        return data satisfies never;
    }
  }

  /** @param mayPoint whether the end of the name may be a pointer; what is written can be pointed at in any case. */
  #name(name: string, mayPoint = true): boolean {
    const labels = name.split('.').filter((label) => label !== '');
    for (let i = 0; i < labels.length; i++) {
      const rest = labels.slice(i).join('.');
      const known = this.#names.get(rest);
      if (known !== undefined && mayPoint) return this.#numbers(0xc000 | known);
      if (known === undefined && this.#at <= POINTER_MAX) this.#names.set(rest, this.#at);
      const label = utf8(labels[i] ?? '');
      if (label.length > 63 || !this.#string(label)) return false;
    }
    return this.#raw(new Uint8Array(1));
  }

  #numbers(...numbers: readonly number[]): boolean {
    if (!this.#room(2 * numbers.length)) return false;
    for (const number of numbers) {
      this.#view.setUint16(this.#at, number);
      this.#at += 2;
    }
    return true;
  }

  /** A length byte and up to 255 bytes. */
  #string(text: Uint8Array): boolean {
    return text.length <= 255 && this.#raw(Uint8Array.of(text.length)) && this.#raw(text);
  }

  #raw(bytes: Uint8Array): boolean {
    if (!this.#room(bytes.length)) return false;
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
    return true;
  }
}

/** RFC 4034 §4.1.2, block 0 only (RFC 6762 §6.1). */
const typeBitmap = (types: readonly string[]): Uint8Array => {
  const numbers = types.map((type) => TYPES[type] ?? 0).filter((number) => number > 0 && number < 255);
  const length = Math.floor(Math.max(0, ...numbers) / 8) + 1;
  const bitmap = new Uint8Array(2 + length);
  bitmap[1] = length;
  for (const number of numbers) bitmap[2 + (number >> 3)] = (bitmap[2 + (number >> 3)] ?? 0) | (0x80 >> (number & 7));
  return bitmap;
};
