/**
 * Where the floors meet: a peer as a value that is stepped. Inputs come in, effects go out, nothing else happens.
 * This file routes and orders; whatever has a rule of its own lives on the floor that the rule belongs to.
 */
import type { Address } from '../base/address.ts';
import { type PeerId, peerId, type RoomName, type Scope } from '../base/ids.ts';
import { earliest, type Instant, isDue, type Now } from '../base/time.ts';
import type { DeliveryState } from '../chat/audience.ts';
import { Chat, type ChatOutput } from '../chat/chat.ts';
import { CLOSE_CODE } from '../transport/close-code.ts';
import { Endpoint } from '../transport/endpoint.ts';
import type { EndpointOutput, SessionInfo } from '../transport/endpoint-output.ts';
import type { AppFrame } from '../wire/frame.ts';
import { Door } from './door.ts';
import type { Effect, RecordRef } from './effect.ts';
import type { LeftReason, PeerView } from './event.ts';
import { Finder } from './finder.ts';
import { FrameRate } from './frame-rate.ts';
import type { Input } from './input.ts';
import type { PeerOptions } from './options.ts';
import { bindingOf, newPerson, People, type Person, shownName } from './people.ts';
import { Self } from './self.ts';
import { newKeyWarnings, notify, told, twinWarning, typingOf } from './tell.ts';
import { viewOf } from './view.ts';

/** A flush alternates between what was said and what the sessions take; more rounds than this wait for the next step. */
const FLUSH_ROUNDS_MAX = 64;

export class Peer {
  readonly id: PeerId;
  readonly #endpoint: Endpoint;
  readonly #chat: Chat;
  readonly #finder: Finder;
  readonly #door: Door;
  readonly #people = new People();
  readonly #rate = new FrameRate();
  /** What each floor said in the step under way, not yet routed. */
  readonly #endpointOut: EndpointOutput[] = [];
  readonly #chatOut: ChatOutput[] = [];
  readonly #boot: Uint8Array;
  readonly #self: Self;
  #hasQuit = false;

  constructor(options: PeerOptions) {
    this.id = peerId(options.identity.signing.publicKey);
    this.#boot = options.boot;
    const send = (to: PeerId, frame: AppFrame): void => this.#endpoint.send(to, frame);
    const { suite, entropy, identity, label, port, visibility } = options;
    this.#self = new Self(this.id, options.name, visibility !== 'open', send);
    this.#door = new Door({ suite, entropy, dh: identity.dh, port, visibility, contacts: () => this.#chat.contacts });
    this.#endpoint = new Endpoint({
      suite,
      entropy,
      identity,
      gate: this.#door,
      boot: options.boot,
      name: () => this.#self.name,
      knownSerial: (id) => this.#chat.knownSerial(id),
    });
    this.#chat = new Chat({
      suite,
      entropy,
      identity,
      log: options.log,
      isEphemeral: options.isEphemeral,
      isReading: options.isReading,
      newcomers: options.newcomers,
      budget: (id) => this.#endpoint.budget(id),
    });
    const discovery = options.useDiscovery ? { label, port } : undefined;
    this.#finder = new Finder({ id: this.id, entropy, visibility, door: this.#door, discovery, endpoint: this.#endpoint });
  }

  /** A record of the store, in the order written; all of them before anything else. */
  restore(record: Uint8Array, ref: RecordRef): void {
    this.#chat.restore(record, ref);
  }

  /** Instead of the records that are in it, before all others. @returns false if it is of no use: then this peer is not either. */
  restoreSnapshot(snapshot: Uint8Array): boolean {
    return this.#chat.restoreSnapshot(snapshot);
  }

  /** Everything kept by now, if nothing is on its way to the store. */
  snapshot(): Uint8Array {
    return this.#chat.snapshot();
  }

  /** Everything kept by now but what was said, as records. */
  stateRecords(): readonly Uint8Array[] {
    return this.#chat.stateRecords();
  }

  /** All records were given. */
  restored(now: Now): readonly Effect[] {
    const effects: Effect[] = [];
    this.#chat.restored(now, this.#chatOut);
    this.#route(now, effects);
    return effects;
  }

  /** Never throws on a peer's bytes, never re-entered; the effects are all there are, in order. */
  step(now: Now, input: Input): readonly Effect[] {
    const effects: Effect[] = [];
    if (this.#hasQuit) return effects;
    this.#door.onTime(now.wall);
    this.#take(now, input, effects);
    this.#route(now, effects);
    return effects;
  }

  /** When `flush` is due even if nothing comes in. */
  nextTimeout(): Instant | undefined {
    if (this.#hasQuit) return undefined;
    return earliest(this.#endpoint.nextTimeout(), this.#chat.nextTimeout(), this.#finder.nextTimeout());
  }

  get name(): string {
    return this.#self.name;
  }

  /** What we say about being away; undefined while we are not. */
  get away(): string | undefined {
    return this.#self.away;
  }

  /** Everybody proven, as of `now`. */
  people(now: Now): readonly PeerView[] {
    return Array.from(this.#people.all(), (person) => this.#view(now, person));
  }

  rooms(): readonly RoomName[] {
    return this.#chat.rooms;
  }

  /** The proven peers in a room, without us. */
  members(room: RoomName): readonly PeerId[] {
    return this.#chat.members(room);
  }

  /** Whom a message of ours is for, and who holds it. @param scope a direct one names its reader. */
  deliveryOf(scope: Scope, sequence: number): DeliveryState {
    return this.#chat.said.stateOf(scope, sequence);
  }

  /** Where something of ours waits for somebody, and above which number at the earliest. */
  waiting(): readonly { readonly scope: Scope; readonly above: number }[] {
    return this.#chat.said.waiting();
  }

  /** Whether everything sent was acknowledged, by those who answer at all. */
  isSettled(): boolean {
    return this.#endpoint.isSettled;
  }

  sessionCount(): number {
    return this.#people.size;
  }

  #take(now: Now, input: Input, effects: Effect[]): void {
    const chatOut = this.#chatOut;
    switch (input.kind) {
      case 'datagram':
        if (!this.#finder.onDatagram(now, input.from, input.bytes))
          this.#endpoint.receive(now.at, input.from, input.bytes, this.#endpointOut);
        return;
      case 'mdns':
        this.#finder.onMdns(now, input);
        return;
      case 'beacon':
        this.#finder.onBeacon(now, input.from, input.bytes);
        return;
      case 'interfaces':
        this.#door.onInterfaces(input.interfaces, input.hosts);
        this.#finder.onInterfaces(now, input.interfaces, this.#people.met());
        this.#endpoint.onNetworkChange(now.at);
        return;
      case 'network':
        this.#chat.enterNetwork(now, input.key, chatOut);
        return;
      case 'persisted':
        this.#chat.onPersisted(now, input.ticket, input.ref, chatOut);
        return;
      case 'persist-failed':
        this.#chat.onPersistFailed(now, input.ticket, input.why, chatOut);
        return;
      case 'loaded':
        this.#chat.onLoaded(now, input.ref, input.record, chatOut);
        return;
      case 'say':
        this.#chat.say(now, input.token, input.scope, input.body, chatOut);
        return;
      case 'join':
        this.#chat.join(now, input.room, chatOut);
        return;
      case 'leave':
        this.#chat.leave(now, input.room, input.isForNow === true, chatOut);
        return;
      case 'rename':
        this.#self.rename(input.name, this.#people.ids());
        return;
      case 'away':
        this.#self.setAway(input.text, this.#people.ids());
        return;
      case 'typing':
        this.#self.tellTyping(input.scope, input.isTyping, (room) => this.#chat.members(room));
        return;
      case 'drop':
        this.#chat.drop(now, input.token, input.scope, input.sequence, chatOut);
        return;
      case 'forget':
        this.#chat.forget(now, input.token, input.records, input.people, chatOut);
        return;
      case 'rewritten':
        this.#chat.onRewritten(input.ref, input.record);
        return;
      case 'dial':
        this.#finder.ask(now, input.to, input.via);
        return;
      case 'read':
        this.#chat.read(now, chatOut);
        return;
      case 'taken':
        this.#chat.onTaken(now, input.message, chatOut);
        return;
      case 'quit':
        this.#quit(now, effects);
        return;
      case 'flush':
        this.#flush(now, effects);
        return;
      default:
        input satisfies never;
    }
  }

  /** Timeouts that are due, then everything that waits to be sent. */
  #flush(now: Now, effects: Effect[]): void {
    this.#finder.onTimeout(now);
    if (isDue(now, this.#chat.nextTimeout())) this.#chat.onTimeout(now, this.#chatOut);
    if (isDue(now, this.#endpoint.nextTimeout())) this.#endpoint.onTimeout(now.at, this.#endpointOut);
    this.#route(now, effects);
    this.#finder.dialDue(now, this.#endpoint, this.#endpointOut);
    for (let round = 0; round < FLUSH_ROUNDS_MAX; round++) {
      this.#chat.flush(now, this.#chatOut);
      const hasFrames = this.#chatOut.some((output) => output.kind === 'frame');
      this.#route(now, effects);
      this.#endpoint.flush(now.at, this.#endpointOut);
      this.#route(now, effects);
      if (!hasFrames) return;
    }
  }

  #quit(now: Now, effects: Effect[]): void {
    this.#flush(now, effects);
    this.#chat.quit(now, this.#chatOut);
    this.#flush(now, effects);
    this.#finder.goodbye(now);
    this.#endpoint.closeAll(now.at, CLOSE_CODE.goodbye, '', this.#endpointOut);
    this.#route(now, effects);
    this.#hasQuit = true;
  }

  /** Takes what the floors have said to where it belongs, until nobody has anything more to say. */
  #route(now: Now, effects: Effect[]): void {
    while (this.#endpointOut.length + this.#chatOut.length > 0 || this.#finder.hasMore) {
      for (const output of this.#endpointOut.splice(0)) this.#onEndpoint(now, output, effects);
      this.#finder.route(now, () => this.#people.met(), effects);
      for (const output of this.#chatOut.splice(0)) this.#onChat(output, effects);
    }
  }

  #onEndpoint(now: Now, output: EndpointOutput, effects: Effect[]): void {
    switch (output.kind) {
      case 'transmit':
      case 'dropped':
        effects.push(output);
        return;
      case 'frame':
        if (this.#rate.mayTake(now.at, output.from, output.frame)) this.#onFrame(now, output.from, output.frame, effects);
        else effects.push({ kind: 'dropped', reason: 'rate-limited' });
        return;
      case 'established':
        this.#onEstablished(now, output.session, effects);
        return;
      case 'moved':
        this.#onMoved(now, output.peer, output.address, effects);
        return;
      case 'silent':
        this.#finder.onSilent(now, output.peer);
        return;
      case 'ended':
        this.#onEnded(now, output.peer, output.why, effects);
        return;
      case 'twin':
        for (const person of this.#people.noteTwin(output.peer)) effects.push(notify(twinWarning(person)));
        return;
      case 'dial-failed':
        this.#finder.onDialFailed(now, output.to, output.why, effects);
        return;
      default:
        output satisfies never;
    }
  }

  #onFrame(now: Now, from: PeerId, frame: AppFrame, effects: Effect[]): void {
    switch (frame.kind) {
      case 'name':
      case 'status':
        if (this.#people.onSaid(from, frame)) this.#notifyChanged(now, from, effects);
        return;
      case 'typing':
        effects.push(...typingOf(this.id, from, frame, this.#chat.rooms));
        return;
      case 'unlisted':
      case 'watch':
      case 'silent':
        this.#finder.onWord(now, from, frame, effects);
        return;
      case 'peers':
        this.#people.setClock(from, frame.seconds * 1_000 - now.wall);
        this.#finder.onPeers(now, from, frame, this.#people.met());
        return;
      default:
        this.#chat.onFrame(now, from, frame, this.#chatOut);
        if (frame.kind !== 'rooms') return;
        this.#finder.onRooms(from);
        this.#notifyChanged(now, from, effects);
    }
  }

  #onEstablished(now: Now, session: SessionInfo, effects: Effect[]): void {
    const person = newPerson(now.at, session, this.#finder.viaOf(session.address));
    this.#people.add(person);
    this.#finder.onEstablished(now, session.peer, session.address);
    for (const event of newKeyWarnings(person, this.#chat.pins)) effects.push(notify(event));
    effects.push(notify({ kind: 'joined', peer: this.#view(now, person) }));
    const { peer, sealKey, serial, boot } = session;
    this.#chat.onMet(now, { peer, sealKey, serial, name: person.name, binding: bindingOf(boot, this.#boot) }, this.#chatOut);
    this.#self.greet(session.peer);
  }

  #onMoved(now: Now, id: PeerId, address: Address, effects: Effect[]): void {
    const person = this.#people.get(id);
    if (person === undefined || this.#endpoint.session(id)?.address !== address) return;
    person.address = address;
    this.#finder.onAt(now, id, address);
    this.#notifyChanged(now, id, effects);
  }

  #onEnded(now: Now, id: PeerId, why: LeftReason, effects: Effect[]): void {
    const person = this.#people.get(id);
    if (person === undefined) return;
    const view = this.#view(now, person);
    this.#people.remove(id);
    this.#rate.forget(id);
    this.#chat.onGone(now, id, this.#chatOut);
    this.#finder.onEnded(now, { peer: id, address: person.address, why }, this.#people.size === 0);
    effects.push(notify({ kind: 'left', peer: view, why }));
  }

  #onChat(output: ChatOutput, effects: Effect[]): void {
    switch (output.kind) {
      case 'frame':
        this.#endpoint.send(output.to, output.frame);
        return;
      case 'persist':
      case 'load':
      case 'replace':
      case 'dropped':
        effects.push(output);
        return;
      case 'event':
        effects.push(notify(told(output.event, (id) => this.#nameOf(id))));
        return;
      default:
        output satisfies never;
    }
  }

  #nameOf(author: PeerId): string {
    return this.#people.get(author)?.name ?? this.#chat.pins.get(author) ?? shownName('', author);
  }

  #notifyChanged(now: Now, id: PeerId, effects: Effect[]): void {
    const person = this.#people.get(id);
    if (person !== undefined) effects.push(notify({ kind: 'changed', peer: this.#view(now, person) }));
  }

  #view(now: Now, person: Person): PeerView {
    const { pins } = this.#chat;
    return viewOf(now, person, {
      session: this.#endpoint.session(person.id),
      rooms: this.#chat.roomsOf(person.id),
      isTwin: this.#people.isTwin(person.id, person.name, [...pins, [this.id, this.#self.name]]),
      isPinned: pins.has(person.id),
    });
  }
}
