/** What the core asks the platform to do, to be carried out in the order given. */
import type { Address } from '../base/address.ts';
import type { DropReason } from '../base/drop-reason.ts';
import type { RecordRef } from '../chat/record.ts';
import type { MdnsSend } from '../discovery/dns-message.ts';
import type { PeerEvent } from './event.ts';

export type { RecordRef } from '../chat/record.ts';

export type Effect =
  /** Send one UDP datagram; failures are not reported. */
  | { readonly kind: 'transmit'; readonly to: Address; readonly bytes: Uint8Array }
  /** Append a record to the store. `mustFlush`: answer `persisted` only when it is on the disk itself (fdatasync); else when the operating system has it. */
  | { readonly kind: 'persist'; readonly ticket: number; readonly record: Uint8Array; readonly mustFlush: boolean }
  /** Read a record back; answered by `loaded`. */
  | { readonly kind: 'load'; readonly ref: RecordRef }
  /** In place of a record from now on: another, or nothing. */
  | { readonly kind: 'replace'; readonly ref: RecordRef; readonly record: Uint8Array | undefined }
  /** Send one mDNS message on one interface. */
  | ({ readonly kind: 'mdns' } & MdnsSend)
  | { readonly kind: 'notify'; readonly event: PeerEvent }
  /** A datagram, frame, entry or announcement was discarded. Counted, never logged by itself. */
  | { readonly kind: 'dropped'; readonly reason: DropReason };
