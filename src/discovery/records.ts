/** Records as values: equality, keys, and the few names of the service. */
import { EMPTY, toHex } from '../base/bytes.ts';
import type { DnsRecord } from './dns-message.ts';
import { ipBytes } from './link.ts';

/** What we look for and offer (RFC 6763 §7). */
export const SERVICE_TYPE = '_earshot._udp.local';
/** Where all types of a link are listed (RFC 6763 §9). */
export const META_NAME = '_services._dns-sd._udp.local';

/** A–Z in lower case and nothing else: names compare so (RFC 6762 §16). */
export const lower = (name: string): string =>
  /[A-Z]/.test(name) ? name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : name;

export const sameName = (a: string, b: string): boolean => a === b || (a.length === b.length && lower(a) === lower(b));

/** `PTR`, `A`, …; the type of an `other` record as its decoder named it. */
export const typeOf = (record: DnsRecord): string => (record.data.kind === 'other' ? record.data.type : record.data.kind);

type Keys = { readonly name: string; readonly rdata: string; set: string | undefined; record: string | undefined };

/** A record never changes, and is compared many times: with every question, every answer of others, on every link. */
const keys = new WeakMap<DnsRecord, Keys>();

const keysOf = (record: DnsRecord): Keys => {
  const known = keys.get(record);
  if (known !== undefined) return known;
  const made: Keys = { name: lower(record.name), rdata: rdataOf(record), set: undefined, record: undefined };
  keys.set(record, made);
  return made;
};

const rdataOf = (record: DnsRecord): string => {
  const data = record.data;
  switch (data.kind) {
    case 'PTR':
      return lower(data.target);
    case 'SRV':
      return `${data.priority} ${data.weight} ${data.port} ${lower(data.target)}`;
    case 'TXT':
      return data.strings.map(toHex).join(' ');
    case 'A':
    case 'AAAA':
      return toHex(ipBytes(data.address) ?? EMPTY);
    case 'NSEC':
      return `${lower(data.next)} ${data.types.join(' ')}`;
    case 'other':
      return data.type;
    default:
      return data satisfies never;
  }
};

/** The name, as names compare. */
export const nameKey = (record: DnsRecord): string => keysOf(record).name;
/** What a record says, as text; equal for equal rdata. */
export const rdataKey = (record: DnsRecord): string => keysOf(record).rdata;
/** Name and type: the key of a record set. */
export const setKey = (record: DnsRecord): string => {
  const made = keysOf(record);
  made.set ??= `${typeOf(record)} ${made.name}`;
  return made.set;
};
/** Name, type and rdata: the same for a record and its copy with another TTL. */
export const recordKey = (record: DnsRecord): string => {
  const made = keysOf(record);
  made.record ??= `${setKey(record)} ${made.rdata}`;
  return made.record;
};

/** Same name, type and rdata. */
export const sameRecord = (a: DnsRecord, b: DnsRecord): boolean => {
  if (a.data.kind !== b.data.kind) return false;
  const [one, other] = [keysOf(a), keysOf(b)];
  return one.rdata === other.rdata && one.name === other.name && typeOf(a) === typeOf(b); // what differs soonest first
};

const CONTROL = /[\u0000-\u001f\u007f\ufffd]/;

/** The instance label of `<label>._earshot._udp.local` in lower case; undefined for other names and labels with control bytes or bad UTF-8. */
export const instanceOf = (name: string): string | undefined => {
  const key = lower(name);
  if (!key.endsWith(`.${SERVICE_TYPE}`)) return undefined;
  const label = key.slice(0, -SERVICE_TYPE.length - 1);
  return label === '' || label.length > 63 || CONTROL.test(label) ? undefined : label;
};
/** The full name of an instance label. */
export const instanceName = (label: string): string => `${label}.${SERVICE_TYPE}`;
