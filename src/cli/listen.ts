/**
 * `earshot listen`: joins rooms and yields what is said, and what came for this profile while it was away.
 * A message counts as taken when the next one is asked for: an ephemeral listener acknowledges it then.
 */
import type { RoomName } from '../base/ids.ts';
import { EventFeed } from './event-feed.ts';
import { ExitCode } from './exit-code.ts';
import type { PeerEvent } from './library.ts';
import { type Context, type Host, onStop } from './operation.ts';
import { PeerNews } from './peer-news.ts';
import type { OutputRecord } from './record.ts';
import { messageShown } from './shown-message.ts';

export type ListenRequest = {
  readonly rooms: readonly RoomName[];
  /** Ends after so many messages. */
  readonly count?: number;
  readonly timeoutMs?: number;
};

export async function* listen(context: Context, request: ListenRequest): AsyncGenerator<OutputRecord, ExitCode, void> {
  const { host, stop } = context;
  const { peer } = host;
  const feed = new EventFeed(peer);
  const here = peer.peers;
  const news = new PeerNews({ withState: false });
  const callOff = request.timeoutMs === undefined ? undefined : host.clock.after(request.timeoutMs, () => feed.end());
  const ignoreStop = onStop(stop, () => feed.end());
  const rooms = new Set<string>(request.rooms);
  const leave = request.rooms.map((room) => host.enter(room));
  let left = request.count ?? Number.POSITIVE_INFINITY;
  try {
    yield { kind: 'ready', id: peer.id, name: peer.name, port: peer.port, addresses: peer.addresses, rooms: request.rooms };
    for (const view of here) {
      news.note(view);
      yield { kind: 'peer-event', event: 'joined', peer: host.shown(view) };
    }
    for (let event = await feed.next(); event !== undefined; event = await feed.next()) {
      const record = recordOf(host, event, rooms, news);
      if (record === undefined) continue;
      yield record;
      if (record.kind !== 'message') continue;
      left -= 1;
      if (left === 0) return ExitCode.done;
    }
    return request.count === undefined ? ExitCode.done : ExitCode.notDelivered;
  } finally {
    callOff?.();
    ignoreStop();
    feed.close();
    if (context.leavesRooms) for (const end of leave) end();
  }
}

const recordOf = (host: Host, event: PeerEvent, rooms: ReadonlySet<string>, news: PeerNews): OutputRecord | undefined => {
  switch (event.kind) {
    case 'message':
      if (event.message.author === host.peer.id) return undefined;
      if (event.message.scope.kind === 'room' && !rooms.has(event.message.scope.room)) return undefined;
      return { kind: 'message', message: messageShown(host, event.message) };
    case 'joined':
    case 'left':
    case 'changed':
      return news.isNews(event) ? { kind: 'peer-event', event: event.kind, peer: host.shown(event.peer) } : undefined;
    default:
      return undefined;
  }
};
