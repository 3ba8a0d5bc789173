/** A person, and a message, in full. No control character of a name or text survives. */
import { cleanName } from '../base/name.ts';
import { cleanText } from '../base/terminal-text.ts';
import { dayAndTime } from './clock-face.ts';
import { nameList } from './delivery-line.ts';
import { personLabel, quotedIfOdd } from './message-line.ts';
import { nameInk, type Paint } from './paint.ts';
import { peerAddress, roundTrip } from './peer-line.ts';
import type { PeerShown, PersonShown, StoredShown } from './shown.ts';

export type WhoisShown = {
  readonly id: string;
  readonly name: string;
  readonly fingerprint: string;
  readonly isOurselves: boolean;
  /** Ids of others whose names look the same. */
  readonly namesakes: readonly string[];
  /** Where we are reached ourselves. */
  readonly addresses?: readonly string[];
  /** Absent: they are not here. */
  readonly here?: Pick<PeerShown, 'host' | 'port' | 'via' | 'state' | 'rttMs'> & {
    /** Known from before: the name is tied to this key. */
    readonly isPinned: boolean;
    /** Rooms that we are in too; and the others. */
    readonly inCommon: readonly string[];
    readonly elsewhere: readonly string[];
    /** How long they have been here, milliseconds. */
    readonly forMs?: number;
    readonly away?: string;
    /** How far their clock is ahead of ours. */
    readonly clockSkewMs?: number;
  };
};

/** Of an own message also who has it. */
export type InfoShown = {
  readonly message: StoredShown;
  readonly reactors: readonly { readonly emoji: string; readonly by: readonly PersonShown[] }[];
  readonly holders?: readonly PersonShown[];
  readonly waiting?: readonly PersonShown[];
  readonly isGivenUp?: boolean;
};

const oneLine = (text: string): string => cleanText(text, { newlines: 'space' });
const row = (label: string, text: string): string => `  ${label.padEnd(12)} ${text}`;
const roomList = (rooms: readonly string[]): string => rooms.map((room) => `#${oneLine(room)}`).join(' ') || 'none';
/** BOUNDED: names of those who have a message. */
const NAMES_MAX = 32;
/** A clock that far off is worth a word. */
const SKEW_SHOWN_MS = 5_000;

const VIA: Readonly<Record<string, string>> = {
  mdns: 'found by mDNS',
  beacon: 'found by a broadcast',
  peer: 'found through another',
  remembered: 'found where they were before',
  static: 'found by --peer',
};

export const whoisLines = (person: WhoisShown, paint: Paint): string => {
  const { id, name, fingerprint, isOurselves, namesakes, here, addresses } = person;
  const who = paint(nameInk(id), quotedIfOdd(cleanName(name)) || id.slice(0, 12));
  const lines = [`${who}${isOurselves ? ' (you)' : here === undefined ? ' is not here' : ''}`];
  lines.push(row('fingerprint', oneLine(fingerprint)), row('id', oneLine(id)));
  if (addresses !== undefined) lines.push(row('address', addresses.map(oneLine).join(', ') || 'none'));
  if (here !== undefined) lines.push(...hereLines(here));
  if (namesakes.length > 0)
    lines.push(
      row(
        'name',
        paint('warning', `also that of ${namesakes.map((one) => oneLine(one.slice(0, 12))).join(', ')}: name them by their ids`),
      ),
    );
  return lines.join('\n');
};

const hereLines = (here: NonNullable<WhoisShown['here']>): readonly string[] => {
  const { host, port, via, state, rttMs, isPinned, inCommon, elsewhere, forMs, away, clockSkewMs } = here;
  return [
    row('address', `${peerAddress({ host, port })}, ${VIA[via] ?? oneLine(via)}`),
    row('state', `${state}, round trip ${roundTrip(rttMs)}${forMs === undefined ? '' : `, here for ${duration(forMs)}`}`),
    ...(away === undefined ? [] : [row('away', oneLine(away) || 'yes')]),
    row('in common', roomList(inCommon)),
    ...(elsewhere.length === 0 ? [] : [row('also in', roomList(elsewhere))]),
    row('key', isPinned ? 'known: this name is tied to it' : 'not known from before: compare the fingerprint when it matters'),
    ...(clockSkewMs === undefined || Math.abs(clockSkewMs) < SKEW_SHOWN_MS
      ? []
      : [row('clock', `${duration(Math.abs(clockSkewMs))} ${clockSkewMs > 0 ? 'ahead of' : 'behind'} yours`)]),
  ];
};

/** `40 s`, `5 min`, `2 h 10 min`, `3 days`. */
export const duration = (ms: number): string => {
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} days`;
};

export const infoLines = (info: InfoShown, paint: Paint, offset: (time: number) => number): string => {
  const { message, reactors, holders, waiting = [], isGivenUp } = info;
  const at = (time: number): string => dayAndTime(time, offset(time));
  const place = message.room === undefined ? 'directly' : `in #${oneLine(message.room)}`;
  const names = (people: readonly PersonShown[]): string =>
    nameList(
      people.map(({ id, name }) => cleanName(name) || id.slice(0, 12)),
      NAMES_MAX,
    );
  return [
    `${personLabel(message.from, paint)}: ${message.isDeleted ? '(deleted)' : oneLine(message.text)}`,
    row('id', oneLine(message.id)),
    row('said', `${at(message.time)} ${place}, number ${message.sequence}`),
    row('kept', at(message.receivedAt)),
    ...(message.replyTo === undefined ? [] : [row('answers', oneLine(message.replyTo.slice(0, 8)))]),
    ...message.edits.map(({ text, time }) => row('before', `${oneLine(text)} (until ${at(time)})`)),
    ...reactors.map(({ emoji, by }) => row(oneLine(emoji), names(by))),
    ...(holders === undefined
      ? []
      : [row('delivered', deliveryText(names(holders), holders.length, names(waiting), waiting.length))]),
    ...(isGivenUp === true ? [row('', 'given up: nobody else is sent it')] : []),
  ].join('\n');
};

const deliveryText = (has: string, count: number, lacks: string, lacking: number): string => {
  if (count + lacking === 0) return 'to nobody: nobody else was there';
  const to = count === 0 ? 'to nobody yet' : `to ${has}`;
  return lacking === 0 ? to : `${to}; waiting for ${lacks}`;
};
