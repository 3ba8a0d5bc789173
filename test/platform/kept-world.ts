/** A chat over a real store and index, with others who say things, in virtual time. */
import {
  directScope,
  type EntryId,
  type LogId,
  logId,
  type PeerId,
  peerId,
  type RoomName,
  roomScope,
  type Scope,
} from '../../src/base/ids.ts';
import { instant, type Now, wallTime } from '../../src/base/time.ts';
import { Chat, type ChatOutput } from '../../src/chat/chat.ts';
import { type Identity, makeIdentity } from '../../src/crypto/identity.ts';
import { nodeSuite } from '../../src/crypto/primitives/node-suite.ts';
import type { RecordRef } from '../../src/peer/effect.ts';
import type { Input } from '../../src/peer/input.ts';
import { Book } from '../../src/platform/index/book.ts';
import { sayingOf } from '../../src/platform/index/entries.ts';
import { openStore } from '../../src/platform/store/open-store.ts';
import { Retention } from '../../src/platform/store/retention.ts';
import { retentionLimits } from '../../src/platform/store/retention-limits.ts';
import type { Store } from '../../src/platform/store/store.ts';
import type { AppFrame } from '../../src/wire/frame.ts';
import { Random } from '../sim/random.ts';

export const LOBBY = 'lobby' as RoomName;
const lobby = roomScope(LOBBY);

class Side {
  readonly identity: Identity;
  readonly id: PeerId;
  readonly log: LogId;
  readonly name: string;
  chat: Chat;
  readonly inbox: { readonly from: Side; readonly frame: AppFrame }[] = [];
  readonly #random: Random;

  constructor(random: Random, name: string) {
    this.#random = random;
    this.name = name;
    this.identity = makeIdentity(nodeSuite, random.bytes(32), random.bytes(32), 1);
    this.id = peerId(this.identity.signing.publicKey);
    this.log = logId(random.bytes(8));
    this.chat = this.newChat();
  }

  newChat(): Chat {
    return new Chat({
      suite: nodeSuite,
      entropy: (length) => this.#random.bytes(length),
      identity: this.identity,
      log: this.log,
      isEphemeral: false,
      isReading: true,
      newcomers: 'all',
      budget: () => 64 * 1024,
    });
  }
}

export class KeptWorld {
  readonly folder: string;
  readonly me: Side;
  readonly others: readonly Side[];
  readonly problems: string[] = [];
  readonly replaced: number[] = [];
  readonly #rules: readonly string[];
  readonly #segmentSizeMax: number;
  store: Store;
  book: Book;
  retention: Retention;
  ms = 1_700_000_000_000;
  #ref = 0;
  #token = 1;

  constructor(folder: string, names: readonly string[], rules: readonly string[], segmentSizeMax = 1_000_000) {
    const random = new Random(names.length);
    this.folder = folder;
    this.#rules = rules;
    this.#segmentSizeMax = segmentSizeMax;
    this.me = new Side(random, 'me');
    this.others = names.map((name) => new Side(random, name));
    ({ store: this.store, book: this.book, retention: this.retention } = this.#open());
    this.#begin(this.me);
    for (const other of this.others) this.#begin(other);
    this.meet();
  }

  get now(): Now {
    return { at: instant(this.ms), wall: wallTime(this.ms) };
  }

  other(name: string): Side {
    return this.others.find((side) => side.name === name) ?? this.me;
  }

  /** Everybody has a session with me. */
  meet(): void {
    for (const other of this.others) {
      this.#step(this.me, (out) => this.me.chat.onMet(this.now, metOf(other), out));
      this.#step(other, (out) => other.chat.onMet(this.now, metOf(this.me), out));
    }
    this.#pump();
  }

  /** A moment later somebody says something, alone in its run. */
  say(who: Side, text: string, scope: Scope = lobby): void {
    this.sayAll(who, [text], scope);
  }

  sayAll(who: Side, texts: readonly string[], scope: Scope = lobby): void {
    this.ms += 1000;
    this.#step(who, (out) => {
      for (const text of texts) who.chat.say(this.now, this.#token++, scope, { kind: 'text', text }, out);
    });
    this.#pump();
  }

  /** A moment later somebody reacts in the lobby. */
  react(who: Side, of: EntryId, isOn: boolean): void {
    this.ms += 1000;
    this.#step(who, (out) => who.chat.say(this.now, this.#token++, lobby, { kind: 'reaction', of, emoji: '👍', isOn }, out));
    this.#pump();
  }

  /** Runs that are on the disk. */
  kept(): number {
    let count = 0;
    this.store.scan(0, Number.MAX_SAFE_INTEGER, (record) => {
      if (sayingOf(record, this.me.id) !== undefined) count += 1;
    });
    return count;
  }

  toMe(who: Side, text: string): void {
    this.say(who, text, directScope(this.me.id));
  }

  async texts(scope: Scope | undefined = undefined): Promise<readonly string[]> {
    return (await this.book.history({ limit: 1000, ...(scope === undefined ? {} : { scope }) })).map(({ body }) => body.text);
  }

  /** The process ends and begins again, reading every record. */
  async restart(): Promise<void> {
    await this.close();
    ({ store: this.store, book: this.book, retention: this.retention } = this.#open());
    this.me.chat = this.me.newChat();
    this.store.replay((record, ref) => this.me.chat.restore(record, ref));
    this.#begin(this.me, false);
    this.meet();
  }

  async close(): Promise<void> {
    for (const other of this.others) other.chat.onGone(this.now, this.me.id, []);
    this.retention.close();
    this.book.close();
    await this.store.close();
  }

  #open() {
    const { store } = openStore({
      folder: this.folder,
      onProblem: (text) => this.problems.push(text),
      segmentSizeMax: this.#segmentSizeMax,
    });
    const { id: self } = this.me;
    const onProblem = (text: string): void => {
      this.problems.push(text);
    };
    const book = new Book({
      store,
      path: undefined,
      storeName: '',
      self,
      isMention: () => false,
      onRewritten: () => undefined,
      onProblem,
    });
    const retention = new Retention({
      self,
      store,
      book,
      clock: { now: () => this.now },
      post: (input) => this.#post(input),
      stateRecords: () => this.me.chat.stateRecords(),
      onReplaced: (segments) => this.replaced.push(...segments),
      onProblem,
      limits: retentionLimits(this.#rules),
    });
    return { store, book, retention };
  }

  #begin(side: Side, isNew = true): void {
    this.#step(side, (out) => side.chat.restored(this.now, out));
    if (isNew) this.#step(side, (out) => side.chat.join(this.now, LOBBY, out));
  }

  #post(input: Input): void {
    if (input.kind !== 'forget') return;
    this.#step(this.me, (out) => this.me.chat.forget(this.now, input.token, input.records, input.people, out));
  }

  #step(side: Side, action: (out: ChatOutput[]) => void): void {
    const out: ChatOutput[] = [];
    action(out);
    side.chat.flush(this.now, out);
    this.#carryOut(side, out);
  }

  #carryOut(side: Side, out: readonly ChatOutput[]): void {
    for (const output of out) {
      if (output.kind === 'frame') {
        const target = [this.me, ...this.others].find(({ id }) => id === output.to);
        target?.inbox.push({ from: side, frame: output.frame });
      } else if (output.kind === 'persist') {
        const ref = this.#keep(side, output.record);
        this.#step(side, (more) => side.chat.onPersisted(this.now, output.ticket, ref, more));
      } else if (output.kind === 'load') {
        const record = side === this.me ? this.store.read(output.ref) : undefined;
        this.#step(side, (more) => side.chat.onLoaded(this.now, output.ref, record, more));
      } else if (output.kind === 'event' && output.event.kind === 'erasable') this.retention.onErasable(output.event.token);
    }
  }

  #keep(side: Side, record: Uint8Array): RecordRef {
    if (side !== this.me) return ++this.#ref;
    const appended = this.store.append([{ record, mustFlush: false }]);
    return appended.kind === 'kept' ? (appended.refs[0] ?? 0) : 0;
  }

  #pump(): void {
    for (let round = 0; round < 20; round++) {
      for (const side of [this.me, ...this.others]) {
        for (const { from, frame } of side.inbox.splice(0))
          this.#step(side, (out) => side.chat.onFrame(this.now, from.id, frame, out));
      }
    }
  }
}

const metOf = (side: Side) => ({
  peer: side.id,
  sealKey: side.identity.dh.publicKey,
  serial: 1,
  name: side.name,
  binding: new Uint8Array(16),
});
