/**
 * earshot as a library: what a program may import.
 *
 *     const peer = await openPeer({ name: 'Ada' });
 *     peer.join('lobby');
 *     peer.on('message', ({ message }) => console.log(message.authorName, message.body.text));
 *     const receipt = await peer.say('lobby', 'hello');
 *     await receipt.delivered({ timeoutMs: 1000 });
 *     await peer.close();
 */
export type { Address } from './base/address.ts';
export type { DropReason } from './base/drop-reason.ts';
export { ApiMisuse, WorldError, type WorldErrorCode } from './base/errors.ts';
export type { EntryId, PeerId, RoomName, Scope } from './base/ids.ts';
export { parsePeerId } from './base/ids.ts';
export { parseRoomName } from './base/room-name.ts';
export type { WallTime } from './base/time.ts';
export type { Visibility } from './base/visibility.ts';
export type { DeliveryState } from './chat/audience.ts';
export type { NewcomerHistory } from './chat/networks.ts';
export type { DialFailure, FoundVia, LeftReason, Message, PeerEvent, PeerView, WarningCode } from './peer/event.ts';
export { ControlError, type ControlHandler, callControl } from './platform/control.ts';
export { EarshotPeer, type PeerStats, type SayOptions } from './platform/earshot-peer.ts';
export { type EventKind, type EventOf, FellBehindError, type Listener } from './platform/event-hub.ts';
export { fingerprintOf } from './platform/fingerprint.ts';
export { defaultHome } from './platform/home.ts';
export type { HistoryQuery, KnownPerson, SearchQuery, StoredMessage, Topic, Unread } from './platform/index/look-back.ts';
export { openPeer } from './platform/open-peer.ts';
export type { QueuedMessage } from './platform/own-messages.ts';
export type { PlacePreferences } from './platform/place-preferences.ts';
export type { DeliveredOptions, Delivery, Receipt } from './platform/receipts.ts';
export { RefusedError } from './platform/refused-error.ts';
export type { OpenOptions } from './platform/start-peer.ts';
