/** Whom somebody means by a name or by the beginning of an id. The first of several is never just taken. */
import type { PeerId } from '../../base/ids.ts';
import { nameSkeleton } from '../../base/name.ts';
import type { PeerView } from '../library.ts';

/** Digits of an id that name somebody. */
export const ID_PREFIX_MIN = 6;
/** A name is believed to be one person's only this long after the first who bears it was proven: a second one may be on the way. */
export const SETTLE_MS = 500;

export type Found =
  | { readonly kind: 'one'; readonly peer: PeerView }
  | { readonly kind: 'none' }
  /** Nobody but somebody with another key than the one known by this name. */
  | { readonly kind: 'other-key'; readonly peer: PeerView }
  /** One so far; another look is due at `at`. */
  | { readonly kind: 'settling'; readonly at: number }
  | { readonly kind: 'ambiguous'; readonly peers: readonly PeerView[] };

const isWholeId = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);
const isIdPrefix = (text: string): boolean => text.length >= ID_PREFIX_MIN && /^[0-9a-f]+$/.test(text);
const folded = (name: string): string => name.normalize('NFC').trim().toLowerCase();

/** Whether `text` begins our own id. */
export const meansOurselves = (text: string, own: PeerId): boolean =>
  isIdPrefix(text.toLowerCase()) && own.startsWith(text.toLowerCase());

/**
 * Looks among those who are here.
 * @param provenAt when a peer was proven, on the clock of `now`.
 */
export const findPeer = (
  text: string,
  peers: readonly PeerView[],
  now: number,
  provenAt: (id: PeerId) => number | undefined,
): Found => {
  const digits = text.trim().toLowerCase();
  if (isWholeId(digits)) {
    const peer = peers.find(({ id }) => id === digits);
    return peer === undefined ? { kind: 'none' } : { kind: 'one', peer };
  }
  const candidates = candidatesFor(text, digits, peers);
  const pinned = candidates.filter(({ isPinned }) => isPinned);
  const [first, second] = pinned.length > 0 ? pinned : candidates;
  if (first === undefined) return { kind: 'none' };
  if (second !== undefined) return { kind: 'ambiguous', peers: pinned.length > 0 ? pinned : candidates };
  if (first.isPinned) return { kind: 'one', peer: first };
  const isNamed = !first.id.startsWith(digits) || !isIdPrefix(digits);
  if (isNamed && first.isTwin) return { kind: 'other-key', peer: first };
  const settledAt = (provenAt(first.id) ?? now) + SETTLE_MS;
  return now >= settledAt ? { kind: 'one', peer: first } : { kind: 'settling', at: settledAt };
};

/** All who bear the name or look as if they did, and all whose id begins so. */
const candidatesFor = (text: string, digits: string, peers: readonly PeerView[]): readonly PeerView[] => {
  const name = folded(text);
  const isBorne = peers.some((peer) => folded(peer.name) === name);
  const skeleton = nameSkeleton(text.normalize('NFC').trim());
  const hasDigits = isIdPrefix(digits);
  return peers.filter((peer) => (isBorne && looksLike(peer, name, skeleton)) || (hasDigits && peer.id.startsWith(digits)));
};

const looksLike = (peer: PeerView, name: string, skeleton: string): boolean =>
  folded(peer.name) === name || nameSkeleton(peer.name) === skeleton;

/** One line that says why nobody was found, and what to do. @param list what shows who is here. */
export const whyNotFound = (
  text: string,
  found: Exclude<Found, { readonly kind: 'one' }>,
  list: 'earshot peers' | '/who' = 'earshot peers',
): string => {
  switch (found.kind) {
    case 'none':
    case 'settling':
      return `nobody called "${text}" is here; see who is: ${list}`;
    case 'other-key':
      return `"${text}" here has another key (${found.peer.id}) than the ${text} this profile knows; if you mean this one, name it by that id`;
    case 'ambiguous':
      return `"${text}" could be any of ${found.peers.length}: ${found.peers.map(({ id, name }) => `${name} ${id}`).join(', ')}; name one by its id`;
    default:
      return found satisfies never;
  }
};
