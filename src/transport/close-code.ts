/** What the code of a close frame means (protocol.md §Close codes). */
import type { EndReason } from './endpoint-output.ts';

export const CLOSE_CODE = {
  /** The peer leaves. */
  goodbye: 0,
  /** Another process with the same identity took its place. */
  replaced: 1,
  /** What came does not belong to the protocol. */
  violation: 2,
  /** Packet numbers or the send queue ran out: open another session. */
  exhausted: 3,
  /** This identity or certificate is not welcome. */
  refused: 4,
} as const;

/** `isWhole`: the peer's other sessions end with this one. */
export type Ending = { readonly why: EndReason; readonly isWhole: boolean; readonly isRefusal?: boolean };

/** What a close with this code ends; an unknown code is a goodbye. */
export const endingOf = (code: number): Ending => {
  switch (code) {
    case CLOSE_CODE.replaced:
      return { why: 'goodbye', isWhole: false };
    case CLOSE_CODE.violation:
      return { why: 'violation', isWhole: true };
    case CLOSE_CODE.exhausted:
      return { why: 'silent', isWhole: false };
    case CLOSE_CODE.refused:
      return { why: 'goodbye', isWhole: true, isRefusal: true };
    default:
      return { why: 'goodbye', isWhole: true };
  }
};
