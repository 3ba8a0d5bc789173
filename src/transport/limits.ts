/** Numbers of this floor that no other peer needs to know; those of the protocol stand in base/limits.ts. */

/** The responder re-keys this much later, if the initiator did not. */
export const RESPONDER_REKEY_PATIENCE_MS = 30_000;
/** A re-key that came to nothing is tried again after this. */
export const REKEY_AGAIN_AFTER_MS = 45_000;
/** A datagram is lost easily, and nobody acknowledges a close frame. */
export const CLOSE_COPIES = 2;
/** Packet numbers kept for closing. */
export const PACKET_NUMBERS_KEPT = CLOSE_COPIES + 1;
/** Of the window's size: what the floors above may have waiting here, so that new control frames never queue long. */
export const BUDGET_WINDOWS = 2;
/** Handshakes of our own under way at once. */
export const OPENINGS_MAX = 256;
/** With OPENINGS_MAX under way, a dial that is unanswered for this long gives way to a new one. */
export const GIVES_WAY_AFTER_MS = 2_000;
/** A dial to where somebody was heard within this time has nothing to do. */
export const RECENTLY_MS = 6_000;
