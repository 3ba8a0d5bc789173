/** What became of a fragment: the frame that it completed, or nothing yet. */
import type { DropReason } from '../base/drop-reason.ts';
import type { Instant } from '../base/time.ts';
import { type AppFrame, decodeFrame, type FragmentFrame } from '../wire/frame.ts';
import type { Reassembly } from './reassembly.ts';

export type Completed =
  /** `frame` is undefined for a kind that is not known. */
  | { readonly kind: 'frame'; readonly frame: AppFrame | undefined }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'full' }
  | { readonly kind: 'violation'; readonly what: DropReason | 'fragment' };

export const completedBy = (now: Instant, fragment: FragmentFrame, reassembly: Reassembly): Completed => {
  const result = reassembly.add(now, fragment);
  switch (result.kind) {
    case 'partial':
    case 'duplicate':
      return { kind: 'waiting' };
    case 'full':
      return { kind: 'full' };
    case 'violation':
      return { kind: 'violation', what: 'fragment' };
    case 'frame': {
      const whole = decodeFrame(result.bytes);
      return whole.ok ? { kind: 'frame', frame: whole.value } : { kind: 'violation', what: whole.reason };
    }
    default:
      return result satisfies never;
  }
};
