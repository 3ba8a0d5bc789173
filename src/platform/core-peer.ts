/** What the runner and the library ask of the core; `Peer` of src/peer is it. */
import type { PeerId, RoomName, Scope } from '../base/ids.ts';
import type { Instant, Now } from '../base/time.ts';
import type { DeliveryState } from '../chat/audience.ts';
import type { Effect, RecordRef } from '../peer/effect.ts';
import type { PeerView } from '../peer/event.ts';
import type { Input } from '../peer/input.ts';

export interface CorePeer {
  readonly name: string;
  /** What we say about being away; undefined while we are not. */
  readonly away: string | undefined;
  /** A record of the store, in the order written; all of them before anything else. */
  restore(record: Uint8Array, ref: RecordRef): void;
  /** Instead of the records that are in it, before all others. @returns false if it is of no use: then this core is not either. */
  restoreSnapshot(snapshot: Uint8Array): boolean;
  /** Everything kept by now, if nothing is on its way to the store. */
  snapshot(): Uint8Array;
  /** Everything kept by now but what was said, as records. */
  stateRecords(): readonly Uint8Array[];
  /** All records were given. */
  restored(now: Now): readonly Effect[];
  step(now: Now, input: Input): readonly Effect[];
  nextTimeout(): Instant | undefined;
  people(now: Now): readonly PeerView[];
  rooms(): readonly RoomName[];
  members(room: RoomName): readonly PeerId[];
  /** Whom a message of ours is for, and who holds it. */
  deliveryOf(scope: Scope, sequence: number): DeliveryState;
  /** Where something of ours waits for somebody, and above which number at the earliest. */
  waiting(): readonly { readonly scope: Scope; readonly above: number }[];
  /** Whether everything sent was acknowledged, by those who answer at all. */
  isSettled(): boolean;
  sessionCount(): number;
}
