/** What a chat tells of who is here. */
import type { PeerId } from '../../base/ids.ts';
import type { OutputRecord } from '../format/record.ts';
import { SEEN } from '../format/status-text.ts';
import type { Host } from '../job/operation.ts';
import type { ChatPeer, PeerEvent } from '../library.ts';
import { awayRecord } from '../live/listen.ts';

export type PresenceEvent = Extract<PeerEvent, { readonly kind: 'joined' | 'left' | 'changed' }>;

/** Tells of comings and goings, new names, and who is away. @returns what takes each event, and says whether who is here has other names now. */
export const presenceTeller = (host: Host, show: (record: OutputRecord) => void): ((event: PresenceEvent) => boolean) => {
  /** Of those who are here, as last shown. BOUNDED: by who is here. */
  const shown = new Map<PeerId, { readonly name: string; readonly away: string | undefined }>();
  return ({ kind, peer }) => {
    const before = shown.get(peer.id);
    if (kind === 'left') shown.delete(peer.id);
    else shown.set(peer.id, { name: peer.name, away: peer.away });
    if (kind !== 'changed') show({ kind: 'peer-event', event: kind, peer: host.shown(peer) });
    if (kind !== 'left' && before?.away !== peer.away) show(awayRecord(host, peer));
    if (kind !== 'changed') return true;
    if (before === undefined || before.name === peer.name) return false;
    const { fingerprint } = host.shown(peer);
    const mark = fingerprint === undefined ? '' : ` (${fingerprint})`;
    show({ kind: 'notice', text: `~ ${before.name} is now called ${peer.name}${mark}` });
    return true;
  };
};

/** What a line may name: people, by the id where a name is not theirs alone, and `#rooms`. */
export const promptWords = ({ peers, rooms }: Pick<ChatPeer, 'peers' | 'rooms'>): readonly string[] => {
  const known = new Set([...rooms, ...peers.flatMap((peer) => peer.rooms)]);
  return [...peers.map(({ id, name, isTwin }) => (isTwin ? id.slice(0, 12) : name)), ...[...known].map((room) => `#${room}`)];
};

/** Why nobody may be here, and what to try. */
export const whyAlone = ({ port, addresses, visibility }: Pick<ChatPeer, 'port' | 'addresses' | 'visibility'>): string => {
  if (addresses.length === 0) {
    return [
      'Nobody found: no network interface is used. Check the cable or Wi-Fi. Tunnels, and interfaces of containers',
      'and virtual machines, are used only if asked for: earshot --interface NAME.',
    ].join('\n');
  }
  return [
    'Nobody found yet. Perhaps nobody else runs earshot here, or something keeps you apart:',
    `  - a firewall on either side (earshot uses UDP port ${port}, and multicast on port 5353),`,
    '  - a Wi-Fi that does not pass multicast or isolates its guests, or a VPN in between,',
    ...(visibility === 'open' ? [] : [`  - you are ${SEEN[visibility]},`]),
    '  - the wrong network: choose one with --interface NAME.',
    '/doctor finds out which; /doctor HOST:PORT, with their address, tells more.',
    `An address works where multicast does not: earshot --peer HOST:PORT. Yours: ${addresses.join(', ')}`,
  ].join('\n');
};
