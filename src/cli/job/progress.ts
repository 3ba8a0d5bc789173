/** How far a command has come, so that another process, or this one, can go on where the peer that did its work has gone away. */
import { parsePeerId } from '../../base/ids.ts';
import type { ChatRequest } from '../chat/chat-request.ts';
import type { Clock } from '../clock.ts';
import type { OutputRecord } from '../format/record.ts';
import type { Unfinished } from '../live/delivery-watch.ts';
import type { ListenRequest } from '../live/listen.ts';
import type { SendRequest } from '../live/send.ts';
import type { Line } from './lines.ts';

export interface Progress<Request> {
  /** What is left to do. */
  request(): Request;
  /** A record came. @returns whether it is to be shown: false for what was shown before. */
  onRecord(record: OutputRecord): boolean;
  /** Lines were handed over to the peer that does the work. */
  onFed(lines: readonly Line[]): void;
  /** That peer has gone; of the lines handed over, the last `unused` were certainly not said. @returns those. */
  onMoved(unused: number): readonly Line[];
}

/** Nothing to remember: the request is simply made again. */
export const noProgress = <Request>(request: Request): Progress<Request> => ({
  request: () => request,
  onRecord: () => true,
  onFed: () => undefined,
  onMoved: () => [],
});

/** Lines that were handed over and that nobody has begun with are handed over again, for the room that was talked in. */
export const chatProgress = (request: ChatRequest): Progress<ChatRequest> => {
  const { to: _, ...rest } = request;
  let { room, to } = request;
  let fed: readonly Line[] = [];
  return {
    request: () => ({ ...rest, room, ...(to === undefined ? {} : { to }) }),
    onRecord: (record) => {
      if (record.kind === 'prompt') {
        room = record.room ?? room;
        to = parsePeerId(record.to?.id ?? '');
      }
      if (record.kind === 'taken') fed = fed.filter(({ number }) => number > record.line);
      return true;
    },
    onFed: (lines) => {
      fed = [...fed, ...lines.filter(({ sign }) => sign === undefined)]; // by the time it is fed again it is not so
    },
    onMoved: () => {
      const lines = fed;
      fed = [];
      return lines;
    },
  };
};

/** Ids of messages shown last, so that none is shown twice. */
const IDS_MAX = 10_000;

export const listenProgress = (request: ListenRequest, clock: Clock): Progress<ListenRequest> => {
  const endAt = request.timeoutMs === undefined ? undefined : clock.now() + request.timeoutMs;
  /** BOUNDED: by IDS_MAX, the oldest go. */
  const ids = new Set<string>();
  let left = request.count;
  let isReady = false;
  return {
    request: () => ({
      rooms: request.rooms,
      ...(left === undefined ? {} : { count: left }),
      ...(endAt === undefined ? {} : { timeoutMs: Math.max(0, endAt - clock.now()) }),
    }),
    onRecord: (record) => {
      if (record.kind === 'ready') {
        const isFirst = !isReady;
        isReady = true;
        return isFirst;
      }
      if (record.kind !== 'message') return true;
      if (ids.has(record.message.id)) return false;
      ids.add(record.message.id);
      if (ids.size > IDS_MAX) for (const oldest of ids) return ids.delete(oldest);
      if (left !== undefined) left -= 1;
      return true;
    },
    onFed: () => undefined,
    onMoved: () => [],
  };
};

/** What was sent and delivered, and which lines were handed over without word that they were said. */
export const sendProgress = (request: SendRequest, clock: Clock): Progress<SendRequest> => {
  const endAt = clock.now() + request.timeoutMs;
  const unfinished = new Map<string, Unfinished>();
  const holders = new Set<string>();
  let fed: Line[] = [];
  let sent = 0;
  let unknown = 0;
  const onDelivered = (id: string, holder: string): void => {
    holders.add(holder);
    const message = unfinished.get(id);
    if (message === undefined || message.holders.includes(holder)) return;
    if (message.holders.length + 1 >= request.peers) unfinished.delete(id);
    else unfinished.set(id, { ...message, holders: [...message.holders, holder] });
  };
  const hasBegun = (): boolean => sent + unknown > 0;
  return {
    request: () => ({
      ...request,
      timeoutMs: Math.max(0, endAt - clock.now()),
      ...(hasBegun()
        ? {
            before: {
              sent,
              delivered: sent - unfinished.size,
              holders: [...holders],
              unfinished: [...unfinished.values()],
              unknown,
            },
          }
        : {}),
    }),
    onRecord: (record) => {
      if (record.kind === 'sent') {
        sent += 1;
        fed.shift();
        unfinished.set(record.id, { id: record.id, sequence: record.sequence, holders: [] });
      }
      if (record.kind === 'delivered') onDelivered(record.id, record.peer.id);
      return true;
    },
    onFed: (lines) => {
      fed.push(...lines);
    },
    onMoved: (unused) => {
      const certain = unused <= 0 ? [] : fed.slice(-unused);
      unknown += fed.length - certain.length;
      fed = [];
      return certain;
    },
  };
};
