/**
 * Records as NDJSON: one object a line. These names and fields are a promise; unknown fields may be added later.
 *
 * | type      | fields |
 * |-----------|--------|
 * | ready     | id, name, port, addresses ["ip:port", …], rooms |
 * | peer      | event "joined" \| "left" \| "changed", id, name, address, port, via, state |
 * | peer      | id, name, address, port, state "connected" \| "idle" \| "unreachable", rttMs (or null), via |
 * | message   | id, room \| to, from {id, name}, seq, text, time, [action: true], [replyTo: id], [mention: true], [late: true] |
 * | message   | of history and search besides: received, [edited: true], edits [{text, time}, …], [deleted: true], reactions [{emoji, by [id, …]}, …] |
 * | edit      | of, text, id, room \| to, from, time, [late: true] |
 * | delete    | of, id, room \| to, from, time, [late: true] |
 * | reaction  | of, emoji, on, id, room \| to, from, time, [late: true] |
 * | topic     | text, id, room, from, time, [late: true] |
 * | away      | id, name, away (text or null) |
 * | typing    | id, name, room or null, typing |
 * | queued    | id, room \| to, text, time, delivered [id, …], waiting [{id, name}, …] |
 * | dropped   | id, room \| to, text, time |
 * | pruned    | room \| to, count (messages that were let go of before those shown) |
 * | forgotten | place, messages |
 * | status    | running, id, name, port, visibility, addresses, peers, queued, [away], rooms [{room, joined, others, unread, mentions, [topic]}, …], people [{id, name, unread}, …] |
 * | sent      | id, seq |
 * | delivered | id, peer {id, name}, ms, [stored: false] |
 * | summary   | sent, delivered, peers, [queued] |
 * | id        | id, name, fingerprint |
 * | delivery  | text, room or person, holders, waiting (own lines of a chat) |
 * | notice    | text (lines of a chat for people) |
 */
import { isoTime } from '../../ui/clock-face.ts';
import type { AmendmentShown, MessageShown, PeerShown, StoredShown } from '../../ui/shown.ts';
import type { OutputRecord } from './record.ts';

/** Characters that JSON leaves as they are but that a terminal may act on: C1, DEL, bidi, zero-width, separators, tags. */
const UNSAFE =
  /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\udb40[\udc00-\udc7f]/g;

/** The line of a record with its line end; undefined for what has no place in NDJSON. */
export const ndjsonLine = (record: OutputRecord): string | undefined => {
  const object = objectOf(record);
  return object === undefined ? undefined : `${JSON.stringify(object).replace(UNSAFE, escaped)}\n`;
};

const escaped = (text: string): string => {
  let all = '';
  for (let i = 0; i < text.length; i++) all += `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`;
  return all;
};

const objectOf = (record: OutputRecord): object | undefined => {
  switch (record.kind) {
    case 'ready':
      return {
        type: 'ready',
        id: record.id,
        name: record.name,
        port: record.port,
        addresses: record.addresses,
        rooms: record.rooms,
      };
    case 'peer-event': {
      const { id, name, host, port, via, state } = record.peer;
      return { type: 'peer', event: record.event, id, name, address: host, port, via, state };
    }
    case 'peer':
      return peerObject(record.peer);
    case 'message':
      return messageObject(record.message);
    case 'stored':
      return storedObject(record.message);
    case 'amendment':
      return amendmentObject(record.amendment);
    case 'away':
      return { type: 'away', id: record.person.id, name: record.person.name, away: record.text ?? null };
    case 'typing': {
      const { person, room, isTyping } = record;
      return { type: 'typing', id: person.id, name: person.name, room: room ?? null, typing: isTyping };
    }
    case 'queued': {
      const waiting = record.waiting.map(({ id, name }) => ({ id, name }));
      return { type: 'queued', ...saidObject(record.message), delivered: record.holders, waiting };
    }
    case 'forgotten':
      return { type: 'forgotten', place: record.place, messages: record.messages };
    case 'pruned': {
      const { room, to, count } = record;
      return { type: 'pruned', ...(room === undefined ? { to } : { room }), count };
    }
    case 'dropped':
      return { type: 'dropped', ...saidObject(record.message) };
    case 'status': {
      const { kind: _kind, isRunning, rooms, conversations, ...profile } = record;
      return {
        type: 'status',
        running: isRunning,
        ...profile,
        rooms: rooms.map(({ isJoined, room, ...more }) => ({ room, joined: isJoined, ...more })),
        people: conversations.map(({ person, unread }) => ({ id: person.id, name: person.name, unread })),
      };
    }
    case 'sent':
      return { type: 'sent', id: record.id, seq: record.sequence };
    case 'delivered':
      return {
        type: 'delivered',
        id: record.id,
        peer: { id: record.peer.id, name: record.peer.name },
        ms: milliseconds(record.ms),
        ...(record.isStored ? {} : { stored: false }),
      };
    case 'summary':
      return { type: 'summary', sent: record.sent, delivered: record.delivered, peers: record.peers, queued: record.queued };
    case 'identity':
      return { type: 'id', id: record.id, name: record.name, fingerprint: record.fingerprint };
    case 'own':
      return { type: 'delivery', ...record.delivery };
    case 'notice':
      return { type: 'notice', text: record.text };
    case 'whois':
    case 'info':
    case 'prompt':
    case 'taken':
    case 'past':
    case 'said':
    case 'held':
    case 'overview':
    case 'names':
    case 'error':
      return undefined; // what a command of a chat shows is for people, a prompt for a keyboard, a screen's records for a screen, names for a shell, an error for stderr
    default:
      return record satisfies never;
  }
};

const peerObject = ({ id, name, host, port, state, rttMs, via, away }: PeerShown): object => ({
  type: 'peer',
  id,
  name,
  address: host,
  port,
  state,
  rttMs: rttMs === undefined ? null : milliseconds(rttMs),
  via,
  ...(away === undefined ? {} : { away }),
});

const messageObject = (message: MessageShown): object => ({
  type: 'message',
  id: message.id,
  ...(message.room === undefined ? { to: message.to } : { room: message.room }),
  from: { id: message.from.id, name: message.from.name },
  seq: message.sequence,
  text: message.text,
  time: isoTime(message.time),
  ...(message.isAction ? { action: true } : {}),
  ...(message.replyTo === undefined ? {} : { replyTo: message.replyTo }),
  ...(message.isMention === true ? { mention: true } : {}),
  ...(message.isLate ? { late: true } : {}),
});

const storedObject = (message: StoredShown): object => ({
  ...messageObject(message),
  received: isoTime(message.receivedAt),
  ...(message.edits.length > 0 ? { edited: true } : {}),
  edits: message.edits.map(({ text, time }) => ({ text, time: isoTime(time) })),
  ...(message.isDeleted ? { deleted: true } : {}),
  reactions: message.reactions,
});

const saidObject = ({ id, room, to, text, time }: MessageShown): object => ({
  id,
  ...(room === undefined ? { to } : { room }),
  text,
  time: isoTime(time),
});

const amendmentObject = (amendment: AmendmentShown): object => {
  const { what, id, room, to, from, time, isLate } = amendment;
  return {
    type: what,
    ...(what === 'topic' ? {} : { of: amendment.of }),
    ...(what === 'edit' || what === 'topic' ? { text: amendment.text } : {}),
    ...(what === 'reaction' ? { emoji: amendment.emoji, on: amendment.isOn } : {}),
    id,
    ...(room === undefined ? { to } : { room }),
    from: { id: from.id, name: from.name },
    time: isoTime(time),
    ...(isLate ? { late: true } : {}),
  };
};

/** To the microsecond: further digits are noise. */
const milliseconds = (value: number): number => Math.round(value * 1_000) / 1_000;
