/**
 * mDNS messages as the machine sees them, without the wire form: platform/mdns converts (multicast-dns lives there).
 * RFC 1035 §4.1, RFC 6762 §18.
 */
import type { Address } from '../base/address.ts';

export type DnsRecord = {
  /** Fully qualified, without the final dot, as received (compare case-insensitively for A–Z). */
  readonly name: string;
  /** Seconds. 0 is a goodbye. */
  readonly ttl: number;
  /** The cache-flush bit (RFC 6762 §10.2). */
  readonly flush: boolean;
  readonly data:
    | { readonly kind: 'PTR'; readonly target: string }
    | { readonly kind: 'SRV'; readonly target: string; readonly port: number; readonly priority: number; readonly weight: number }
    | { readonly kind: 'TXT'; readonly strings: readonly Uint8Array[] }
    | { readonly kind: 'A'; readonly address: string }
    | { readonly kind: 'AAAA'; readonly address: string }
    | { readonly kind: 'NSEC'; readonly next: string; readonly types: readonly string[] }
    | { readonly kind: 'other'; readonly type: string };
};
export type DnsQuestion = {
  readonly name: string;
  readonly type: 'PTR' | 'SRV' | 'TXT' | 'A' | 'AAAA' | 'NSEC' | 'ANY' | 'other';
  /** QU: a unicast answer is welcome (RFC 6762 §5.4). */
  readonly isUnicast: boolean;
};
export type DnsMessage = {
  readonly isResponse: boolean;
  readonly isTruncated: boolean;
  readonly questions: readonly DnsQuestion[];
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  readonly additionals: readonly DnsRecord[];
  /** Only in a legacy reply (RFC 6762 §6.7): the id of the query; 0 otherwise. */
  readonly id: number;
};

/** An interface that discovery may use. */
export type LinkInterface = {
  /** The system's name, `eth0`. */
  readonly name: string;
  /** IPv4 addresses with prefix lengths. */
  readonly ipv4: readonly { readonly address: string; readonly prefix: number }[];
  /** IPv6 addresses with prefix lengths, without zone. */
  readonly ipv6: readonly { readonly address: string; readonly prefix: number }[];
  readonly isLoopback: boolean;
};

export type MdnsReceived = {
  /** Name of the interface it arrived on, as well as the platform can tell. */
  readonly interface: string;
  readonly from: Address;
  readonly message: DnsMessage;
};
export type MdnsSend = {
  readonly interface: string;
  /** Unicast destination; absent: the multicast group. */
  readonly to?: Address;
  readonly message: DnsMessage;
};
