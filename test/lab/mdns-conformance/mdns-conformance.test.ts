import { labProblem } from '../hosts.ts';
import { suiteOf } from './conform.ts';
import { LANES } from './lanes.ts';

suiteOf(
  'earshot',
  LANES,
  labProblem,
  new Map([
    [
      'a question sent to it alone is answered',
      'what hears that also takes it from others who share the port, and hears responses nobody asked for',
    ],
  ]),
);
