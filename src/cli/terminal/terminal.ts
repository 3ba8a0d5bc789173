/** What the process is connected to: colours, the wall clock, the keyboard. */
import { type Paint, plainPaint } from '../../ui/paint.ts';
import type { TextStyle } from '../format/text.ts';
import { paletteOf } from './looks.ts';

const CSI = '\x1b[';

/** Colours if the output is a terminal that has them (NO_COLOR, FORCE_COLOR and TERM are obeyed), the same as on the whole terminal. */
const paintFor = (output: NodeJS.WriteStream): Paint => {
  if (!output.isTTY || !output.hasColors()) return plainPaint;
  const palette = paletteOf(output.getColorDepth());
  return (ink, text) => `${CSI}${palette[ink]}m${text}${CSI}0m`;
};

/** How text is written to an output of this machine. */
export const textStyleFor = (output: NodeJS.WriteStream, purpose: TextStyle['for']): TextStyle => ({
  paint: paintFor(output),
  offsetMinutes: (time) => -new Date(time).getTimezoneOffset() || 0,
  for: purpose,
});
