/** Addresses and links: what is on-link, and which announced targets may be used at all. */
import type { LinkInterface } from './dns-message.ts';

/** Bytes of an IPv4 (4) or IPv6 (16) address without zone; undefined if it is neither. */
export const ipBytes = (host: string): Uint8Array | undefined => (host.includes(':') ? ipv6Bytes(host) : ipv4Bytes(host));

/** RFC 6762 §11: on-link is what shares a prefix with an address of the interface. A zone names its interface. */
export const isOnLink = (link: LinkInterface, host: string): boolean => {
  const [address = '', zone] = host.split('%', 2);
  if (zone !== undefined && zone !== link.name) return false;
  const bytes = ipBytes(address);
  if (bytes === undefined) return false;
  for (const own of [...link.ipv4, ...link.ipv6]) {
    const ownBytes = ipBytes(own.address);
    if (ownBytes !== undefined && hasPrefix(bytes, ownBytes, own.prefix)) return true;
  }
  return false;
};

/** Whether `host` is an address of this interface. */
export const isOwnHost = (link: LinkInterface, host: string): boolean => {
  const [address = ''] = host.split('%', 1);
  return [...link.ipv4, ...link.ipv6].some((own) => own.address === address);
};

/** The prefixes of an interface as text: another text means another network. */
export const networkKey = (link: LinkInterface): string => {
  const prefixes = new Set<string>();
  for (const { address, prefix } of [...link.ipv4, ...link.ipv6]) {
    const bytes = ipBytes(address);
    if (bytes !== undefined) prefixes.add(`${masked(bytes, prefix).join('.')}/${prefix}`);
  }
  return [...prefixes].sort().join(' ');
};

/**
 * Whether an address somebody announced may be handed on: a unicast address that is on-link where it was heard or is the
 * source itself, loopback only if heard on loopback. Anything else would aim us at third hosts.
 */
export const isUsableTarget = (link: LinkInterface, host: string, source: string): boolean => {
  const bytes = ipBytes(host);
  if (bytes === undefined || !isUnicast(bytes) || isBroadcast(link, bytes)) return false;
  if (isLoopbackAddress(bytes) !== link.isLoopback) return false;
  const [sourceAddress = ''] = source.split('%', 1);
  return host === sourceAddress || isOnLink(link, host);
};

/** The subnet broadcast addresses of an interface: one datagram there reaches everybody on the subnet. */
export const broadcastsOf = (link: LinkInterface): readonly string[] => {
  const addresses = new Set<string>();
  for (const { address, prefix } of link.isLoopback ? [] : link.ipv4) {
    const own = ipBytes(address);
    if (own === undefined || prefix > 30) continue;
    const mask = masked(Uint8Array.of(255, 255, 255, 255), prefix);
    addresses.add(own.map((byte, i) => byte | (~(mask[i] ?? 0) & 255)).join('.'));
  }
  return [...addresses];
};

/** An IPv4 (4 bytes) or IPv6 address (16 bytes) as text, without a zone. */
export const hostOf = (bytes: Uint8Array): string => {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16));
  // the longest run of zeros, the first of several, is left out (RFC 5952 §4.2), as the system writes it
  const runs = [...groups.join(':').matchAll(/(?<![0-9a-f])0(?::0(?![0-9a-f]))+/g)];
  const longest = runs.reduce<string>((best, [run]) => (run.length > best.length ? run : best), '');
  if (longest === '') return groups.join(':');
  const text = groups.join(':');
  const at = runs.find(([run]) => run === longest)?.index ?? 0;
  return `${text.slice(0, at).replace(/:$/, '')}::${text.slice(at + longest.length).replace(/^:/, '')}`;
};

/** Whether two addresses have the first 24 (IPv4) or 64 bits (IPv6) in common: as good as one subnet, where its prefix is not known. */
export const isSameNeighbourhood = (a: string, b: string): boolean => {
  const [one, other] = [ipBytes(a.split('%', 1)[0] ?? ''), ipBytes(b.split('%', 1)[0] ?? '')];
  return one !== undefined && other !== undefined && hasPrefix(one, other, one.length === 4 ? 24 : 64);
};

/** fe80::/10, which needs a zone to be dialled. */
export const isLinkLocal6 = (host: string): boolean => {
  const bytes = host.includes(':') ? ipBytes(host) : undefined;
  return bytes?.[0] === 0xfe && ((bytes[1] ?? 0) & 0xc0) === 0x80;
};

const isUnicast = (bytes: Uint8Array): boolean => {
  const first = bytes[0] ?? 0;
  if (bytes.length === 4) return first !== 0 && first < 224;
  // ::, ::ffff:0:0/96 and the like start with 80 zero bits; only ::1 of them is an address of a host
  if (bytes.subarray(0, 10).every((byte) => byte === 0)) return isLoopbackAddress(bytes);
  return first !== 0xff;
};

const isLoopbackAddress = (bytes: Uint8Array): boolean =>
  bytes.length === 4 ? bytes[0] === 127 : bytes.every((byte, i) => byte === (i === 15 ? 1 : 0));

/** The all-zeros and all-ones hosts of an IPv4 subnet; one datagram there reaches everybody. */
const isBroadcast = (link: LinkInterface, bytes: Uint8Array): boolean => {
  if (bytes.length !== 4) return false;
  for (const { address, prefix } of link.ipv4) {
    const own = ipBytes(address);
    if (own === undefined || prefix > 30 || !hasPrefix(bytes, own, prefix)) continue;
    const hostMask = 2 ** (32 - prefix) - 1;
    const host = (number32(bytes) & hostMask) >>> 0;
    if (host === 0 || host === hostMask >>> 0) return true;
  }
  return false;
};

const number32 = (bytes: Uint8Array): number => {
  let number = 0;
  for (const byte of bytes) number = number * 256 + byte;
  return number;
};

const masked = (bytes: Uint8Array, prefix: number): Uint8Array =>
  bytes.map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, prefix - 8 * i))) & 0xff);

const hasPrefix = (bytes: Uint8Array, own: Uint8Array, prefix: number): boolean => {
  if (bytes.length !== own.length) return false;
  const a = masked(bytes, prefix);
  const b = masked(own, prefix);
  return a.every((byte, i) => byte === b[i]);
};

/** Four numbers up to 255 without leading zeros; written without a pattern, as it is asked of every address that anybody announces. */
const ipv4Bytes = (host: string): Uint8Array | undefined => {
  const bytes = new Uint8Array(4);
  let [part, value, digits] = [0, 0, 0];
  for (let i = 0; i <= host.length; i++) {
    const code = i === host.length ? DOT : host.charCodeAt(i);
    if (code === DOT) {
      if (digits === 0 || part > 3) return undefined;
      bytes[part] = value;
      [part, value, digits] = [part + 1, 0, 0];
      continue;
    }
    if (code < ZERO || code > ZERO + 9 || (digits > 0 && value === 0)) return undefined;
    value = 10 * value + code - ZERO;
    digits += 1;
    if (value > 255) return undefined;
  }
  return part === 4 ? bytes : undefined;
};
const DOT = 0x2e;
const ZERO = 0x30;

const ipv6Bytes = (host: string): Uint8Array | undefined => {
  const halves = host.split('::');
  if (halves.length > 2) return undefined;
  const head = ipv6Groups(halves[0] ?? '');
  const tail = ipv6Groups(halves[1] ?? '');
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
  const bytes = new Uint8Array(16);
  bytes.set(head, 0);
  bytes.set(tail, 16 - tail.length);
  return bytes;
};

const ipv6Groups = (text: string): number[] | undefined => {
  const bytes: number[] = [];
  if (text === '') return bytes;
  for (const group of text.split(':')) {
    const four = group.includes('.') ? ipv4Bytes(group) : undefined;
    if (four !== undefined) {
      bytes.push(...four);
      continue;
    }
    if (!/^[0-9a-f]{1,4}$/i.test(group)) return undefined;
    const value = Number.parseInt(group, 16);
    bytes.push(value >> 8, value & 255);
  }
  return bytes.length <= 16 ? bytes : undefined;
};
