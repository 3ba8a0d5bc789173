/** People as lines of text. */
import { addressKey } from '../base/address.ts';
import { cleanName } from '../base/name.ts';
import { cleanText } from '../base/terminal-text.ts';
import { personLabel } from './message-line.ts';
import type { Paint } from './paint.ts';
import type { PeerShown } from './shown.ts';

/** Id digits shown to people: enough to name somebody by. */
export const ID_DIGITS_SHOWN = 12;
const NAME_COLUMN = 16;

const oneLine = (text: string): string => cleanText(text, { newlines: 'space' });

/** Address and port as people write them; IPv6 in brackets. */
export const peerAddress = (peer: Pick<PeerShown, 'host' | 'port'>): string =>
  oneLine(addressKey({ host: peer.host, port: peer.port }));

/** `0.4 ms`, or a dash if not measured. */
export const roundTrip = (rttMs: number | undefined): string =>
  rttMs === undefined ? '–' : `${rttMs.toFixed(rttMs < 10 ? 1 : 0)} ms`;

/** One peer of a list: name, state, round trip, address, id, how it was found. */
export const peerLine = (peer: PeerShown, paint: Paint): string => {
  const name = cleanName(peer.name) || peer.id.slice(0, ID_DIGITS_SHOWN);
  const gap = ' '.repeat(Math.max(1, NAME_COLUMN - [...name].length));
  const facts = [
    peer.state.padEnd(11),
    roundTrip(peer.rttMs).padStart(8),
    peerAddress(peer).padEnd(21),
    peer.id.slice(0, ID_DIGITS_SHOWN),
    oneLine(peer.via),
    ...(peer.away === undefined ? [] : [`away${peer.away === '' ? '' : `: ${oneLine(peer.away)}`}`]),
  ];
  return `${personLabel(peer, paint)}${gap}${paint('quiet', facts.join('  '))}`;
};

/** One change of who is here: `+ bob is here`. @param withId for a list to pick somebody from. */
export const peerEventLine = (event: 'joined' | 'left' | 'changed', peer: PeerShown, paint: Paint, withId = false): string => {
  const who = personLabel(peer, paint);
  const where = paint('quiet', `(${peerAddress(peer)}${withId ? `, ${peer.id.slice(0, ID_DIGITS_SHOWN)}` : ''})`);
  switch (event) {
    case 'joined':
      return `+ ${who} is here ${where}`;
    case 'left':
      return withId ? `- ${who} has left ${where}` : `- ${who} has left`;
    case 'changed':
      return `~ ${who} is ${peer.state} ${where}`;
    default:
      return event satisfies never;
  }
};
