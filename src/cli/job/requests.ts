/** The operations by name, and their requests as they come from another process: checked before they are believed. */
import { parsePeerId, type RoomName } from '../../base/ids.ts';
import { isRoomName } from '../../base/room-name.ts';
import { chat } from '../chat/chat.ts';
import type { ChatRequest } from '../chat/chat-request.ts';
import type { ExitCode } from '../exit-code.ts';
import type { OutputRecord } from '../format/record.ts';
import type { Unfinished } from '../live/delivery-watch.ts';
import { type IdRequest, identify } from '../live/id.ts';
import { type ListenRequest, listen } from '../live/listen.ts';
import { type NamesRequest, names } from '../live/names.ts';
import { type PeersRequest, peers } from '../live/peers.ts';
import { type SendRequest, type SentBefore, send } from '../live/send.ts';
import { type AmendRequest, amend } from '../past/amend.ts';
import { forget } from '../past/forget.ts';
import { type HistoryRequest, history, type SearchRequest, search } from '../past/look-back.ts';
import { type QueueRequest, queue } from '../past/queue.ts';
import { type StatusRequest, status } from '../past/status.ts';
import { up } from '../past/up.ts';
import { type Line, SIGNS } from './lines.ts';
import type { Context } from './operation.ts';

export type CommandName =
  | 'chat'
  | 'send'
  | 'listen'
  | 'peers'
  | 'id'
  | 'history'
  | 'search'
  | 'queue'
  | 'amend'
  | 'status'
  | 'forget'
  | 'up'
  | 'names';
/** An operation with its request. */
export type BoundOperation = (context: Context) => AsyncGenerator<OutputRecord, ExitCode, void>;

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
const isAmount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const isOptionalAmount = (value: unknown): value is number | undefined => value === undefined || isAmount(value);
const isText = (value: unknown): value is string => typeof value === 'string';
const isRoom = (value: unknown): value is RoomName => isText(value) && isRoomName(value);
const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText);

/** Whether a value is a line of input. */
export const isLine = (value: unknown): value is Line => {
  const fields = fieldsOf(value);
  return (
    fields !== undefined &&
    isAmount(fields.number) &&
    isText(fields.text) &&
    isAmount(fields.sizeBytes) &&
    isOptionalSign(fields.sign)
  );
};
const isOptionalSign = (value: unknown): boolean => value === undefined || SIGNS.some((sign) => sign === value);

/** The operation that a command and its request name; undefined if they name none. */
export const operationOf = (command: unknown, request: unknown): BoundOperation | undefined => {
  const fields = fieldsOf(request);
  if (fields === undefined) return undefined;
  switch (command) {
    case 'chat':
      return bind(chat, chatRequest(fields));
    case 'send':
      return bind(send, sendRequest(fields));
    case 'listen':
      return bind(listen, listenRequest(fields));
    case 'peers':
      return bind(peers, peersRequest(fields));
    case 'id':
      return bind(identify, {} satisfies IdRequest);
    case 'history':
      return bind(history, historyRequest(fields));
    case 'search':
      return bind(search, searchRequest(fields));
    case 'queue':
      return bind(queue, isOptionalText(fields.drop) ? (given({ drop: fields.drop }) satisfies QueueRequest) : undefined);
    case 'amend':
      return bind(amend, amendRequest(fields));
    case 'forget':
      return bind(forget, isOptionalText(fields.place) ? given({ place: fields.place }) : undefined);
    case 'status':
      return bind(status, {} satisfies StatusRequest);
    case 'up':
      return bind(up, isRooms(fields.rooms) ? { rooms: fields.rooms } : undefined);
    case 'names':
      return bind(names, {} satisfies NamesRequest);
    default:
      return undefined;
  }
};

const bind = <Request>(
  operation: (context: Context, request: Request) => AsyncGenerator<OutputRecord, ExitCode, void>,
  request: Request | undefined,
): BoundOperation | undefined => (request === undefined ? undefined : (context) => operation(context, request));

const chatRequest = ({ room, isInteractive, hasScreen, to }: Fields): ChatRequest | undefined => {
  if (!isRoom(room) || typeof isInteractive !== 'boolean' || !isOptionalText(to)) return undefined;
  const screen = hasScreen === true ? { hasScreen } : {};
  if (to === undefined) return { room, isInteractive, ...screen };
  const reader = parsePeerId(to);
  return reader === undefined ? undefined : { room, isInteractive, ...screen, to: reader };
};

const listenRequest = ({ rooms, count, timeoutMs }: Fields): ListenRequest | undefined => {
  if (!Array.isArray(rooms) || !rooms.every(isRoom) || !isOptionalAmount(count) || !isOptionalAmount(timeoutMs)) return undefined;
  return { rooms, ...(count === undefined ? {} : { count }), ...(timeoutMs === undefined ? {} : { timeoutMs }) };
};

const peersRequest = ({ waitMs, isWatching }: Fields): PeersRequest | undefined => {
  if (!isOptionalAmount(waitMs) || typeof isWatching !== 'boolean') return undefined;
  return { isWatching, ...(waitMs === undefined ? {} : { waitMs }) };
};

const isOptionalText = (value: unknown): value is string | undefined => value === undefined || isText(value);
const isRooms = (value: unknown): value is readonly RoomName[] => Array.isArray(value) && value.every(isRoom);

type Given<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };
/** Without the fields that are not there. */
const given = <T extends object>(fields: T): Given<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>;

const historyRequest = ({ place, since, until, limit, from }: Fields): HistoryRequest | undefined => {
  if (!isOptionalText(place) || !isOptionalText(from) || !isOptionalAmount(since) || !isOptionalAmount(until)) return undefined;
  return isAmount(limit) ? { limit, ...given({ place, since, until, from }) } : undefined;
};

const searchRequest = ({ words, place, limit }: Fields): SearchRequest | undefined =>
  isText(words) && isOptionalText(place) && isAmount(limit) ? { words, limit, ...given({ place }) } : undefined;

const amendRequest = ({ of, what, text, emoji, isOn }: Fields): AmendRequest | undefined => {
  if (!isText(of)) return undefined;
  if (what === 'delete') return { of, what };
  if (what === 'edit') return isText(text) ? { of, what, text } : undefined;
  return what === 'react' && isText(emoji) && typeof isOn === 'boolean' ? { of, what, emoji, isOn } : undefined;
};

const sendRequest = (fields: Fields): SendRequest | undefined => {
  const { wait, peers: needed, timeoutMs, timeoutShown } = fields;
  const target = targetOf(fields.target);
  const before = fields.before === undefined ? undefined : beforeOf(fields.before);
  if (target === undefined || !isWait(wait) || !isAmount(needed) || needed < 1 || !isOptionalText(fields.replyTo))
    return undefined;
  if (!isAmount(timeoutMs) || !isText(timeoutShown) || (fields.before !== undefined && before === undefined)) return undefined;
  return { target, wait, peers: needed, timeoutMs, timeoutShown, ...given({ before, replyTo: fields.replyTo }) };
};

const isWait = (value: unknown): value is SendRequest['wait'] => value === 'queued' || value === 'sent' || value === 'delivered';

const targetOf = (value: unknown): SendRequest['target'] | undefined => {
  const fields = fieldsOf(value);
  if (fields?.kind === 'room' && isRoom(fields.room)) return { kind: 'room', room: fields.room };
  return fields?.kind === 'person' && isText(fields.who) ? { kind: 'person', who: fields.who } : undefined;
};

const beforeOf = (value: unknown): SentBefore | undefined => {
  const { sent, delivered, holders, unfinished, unknown } = fieldsOf(value) ?? {};
  if (!isAmount(sent) || !isAmount(delivered) || !isTexts(holders) || !isAmount(unknown)) return undefined;
  if (!Array.isArray(unfinished) || !unfinished.every(isUnfinished)) return undefined;
  return { sent, delivered, holders, unfinished, unknown };
};

const isUnfinished = (value: unknown): value is Unfinished => {
  const fields = fieldsOf(value);
  return fields !== undefined && isText(fields.id) && isAmount(fields.sequence) && isTexts(fields.holders);
};
