/** What the core tells whoever runs it. */
import type { Address } from '../base/address.ts';
import type { EntryId, PeerId, RoomName, Scope } from '../base/ids.ts';
import type { WallTime } from '../base/time.ts';

/** The way a peer was first found. */
export type FoundVia = 'mdns' | 'static' | 'remembered' | 'peer' | 'beacon';

/** A proven peer as shown to people: everything here was authenticated by its session. */
export type PeerView = {
  readonly id: PeerId;
  /** Cleaned by `cleanName`; a claim, not proof. */
  readonly name: string;
  readonly address: Address;
  readonly via: FoundVia;
  /** connected: heard of recently; unreachable: probed and silent for now. */
  readonly state: 'connected' | 'idle' | 'unreachable';
  readonly rttMs: number | undefined;
  readonly rooms: readonly RoomName[];
  /** Another known key claims the same name: show the fingerprint too. */
  readonly isTwin: boolean;
  readonly isPinned: boolean;
};

/** A message as shown to people. Text is as its author wrote it: clean before it goes to a terminal. */
export type Message = {
  readonly id: EntryId;
  readonly scope: Scope;
  readonly author: PeerId;
  readonly authorName: string;
  readonly sequence: number;
  readonly body: { readonly kind: 'text' | 'action'; readonly text: string };
  readonly time: WallTime;
  /** Said before we were there to hear it, or handed on after a gap was shown. */
  readonly isLate: boolean;
};

export type PeerEvent =
  | { readonly kind: 'joined'; readonly peer: PeerView }
  | { readonly kind: 'left'; readonly peer: PeerView; readonly why: 'goodbye' | 'silent' | 'restarted' | 'violation' }
  | { readonly kind: 'changed'; readonly peer: PeerView }
  | { readonly kind: 'message'; readonly message: Message }
  /** Numbers `from` to `to` of an author are missing; what follows is shown, the gap heals when they come. */
  | { readonly kind: 'gap'; readonly author: PeerId; readonly scope: Scope; readonly from: number; readonly to: number }
  /** My message has its number and is kept. `text` is as said. */
  | {
      readonly kind: 'sent';
      readonly token: number;
      readonly id: EntryId;
      readonly sequence: number;
      readonly scope: Scope;
      readonly time: WallTime;
    }
  | {
      readonly kind: 'refused';
      readonly token: number;
      readonly why: 'too-long' | 'empty' | 'unknown-peer' | 'not-stored' | 'queue-full';
      readonly detail: string;
    }
  /** `peer` holds my messages of `scope` up to number `upTo`. */
  | {
      readonly kind: 'delivered';
      readonly peer: PeerId;
      readonly scope: Scope;
      readonly upTo: number;
      readonly isStored: boolean;
    }
  /** Worth telling the user once: a known name with a new key, a wrong version, a store that refuses. */
  | { readonly kind: 'warning'; readonly code: WarningCode; readonly text: string }
  | { readonly kind: 'dial-failed'; readonly to: Address; readonly why: DialFailure };

export type WarningCode = 'new-key-for-name' | 'version' | 'not-stored' | 'certificate' | 'forked';
export type DialFailure = 'no-answer' | 'version' | 'bad-certificate' | 'ourselves' | 'rate-limited' | 'refused';
