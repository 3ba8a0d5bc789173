/** `earshot status`: what stands in the profile, and what waits. */
import type { RoomName } from '../../base/ids.ts';
import { ExitCode } from '../exit-code.ts';
import type { ConversationShown, OutputRecord, RoomShown } from '../format/record.ts';
import type { Context, Host } from '../job/operation.ts';
import { failed } from './look-back.ts';

/** `isRunning`: somebody else's process runs the peer. Set by whoever knows; a peer opened only to look is not running. */
export type StatusRequest = Readonly<Record<string, never>>;

export async function* status(context: Context, _request: StatusRequest): AsyncGenerator<OutputRecord, ExitCode, void> {
  const { host, leavesRooms } = context;
  const { peer } = host;
  try {
    const [rooms, conversations] = await overview(host);
    yield {
      kind: 'status',
      isRunning: leavesRooms, // a guest of the process that runs the peer
      id: peer.id,
      name: peer.name,
      port: peer.port,
      visibility: peer.visibility,
      addresses: peer.addresses,
      peers: peer.peers.length,
      queued: (await peer.queue()).length,
      ...(peer.away === undefined ? {} : { away: peer.away }),
      rooms,
      conversations,
    };
    return ExitCode.done;
  } catch (error) {
    return yield* failed(error);
  }
}

/** Every room that is joined, talked in before, or that others are in; and every conversation. */
export const overview = async (host: Host): Promise<readonly [readonly RoomShown[], readonly ConversationShown[]]> => {
  const { peer } = host;
  const unread = await peer.unread();
  const names = new Map((await peer.everybody()).map(({ id, name }) => [id, name]));
  const people = new Map<RoomName, number>(peer.rooms.map((room) => [room, 0]));
  for (const { scope } of unread) if (scope.kind === 'room' && !people.has(scope.room)) people.set(scope.room, 0);
  for (const view of peer.peers) for (const room of view.rooms) people.set(room, (people.get(room) ?? 0) + 1);
  const rooms: RoomShown[] = [];
  for (const [room, others] of people) {
    const { count, mentions } = unread.find(({ scope }) => scope.kind === 'room' && scope.room === room) ?? NONE;
    const topic = await peer.topicOf(room);
    const isJoined = peer.rooms.includes(room);
    rooms.push({ room, isJoined, others, unread: count, mentions, ...(topic === undefined ? {} : { topic: topic.text }) });
  }
  const conversations = unread.flatMap(({ scope, count }) =>
    scope.kind === 'direct' ? [{ person: host.person(scope.reader, names.get(scope.reader) ?? ''), unread: count }] : [],
  );
  return [rooms.sort((a, b) => (a.room < b.room ? -1 : 1)), conversations];
};

const NONE = { count: 0, mentions: 0 };
