/** What the process is connected to: colours, the wall clock, the keyboard. */
import { styleText } from 'node:util';
import { type Ink, type Paint, plainPaint } from '../../ui/paint.ts';
import type { TextStyle } from '../format/text.ts';

type Format = Parameters<typeof styleText>[0];

const FORMATS: Readonly<Record<Ink, Format>> = { name: 'cyan', place: 'green', quiet: 'dim', warning: 'yellow', strong: 'bold' };

/** Colours if the output is a terminal that has them (NO_COLOR, FORCE_COLOR and TERM are obeyed). */
const paintFor = (output: NodeJS.WriteStream): Paint =>
  output.isTTY && output.hasColors() ? (ink, text) => styleText(FORMATS[ink], text) : plainPaint;

/** How text is written to an output of this machine. */
export const textStyleFor = (output: NodeJS.WriteStream, purpose: TextStyle['for']): TextStyle => ({
  paint: paintFor(output),
  offsetMinutes: (time) => -new Date(time).getTimezoneOffset() || 0,
  for: purpose,
});
