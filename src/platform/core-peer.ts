/** What the runner and the library ask of the core; `Peer` of src/peer is it. */
import type { PeerId, RoomName } from '../base/ids.ts';
import type { Instant, Now } from '../base/time.ts';
import type { Effect, RecordRef } from '../peer/effect.ts';
import type { PeerView } from '../peer/event.ts';
import type { Input } from '../peer/input.ts';

export interface CorePeer {
  readonly name: string;
  /** A record of the store, in the order written; all of them before anything else. */
  restore(record: Uint8Array, ref: RecordRef): void;
  /** All records were given. */
  restored(now: Now): readonly Effect[];
  step(now: Now, input: Input): readonly Effect[];
  nextTimeout(): Instant | undefined;
  people(now: Now): readonly PeerView[];
  rooms(): readonly RoomName[];
  members(room: RoomName): readonly PeerId[];
  /** Whether everything sent was acknowledged, by those who answer at all. */
  isSettled(): boolean;
  sessionCount(): number;
}
