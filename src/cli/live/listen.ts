/**
 * `earshot listen`: joins rooms and yields what is said, and what came for this profile while it was away.
 * A message counts as taken when the next one is asked for: an ephemeral listener acknowledges it then.
 */
import { type EntryId, type RoomName, roomScope, scopeKey } from '../../base/ids.ts';
import type { MessageShown } from '../../ui/shown.ts';
import { conversationOf, ReadMarks } from '../chat/read-marks.ts';
import { describeError, ExitCode } from '../exit-code.ts';
import type { OutputRecord } from '../format/record.ts';
import { amendmentShown, messageShown, storedShown } from '../format/shown-message.ts';
import { type Context, type Host, onStop } from '../job/operation.ts';
import type { PeerEvent, PeerView, StoredMessage } from '../library.ts';
import { EventFeed } from './event-feed.ts';
import { PeerNews } from './peer-news.ts';

/** BOUNDED: of one room or conversation, what is shown of what came unread: the newest. */
const UNREAD_MAX = 10_000;

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
  const marks = new ReadMarks(host);
  /** Ids of what was unread. BOUNDED: by UNREAD_MAX a room or conversation. */
  const told = new Set<EntryId>();
  let left = request.count ?? Number.POSITIVE_INFINITY;
  const leave: (() => void)[] = [];
  try {
    for (const room of request.rooms) leave.push(host.enter(room));
    yield { kind: 'ready', id: peer.id, name: peer.name, port: peer.port, addresses: peer.addresses, rooms: request.rooms };
    for (const view of here) {
      news.note(view);
      yield { kind: 'peer-event', event: 'joined', peer: host.shown(view) };
      if (view.away !== undefined) yield awayRecord(host, view);
    }
    for (const message of await unread(host, request.rooms)) {
      const shown: MessageShown = { ...storedShown(host, message), isLate: true };
      told.add(message.id);
      yield { kind: 'message', message: shown };
      marks.note(message.scope, message.id);
      left -= 1;
      if (left === 0) return ExitCode.done;
    }
    for (let event = await feed.next(); event !== undefined; event = await feed.next()) {
      if (event.kind === 'message' && told.delete(event.message.id)) continue; // it came while what was unread was read
      const records = recordsOf(host, event, rooms, news);
      yield* records;
      if (event.kind !== 'message' || records.length === 0) continue;
      marks.note(conversationOf(event.message, peer.id), event.message.id);
      left -= 1;
      if (left === 0) return ExitCode.done;
    }
    return request.count === undefined ? ExitCode.done : ExitCode.notDelivered;
  } catch (error) {
    const { code, text } = describeError(error);
    yield { kind: 'error', text };
    return code;
  } finally {
    marks.close();
    callOff?.();
    ignoreStop();
    feed.close();
    if (context.leavesRooms) for (const end of leave) end();
  }
}

/** What came to these rooms and to us directly and was never shown, in order of arrival. */
const unread = async (host: Host, rooms: readonly RoomName[]): Promise<readonly StoredMessage[]> => {
  if (host.isEphemeral) return [];
  const wanted = new Set(rooms.map((room) => scopeKey(roomScope(room))));
  const scopes = (await host.peer.unread()).filter(
    ({ scope, count }) => count > 0 && (scope.kind === 'direct' || wanted.has(scopeKey(scope))),
  );
  const pages = await Promise.all(scopes.map(({ scope }) => host.peer.unreadIn(scope, UNREAD_MAX)));
  return pages
    .flat()
    .filter(({ isDeleted }) => !isDeleted)
    .sort((a, b) => a.receivedAt - b.receivedAt);
};

const recordsOf = (host: Host, event: PeerEvent, rooms: ReadonlySet<string>, news: PeerNews): readonly OutputRecord[] => {
  const records: OutputRecord[] = [];
  switch (event.kind) {
    case 'message':
      if (event.message.author === host.peer.id) return records;
      if (event.message.scope.kind === 'room' && !rooms.has(event.message.scope.room)) return records;
      return [{ kind: 'message', message: messageShown(host, event.message) }];
    case 'edit':
    case 'delete':
    case 'reaction':
    case 'topic':
      if (event.author === host.peer.id || (event.scope.kind === 'room' && !rooms.has(event.scope.room))) return records;
      return [{ kind: 'amendment', amendment: amendmentShown(host, event) }];
    case 'typing': {
      if (event.scope.kind === 'room' && !rooms.has(event.scope.room)) return records;
      const person = host.person(event.peer, host.peer.peers.find(({ id }) => id === event.peer)?.name ?? '');
      const place = event.scope.kind === 'room' ? { room: event.scope.room } : {};
      return [{ kind: 'typing', person, ...place, isTyping: event.isTyping }];
    }
    case 'joined':
    case 'left':
    case 'changed': {
      const isAwayNews = news.isAwayNews(event);
      if (news.isNews(event)) records.push({ kind: 'peer-event', event: event.kind, peer: host.shown(event.peer) });
      if (isAwayNews) records.push(awayRecord(host, event.peer));
      return records;
    }
    default:
      return records;
  }
};

export const awayRecord = (host: Host, { id, name, away }: PeerView): OutputRecord => ({
  kind: 'away',
  person: host.person(id, name),
  ...(away === undefined ? {} : { text: away }),
});
