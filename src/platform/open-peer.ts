/** The library's door: a peer with the real core. */
import { Peer } from '../peer/peer.ts';
import type { EarshotPeer } from './earshot-peer.ts';
import { type OpenOptions, startPeer } from './start-peer.ts';

/**
 * Opens a peer: finds others on the LAN and is found, until it is closed.
 * @throws WorldError for a world that is not as needed (port taken, profile in use or damaged, no such interface, …), with a
 * message that says what to do; ApiMisuse for options that cannot be meant.
 */
export const openPeer = (options: OpenOptions = {}): Promise<EarshotPeer> => startPeer(options, (core) => new Peer(core));
