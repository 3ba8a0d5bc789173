/** Looks as a terminal has them: SGR codes (ECMA-48 §8.3.117). */
import type { Look } from '../../ui/screen/cells.ts';

export type Palette = Readonly<Record<Look, string>>;

/** Mid-bright ones of the 256 colours: 3:1 or more against both black and white. */
const NAMES_256 = [32, 65, 130, 133, 97, 161, 167, 67, 28, 136].map((color) => `38;5;${color}`);
/** Of the same kind. What calls for us is reversed, in whatever colours there are. */
const COLORS_256 = { warning: '1;38;5;166', own: '1;38;5;31', place: '38;5;29', code: '38;5;66' };
const NAMES_16 = ['36', '32', '35', '33', '31', '94', '36;1', '32;1', '35;1', '31;1'];

const names = (codes: readonly string[]) => ({
  name0: codes[0] ?? '1',
  name1: codes[1] ?? '1',
  name2: codes[2] ?? '1',
  name3: codes[3] ?? '1',
  name4: codes[4] ?? '1',
  name5: codes[5] ?? '1',
  name6: codes[6] ?? '1',
  name7: codes[7] ?? '1',
  name8: codes[8] ?? '1',
  name9: codes[9] ?? '1',
});

const COLORLESS: Palette = {
  plain: '',
  quiet: '2',
  strong: '1',
  warning: '1',
  mention: '1;7',
  own: '1',
  bar: '7',
  'bar-strong': '7;1',
  place: '1',
  selected: '7',
  code: '2',
  link: '4',
  quote: '2',
  ...names([]),
};

/** @param depth bits of colour: 1 for none, 4 for 16 colours, 8 or more for 256. */
export const paletteOf = (depth: number): Palette => {
  if (depth < 4) return COLORLESS;
  if (depth < 8) return { ...COLORLESS, warning: '31', place: '32', code: '35', ...names(NAMES_16) };
  return { ...COLORLESS, ...COLORS_256, ...names(NAMES_256) };
};
