/** What a chat says, and how much of it was said. */
import type { PeerId, RoomName } from '../../base/ids.ts';
import type { Context } from '../job/operation.ts';
import type { Receipt, SayOptions } from '../library.ts';
import type { Changes } from '../live/changes.ts';
import type { ChatTeller } from './chat-teller.ts';
import type { OwnLines } from './own-lines.ts';

export type SayingsOptions = {
  readonly context: Context;
  /** From a keyboard: said at once, whoever is there. Else a line waits until somebody can hear it. */
  readonly isInteractive: boolean;
  readonly changes: Changes;
  readonly teller: ChatTeller;
  readonly own: OwnLines;
  readonly isOver: () => boolean;
  /** What the line at hand asks is begun. */
  readonly take: () => void;
  readonly warn: (text: string) => void;
};

/** `expected`: who is there to hear it. */
type Saying = {
  readonly text: string;
  readonly place: string;
  readonly options: SayOptions;
  readonly expected: readonly PeerId[];
};

export class Sayings {
  readonly #options: SayingsOptions;
  said = 0;
  unsaid = 0;

  constructor(options: SayingsOptions) {
    this.#options = options;
  }

  async inRoom(room: RoomName | undefined, text: string, options: SayOptions): Promise<void> {
    const { context, warn, take, isOver } = this.#options;
    if (room === undefined) return warn('You are in no room; join one: /join lobby');
    const { peer } = context.host;
    const members = (): readonly PeerId[] => peer.members(room).filter((id) => id !== peer.id);
    this.unsaid += 1;
    await this.#waitForListeners(() => members().length > 0);
    if (isOver()) return;
    this.unsaid -= 1;
    take();
    const expected = members();
    await this.#say({ text, place: `#${room}`, options, expected }, peer.say(room, text, options));
  }

  async to(reader: PeerId, name: string, text: string, options: SayOptions): Promise<void> {
    const { peer } = this.#options.context.host;
    await this.#say({ text, place: `@${name}`, options, expected: [reader] }, peer.tell(reader, text, options));
  }

  /** A line from a pipe waits until somebody can hear it. */
  async #waitForListeners(isHeard: () => boolean): Promise<void> {
    const { context, isInteractive, changes, isOver } = this.#options;
    if (isInteractive) return;
    const endWatch = context.host.watchMembers(() => changes.poke());
    await changes.until(() => isOver() || isHeard());
    endWatch();
  }

  async #say({ text, place, options, expected }: Saying, saying: Promise<Receipt>): Promise<void> {
    try {
      const receipt = await saying;
      this.said += 1;
      this.#options.teller.onSaid(receipt, text, options, expected);
      this.#options.own.add(text, place, receipt, expected);
    } catch (error) {
      this.unsaid += 1;
      this.#options.warn(`Not said: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
