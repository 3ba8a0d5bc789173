/** Who of two hosts that probe for one name at the same moment has it (RFC 6762 §8.2, §8.2.1). */
import { utf8 } from '../base/bytes.ts';
import type { DnsRecord } from './dns-message.ts';
import { ipBytes } from './link.ts';
import { lower, typeOf } from './records.ts';

/** RFC 1035 §3.2.2, RFC 2782, RFC 3596, RFC 4034; what else a probe may hold. All are of class IN: the decoder keeps no other. */
const TYPE_NUMBERS: Readonly<Record<string, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  NULL: 10,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  DNAME: 39,
  NSEC: 47,
};

/**
 * Compares what two probes propose for one name.
 * @returns positive: ours is lexicographically later and wins; negative: theirs does; 0: the same records, no conflict.
 */
export const compareProposals = (ours: readonly DnsRecord[], theirs: readonly DnsRecord[]): number => {
  const [a, b] = [ours.map(bytesOf).sort(compareBytes), theirs.map(bytesOf).sort(compareBytes)];
  for (const [i, own] of a.entries()) {
    const other = b[i];
    if (other === undefined) return 1; // equal so far, and ours goes on
    const order = compareBytes(own, other);
    if (order !== 0) return order;
  }
  return a.length - b.length;
};

/** Unsigned, byte by byte; the longer of two that are equal so far is later. */
const compareBytes = (a: Uint8Array, b: Uint8Array): number => {
  for (const [i, byte] of a.entries()) {
    const other = b[i];
    if (other === undefined) return 1;
    if (byte !== other) return byte - other;
  }
  return a.length - b.length;
};

/** Type, then rdata as on the wire without compression: sorting these sorts by type, then rdata. */
const bytesOf = (record: DnsRecord): Uint8Array => {
  const type = TYPE_NUMBERS[typeOf(record)] ?? Number(/^UNKNOWN_(\d+)$/.exec(typeOf(record))?.[1] ?? 0xffff);
  return joined([uint16(type), ...rdataOf(record.data)]);
};

const rdataOf = (data: DnsRecord['data']): readonly Uint8Array[] => {
  switch (data.kind) {
    case 'PTR':
      return [nameBytes(data.target)];
    case 'SRV':
      return [uint16(data.priority), uint16(data.weight), uint16(data.port), nameBytes(data.target)];
    case 'TXT':
      return data.strings.length === 0 ? [Uint8Array.of(0)] : data.strings.flatMap((text) => [Uint8Array.of(text.length), text]);
    case 'A':
    case 'AAAA':
      return [ipBytes(data.address) ?? new Uint8Array()];
    case 'NSEC':
      return [nameBytes(data.next)];
    case 'other':
      return []; // of a type that we never propose: the type decides
    default:
      return data satisfies never;
  }
};

const uint16 = (number: number): Uint8Array => Uint8Array.of((number >> 8) & 255, number & 255);

const nameBytes = (name: string): Uint8Array =>
  joined([
    ...lower(name)
      .split('.')
      .filter((label) => label !== '')
      .flatMap((label) => [Uint8Array.of(utf8(label).length & 255), utf8(label)]),
    Uint8Array.of(0),
  ]);

const joined = (parts: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};
