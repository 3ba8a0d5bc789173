/** A stand-in for the core: a script answers each input with effects, and every input is written down. */
import type { PeerId, RoomName } from '../../src/base/ids.ts';
import type { Instant, Now } from '../../src/base/time.ts';
import type { DeliveryState } from '../../src/chat/audience.ts';
import type { Effect, RecordRef } from '../../src/peer/effect.ts';
import type { PeerView } from '../../src/peer/event.ts';
import type { Input } from '../../src/peer/input.ts';
import type { CorePeer } from '../../src/platform/core-peer.ts';

export type Script = (input: Input, now: Now, core: ScriptedCore) => readonly Effect[];

export class ScriptedCore implements CorePeer {
  name = 'Scripted';
  away: string | undefined;
  readonly inputs: Input[] = [];
  readonly restoredRecords: Uint8Array[] = [];
  deadline: Instant | undefined;
  isStepping = false;
  readonly #script: Script;

  constructor(script: Script = () => []) {
    this.#script = script;
  }

  /** The kinds of the inputs so far. */
  get kinds(): readonly string[] {
    return this.inputs.map((input) => input.kind);
  }

  restore(record: Uint8Array, _ref: RecordRef): void {
    this.restoredRecords.push(record.slice());
  }

  restored(): readonly Effect[] {
    return [];
  }

  deliveryOf(): DeliveryState {
    return { audience: [], holders: [], isDropped: false };
  }

  waiting(): readonly [] {
    return [];
  }

  restoreSnapshot(): boolean {
    return false;
  }

  snapshot(): Uint8Array {
    return new Uint8Array(0);
  }

  stateRecords(): readonly Uint8Array[] {
    return [];
  }

  step(now: Now, input: Input): readonly Effect[] {
    if (this.isStepping) throw new Error('stepped from within a step');
    this.isStepping = true;
    try {
      this.inputs.push(input);
      return this.#script(input, now, this);
    } finally {
      this.isStepping = false;
    }
  }

  nextTimeout(): Instant | undefined {
    return this.deadline;
  }

  people(): readonly PeerView[] {
    return [];
  }

  rooms(): readonly RoomName[] {
    return [];
  }

  members(): readonly PeerId[] {
    return [];
  }

  isSettled(): boolean {
    return true;
  }

  sessionCount(): number {
    return 0;
  }
}
