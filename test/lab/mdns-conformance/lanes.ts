/** All lanes, the longest first. */
import { asked } from './answers.ts';
import type { Lane } from './bench.ts';
import { many, refreshes, series, unanswered } from './browser.ts';
import { links } from './links.ts';
import { early, manyConflicts, renamed, tieBreaks, uncontested } from './names.ts';
import { odd, quiet } from './odd.ts';
import { start } from './start.ts';
import { heard } from './taken.ts';

export const LANES: readonly Lane[] = [
  quiet,
  asked,
  odd,
  heard,
  start,
  unanswered,
  refreshes,
  series,
  manyConflicts,
  many,
  links,
  renamed,
  uncontested,
  early,
  ...tieBreaks,
];
