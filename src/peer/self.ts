/** What we say about ourselves to everybody we have a session with: our name, and whether we are away. */
import type { PeerId, RoomName, Scope } from '../base/ids.ts';
import { AWAY_SIZE_MAX, TYPING_MEMBERS_MAX } from '../base/limits.ts';
import { wellFormed } from '../base/well-formed.ts';
import type { AppFrame } from '../wire/frame.ts';
import { shownName } from './people.ts';

type Send = (to: PeerId, frame: AppFrame) => void;

export class Self {
  readonly #id: PeerId;
  readonly #send: Send;
  readonly #isUnlisted: boolean;
  #name: string;
  #nameGeneration = 0;
  #away: string | undefined;
  #awayGeneration = 0;

  /** @param isUnlisted nobody is to tell others of us. */
  constructor(id: PeerId, name: string, isUnlisted: boolean, send: Send) {
    this.#id = id;
    this.#isUnlisted = isUnlisted;
    this.#send = send;
    this.#name = shownName(name, id);
  }

  get name(): string {
    return this.#name;
  }

  get away(): string | undefined {
    return this.#away;
  }

  rename(name: string, to: Iterable<PeerId>): void {
    this.#name = shownName(name, this.#id);
    this.#nameGeneration += 1;
    for (const peer of to) this.#tellName(peer);
  }

  /** @param text cut to AWAY_SIZE_MAX bytes; undefined: we are back. */
  setAway(text: string | undefined, to: Iterable<PeerId>): void {
    this.#away = text === undefined ? undefined : cut(wellFormed(text), AWAY_SIZE_MAX);
    this.#awayGeneration += 1;
    for (const peer of to) this.#tellAway(peer);
  }

  /** A session began: what its handshake did not say. */
  greet(peer: PeerId): void {
    if (this.#isUnlisted) this.#send(peer, { kind: 'unlisted' });
    if (this.#nameGeneration > 0) this.#tellName(peer);
    if (this.#away !== undefined) this.#tellAway(peer);
  }

  /** Told to those who are in the room, unless they are many, or to the one we write to. */
  tellTyping(scope: Scope, isTyping: boolean, members: (room: RoomName) => Iterable<PeerId>): void {
    const to = scope.kind === 'room' ? [...members(scope.room)] : [scope.reader];
    if (to.length > TYPING_MEMBERS_MAX) return;
    for (const peer of to) this.#send(peer, { kind: 'typing', scope: scope.kind === 'room' ? scope.room : null, isTyping });
  }

  #tellName(peer: PeerId): void {
    this.#send(peer, { kind: 'name', generation: this.#nameGeneration, name: this.#name });
  }

  #tellAway(peer: PeerId): void {
    this.#send(peer, { kind: 'status', generation: this.#awayGeneration, away: this.#away ?? null });
  }
}

/** The longest beginning of whole characters within `sizeMax` bytes of UTF-8. */
const cut = (text: string, sizeMax: number): string => {
  let size = 0;
  let end = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    size += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (size > sizeMax) break;
    end += character.length;
  }
  return text.slice(0, end);
};
