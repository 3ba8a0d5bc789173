/** What the core tells whoever runs it. */
import type { Address } from '../base/address.ts';
import type { PeerId, RoomName, Scope } from '../base/ids.ts';
import type { AmendmentBody, ChatEvent, Spoken, SpokenMessage } from '../chat/event.ts';
import type { DialFailure, EndReason } from '../transport/endpoint-output.ts';

/** The way a peer was first found. */
export type FoundVia = 'mdns' | 'static' | 'remembered' | 'peer' | 'beacon';

/** A proven peer as shown to people: everything here was authenticated by its session. */
export type PeerView = {
  readonly id: PeerId;
  /** Cleaned by `cleanName`; a claim, not proof. */
  readonly name: string;
  readonly address: Address;
  readonly via: FoundVia;
  /**
   * connected: heard of recently, or silent as agreed while others watch (protocol.md §7.1); idle: it should have been heard of, and was
   * not for 30 s; unreachable: probed and silent for now.
   */
  readonly state: 'connected' | 'idle' | 'unreachable';
  readonly rttMs: number | undefined;
  /** How far their clock is ahead of ours, to about a second; undefined until they have said. */
  readonly clockSkewMs: number | undefined;
  /** What they say about being away, which may be nothing (''); undefined while they are not. Clean it before it goes to a terminal. */
  readonly away: string | undefined;
  readonly rooms: readonly RoomName[];
  /** Another known key claims the same name: show the fingerprint too. */
  readonly isTwin: boolean;
  readonly isPinned: boolean;
};

/** A message as shown to people. Text is as its author wrote it: clean before it goes to a terminal. */
export type Message = SpokenMessage & { readonly authorName: string };

/**
 * What changes or adds to something said (`of`), or says what a room is about, flat: `kind` and fields are those of its body.
 * An edit or a deletion that is told is its message's author's own.
 */
export type Amendment = Omit<Spoken, 'body'> & { readonly authorName: string } & AmendmentBody;

export type { DialFailure } from '../transport/endpoint-output.ts';
export type LeftReason = EndReason;
export type WarningCode =
  | 'new-key-for-name'
  | 'version'
  | 'not-stored'
  | 'no-network'
  | 'forked'
  | 'too-many-rooms'
  | 'label-taken'
  | 'key-in-two-places';

export type PeerEvent =
  | { readonly kind: 'joined'; readonly peer: PeerView }
  | { readonly kind: 'left'; readonly peer: PeerView; readonly why: LeftReason }
  | { readonly kind: 'changed'; readonly peer: PeerView }
  | { readonly kind: 'message'; readonly message: Message }
  | Amendment
  /** Somebody is writing in a room, or (direct, to us) to us; or has stopped. Over in any case after 10 s. */
  | { readonly kind: 'typing'; readonly peer: PeerId; readonly scope: Scope; readonly isTyping: boolean }
  | Exclude<ChatEvent, { readonly kind: 'message' | 'amended' }>
  /** Worth telling the user once: a known name with a new key, a wrong version, a store that refuses. */
  | { readonly kind: 'warning'; readonly code: WarningCode; readonly text: string }
  | { readonly kind: 'dial-failed'; readonly to: Address; readonly why: DialFailure };
