/** `earshot up`: a peer without a screen. It is in the rooms the profile was in, takes what is said, and does what other commands ask. */
import type { RoomName } from '../../base/ids.ts';
import { describeError, ExitCode } from '../exit-code.ts';
import type { OutputRecord } from '../format/record.ts';
import { type Context, onStop } from '../job/operation.ts';
import { Changes } from '../live/changes.ts';

export type UpRequest = {
  /** Joined besides those the profile is in. */
  readonly rooms: readonly RoomName[];
};

/** Where somebody who never joined a room is. */
const DEFAULT_ROOM = 'lobby' as RoomName;

export async function* up(
  { host, stop, leavesRooms }: Context,
  request: UpRequest,
): AsyncGenerator<OutputRecord, ExitCode, void> {
  const { id, name, port, addresses, rooms: remembered } = host.peer;
  if (leavesRooms) {
    yield { kind: 'error', text: 'a peer runs on this profile already; see: earshot status' };
    return ExitCode.profile;
  }
  const asked = [...new Set([...remembered, ...request.rooms])];
  const rooms = asked.length === 0 ? [DEFAULT_ROOM] : asked;
  try {
    host.keep(rooms);
  } catch (error) {
    const { code, text } = describeError(error);
    yield { kind: 'error', text };
    return code;
  }
  yield { kind: 'ready', id, name, port, addresses, rooms };
  const changes = new Changes();
  const ignoreStop = onStop(stop, () => changes.poke());
  await changes.until(() => stop.aborted);
  ignoreStop();
  return ExitCode.done;
}
