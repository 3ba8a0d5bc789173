/** What was measured of this machine's network, as data; `diagnosis.ts` says what it means. */
import type { Address } from '../../base/address.ts';

/** One interface of this machine. */
export type InterfaceCheck = {
  readonly name: string;
  readonly addresses: readonly string[];
  /** Why it is not used; undefined: it is. */
  readonly leftOut: 'loopback' | 'tunnel' | 'container' | 'not chosen' | undefined;
  /** The system let us join the multicast group there. */
  readonly hasJoined: boolean;
  /** Our own multicast came back: nothing on this machine drops it. */
  readonly hearsItself: boolean;
  /** Hosts whose mDNS was heard there. */
  readonly mdnsHosts: readonly string[];
};

/** Somebody in particular. */
export type PeerCheck = {
  readonly address: Address;
  /** The interface whose subnet they are on; undefined: beyond a router. `isUsed`: earshot uses it. */
  readonly link: { readonly name: string; readonly isUsed: boolean } | undefined;
  /** The system's code of a send that failed. */
  readonly sendFailure: string | undefined;
  /** Their host said that nobody listens there. */
  readonly isRefused: boolean;
  /** Their host said so of a port that nobody has: it takes UDP. Only looked at where nothing came back. */
  readonly isRefusedElsewhere: boolean;
  /** Their host has a link-layer address; undefined: not known. */
  readonly isNeighbour: boolean | undefined;
  /** Datagrams of 500 bytes, of 1200 (the largest that earshot sends), of all that Ethernet carries. */
  readonly small: Tally;
  readonly large: Tally;
  readonly oversized: Tally;
  /** How far their clock is ahead of ours; undefined: not known. */
  readonly clockSkewMs: number | undefined;
  /** As they report; else whether their host answers, by unicast, what we ask by multicast. */
  readonly hearsOurMulticast: boolean;
  /** Multicast of their host was heard. */
  readonly isHeardByMulticast: boolean;
  /** The same of broadcast; undefined: they did not report, or there is none (IPv6, loopback). */
  readonly hearsOurBroadcast: boolean | undefined;
  readonly isHeardByBroadcast: boolean;
  /** Multicast is heard there at all, if only its own; undefined: they did not report. */
  readonly hearsOwnMulticast: boolean | undefined;
  /** What they send without being asked by that very way arrives; undefined: nothing came to compare it with. */
  readonly takesUnasked: boolean | undefined;
};
/** An earshot that announces itself, asked because nobody in particular is meant. */
export type OtherCheck = Pick<PeerCheck, 'address' | 'sendFailure' | 'small'>;
/** `arrived`: at the other side, by its report; undefined: it did not report. `answered`: its answers that came back. */
export type Tally = { readonly sent: number; readonly arrived: number | undefined; readonly answered: number };

export type Checkup = {
  readonly interfaces: readonly InterfaceCheck[];
  /** Why the mDNS port cannot be shared; undefined: it can. */
  readonly mdnsFailure: string | undefined;
  /** Programs that have the mDNS port too, as far as the system tells. */
  readonly mdnsSharedWith: readonly string[];
  /** Why the beacon port cannot be shared. */
  readonly beaconFailure: string | undefined;
  /** Hosts whose beacons were heard. */
  readonly beaconHosts: readonly string[];
  /** A datagram to an address of our own arrived; undefined: there is none to try. */
  readonly takesUdp: boolean | undefined;
  /** Hosts, but this one, on which an earshot announces itself. */
  readonly earshotHosts: readonly string[];
  /** A few of them, asked whether datagrams come through; those who hide are not. Empty if somebody in particular is meant. */
  readonly others: readonly OtherCheck[];
  /** Earshots that announce themselves on this machine. */
  readonly earshotsHere: number;
  /** Firewalls that seem to be at work here. */
  readonly firewalls: readonly string[];
  readonly peer: PeerCheck | undefined;
};
