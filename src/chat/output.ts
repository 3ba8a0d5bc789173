/** What the chat machine asks of the floors around it, to be carried out in the order given. */
import type { DropReason } from '../base/drop-reason.ts';
import type { PeerId } from '../base/ids.ts';
import type { AppFrame } from '../wire/frame.ts';
import type { ChatEvent } from './event.ts';
import type { RecordRef } from './record.ts';

export type ChatOutput =
  /** Hand a frame to the session with `to`. */
  | { readonly kind: 'frame'; readonly to: PeerId; readonly frame: AppFrame }
  /** Append a record to the store; answered by `onPersisted` or `onPersistFailed`. `mustFlush`: only when it is on the disk itself. */
  | { readonly kind: 'persist'; readonly ticket: number; readonly record: Uint8Array; readonly mustFlush: boolean }
  /** Read a record back; answered by `onLoaded`. */
  | { readonly kind: 'load'; readonly ref: RecordRef }
  /** In place of a record from now on: another, or nothing. */
  | { readonly kind: 'replace'; readonly ref: RecordRef; readonly record: Uint8Array | undefined }
  | { readonly kind: 'dropped'; readonly reason: DropReason }
  | { readonly kind: 'event'; readonly event: ChatEvent };
