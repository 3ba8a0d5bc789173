/** `earshot doctor`: what is the matter with the network, in one sentence, and what to do. */

import { isIP } from 'node:net';
import type { Address } from '../../base/address.ts';
import { cleanText } from '../../base/terminal-text.ts';
import type { Visibility } from '../../base/visibility.ts';
import type { Checkup, InterfaceCheck, PeerCheck, Tally } from '../../platform/doctor/checkup.ts';
import { type Cause, type Diagnosis, DOCTOR_CODES, diagnose } from '../../platform/doctor/diagnosis.ts';
import { CommandError, ExitCode } from '../exit-code.ts';
import { SEEN } from '../format/status-text.ts';
import type { OpenOptions } from '../library.ts';
import { findPeer } from './find-peer.ts';

/** How long somebody who is named is looked for. */
const LOOK_MS = 3_000;
const LOOK_EVERY_MS = 100;

export type Visit = {
  readonly checkup: Checkup;
  readonly diagnosis: Diagnosis;
  readonly code: number;
  /** Who may see the peer that is run: a reason for not being seen. */
  readonly visibility: Visibility;
};

/** @param who a name, an id's beginning, or HOST:PORT; undefined: nobody in particular. */
export const visit = async (options: OpenOptions, who: string | undefined): Promise<Visit> => {
  const { examine } = await import('../../platform/doctor/examine.ts');
  const wanted = options.interfaces ?? [];
  const address = who === undefined ? undefined : await addressOf(who, options);
  const onWaiting = (limitMs: number): void => {
    process.stderr.write(`nothing comes back; listening for a sign of theirs, ${limitMs / 1_000} s at most\n`);
  };
  const checkup = await examine(wanted, address, { onWaiting });
  const found = diagnose(checkup, cleanText(who ?? 'them', { newlines: 'space' }));
  const isLost = who !== undefined && address === undefined;
  const diagnosis = isLost ? notFound(who, found) : found;
  return { checkup, diagnosis, code: DOCTOR_CODES[diagnosis.cause], visibility: options.visibility ?? 'open' };
};

/** Causes that lie in this machine: they explain that somebody was not found. */
const isLocal = (cause: Cause): boolean => DOCTOR_CODES[cause] >= 10 && DOCTOR_CODES[cause] <= 18 && !isOfOthers(cause);

/** What others on the network suffer from: whoever was not found may be one of them. */
const isOfOthers = (cause: Cause): boolean => cause === 'inbound-dropped-there' || cause === 'dropped-here-or-there';

const notFound = (who: string, found: Diagnosis): Diagnosis => {
  if (isLocal(found.cause)) return found;
  const text = `nobody called "${cleanText(who, { newlines: 'space' })}" was found; ${found.text}`;
  if (isOfOthers(found.cause)) return { ...found, text };
  const advice = 'ask for the address that earshot status shows there, and run: earshot doctor HOST:PORT';
  return { cause: 'no-such-peer', text, advice };
};

const addressOf = async (who: string, options: OpenOptions): Promise<Address | undefined> => {
  if (isIP(who.split('%', 1)[0] ?? '') !== 0) throw withoutPort(who);
  const { parseTarget } = await import('../../platform/static-peers.ts');
  if (/:\d{1,5}$/.test(who)) {
    const { lookup } = await import('node:dns/promises');
    const { host, port } = parseTarget(who);
    if (host.includes('%')) return { host, port };
    const found = await lookup(host).catch(() => undefined); // a name that does not exist is found nowhere
    return found === undefined ? undefined : { host: found.address, port };
  }
  const { openPeer } = await import('../../index.ts');
  // with a key of its own, which tells nobody whose it is
  const { home: _home, port: _port, visibility: _visibility, ...rest } = options;
  const peer = await openPeer({ ...rest, isEphemeral: true, name: 'doctor' });
  try {
    return await within(LOOK_MS, () => {
      const found = findPeer(who, peer.peers, performance.now(), () => 0);
      return found.kind === 'one' ? found.peer.address : undefined;
    });
  } finally {
    await peer.close();
  }
};

const withoutPort = (host: string): CommandError => {
  const example = `${isIP(host) === 4 ? host : `[${host}]`}:4455`;
  return new CommandError(
    ExitCode.usage,
    `an address needs the port that earshot status shows there: HOST:PORT, for example earshot doctor ${example}`,
  );
};

/** What `find` finds, if it does in time. */
const within = async <T>(limitMs: number, find: () => T | undefined): Promise<T | undefined> => {
  const end = performance.now() + limitMs;
  for (;;) {
    const found = find();
    if (found !== undefined || performance.now() > end) return found;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
};

/** One JSON object: the diagnosis, and all that was measured. */
export const visitJson = ({ checkup, diagnosis, code, visibility }: Visit): string =>
  `${JSON.stringify({ type: 'doctor', code, visibility, ...diagnosis, advice: diagnosis.advice ?? null, ...checkup, peer: checkup.peer ?? null })}\n`;

/** For people: what was measured, then the sentence. */
export const visitText = ({ checkup, diagnosis, visibility }: Visit): string => {
  const lines = checkup.interfaces.map(interfaceLine);
  if (visibility !== 'open') lines.push(`you          ${SEEN[visibility]}`);
  const { mdnsFailure, mdnsSharedWith, beaconFailure, beaconHosts, firewalls, peer } = checkup;
  const shared = mdnsSharedWith.length === 0 ? 'yours alone' : `shared with ${mdnsSharedWith.join(', ')}`;
  lines.push(`port 5353    ${mdnsFailure === undefined ? shared : `cannot be used (${mdnsFailure})`}`);
  lines.push(
    `beacons      ${beaconFailure ?? (beaconHosts.length === 0 ? 'none heard just now' : `heard of ${beaconHosts.join(', ')}`)}`,
  );
  lines.push(`firewall     ${firewalls.length === 0 ? 'none seen' : firewalls.join(', ')}`);
  if (peer !== undefined) lines.push(...peerLines(peer));
  lines.push('', diagnosis.text);
  if (diagnosis.advice !== undefined) lines.push(`→ ${diagnosis.advice}`);
  return `${lines.map((line) => cleanText(line, { newlines: 'space' })).join('\n')}\n`;
};

const WIDTH = 12;
/** Less is of no use to anybody: they tell whole seconds, and a busy machine adds to it. */
const CLOCK_TOLD_MIN_S = 5;

const interfaceLine = ({ name, addresses, leftOut, hasJoined, hearsItself, mdnsHosts }: InterfaceCheck): string => {
  const label = `${name.padEnd(WIDTH)} `;
  if (leftOut !== undefined) return `${label}not used (${leftOut}): ${addresses.join(', ')}`;
  const multicast = hearsItself ? 'multicast heard' : hasJoined ? 'own multicast not heard' : 'takes no part in multicast';
  const others = mdnsHosts.length === 0 ? 'no mDNS of others' : `mDNS of ${mdnsHosts.length} other address(es)`;
  return `${label}${multicast}, ${others}; yours: ${addresses.join(', ')}`;
};

const peerLines = (peer: PeerCheck): readonly string[] => {
  const { hearsOurMulticast, isHeardByMulticast, hearsOurBroadcast, isHeardByBroadcast, link, clockSkewMs } = peer;
  // who did not report may hear it all the same
  const hears = hearsOurMulticast || peer.hearsOwnMulticast !== undefined ? hearsOurMulticast : undefined;
  const seconds = clockSkewMs === undefined ? undefined : Math.round(Math.abs(clockSkewMs) / 1_000);
  const isAhead = clockSkewMs !== undefined && clockSkewMs > 0;
  const apart = `${seconds} s ${isAhead ? 'ahead of' : 'behind'} yours`;
  const clock = seconds === undefined ? 'they did not say' : seconds < CLOCK_TOLD_MIN_S ? 'as yours' : apart;
  const both = (theyHear: boolean | undefined, youHear: boolean): string =>
    `${theyHear === undefined ? 'whether they hear you is not known' : theyHear ? 'they hear you' : 'they do not hear you'}, ${youHear ? 'you hear them' : 'you do not hear them'}`;
  const unasked =
    peer.takesUnasked === undefined
      ? []
      : [`  unasked    ${peer.takesUnasked ? 'arrives here' : 'is dropped here: you can begin with others, not they with you'}`];
  return [
    `peer         ${peer.address.host} port ${peer.address.port}, ${link === undefined ? 'beyond a router' : `on ${link.name}`}`,
    `  500 bytes  ${tallyText(peer.small)}`,
    `  1200 bytes ${tallyText(peer.large)}`,
    `  more       ${tallyText(peer.oversized)}`,
    `  multicast  ${both(hears, isHeardByMulticast)}`,
    ...(hearsOurBroadcast === undefined ? [] : [`  broadcast  ${both(hearsOurBroadcast, isHeardByBroadcast)}`]),
    ...unasked,
    `  clock      ${clock}`,
  ];
};

const tallyText = ({ sent, arrived, answered }: Tally): string => {
  if (sent === 0) return 'not tried';
  return `${arrived === undefined ? '' : `${arrived} of ${sent} arrived there, `}${answered} of ${sent} came back`;
};
