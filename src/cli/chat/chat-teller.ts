/** What a chat tells of what others say, of what its user says elsewhere, of what was said before and, on a screen, of what became of one's own words. */
import { type EntryId, type PeerId, type RoomName, roomScope, type Scope, scopeKey } from '../../base/ids.ts';
import { plainPaint } from '../../ui/paint.ts';
import { quotedWords, wordsOf } from '../../ui/quoted.ts';
import type { AmendmentShown, MessageShown, QuotedShown, StoredShown } from '../../ui/shown.ts';
import type { OutputRecord } from '../format/record.ts';
import { amendmentShown, messageShown, storedShown } from '../format/shown-message.ts';
import type { Host } from '../job/operation.ts';
import type { PeerEvent, Receipt, SayOptions, StoredMessage } from '../library.ts';
import { Overviews } from '../live/overviews.ts';
import { Elsewhere } from './elsewhere.ts';
import { OwnMarks } from './own-marks.ts';
import type { Changed, OwnSaying, OwnTopic } from './own-voice.ts';
import { Quotes } from './quotes.ts';
import { conversationOf, type ReadMarks } from './read-marks.ts';
import { type Notice, Typists } from './typists.ts';

type Message = Pick<StoredMessage, 'id' | 'scope' | 'author' | 'body'>;
type Amendment = Extract<PeerEvent, { readonly kind: 'edit' | 'delete' | 'reaction' | 'topic' }>;

/** What was said last in a place, shown when it is entered. */
const LINES_AT_START = 50;
/** Of what was said before, shown at once. */
const OLDER_MAX = 100;

export type TellerOptions = {
  readonly host: Host;
  readonly show: (record: OutputRecord) => void;
  readonly marks: ReadMarks;
  /** Whose words are not shown. */
  readonly ignored: ReadonlyMap<PeerId, string>;
  readonly isEntered: (room: RoomName) => boolean;
  /** Where the next line goes. */
  readonly here: () => Scope | undefined;
  readonly hasScreen: boolean;
  /** Resolves when few records wait to be drawn. */
  readonly roomToShow: () => Promise<void>;
};

export class ChatTeller {
  readonly #options: TellerOptions;
  readonly #overviews: Overviews | undefined;
  readonly #typists: Typists;
  readonly #quotes: Quotes;
  readonly #elsewhere: Elsewhere;
  readonly #marks: OwnMarks;

  constructor(options: TellerOptions) {
    this.#options = options;
    this.#quotes = new Quotes(options.host, options.ignored);
    this.#typists = new Typists(options.host.clock, (notice) => this.#showTyping(notice));
    if (options.hasScreen) this.#overviews = new Overviews(options.host, options.show);
    const { show, roomToShow: room } = options;
    this.#marks = new OwnMarks({ show, onHeld: () => this.poke(), room });
    this.#elsewhere = new Elsewhere({
      voice: options.host.voice,
      show: (saying) => this.#onElsewhere(saying),
      onMissed: (count) => show({ kind: 'notice', text: missedText(count), isWarning: true }),
      room,
    });
  }

  close(): void {
    this.#overviews?.close();
    this.#typists.close();
    this.#elsewhere.close();
    this.#marks.close();
  }

  /** Who or what is there may have changed. */
  poke(): void {
    this.#overviews?.poke();
  }

  /** We are about to be called otherwise, away or back. */
  pokeSoon(): void {
    this.#overviews?.pokeSoon();
  }

  /** Those that are about an older message wait until the store has told which. */
  async onEvent(event: PeerEvent): Promise<void> {
    const { host, show, ignored, marks, hasScreen } = this.#options;
    switch (event.kind) {
      case 'message': {
        const { message } = event;
        this.#typists.onSaid({ peer: message.author, scope: message.scope });
        if (message.author === host.peer.id || ignored.has(message.author) || !this.#isHeard(message.scope)) return;
        const place = conversationOf(message, host.peer.id);
        const shown = await this.#answering(message, messageShown(host, message));
        show({ kind: 'message', message: shown, ...(host.levels.isAloud(place, shown) ? { isAloud: true } : {}) });
        if (!hasScreen || this.#isHere(place)) marks.note(place, message.id);
        return;
      }
      case 'edit':
      case 'delete':
      case 'reaction':
      case 'topic':
        if (event.kind === 'topic') this.poke();
        if (event.author === host.peer.id || ignored.has(event.author) || !this.#isHeard(event.scope)) return;
        show({ kind: 'amendment', amendment: await this.#amending(event) });
        return;
      case 'typing':
        if (hasScreen && !ignored.has(event.peer) && this.#isHeard(event.scope)) this.#typists.onNotice(event);
        return;
      case 'gap': {
        const count = event.to - event.from + 1;
        const text = `something that was said before this is missing (${count} messages); it is being asked for`;
        show({ kind: 'notice', text });
        return;
      }
      case 'warning':
        show({ kind: 'notice', text: event.text, isWarning: true });
        return;
      default:
        return; // sent, delivered, refused: their receipts tell; a dial that failed is tried again
    }
  }

  /** What was said last in the room, and what came to us directly and was not read. @returns the ids of what was shown. */
  async begin(room: RoomName): Promise<Set<EntryId>> {
    const { host, show, marks, ignored, hasScreen } = this.#options;
    const shown = new Set<EntryId>();
    const tell = async (message: StoredMessage, how: { readonly isPast: true } | { readonly isLate: true }): Promise<void> => {
      if (message.isDeleted || ignored.has(message.author)) return;
      const said = await this.#answering(message, storedShown(host, message));
      show({ kind: 'message', message: { ...said, ...how } });
      if (!hasScreen) marks.note(message.scope, message.id);
      shown.add(message.id);
    };
    if (!hasScreen) {
      const messages = await host.peer.history({ scope: roomScope(room), limit: LINES_AT_START });
      for (const message of messages) await tell(message, { isPast: true });
    }
    for (const { scope, count } of await host.peer.unread()) {
      if (scope.kind !== 'direct' || count === 0) continue;
      if (hasScreen) await new Promise((resolve) => setImmediate(resolve)); // what is there by now can be drawn
      for (const message of await host.peer.unreadIn(scope, LINES_AT_START)) await tell(message, { isLate: true });
    }
    return shown;
  }

  /** From now on what is said in other processes of this profile is shown. @param shown ids of what is shown already. */
  beginElsewhere(shown: ReadonlySet<EntryId>): Promise<void> {
    return this.#elsewhere.begin(shown);
  }

  /** A screen looks at a place: what was said last there is shown, and all of it is read. */
  arrive(scope: Scope): void {
    if (!this.#options.hasScreen) return;
    void this.#past(scope, undefined, LINES_AT_START).then(() => {
      this.#options.host.peer.markRead(scope);
      this.poke();
    });
  }

  /** What was said before a message; undefined: before now. */
  async older(scope: Scope, before: EntryId | undefined): Promise<void> {
    if (this.#options.hasScreen) return this.#past(scope, before, OLDER_MAX);
    const { host, show } = this.#options;
    const messages = await host.peer.history({ scope, limit: LINES_AT_START, ...(before === undefined ? {} : { before }) });
    if (messages.length === 0) show({ kind: 'notice', text: 'Nothing was said here before.' });
    for (const message of messages) show({ kind: 'stored', message: storedShown(host, message) });
  }

  /** An own message is kept: a screen shows it, and who has it. */
  onSaid(receipt: Receipt, text: string, options: SayOptions, expected: readonly PeerId[]): void {
    this.#elsewhere.tellOthers({ kind: 'said', receipt, text, options });
    const { replyTo } = options;
    const said = { scope: receipt.scope, author: this.#options.host.peer.id };
    const answers = replyTo === undefined ? undefined : this.#quotes.atHand(replyTo, said);
    const message = this.#ownShown(receipt, text, options, answers);
    if (!this.#options.hasScreen) return;
    this.#options.show({ kind: 'said', message, audience: expected.length });
    this.#marks.watch(receipt, expected);
  }

  /** An own message was changed, or another answered with a sign: what others are told by the network, who did it is told here. */
  onChanged(message: StoredMessage, change: Changed): void {
    const { host, show, hasScreen } = this.#options;
    this.#elsewhere.tellOthers({ kind: 'changed', message, change });
    this.#noteChange(message, change);
    if (hasScreen) {
      this.#showChange(message, change);
      return;
    }
    const from = host.person(message.author, message.authorName);
    show({ kind: 'notice', text: doneText({ from, text: message.body.text }, change) });
  }

  /** A room has a topic from us. */
  onTopic(topic: OwnTopic): void {
    this.#elsewhere.tellOthers({ kind: 'topic', topic });
    this.#showTopic(topic);
  }

  /** Said in another process: nothing here shows it by itself, and nobody is called to it. */
  async #onElsewhere(saying: OwnSaying): Promise<void> {
    switch (saying.kind) {
      case 'said':
        if (this.#isHeard(saying.receipt.scope)) await this.#showSaid(saying);
        return;
      case 'changed':
        if (!this.#isHeard(saying.message.scope)) return;
        this.#noteChange(saying.message, saying.change);
        this.#showChange(saying.message, saying.change);
        return;
      case 'topic':
        this.poke();
        if (this.#isHeard(roomScope(saying.topic.room))) this.#showTopic(saying.topic);
        return;
      default:
        saying satisfies never;
    }
  }

  async #showSaid({ receipt, text, options }: Extract<OwnSaying, { readonly kind: 'said' }>): Promise<void> {
    const { host, show, hasScreen } = this.#options;
    const { scope } = receipt;
    const { replyTo } = options;
    const answers = replyTo === undefined ? undefined : await this.#quotes.find(replyTo, { scope, author: host.peer.id });
    const message = this.#ownShown(receipt, text, options, answers);
    if (!hasScreen) {
      show({ kind: 'message', message });
      return;
    }
    const members = scope.kind === 'direct' ? [scope.reader] : host.peer.members(scope.room);
    const expected = members.filter((id) => id !== host.peer.id);
    show({ kind: 'said', message, audience: expected.length, isElsewhere: true });
    this.#marks.watch(receipt, expected);
  }

  /** As shown; from now on it may be answered. */
  #ownShown(receipt: Receipt, text: string, options: SayOptions, answers: QuotedShown | undefined): MessageShown {
    const { host } = this.#options;
    const { id, sequence, scope, time } = receipt;
    const from = ownPerson(host);
    this.#quotes.note({ id, scope, author: host.peer.id, text, from });
    const reply = options.replyTo === undefined ? {} : { replyTo: options.replyTo };
    const replyTo = answers === undefined ? reply : { ...reply, answers };
    const isAction = options.isAction === true;
    return { id, ...placeShown(scope), from, sequence, text, time, isAction, isLate: false, ...replyTo };
  }

  #noteChange({ id }: StoredMessage, change: Changed): void {
    if (change.what === 'edit') this.#quotes.changed(id, change.text);
    if (change.what === 'delete') this.#quotes.forget(id);
  }

  #showChange({ id: of, scope, time, author, authorName, body }: StoredMessage, change: Changed): void {
    const { host, show, ignored } = this.#options;
    const about = ignored.has(author) ? {} : { about: { from: host.person(author, authorName), text: body.text } };
    const said = { id: '', ...placeShown(scope), from: ownPerson(host), time, isLate: false, of, ...about };
    show({ kind: 'amendment', amendment: { ...said, ...change } });
  }

  #showTopic(topic: OwnTopic): void {
    const { host, show } = this.#options;
    show({ kind: 'amendment', amendment: { what: 'topic', ...topic, from: ownPerson(host), isLate: false } });
  }

  async #past(scope: Scope, before: EntryId | undefined, limit: number): Promise<void> {
    const { host, show, ignored } = this.#options;
    const reader =
      scope.kind === 'direct' ? { kind: 'person' as const, id: scope.reader, name: this.#nameOf(scope.reader) } : undefined;
    const place = scope.kind === 'room' ? { kind: 'room' as const, room: scope.room } : reader;
    if (place === undefined) return;
    const messages = await host.peer.history({ scope, limit, ...(before === undefined ? {} : { before }) }).catch(() => []);
    const shown: StoredShown[] = [];
    for (const message of messages)
      if (!ignored.has(message.author)) shown.push(await this.#answering(message, storedShown(host, message)));
    show({ kind: 'past', place, messages: shown, isStart: messages.length < limit });
  }

  /** With the words that it answers; and it may be answered itself. */
  async #answering<T extends MessageShown>(message: Message, shown: T): Promise<T> {
    const { id, scope, author, body } = message;
    const replyTo = body.kind === 'text' ? body.replyTo : undefined;
    const answers = replyTo === undefined ? undefined : await this.#quotes.find(replyTo, message);
    this.#quotes.note({ id, scope, author, text: body.text, from: shown.from });
    return answers === undefined ? shown : { ...shown, answers };
  }

  async #amending(event: Amendment): Promise<AmendmentShown> {
    const shown = amendmentShown(this.#options.host, event);
    if (event.kind === 'topic') return shown;
    const about = await this.#quotes.find(event.of, event, event.kind === 'edit' ? event.text : undefined);
    if (event.kind === 'edit') this.#quotes.changed(event.of, event.text);
    if (event.kind === 'delete') this.#quotes.forget(event.of);
    return about === undefined ? shown : { ...shown, about };
  }

  #showTyping({ peer, scope, isTyping }: Notice): void {
    const { host, show } = this.#options;
    const where = scope.kind === 'room' ? { room: scope.room } : {};
    show({ kind: 'typing', person: host.person(peer, this.#nameOf(peer)), ...where, isTyping });
  }

  #nameOf(id: PeerId): string {
    return this.#options.host.peer.peers.find((peer) => peer.id === id)?.name ?? '';
  }

  #isHeard(scope: Scope): boolean {
    return scope.kind !== 'room' || this.#options.isEntered(scope.room);
  }

  #isHere(scope: Scope): boolean {
    const here = this.#options.here();
    return here !== undefined && scopeKey(here) === scopeKey(scope);
  }
}

const ownPerson = ({ peer }: Host) => ({ id: peer.id, name: peer.name });

const placeShown = (scope: Scope) => (scope.kind === 'room' ? { room: scope.room } : { to: scope.reader });

const missedText = (count: number): string =>
  count === 1
    ? '1 more thing that you said elsewhere is not shown: too much at once; see it with /history'
    : `${count} more things that you said elsewhere are not shown: too much at once; see them with /history`;

/** Line by line nothing else shows that it was done. */
const doneText = (message: QuotedShown, change: Changed): string => {
  switch (change.what) {
    case 'edit':
      return `Changed ${quotedWords(message.text)}.`;
    case 'delete':
      return `Took ${quotedWords(message.text)} back.`;
    case 'reaction': {
      const which = wordsOf(message, plainPaint);
      return change.isOn ? `Reacted ${change.emoji} to ${which}.` : `Took ${change.emoji} from ${which}.`;
    }
    default:
      return change satisfies never;
  }
};
