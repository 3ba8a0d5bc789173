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
  /** Their host has a link-layer address; undefined: not known. */
  readonly isNeighbour: boolean | undefined;
  /** Datagrams of these sizes came back as an answer, of those sent. */
  readonly small: Tally;
  readonly large: Tally;
  /** How far their clock is ahead of ours; undefined: not known. */
  readonly clockSkewMs: number | undefined;
  /** Their host answered, by unicast, what we asked by multicast. */
  readonly hearsOurMulticast: boolean;
  /** Multicast of their host was heard. */
  readonly isHeardByMulticast: boolean;
};
export type Tally = { readonly sent: number; readonly answered: number };

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
  /** Hosts on which an earshot announces itself. */
  readonly earshotHosts: readonly string[];
  /** Firewalls that seem to be at work here. */
  readonly firewalls: readonly string[];
  readonly peer: PeerCheck | undefined;
};
