/** `earshot demo`: a conversation with an echo, on the loopback interface alone; nothing is kept. */

import type { RoomName } from '../base/ids.ts';
import { TEXT_SIZE_MAX } from '../base/limits.ts';
import { parseRoomName } from '../base/room-name.ts';
import { chatWith } from './chat/chat.ts';
import { CommandError, ExitCode } from './exit-code.ts';
import type { Output } from './format/output.ts';
import type { OutputRecord } from './format/record.ts';
import { type Lines, linesFrom } from './job/lines.ts';
import type { Opened, Profile } from './job/open-profile.ts';
import { noProgress } from './job/progress.ts';
import { runJob } from './job/run-command.ts';
import type { Stop } from './job/stop.ts';
import type { ChatPeer, OpenOptions } from './library.ts';

const ROOM = 'lobby';
const LOOPBACK = '127.0.0.1';
/** Said for a newcomer whose input is empty and no keyboard. */
const SAMPLE = 'Hello, is anybody there?';

export type DemoOptions = {
  readonly name?: string;
  readonly isInteractive: boolean;
  readonly hasScreen: boolean;
  readonly input: Lines;
  readonly show: (record: OutputRecord) => Promise<void> | undefined;
  readonly output: Output;
  readonly stop: Stop;
};

/** Says again what it hears. */
export class Echo {
  readonly #peer: ChatPeer;
  readonly #answers = new Set<Promise<unknown>>();
  readonly #greeted = new Set<string>();

  constructor(peer: ChatPeer) {
    this.#peer = peer;
    peer.join(ROOM);
    peer.on('message', ({ message }) => {
      const { scope, author, body } = message;
      const text = body.kind === 'action' ? `I saw: ${message.authorName} ${body.text}` : `You said: ${body.text}`;
      const fits = Buffer.byteLength(text) <= TEXT_SIZE_MAX ? text : body.text;
      this.#answer(scope.kind === 'room' ? peer.say(scope.room, fits) : peer.tell(author, fits));
    });
    peer.on('left', ({ peer: { id } }) => this.#greeted.delete(id));
  }

  /** Greets somebody who is in the room. */
  greet(id: string): void {
    if (this.#greeted.has(id)) return;
    this.#greeted.add(id);
    this.#answer(this.#peer.say(ROOM, 'Hello! I am an echo on your own machine: what you say here stays here, and comes back.'));
  }

  /** Resolves when all it said has arrived. */
  async settled(): Promise<void> {
    while (this.#answers.size > 0) await Promise.allSettled(this.#answers);
  }

  #answer(saying: ReturnType<ChatPeer['say']>): void {
    const arrival = saying.then(
      (receipt) =>
        new Promise<void>((resolve) => {
          if (receipt.deliveries.length > 0) return resolve();
          const stop = receipt.onDelivery(() => {
            stop();
            resolve();
          });
        }),
    );
    this.#answers.add(arrival);
    void arrival.catch(() => undefined).finally(() => this.#answers.delete(arrival)); // closed while it spoke
  }
}

export const demoJob = async (options: DemoOptions): Promise<ExitCode> => {
  const room = demoRoom();
  const { openPeer, fingerprintOf } = await import('../index.ts');
  const alone: OpenOptions = { isEphemeral: true, interfaces: [LOOPBACK], useDiscovery: false };
  const other = await openPeer({ ...alone, name: 'echo' });
  const echo = new Echo(other);
  const profile: Profile = {
    isEphemeral: true,
    interfaces: [LOOPBACK],
    call: () => Promise.resolve(undefined),
    open: async (): Promise<Opened> => {
      const peer = await openPeer({
        ...alone,
        peers: [`${LOOPBACK}:${other.port}`],
        ...(options.name === undefined ? {} : { name: options.name }),
      });
      return { peer, fingerprintOf, serve: () => undefined };
    },
  };
  const { input, isInteractive, hasScreen, show, output, stop } = options;
  const chat = chatWith({ beforeEnd: () => echo.settled() });
  const lookForGuests = setInterval(() => {
    for (const id of other.members(room)) echo.greet(id);
  }, 50);
  try {
    return await runJob({
      command: 'chat',
      profile,
      progress: noProgress({ room, isInteractive, hasScreen }),
      input: isInteractive || !(await input.isEmpty()) ? input : linesFrom([SAMPLE]),
      output,
      stop,
      show,
      operation: (context) => chat(context, { room, isInteractive, hasScreen }),
      ignored: [],
      note: () => undefined,
    });
  } finally {
    clearInterval(lookForGuests);
    await other.close();
  }
};

export const demoRoom = (): RoomName => {
  const room = parseRoomName(ROOM);
  if (room === undefined) throw new CommandError(ExitCode.unexpected, 'unexpected: the demo has no room');
  return room;
};
