/** Why something was not said. */
import type { RefusedReason } from '../chat/event.ts';

/** A message was not accepted; nothing of it was kept or sent. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly why: RefusedReason | 'closed';
  constructor(why: RefusedReason | 'closed', detail: string) {
    super(detail);
    this.why = why;
  }
}

export const REFUSAL_DETAILS: Readonly<Record<RefusedReason | 'closed', string>> = {
  'too-long': 'the message is too long',
  empty: 'the message is empty',
  'not-a-room': 'only a room has a topic',
  'unknown-peer': 'nobody with that key was ever met',
  'not-stored': 'the message could not be kept on the disk, so it was not sent',
  'queue-full': 'too many messages are waiting to be sent; wait for some to be delivered',
  closed: 'this peer is closed',
};
