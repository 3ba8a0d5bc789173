/**
 * `earshot chat`: lines in, lines out.
 *
 * From a keyboard a line is said at once, whoever is there. From a pipe or file a line waits until somebody can hear it; at the end
 * of the input what was said has a while to be delivered.
 */
import { directScope, type EntryId, type PeerId, type RoomName, roomScope, type Scope } from '../../base/ids.ts';
import { TEXT_SIZE_MAX } from '../../base/limits.ts';
import { unknownCommandText } from '../../ui/commands.ts';
import { describeError, ExitCode } from '../exit-code.ts';
import type { OutputRecord } from '../format/record.ts';
import { SEEN } from '../format/status-text.ts';
import type { Line } from '../job/lines.ts';
import { Mailbox } from '../job/mailbox.ts';
import { type Context, onStop } from '../job/operation.ts';
import type { PeerEvent, SayOptions, StoredMessage } from '../library.ts';
import { Changes } from '../live/changes.ts';
import { EventFeed } from '../live/event-feed.ts';
import { type ChatActions, runChatCommand } from './chat-commands.ts';
import { ChatDoctor, type Examine } from './chat-doctor.ts';
import { parseChatLine } from './chat-line.ts';
import { type PresenceEvent, presenceTeller, promptWords, whyAlone } from './chat-people.ts';
import type { ChatRequest } from './chat-request.ts';
import { Sayings } from './chat-sayings.ts';
import { ChatSigns } from './chat-signs.ts';
import { ChatTeller } from './chat-teller.ts';
import { OwnLines } from './own-lines.ts';
import type { Changed, OwnTopic } from './own-voice.ts';
import { ReadMarks } from './read-marks.ts';

/** After the end of a piped input, for what was said to be delivered. */
export const END_TIMEOUT_MS = 10_000;
/** An empty list of people is explained after this. */
export const ALONE_HINT_MS = 5_000;
/** Lines read ahead, and own lines not yet delivered, before the input waits. */
const LINES_AHEAD_MAX = 4_096;
/** Records not yet written before the next event waits. */
const RECORDS_WAITING_MAX = 1_024;

/** What only a chat in this process has. */
export type ChatHooks = {
  /** Waited for at the end of the input, as long as the time for the end lasts. */
  readonly beforeEnd?: () => Promise<void>;
  /** How `/doctor` measures, if not by looking at this machine. */
  readonly examine?: Examine;
};

export const chatWith = (hooks: ChatHooks) =>
  async function* chat(context: Context, request: ChatRequest): AsyncGenerator<OutputRecord, ExitCode, void> {
    const run = new ChatRun(context, request, hooks);
    const code = run.go();
    yield* run.records;
    return await code;
  };
export const chat = chatWith({});

class ChatRun implements ChatActions {
  readonly records = new Mailbox<OutputRecord>();
  readonly context: Context;
  readonly ignored = new Map<PeerId, string>();
  readonly doctor: ChatDoctor;
  readonly #request: ChatRequest;
  readonly #hooks: ChatHooks;
  readonly #changes = new Changes();
  readonly #feed: EventFeed;
  readonly #own: OwnLines;
  readonly #marks: ReadMarks;
  readonly #teller: ChatTeller;
  readonly #sayings: Sayings;
  readonly #signs: ChatSigns;
  readonly #entered = new Map<RoomName, (isForGood?: boolean) => void>();
  readonly #lines: Line[] = [];
  readonly #tellOf: (event: PresenceEvent) => boolean;
  readonly #cleanup: (() => void)[] = [];
  room: RoomName | undefined;
  person: { readonly id: PeerId; readonly name: string } | undefined;
  #hasQuit = false;
  #hasInputEnded = false;
  #isEndLate = false;
  #isBusy = false;
  /** Number of the line at hand, until what it asks is begun. */
  #line: number | undefined;
  #hasMetAnybody = false;

  constructor(context: Context, request: ChatRequest, hooks: ChatHooks) {
    this.context = context;
    this.#request = request;
    this.#hooks = hooks;
    this.doctor = new ChatDoctor(hooks.examine);
    this.#feed = new EventFeed(context.host.peer);
    this.#marks = new ReadMarks(context.host);
    this.#tellOf = presenceTeller(context.host, (record) => this.records.push(record));
    this.#teller = new ChatTeller({
      host: context.host,
      show: (record) => this.records.push(record),
      marks: this.#marks,
      ignored: this.ignored,
      isEntered: (room) => this.#entered.has(room),
      here: () => this.here,
      hasScreen: request.hasScreen === true,
      roomToShow: () => this.records.room(RECORDS_WAITING_MAX),
    });
    this.#own = new OwnLines({
      host: context.host,
      show: (delivery) => {
        if (request.hasScreen !== true) this.records.push({ kind: 'own', delivery });
      },
      onChange: () => this.#changes.poke(),
    });
    this.#signs = new ChatSigns({
      peer: context.host.peer,
      here: () => this.here,
      seat: request.isInteractive ? context.host.attendance.sit(() => this.#teller.pokeSoon()) : undefined,
    });
    this.#sayings = new Sayings({
      context,
      isInteractive: request.isInteractive,
      changes: this.#changes,
      teller: this.#teller,
      own: this.#own,
      isOver: () => this.#isOver,
      take: () => this.#take(),
      warn: (text) => this.tell(text, true),
    });
  }

  async go(): Promise<ExitCode> {
    try {
      this.#cleanup.push(this.context.host.levels.onChange(() => this.#teller.poke()));
      this.#start();
      void this.#hear();
      void this.#read();
      void this.#answer();
      await this.#changes.until(() => this.#isOver);
      return this.#finish();
    } catch (error) {
      const { code, text } = describeError(error);
      this.records.push({ kind: 'error', text });
      return code;
    } finally {
      for (const undo of this.#cleanup) undo();
      this.#signs.close();
      this.doctor.close();
      this.#own.close();
      this.#teller.close();
      this.#feed.close();
      this.#marks.close();
      if (this.context.leavesRooms) for (const leave of this.#entered.values()) leave();
      this.records.close();
    }
  }

  // ---- what commands do ------------------------------------------------------------------------------------------

  tell(text: string, isWarning = false): void {
    this.records.push({ kind: 'notice', text, ...(isWarning ? { isWarning } : {}) });
  }

  show(record: OutputRecord): void {
    this.records.push(record);
  }

  get here(): Scope | undefined {
    if (this.person !== undefined) return directScope(this.person.id);
    return this.room === undefined ? undefined : roomScope(this.room);
  }

  /** While it is not certain that one is there, nothing is said anywhere. */
  join(room: RoomName): void {
    this.#signs.stop();
    this.room = undefined;
    this.person = undefined;
    if (!this.#entered.has(room)) this.#entered.set(room, this.context.host.enter(room));
    if (this.#request.isInteractive) this.context.host.alsoKeep(room);
    this.room = room;
    this.prompt();
    this.#teller.arrive(roomScope(room));
  }

  talkWith(person: { readonly id: PeerId; readonly name: string }): void {
    this.#signs.stop();
    this.room = undefined;
    this.person = person;
    this.prompt();
    this.#teller.arrive(directScope(person.id));
  }

  older(scope: Scope, before: EntryId | undefined): Promise<void> {
    return this.#teller.older(scope, before);
  }

  onChanged(message: StoredMessage, change: Changed): void {
    this.#teller.onChanged(message, change);
  }

  onTopic(topic: OwnTopic): void {
    this.#teller.onTopic(topic);
  }

  /** @returns whether the room was joined. */
  leave(room: RoomName): boolean {
    const leave = this.#entered.get(room);
    if (leave === undefined) return false;
    if (this.room === room) this.#signs.stop();
    leave(true);
    this.#entered.delete(room);
    const next = this.room === room ? [...this.#entered.keys()].at(-1) : undefined;
    if (this.room === room) this.room = next;
    this.prompt();
    this.#teller.poke();
    if (next !== undefined) this.#teller.arrive(roomScope(next));
    return true;
  }

  joined(): readonly RoomName[] {
    return [...this.#entered.keys()];
  }

  quit(): void {
    this.#hasQuit = true;
    this.#changes.poke();
  }

  async sayHere(text: string, options: SayOptions): Promise<void> {
    const { person } = this;
    this.#signs.onSaid();
    if (person === undefined) return this.sayInRoom(this.room, text, options);
    this.#take();
    await this.sayTo(person.id, person.name, text, options);
  }

  sayInRoom(room: RoomName | undefined, text: string, options: SayOptions): Promise<void> {
    return this.#sayings.inRoom(room, text, options);
  }

  sayTo(reader: PeerId, name: string, text: string, options: SayOptions = {}): Promise<void> {
    return this.#sayings.to(reader, name, text, options);
  }

  prompt(): void {
    const { room, person } = this;
    const words = promptWords(this.context.host.peer);
    this.records.push({ kind: 'prompt', words, ...(person !== undefined ? { to: person } : room === undefined ? {} : { room }) });
  }

  // ---- loops -----------------------------------------------------------------------------------------------------

  get #isOver(): boolean {
    if (this.#hasQuit || this.context.stop.aborted || this.#isEndLate) return true;
    return this.#hasInputEnded && !this.#isBusy && this.#lines.length === 0 && this.#isAllDelivered;
  }

  get #isAllDelivered(): boolean {
    return this.#own.size === 0 || (this.#request.isInteractive && this.#own.undelivered === this.#own.size);
  }

  #start(): void {
    const { host, stop } = this.context;
    this.#cleanup.push(
      onStop(stop, () => this.#changes.poke()),
      host.clock.after(ALONE_HINT_MS, () => {
        if (!this.#hasMetAnybody && host.peer.peers.length === 0) this.tell(whyAlone(host.peer), true);
      }),
    );
    const { to } = this.#request;
    if (to === undefined)
      this.tell(`You are ${host.peer.name}, in #${this.#request.room}. Type a line to say it, /help for what else there is.`);
    if (host.peer.visibility !== 'open') this.tell(`You are ${SEEN[host.peer.visibility]}.`);
    if (this.#request.isInteractive) for (const room of host.peer.rooms) this.#entered.set(room, host.enter(room));
    this.join(this.#request.room);
    if (to !== undefined) this.talkWith({ id: to, name: host.peer.peers.find(({ id }) => id === to)?.name ?? '' });
    for (const view of host.peer.peers) void this.#onEvent({ kind: 'joined', peer: view });
  }

  async #hear(): Promise<void> {
    const shown = this.#request.isInteractive
      ? await this.#teller.begin(this.#request.room).catch(() => new Set<EntryId>())
      : new Set<EntryId>();
    void this.#teller.beginElsewhere(new Set(shown));
    for (let event = await this.#feed.next(); event !== undefined; event = await this.#feed.next()) {
      if (event.kind === 'message' && shown.delete(event.message.id)) continue;
      await this.#onEvent(event);
      await this.records.room(RECORDS_WAITING_MAX);
    }
  }

  async #onEvent(event: PeerEvent): Promise<void> {
    if (event.kind !== 'joined' && event.kind !== 'left' && event.kind !== 'changed') {
      await this.#teller.onEvent(event);
      return;
    }
    this.#hasMetAnybody = true;
    if (this.#tellOf(event)) this.prompt();
    this.#teller.poke();
    if (event.kind === 'left') this.#own.onGone();
    this.#changes.poke();
  }

  async #read(): Promise<void> {
    try {
      for (let line = await this.context.input.next(); line !== undefined; line = await this.context.input.next()) {
        this.#lines.push(line);
        this.#changes.poke();
        await this.#changes.until(() => this.#lines.length < LINES_AHEAD_MAX && this.#own.size < LINES_AHEAD_MAX);
      }
    } catch (error) {
      this.tell(`the input cannot be read: ${describeError(error).text}`, true);
    }
    await this.#onInputEnd();
  }

  async #onInputEnd(): Promise<void> {
    const end = (): void => {
      this.#isEndLate = true;
      this.#changes.poke();
    };
    this.#cleanup.push(this.context.host.clock.after(END_TIMEOUT_MS, end));
    await this.#changes.until(() => this.#isOver || (!this.#isBusy && this.#lines.length === 0 && this.#isAllDelivered));
    await this.#hooks.beforeEnd?.();
    this.#hasInputEnded = true;
    this.#changes.poke();
  }

  /** One line after the other, in order. */
  async #answer(): Promise<void> {
    for (;;) {
      await this.#changes.until(() => this.#isOver || this.#lines.length > 0);
      const line = this.#lines.shift();
      if (line === undefined || this.#isOver) return;
      this.#isBusy = true;
      try {
        await this.#onLine(line);
      } catch (error) {
        this.tell(describeError(error).text, true);
      }
      this.#isBusy = false;
      this.#changes.poke();
    }
  }

  async #onLine(line: Line): Promise<void> {
    if (line.sign !== undefined) return this.#signs.on(line.sign);
    this.#line = line.number;
    if (line.sizeBytes > TEXT_SIZE_MAX) {
      this.tell(
        `Not said: that line has ${line.sizeBytes} bytes, a message holds at most ${TEXT_SIZE_MAX}. Say it in parts.`,
        true,
      );
      return;
    }
    const parsed = parseChatLine(line.text);
    switch (parsed.kind) {
      case 'nothing':
        return this.#take();
      case 'say':
        return this.sayHere(parsed.text, {});
      case 'command':
        if (parsed.command !== 'me') this.#take();
        return runChatCommand(this, parsed.command, parsed.rest);
      case 'unknown':
        this.#take();
        return this.tell(unknownCommandText(parsed.typed), true);
      default:
        parsed satisfies never;
    }
  }

  /** What a line asks is begun: it is not to be done again elsewhere. */
  #take(): void {
    if (this.#line !== undefined) this.records.push({ kind: 'taken', line: this.#line });
    this.#line = undefined;
  }

  #finish(): ExitCode {
    if (this.context.stop.aborted) return ExitCode.interrupted;
    const { isEphemeral } = this.context.host;
    const unsaid = this.#sayings.unsaid + this.#lines.length;
    const undelivered = this.#own.undelivered;
    const stays = isEphemeral ? 'nothing is kept' : 'what was said stays queued in the profile and may still arrive';
    if (this.#request.isInteractive) {
      if (undelivered > 0) this.tell(`${undelivered} of your messages reached nobody yet; ${stays}.`);
      return ExitCode.done;
    }
    if (unsaid > 0 && this.#sayings.said === 0)
      return this.#fail(ExitCode.nobody, 'nobody was there to hear it, nothing was said; see who is here: earshot peers');
    if (unsaid > 0 || undelivered > 0)
      return this.#fail(ExitCode.notDelivered, `${undelivered} messages were not delivered and ${unsaid} not said; ${stays}`);
    return ExitCode.done;
  }

  #fail(code: ExitCode, text: string): ExitCode {
    this.records.push({ kind: 'error', text });
    return code;
  }
}
