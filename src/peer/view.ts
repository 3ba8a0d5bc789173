/** A proven peer as shown to people, put together from what the floors know of it. */
import type { RoomName } from '../base/ids.ts';
import type { Now } from '../base/time.ts';
import type { SessionInfo } from '../transport/endpoint-output.ts';
import type { PeerView } from './event.ts';
import type { Person } from './people.ts';

/** Silence after which a peer whose session is kept is shown as idle: it should have been heard of, and is not yet found silent. */
const IDLE_AFTER_MS = 30_000;

export type KnownOf = {
  readonly session: SessionInfo | undefined;
  readonly rooms: readonly RoomName[];
  readonly isTwin: boolean;
  readonly isPinned: boolean;
};

export const viewOf = (now: Now, person: Person, { session, rooms, isTwin, isPinned }: KnownOf): PeerView => ({
  id: person.id,
  name: person.name,
  address: person.address,
  via: person.via,
  state: stateOf(now, session),
  away: person.away,
  rttMs: session?.rttMs,
  clockSkewMs: person.clockSkewMs,
  rooms,
  isTwin,
  isPinned,
});

const stateOf = (now: Now, session: SessionInfo | undefined): PeerView['state'] => {
  if (session === undefined || session.isSilent) return 'unreachable';
  // one that sleeps says nothing as agreed; whoever finds somebody silent tells, and then it is asked
  return session.isKept && now.at - session.lastHeard > IDLE_AFTER_MS ? 'idle' : 'connected';
};
