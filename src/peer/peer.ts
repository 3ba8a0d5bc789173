/**
 * Where the floors meet: a peer as a value that is stepped. Inputs come in, effects go out, nothing else happens.
 * This file routes and orders; whatever has a rule of its own lives on the floor that the rule belongs to.
 */
import { type AddressKey, addressKey, sameAddress } from '../base/address.ts';
import { toHex } from '../base/bytes.ts';
import { directScope, type PeerId, peerId, peerKey, type RoomName, roomScope } from '../base/ids.ts';
import { UNPROVEN_PEERS_MAX } from '../base/limits.ts';
import { earliest, type Instant, type Now } from '../base/time.ts';
import { Chat, type ChatOutput } from '../chat/chat.ts';
import { Discovery } from '../discovery/discovery.ts';
import type { DiscoveryOutput } from '../discovery/output.ts';
import { CLOSE_CODE } from '../transport/close-code.ts';
import { Endpoint } from '../transport/endpoint.ts';
import type { EndpointOutput, SessionInfo } from '../transport/endpoint-output.ts';
import type { AppFrame } from '../wire/frame.ts';
import { Dialer, type FoundClaim } from './dialer.ts';
import type { Effect, RecordRef } from './effect.ts';
import type { DialFailure, LeftReason, PeerEvent, PeerView } from './event.ts';
import type { Input } from './input.ts';
import type { PeerOptions } from './options.ts';
import { bindingOf, People, type Person, shownName } from './people.ts';
import { Self } from './self.ts';
import { newKeyWarnings, told, versionWarning } from './tell.ts';
import { viewOf } from './view.ts';

/** A flush alternates between what was said and what the sessions take; more rounds than this wait for the next step. */
const FLUSH_ROUNDS_MAX = 64;

export class Peer {
  readonly id: PeerId;
  readonly #endpoint: Endpoint;
  readonly #chat: Chat;
  readonly #discovery: Discovery | undefined;
  readonly #dialer = new Dialer();
  readonly #people = new People();
  /** Addresses of which it was said that they speak another version. BOUNDED: by UNPROVEN_PEERS_MAX. */
  readonly #foreignVersions = new Set<AddressKey>();
  /** What each floor said in the step under way, not yet routed. */
  readonly #endpointOut: EndpointOutput[] = [];
  readonly #chatOut: ChatOutput[] = [];
  readonly #discoveryOut: DiscoveryOutput[] = [];
  readonly #boot: Uint8Array;
  readonly #self: Self;
  #hasQuit = false;

  constructor(options: PeerOptions) {
    this.id = peerId(options.identity.signing.publicKey);
    this.#boot = options.boot;
    this.#self = new Self(this.id, options.name, (to, frame) => this.#endpoint.send(to, frame));
    this.#endpoint = new Endpoint({
      suite: options.suite,
      entropy: options.entropy,
      identity: options.identity,
      boot: options.boot,
      name: () => this.#self.name,
      knownSerial: (id) => this.#chat.knownSerial(id),
    });
    this.#chat = new Chat({
      suite: options.suite,
      entropy: options.entropy,
      identity: options.identity,
      log: options.log,
      isEphemeral: options.isEphemeral,
      isReading: options.isReading,
      newcomers: options.newcomers,
      budget: (id) => this.#endpoint.budget(id),
    });
    this.#discovery = options.useDiscovery
      ? new Discovery({
          label: options.label,
          port: options.port,
          idHint: peerKey(this.id).slice(0, 8),
          entropy: options.entropy,
          isBrowsing: true,
        })
      : undefined;
  }

  /** A record of the store, in the order written; all of them before anything else. */
  restore(record: Uint8Array, ref: RecordRef): void {
    this.#chat.restore(record, ref);
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
    this.#take(now, input, effects);
    this.#route(now, effects);
    return effects;
  }

  /** When `flush` is due even if nothing comes in. */
  nextTimeout(): Instant | undefined {
    if (this.#hasQuit) return undefined;
    return earliest(
      this.#endpoint.nextTimeout(),
      this.#chat.nextTimeout(),
      this.#discovery?.nextTimeout(),
      this.#dialer.nextTimeout(),
    );
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

  /** Keys known by name from before: people spoken to directly. */
  pins(): ReadonlyMap<PeerId, string> {
    return this.#chat.pins;
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
        this.#endpoint.receive(now.at, input.from, input.bytes, this.#endpointOut);
        return;
      case 'mdns':
        this.#discovery?.onMessage(now.at, input, this.#discoveryOut);
        return;
      case 'interfaces':
        this.#discovery?.onInterfaces(now.at, input.interfaces, this.#discoveryOut);
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
        this.#chat.leave(now, input.room, chatOut);
        return;
      case 'rename':
        this.#self.rename(input.name, this.#peopleIds());
        return;
      case 'away':
        this.#self.setAway(input.text, this.#peopleIds());
        return;
      case 'typing': {
        const { scope } = input;
        this.#self.tellTyping(scope, input.isTyping, scope.kind === 'room' ? this.#chat.members(scope.room) : [scope.reader]);
        return;
      }
      case 'dial':
        this.#dialer.ask(now.at, input.to, input.via);
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
    if (isDue(this.#discovery?.nextTimeout(), now)) this.#discovery?.onTimeout(now.at, this.#discoveryOut);
    if (isDue(this.#chat.nextTimeout(), now)) this.#chat.onTimeout(now, this.#chatOut);
    if (isDue(this.#endpoint.nextTimeout(), now)) this.#endpoint.onTimeout(now.at, this.#endpointOut);
    this.#route(now, effects);
    for (const address of this.#dialer.takeDue(now.at)) {
      const session = this.#endpoint.sessions().find((known) => sameAddress(known.address, address) && !known.isSilent);
      if (session === undefined) this.#endpoint.dial(now.at, address, this.#endpointOut);
      else this.#dialer.onEstablished(session.peer, address);
    }
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
    this.#chat.quit(this.#chatOut);
    this.#discovery?.goodbye(now.at, this.#discoveryOut);
    this.#endpoint.closeAll(now.at, CLOSE_CODE.goodbye, '', this.#endpointOut);
    this.#route(now, effects);
    this.#hasQuit = true;
  }

  #peopleIds(): readonly PeerId[] {
    return Array.from(this.#people.all(), ({ id }) => id);
  }

  /** Takes what the floors have said to where it belongs, until nobody has anything more to say. */
  #route(now: Now, effects: Effect[]): void {
    while (this.#endpointOut.length + this.#chatOut.length + this.#discoveryOut.length > 0) {
      for (const output of this.#endpointOut.splice(0)) this.#onEndpoint(now, output, effects);
      for (const output of this.#discoveryOut.splice(0)) this.#onDiscovery(now, output, effects);
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
        this.#onFrame(now, output.from, output.frame, effects);
        return;
      case 'established':
        this.#onEstablished(now, output.session, effects);
        return;
      case 'ended':
        this.#onEnded(now, output.peer, output.why, effects);
        return;
      case 'dial-failed':
        this.#onDialFailed(now, output.to, output.why, effects);
        return;
      default:
        output satisfies never;
    }
  }

  #onFrame(now: Now, from: PeerId, frame: AppFrame, effects: Effect[]): void {
    switch (frame.kind) {
      case 'name':
        if (this.#people.rename(from, frame.generation, frame.name)) this.#notifyChanged(now, from, effects);
        return;
      case 'status':
        if (this.#people.setAway(from, frame.generation, frame.away ?? undefined)) this.#notifyChanged(now, from, effects);
        return;
      case 'typing': {
        const isShared = frame.scope === null || this.#chat.rooms.includes(frame.scope);
        const scope = frame.scope === null ? directScope(this.id) : roomScope(frame.scope);
        if (isShared) effects.push(notify({ kind: 'typing', peer: from, scope, isTyping: frame.isTyping }));
        return;
      }
      default:
        this.#chat.onFrame(now, from, frame, this.#chatOut);
        if (frame.kind === 'rooms') this.#notifyChanged(now, from, effects);
    }
  }

  #onEstablished(now: Now, session: SessionInfo, effects: Effect[]): void {
    const name = shownName(session.name, session.peer);
    const person: Person = {
      id: session.peer,
      boot: toHex(session.boot),
      name,
      nameGeneration: 0,
      away: undefined,
      awayGeneration: 0,
      address: session.address,
      via: this.#dialer.viaOf(session.address) ?? (this.#discovery === undefined ? 'static' : 'mdns'),
      since: now.at,
    };
    this.#people.add(person);
    this.#dialer.onEstablished(session.peer, session.address);
    for (const event of newKeyWarnings(person, this.#chat.pins)) effects.push(notify(event));
    effects.push(notify({ kind: 'joined', peer: this.#view(now, person) }));
    const { peer, sealKey, serial, boot } = session;
    this.#chat.onMet(now, { peer, sealKey, serial, name, binding: bindingOf(boot, this.#boot) }, this.#chatOut);
    this.#self.greet(session.peer);
  }

  #onEnded(now: Now, id: PeerId, why: LeftReason, effects: Effect[]): void {
    const person = this.#people.get(id);
    if (person === undefined) return;
    const view = this.#view(now, person);
    this.#people.remove(id);
    this.#chat.onGone(now, id, this.#chatOut);
    this.#dialer.onEnded(now.at, id);
    effects.push(notify({ kind: 'left', peer: view, why }));
  }

  #onDialFailed(now: Now, to: PeerView['address'], why: DialFailure, effects: Effect[]): void {
    this.#dialer.onFailed(now.at, to, why);
    const instance = this.#dialer.instanceOf(to);
    if (why === 'no-answer' && instance !== undefined) this.#discovery?.onUnreachable(now.at, instance);
    effects.push(notify({ kind: 'dial-failed', to, why }));
    if (why !== 'older' && why !== 'newer') return;
    // A target is dialled again now and then; this is worth saying once.
    if (this.#foreignVersions.has(addressKey(to)) || this.#foreignVersions.size >= UNPROVEN_PEERS_MAX) return;
    this.#foreignVersions.add(addressKey(to));
    effects.push(notify(versionWarning(to, why)));
  }

  #onDiscovery(now: Now, output: DiscoveryOutput, effects: Effect[]): void {
    switch (output.kind) {
      case 'mdns':
      case 'dropped':
        effects.push(output);
        return;
      case 'found': {
        const claim: FoundClaim = {
          address: output.address,
          instance: output.instance,
          idHint: output.idHint === undefined ? undefined : toHex(output.idHint),
        };
        const sessions = Array.from(this.#people.all(), ({ id, address, since }) => ({ peer: id, address, since }));
        const lost = this.#dialer.found(now.at, claim, sessions);
        if (lost === undefined) return;
        this.#discovery?.onRefused(lost);
        effects.push({ kind: 'dropped', reason: 'discovery-full' });
        return;
      }
      case 'gone':
        this.#dialer.gone(output.instance);
        return;
      case 'renamed':
        if (output.times === 1) effects.push(notify({ kind: 'warning', code: 'label-taken', text: LABEL_TAKEN }));
        return;
      default:
        output satisfies never;
    }
  }

  #onChat(output: ChatOutput, effects: Effect[]): void {
    switch (output.kind) {
      case 'frame':
        this.#endpoint.send(output.to, output.frame);
        return;
      case 'persist':
      case 'load':
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
      isTwin: this.#people.isTwin(person.id, person.name, pins),
      isPinned: pins.has(person.id),
    });
  }
}

const LABEL_TAKEN =
  'another host used the random label of this program for discovery, which now has another one: a copied machine, or somebody meddles';
const isDue = (deadline: Instant | undefined, now: Now): boolean => deadline !== undefined && deadline <= now.at;
const notify = (event: PeerEvent): Effect => ({ kind: 'notify', event });
