/** The control: what avahi does as the RFC says, the tester must find so. */
import { labProblem } from '../hosts.ts';
import { missingForLab } from '../mdns-lab.ts';
import { asked } from './answers.ts';
import { suiteOf } from './conform.ts';
import { odd } from './odd.ts';
import { start } from './start.ts';

/** Of avahi 0.8. */
const KNOWN = [
  'what the asker knows with less than that is said',
  'a truncated question waits 400 to 500 ms for more known answers',
  'a probe for its name is answered sooner than that',
  'of several questions in one packet each is answered',
  'asked for a type that its name does not have, it says so',
  'this names its types and not itself, in block 0, with its own name as the next',
  'with its IPv4 addresses comes that it has no IPv6 address',
  'a question that welcomes unicast is answered so, if all heard it lately',
  'it is told the target of a service without compression, in at most 512 bytes',
  'compressed names are understood, in questions and in the data of known answers',
  'announcements are a second or more apart, and no gap is shorter than twice the one before',
  'of a set with the flush bit all is said, though the asker knows a part',
];

suiteOf(
  'avahi',
  [asked, odd, start],
  labProblem ?? missingForLab('avahi-daemon', 'avahi-browse', 'avahi-publish', 'dbus-daemon'),
  new Map(KNOWN.map((title) => [title, 'avahi 0.8 is known not to'])),
);
