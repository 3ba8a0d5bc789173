/** What a chat is asked for; it may come from another process. */
import type { PeerId, RoomName } from '../../base/ids.ts';

export type ChatRequest = {
  readonly room: RoomName;
  /** The lines come from a keyboard. */
  readonly isInteractive: boolean;
  /** It is shown on a screen, which is told more. */
  readonly hasScreen?: boolean;
  /** Whom it talked with, where it went on from another process. */
  readonly to?: PeerId;
};
