/** A key in a form for people to compare. */
import type { PeerId } from '../base/ids.ts';
import { fingerprint } from '../crypto/identity.ts';
import { nodeSuite } from '../crypto/primitives/node-suite.ts';

/** The fingerprint of a peer's key. */
export const fingerprintOf = (id: PeerId): string => fingerprint(nodeSuite, id);
