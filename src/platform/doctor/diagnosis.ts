/** What is wrong, from what was measured: one cause, or the two that look alike from here and how to tell them apart. Pure. */
import { addressKey } from '../../base/address.ts';
import { CLOCK_AHEAD_MAX_MS } from '../../base/limits.ts';
import type { Checkup, OtherCheck, PeerCheck } from './checkup.ts';

/** Exit codes of `earshot doctor`, one a cause: a promise to scripts. */
export const DOCTOR_CODES = {
  'all-well': 0,
  'no-interface': 10,
  'mdns-port-taken': 11,
  'inbound-dropped-here': 12,
  'outbound-refused': 13,
  'nobody-at-port': 14,
  'absent-or-isolated': 15,
  'inbound-dropped-there': 16,
  'dropped-here-or-there': 17,
  'multicast-dropped-here': 18,
  'large-datagrams-lost': 19,
  'wrong-interface': 20,
  'multicast-swallowed': 21,
  'multicast-not-heard': 22,
  'multicast-not-reaching': 23,
  'beyond-router': 24,
  'nobody-runs-earshot': 25,
  'silent-network': 26,
  'no-such-peer': 27,
  'clocks-apart': 28,
  'datagrams-lost': 29,
} as const;
export type Cause = keyof typeof DOCTOR_CODES;

export type Diagnosis = {
  readonly cause: Cause;
  /** One sentence: what is the matter. */
  readonly text: string;
  /** What to do about it, or how to tell two causes apart. */
  readonly advice: string | undefined;
};

/** Lost of a hundred, this is worth a word: earshot sends again, and gets slower. */
const LOST_MIN = 10;
/** Port 5353 alone lets people hear of each other, and no more. */
const OWN_PORT_TOO = "and earshot's own port, which earshot status shows";

/** @param who what the user called the other side, for the sentences. @param present people with whom a session stands. */
export const diagnose = (checkup: Checkup, who: string, present = 0): Diagnosis => {
  const used = checkup.interfaces.filter(({ leftOut }) => leftOut === undefined);
  if (used.length === 0) {
    return {
      cause: 'no-interface',
      text: 'no network interface of this machine can be used',
      advice: 'plug in the cable or join the Wi-Fi; an interface that is left out by default is used with --interface',
    };
  }
  const { peer } = checkup;
  return (
    (peer === undefined ? undefined : ofPath(checkup, peer, who)) ?? ofMachine(checkup) ?? ofMulticast(checkup, who, present)
  );
};

/** Whether datagrams come through at all. */
const ofPath = (checkup: Checkup, peer: PeerCheck, who: string): Diagnosis | undefined => {
  const { link, small, large } = peer;
  if (link !== undefined && !link.isUsed) {
    return {
      cause: 'wrong-interface',
      text: `${who} is on the network of interface ${link.name}, which earshot does not use here`,
      advice: `run earshot with --interface ${link.name}`,
    };
  }
  if (small.answered === 0) return ofSilence(checkup, peer, who);
  if (large.answered > 0) return ofLoss(peer, who) ?? ofClocks(peer, who);
  const where = large.arrived === 0 ? 'do not reach' : 'do not come back from';
  return {
    cause: 'large-datagrams-lost',
    text: `small datagrams reach ${who} and come back, those of 1200 bytes ${where} ${who} (0 of ${large.sent})`,
    advice:
      'something on the way has a smaller MTU and drops instead of telling (a VPN, a tunnel): raise its MTU to 1280 or more',
  };
};

const ofLoss = ({ small }: PeerCheck, who: string): Diagnosis | undefined => {
  const { sent, answered, arrived = answered } = small;
  if (sent - answered < LOST_MIN) return undefined;
  return {
    cause: 'datagrams-lost',
    text: `of ${sent} datagrams to ${who} ${sent - arrived} are lost on the way there and ${arrived - answered} on the way back: messages arrive, but late`,
    advice: 'a weak Wi-Fi signal, a bad cable, or a link that is full: go nearer, or use a cable',
  };
};

/** Times of messages make no sense, and order suffers; nothing else does. */
const ofClocks = ({ clockSkewMs }: PeerCheck, who: string): Diagnosis | undefined => {
  if (clockSkewMs === undefined || Math.abs(clockSkewMs) <= CLOCK_AHEAD_MAX_MS) return undefined;
  return {
    cause: 'clocks-apart',
    text: `the clock of ${who} is ${spanOf(Math.abs(clockSkewMs))} ${clockSkewMs > 0 ? 'ahead of' : 'behind'} the one here: times and order of messages are wrong`,
    advice: 'set the one that is wrong, or let the network set both (Linux: timedatectl set-ntp true)',
  };
};

const spanOf = (milliseconds: number): string => {
  const minutes = Math.round(milliseconds / 60_000);
  if (minutes < 120) return `${minutes} minutes`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} hours` : `${Math.round(minutes / 1_440)} days`;
};

const ofSilence = (checkup: Checkup, peer: PeerCheck, who: string): Diagnosis => {
  const at = addressKey(peer.address);
  if (peer.sendFailure !== undefined) {
    return ofRefusal(checkup, peer);
  }
  if (checkup.takesUdp === false) {
    return {
      cause: 'inbound-dropped-here',
      text: 'this machine drops UDP that comes in: even a datagram to its own address does not arrive',
      advice: `${firewallWords(checkup)} allow incoming UDP for this program: port 5353, ${OWN_PORT_TOO}`,
    };
  }
  if (peer.small.arrived !== undefined) return ofOneWay(checkup, peer, who);
  if (peer.isRefused) {
    return {
      cause: 'nobody-at-port',
      text: `the host of ${who} is there, but nothing listens at ${at}`,
      advice: 'start earshot there, or use the port it shows: earshot status; a firewall there that rejects looks the same',
    };
  }
  if (peer.isNeighbour === false) {
    return {
      cause: 'absent-or-isolated',
      text: `no host answers for ${peer.address.host} on ${peer.link?.name ?? 'this network'}: it is off or elsewhere, or the access point keeps its clients apart`,
      advice:
        'ping it, and another host on the same Wi-Fi: if none of them answers although they are there, switch off client (AP) isolation or the guest network',
    };
  }
  const hasSign = peer.hearsOurMulticast || peer.isHeardByMulticast || checkup.beaconHosts.includes(peer.address.host);
  if (hasSign) {
    return {
      cause: 'inbound-dropped-there',
      text: `the host of ${who} is heard, but nothing comes back from ${at}: incoming UDP is dropped there, or no earshot that answers strangers has this port`,
      advice: 'there: earshot status shows the port, and whether it hides; allow incoming UDP for earshot',
    };
  }
  if (peer.isRefusedElsewhere && !hearsAnybody(checkup)) {
    return {
      cause: 'inbound-dropped-here',
      text: `the host of ${who} lets UDP in, and no UDP at all comes in here: this machine drops it`,
      advice: `${firewallWords(checkup)} allow incoming UDP for this program: port 5353, ${OWN_PORT_TOO}`,
    };
  }
  return {
    cause: 'dropped-here-or-there',
    text: `nothing comes back from ${at}: incoming UDP is dropped there, or here`,
    advice: `run earshot doctor there with an address of this machine: if it fares the same there, it is ${checkup.firewalls.length > 0 ? `${checkup.firewalls.join(', ')} here or a firewall there` : 'a firewall at one end'}; whichever lets an answer in when switched off is the one`,
  };
};

const ofRefusal = (checkup: Checkup, { address, sendFailure }: OtherCheck): Diagnosis => ({
  cause: 'outbound-refused',
  text: `this machine does not let datagrams to ${addressKey(address)} out (${sendFailure})`,
  advice: `${firewallWords(checkup)} allow this program to send UDP; EHOSTUNREACH or ENETUNREACH: there is no route there`,
});

const hearsAnybody = ({ interfaces, beaconHosts }: Checkup): boolean =>
  beaconHosts.length > 0 || interfaces.some(({ mdnsHosts }) => mdnsHosts.length > 0);

/** They reported, but no unicast question was answered by unicast. */
const ofOneWay = (checkup: Checkup, { small }: PeerCheck, who: string): Diagnosis =>
  small.arrived === 0
    ? {
        cause: 'inbound-dropped-there',
        text: `you hear ${who}, and ${who} hears you by multicast or broadcast, but what you send to ${who} alone does not get in there`,
        advice: 'there: allow incoming UDP for earshot in the firewall',
      }
    : {
        cause: 'inbound-dropped-here',
        text: `${who} gets what you send and answers, but what is sent to you alone does not get in here`,
        advice: `${firewallWords(checkup)} allow incoming UDP for this program: port 5353, ${OWN_PORT_TOO}`,
      };

/** What is wrong with this machine, whoever is meant. */
const ofMachine = (checkup: Checkup): Diagnosis | undefined => {
  if (checkup.mdnsFailure !== undefined) {
    const holders = checkup.mdnsSharedWith.length === 0 ? 'another program' : checkup.mdnsSharedWith.join(', ');
    return {
      cause: 'mdns-port-taken',
      text: `${holders} keeps UDP port 5353 for itself (${checkup.mdnsFailure}), so that nobody is found by mDNS`,
      advice:
        'stop it, or let it share the port (avahi: disallow-other-stacks=no); until then beacons and --peer still find people',
    };
  }
  if (checkup.takesUdp === false) {
    return {
      cause: 'inbound-dropped-here',
      text: 'this machine drops UDP that comes in: even a datagram to its own address does not arrive',
      advice: `${firewallWords(checkup)} allow incoming UDP for this program: port 5353, ${OWN_PORT_TOO}`,
    };
  }
  const used = checkup.interfaces.filter(({ leftOut }) => leftOut === undefined);
  if (used.some(({ hearsItself }) => hearsItself)) return undefined;
  return {
    cause: 'multicast-dropped-here',
    text: `multicast does not work on this machine: on ${used.map(({ name }) => name).join(', ')} not even its own is heard`,
    advice: `${firewallWords(checkup)} allow UDP port 5353 in and out, ${OWN_PORT_TOO}`,
  };
};

const ofMulticast = (checkup: Checkup, who: string, present: number): Diagnosis => {
  const { peer } = checkup;
  if (peer === undefined) return ofOthers(checkup, present);
  const { hearsOurMulticast, isHeardByMulticast } = peer;
  if (peer.link === undefined) {
    return {
      cause: 'beyond-router',
      text: `${who} is beyond a router, which multicast does not pass: datagrams come through, but neither finds the other`,
      advice: `name the address: --peer ${addressKey(peer.address)}; it is remembered, and who is beside ${who} is found through them`,
    };
  }
  if (hearsOurMulticast && isHeardByMulticast) {
    return { cause: 'all-well', text: `you and ${who} hear each other, by unicast and by multicast`, advice: undefined };
  }
  if (hearsOurMulticast) {
    return {
      cause: 'multicast-not-heard',
      text: `${who} hears you, you do not hear ${who} by multicast`,
      advice: `${firewallWords(checkup)} allow UDP port 5353 in; a switch or access point with IGMP snooping does this too`,
    };
  }
  if (peer.hearsOwnMulticast === false) {
    return {
      cause: 'multicast-not-reaching',
      text: `${who} hears no multicast, not even its own: it is dropped there, or another program there keeps UDP port 5353`,
      advice: 'there: earshot doctor tells which',
    };
  }
  if (isHeardByMulticast) {
    return {
      cause: 'multicast-not-reaching',
      text: `you hear ${who} by multicast, ${who} does not hear you`,
      advice: `there: allow UDP port 5353 in; a switch or access point with IGMP snooping does this too`,
    };
  }
  const isByBroadcast = peer.hearsOurBroadcast === true && peer.isHeardByBroadcast;
  const byBroadcast = isByBroadcast ? ' (broadcast does: you find each other all the same)' : '';
  return {
    cause: 'multicast-swallowed',
    text: `datagrams between you and ${who} come through, multicast does not, in neither direction${byBroadcast}`,
    advice: `the switch or access point between you swallows it (IGMP snooping, "multicast enhancement", guest network): switch that off, or name the address: --peer ${addressKey(peer.address)}`,
  };
};

const ofOthers = (checkup: Checkup, present: number): Diagnosis => {
  const { earshotHosts, beaconHosts, interfaces, earshotsHere } = checkup;
  const unreached = present > 0 ? undefined : ofUnreached(checkup);
  if (unreached !== undefined) return unreached;
  const found = new Set([...earshotHosts, ...beaconHosts]);
  if (found.size > 0) {
    const addresses = found.size === 1 ? 'one other address' : `${found.size} other addresses`;
    return {
      cause: 'all-well',
      text: `this network is well: earshot runs at ${addresses} (${[...found].join(', ')})`,
      advice: undefined,
    };
  }
  if (present > 0 || earshotsHere > 1) {
    const people = present === 1 ? 'one person' : `${present} people`;
    const here = earshotsHere > 1 ? `${earshotsHere} earshots run on this machine` : `you are with ${people}`;
    return { cause: 'all-well', text: `${here}; no other host on this network runs earshot`, advice: undefined };
  }
  const others = new Set(interfaces.flatMap(({ mdnsHosts }) => mdnsHosts));
  if (others.size > 0) {
    return {
      cause: 'nobody-runs-earshot',
      text: `multicast works (mDNS of ${others.size === 1 ? 'one other address' : `${others.size} other addresses`} was heard), but no other earshot answers`,
      advice: 'start earshot on another machine; if it runs there: earshot doctor HOST:PORT, with the address it shows',
    };
  }
  return {
    cause: 'silent-network',
    text: 'nobody else is heard at all: this machine is alone, or the network keeps multicast and broadcast from passing',
    advice: 'tell them apart with the address of somebody who runs earshot: earshot doctor HOST:PORT',
  };
};

/** Earshots that are heard by multicast were asked, and not one answer came back. */
const ofUnreached = (checkup: Checkup): Diagnosis | undefined => {
  const { others } = checkup;
  if (others.length === 0 || others.some(({ small }) => small.answered > 0)) return undefined;
  const refused = others.find(({ sendFailure }) => sendFailure !== undefined);
  if (refused !== undefined && others.every(({ sendFailure }) => sendFailure !== undefined)) return ofRefusal(checkup, refused);
  const heardUs = others.filter(({ small }) => (small.arrived ?? 0) > 0);
  if (heardUs.length > 0) {
    return {
      cause: 'inbound-dropped-here',
      text: `multicast works, and what you send arrives at ${namesOf(heardUs)}, but what is sent to you alone does not get in here`,
      advice: `${firewallWords(checkup)} allow UDP that comes in from this network: port 5353, ${OWN_PORT_TOO}`,
    };
  }
  const closed = others.filter(({ small }) => small.arrived === 0);
  if (closed.length === others.length) {
    return {
      cause: 'inbound-dropped-there',
      text: `what you send by multicast or broadcast arrives at ${namesOf(closed)}, but what you send there alone does not get in`,
      advice: `there: allow UDP that comes in from this network: port 5353, ${OWN_PORT_TOO}`,
    };
  }
  const here = checkup.firewalls.length > 0 ? checkup.firewalls.join(', ') : 'a firewall here';
  return {
    cause: 'dropped-here-or-there',
    text: `earshot is heard by multicast at ${namesOf(others)}, but nothing comes back from there: incoming UDP is dropped here, or there`,
    advice: `run earshot doctor on a third machine: if all is well between that one and them, it is ${here}; if not, a firewall there; allow UDP that comes in from this network: port 5353, ${OWN_PORT_TOO}`,
  };
};

const namesOf = (others: readonly OtherCheck[]): string => others.map(({ address }) => addressKey(address)).join(', ');

const firewallWords = ({ firewalls }: Checkup): string =>
  firewalls.length === 0 ? 'in the firewall here,' : `in ${firewalls.join(', ')},`;
