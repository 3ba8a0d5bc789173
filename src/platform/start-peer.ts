/** Puts a peer together: profile, lock, sockets, disk, core and runner, each checked before the next is begun. */
import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { type PeerId, peerId } from '../base/ids.ts';
import { isMention } from '../base/mention.ts';
import { cleanName } from '../base/name.ts';
import type { Visibility } from '../base/visibility.ts';
import type { NewcomerHistory } from '../chat/networks.ts';
import { makeIdentity } from '../crypto/identity.ts';
import { nodeSuite } from '../crypto/primitives/node-suite.ts';
import type { LinkInterface } from '../discovery/dns-message.ts';
import { isOnLink, isOwnHost } from '../discovery/link.ts';
import type { RecordRef } from '../peer/effect.ts';
import type { PeerEvent } from '../peer/event.ts';
import type { Input } from '../peer/input.ts';
import type { PeerOptions } from '../peer/options.ts';
import { type BeaconPort, openBeaconPort } from './beacon-port.ts';
import { systemClock } from './clock.ts';
import type { CorePeer } from './core-peer.ts';
import { EarshotPeer } from './earshot-peer.ts';
import { indexFile, newProfile, type Profile } from './home.ts';
import { Book } from './index/book.ts';
import { MemoryRecords } from './index/memory-records.ts';
import { checkInterfaces, InterfaceWatch, ownHosts, reachableAt } from './interfaces.ts';
import { dropMarks, type Kept, keepName, keepPreferences, openKept, settleProfile } from './kept-profile.ts';
import { type MdnsPort, openMdns } from './mdns/mdns.ts';
import { NetworkKey } from './network-key.ts';
import { Past } from './past.ts';
import { PlacePreferences } from './place-preferences.ts';
import { Problems } from './problems.ts';
import { RememberedPeers } from './remembered-peers.ts';
import { Runner } from './run.ts';
import { StaticPeers } from './static-peers.ts';
import { Checkpointer } from './store/checkpointer.ts';
import { Retention } from './store/retention.ts';
import { type RetentionLimits, retentionLimits } from './store/retention-limits.ts';
import { Surroundings } from './surroundings.ts';
import { openUdp, type UdpPort } from './udp.ts';

export type OpenOptions = {
  /** Shown to others, for this run (`rename` keeps one). Default: the one kept, else the name of this user. */
  readonly name?: string;
  /** The folder of the profile. Default: `defaultHome()`. */
  readonly home?: string;
  /** Keeps nothing: new keys, nothing on disk, no profile; a message counts as delivered when the program has taken it. */
  readonly isEphemeral?: boolean;
  /** false: what is said to us directly is left with its author, unacknowledged, until `read()`. Default true. */
  readonly isReading?: boolean;
  /**
   * What newcomers to a room are handed of what was said there before they came: nothing, what was heard on the present
   * network in the last 24 hours (default), or all there is.
   */
  readonly newcomers?: NewcomerHistory;
  /**
   * How much of what was said is kept, e.g. `7 days`, `#builds 500 messages`, `64 MB`, `2000 MB in all`. Default: 30 days, 100,000
   * messages and 128 MB of each room and conversation, 1000 MB in all.
   */
  readonly keep?: readonly string[];
  /** UDP port; taken: WorldError port-taken. Default: the one had before, else any. */
  readonly port?: number;
  /** Names or addresses of the interfaces to use, also such as are left out by default. Whoever is elsewhere is not heard, unless in `peers`. */
  readonly interfaces?: readonly string[];
  /** Peers to meet, `host:port`, beside those that discovery finds. */
  readonly peers?: readonly string[];
  /**
   * Who learns that this peer is here: everybody (`open`, the default); people it wrote to, and nobody else (`private`); nobody, until
   * it dials somebody whom it wrote to and hears, or who is in `peers` (`stealth`).
   */
  readonly visibility?: Visibility;
  /** false: no mDNS. Default true. */
  readonly useDiscovery?: boolean;
};

/** What stands between the effects and the inputs: the core, or in tests a script. */
export type MakeCore = (options: PeerOptions) => CorePeer;

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
const LABEL_LENGTH = 26;

/** Closers of what was opened, last first. */
type Cleanup = (() => unknown)[];

const entropy = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
const randomLabel = (): string => Array.from(randomBytes(LABEL_LENGTH), (byte) => BASE32[byte & 31]).join('');

const userName = (): string => {
  try {
    return cleanName(userInfo().username);
  } catch {
    return ''; // a user without an entry in the system's list: the core finds a name
  }
};

const closeAll = async (cleanup: Cleanup): Promise<void> => {
  const failures: unknown[] = [];
  for (const close of cleanup.splice(0).reverse()) {
    try {
      await close();
    } catch (error) {
      failures.push(error); // the rest is to be closed all the same
    }
  }
  if (failures.length > 0) throw failures[0];
};

/**
 * Starts a peer around a core.
 * @throws WorldError, ApiMisuse for options that cannot be meant; nothing stays open then.
 */
export const startPeer = async (options: OpenOptions, makeCore: MakeCore): Promise<EarshotPeer> => {
  const cleanup: Cleanup = [];
  try {
    return await assemble(options, makeCore, cleanup);
  } catch (error) {
    await closeAll(cleanup).catch(() => undefined); // the first failure is the one to be told of
    throw error;
  }
};

const coreOptions = (options: OpenOptions, profile: Profile, port: number): PeerOptions => ({
  suite: nodeSuite,
  entropy,
  identity: makeIdentity(nodeSuite, profile.signingSeed, profile.dhSeed, profile.serial),
  log: profile.log,
  boot: entropy(8),
  name: cleanName(options.name ?? '') || profile.name || userName(),
  port,
  label: randomLabel(),
  isEphemeral: options.isEphemeral ?? false,
  isReading: options.isReading ?? true,
  newcomers: options.newcomers ?? 'recent',
  visibility: options.visibility ?? 'open',
  useDiscovery: options.useDiscovery ?? true,
});

/** The parts that talk to each other, filled in as they are opened. */
type Assembly = {
  readonly watch: InterfaceWatch;
  readonly statics: StaticPeers;
  readonly problems: Problems;
  /** Of a peer that is kept and may find others. */
  remembered: RememberedPeers | undefined;
  readonly post: (input: Input) => void;
  /** Also tells on which network we are. */
  readonly postInterfaces: (interfaces: readonly LinkInterface[]) => void;
  mdns: MdnsPort | undefined;
  runner: Runner | undefined;
  readonly limits: RetentionLimits;
};

const assemble = async (options: OpenOptions, makeCore: MakeCore, cleanup: Cleanup): Promise<EarshotPeer> => {
  const wanted = options.interfaces ?? [];
  checkInterfaces(wanted);
  const limits = retentionLimits(options.keep ?? []);
  const post = (input: Input): void => parts.runner?.post(input);
  const problems = new Problems();
  const network = new NetworkKey();
  const parts: Assembly = {
    watch: new InterfaceWatch(wanted),
    statics: new StaticPeers(options.peers ?? [], {
      dial: (to) => post({ kind: 'dial', to, via: 'static' }),
      onProblem: problems.ofFinding,
    }),
    problems,
    post,
    postInterfaces: (interfaces) => {
      const key = network.of(interfaces);
      if (key !== undefined) post({ kind: 'network', key });
      post({ kind: 'interfaces', interfaces, hosts: ownHosts() });
      for (const to of parts.remembered?.onNetwork(key) ?? []) post({ kind: 'dial', to, via: 'remembered' });
    },
    remembered: undefined,
    mdns: undefined,
    runner: undefined,
    limits,
  };
  cleanup.push(() => parts.statics.close());
  await parts.statics.start();

  const isHiding = (options.visibility ?? 'open') !== 'open';
  const kept = options.isEphemeral === true ? undefined : await openKept(options, parts.problems.ofDisk, cleanup);
  const udp = await openUdp({
    ...(wanted.length === 0 ? {} : { mayHear: nearness(parts) }),
    ...(options.port === undefined || options.port === 0 ? {} : { port: options.port }),
    preferredPort: isHiding ? 0 : (kept?.profile.port ?? 0), // the port kept would tell whose this is
    onDatagram: (from, bytes) => post({ kind: 'datagram', from, bytes }),
  });
  cleanup.push(() => udp.close());
  if (kept !== undefined) settleProfile(kept, isHiding ? kept.profile.port : udp.port);
  if (kept !== undefined && options.useDiscovery !== false) {
    const remembered = new RememberedPeers(kept.home, parts.problems.ofDisk);
    parts.remembered = remembered;
    cleanup.push(() => remembered.close());
  }

  const peer = makePeer(coreOptions(options, kept?.profile ?? newProfile(), udp.port), makeCore, { kept, udp, parts, cleanup });
  cleanup.push(() => parts.runner?.stop());
  if (options.useDiscovery !== false) await openDiscovery(parts, cleanup);
  watchSurroundings(parts, cleanup);
  parts.postInterfaces(parts.watch.current);
  parts.statics.dialAll();
  // Last: whoever opened the peer listens by the time of the first turn.
  parts.runner?.start();
  parts.problems.begin();
  return peer;
};

/** Hosts whose nearness is remembered, as every datagram asks; then it is begun again. */
const NEAR_REMEMBERED_MAX = 256;

/** With the interfaces limited: whether a datagram from a host came by one of them, or from somebody named by the user. */
const nearness = ({ watch, statics }: Assembly): ((host: string) => boolean) => {
  const near = new Set<string>(); // BOUNDED: by NEAR_REMEMBERED_MAX
  let links = watch.current;
  return (host) => {
    if (links !== watch.current || near.size >= NEAR_REMEMBERED_MAX) near.clear();
    links = watch.current;
    if (near.has(host)) return true;
    if (!links.some((link) => isOwnHost(link, host) || isOnLink(link, host))) return statics.has(host);
    near.add(host);
    return true;
  };
};

type Opened = { readonly kept: Kept | undefined; readonly udp: UdpPort; readonly parts: Assembly; readonly cleanup: Cleanup };

const makePeer = (options: PeerOptions, makeCore: MakeCore, { kept, udp, parts, cleanup }: Opened): EarshotPeer => {
  const { core, checkpointer, replayFrom } = restoredCore(options, makeCore, kept, parts.problems.ofDisk);
  const self = peerId(options.identity.signing.publicKey);
  const { past, book } = pastOf(self, core, { kept, parts });
  const retention = kept === undefined ? undefined : retentionOf(self, core, kept, { book, parts });
  const makeRunner = (onEvent: (event: PeerEvent) => void): Runner => {
    parts.runner = new Runner({
      core,
      clock: systemClock,
      transmit: (to, bytes) => udp.send(to, bytes),
      sendMdns: (send) => parts.mdns?.send(send),
      store: kept?.opened.store,
      ...(checkpointer === undefined ? {} : { checkpointer, replayFrom }),
      replace: (ref, record) => book.replace(ref, record),
      onEvent: (event) => {
        if (event.kind === 'joined' || event.kind === 'changed') parts.remembered?.onHere(event.peer.id, event.peer.address);
        onEvent(event);
      },
    });
    return parts.runner;
  };
  return new EarshotPeer({
    id: self,
    log: options.log,
    port: udp.port,
    isEphemeral: options.isEphemeral,
    visibility: options.visibility,
    core,
    clock: systemClock,
    makeRunner,
    addresses: () => reachableAt(parts.watch.current, udp.port, { ipv4: udp.hasIPv4, ipv6: udp.hasIPv6 }),
    udpStats: () => udp.stats(),
    problems: parts.problems,
    onDialFailed: (event) => parts.statics.onDialFailed(event.to),
    keepName: (name) => {
      if (kept !== undefined) keepName(kept, name);
    },
    preferences: new PlacePreferences(kept?.profile.places ?? {}, (places) => {
      if (kept !== undefined) keepPreferences(kept, places);
    }),
    lock: kept?.lock,
    past,
    retention,
    close: () => closeAll(cleanup),
  });
};

/** The core, with what the checkpoint knows if there is one that it can use. */
const restoredCore = (
  options: PeerOptions,
  makeCore: MakeCore,
  kept: Kept | undefined,
  onProblem: (text: string) => void,
): { readonly core: CorePeer; readonly checkpointer: Checkpointer | undefined; readonly replayFrom: RecordRef } => {
  if (kept === undefined) return { core: makeCore(options), checkpointer: undefined, replayFrom: 0 };
  const { checkpoint } = kept;
  kept.checkpoint = undefined; // it is large, and of no use any more
  const checkpointer = new Checkpointer(kept.home, options.log, kept.opened.store, onProblem);
  const core = makeCore(options);
  if (checkpoint === undefined) return { core, checkpointer, replayFrom: 0 };
  if (core.restoreSnapshot(checkpoint.snapshot)) return { core, checkpointer, replayFrom: checkpoint.end };
  return { core: makeCore(options), checkpointer, replayFrom: 0 };
};

const pastOf = (
  self: PeerId,
  core: CorePeer,
  { kept, parts }: Pick<Opened, 'kept' | 'parts'>,
): { readonly past: Past; readonly book: Book } => {
  const memory = kept === undefined ? new MemoryRecords() : undefined;
  const store = kept?.opened.store ?? memory ?? new MemoryRecords();
  const book = new Book({
    store,
    path: kept === undefined ? undefined : indexFile(kept.home),
    storeName: kept?.profile.log ?? '',
    self,
    isMention: (text) => isMention(text, core.name),
    onRewritten: (ref, record) => parts.post({ kind: 'rewritten', ref, record }),
    onProblem: parts.problems.ofDisk,
  });
  const nameOf = (peer: PeerId): string | undefined => {
    if (peer === self) return core.name;
    return core.people(systemClock.now()).find(({ id }) => id === peer)?.name;
  };
  return { past: new Past({ self, book, memory, nameOf }), book };
};

const retentionOf = (
  self: PeerId,
  core: CorePeer,
  kept: Kept,
  { book, parts }: { readonly book: Book; readonly parts: Assembly },
): Retention =>
  new Retention({
    self,
    store: kept.opened.store,
    book,
    clock: systemClock,
    post: parts.post,
    stateRecords: () => core.stateRecords(),
    onReplaced: (segments) => dropMarks(kept, segments),
    onProblem: parts.problems.ofDisk,
    limits: parts.limits,
  });

const openDiscovery = async (parts: Assembly, cleanup: Cleanup): Promise<void> => {
  const { watch, post } = parts;
  const mdns = await openMdns({
    interfaces: () => watch.current,
    onMessage: (received) => post({ kind: 'mdns', ...received }),
    onProblem: (text, isTotal) => (isTotal ? parts.problems.ofFinding(text) : parts.problems.ofNetwork(text)),
    onRejoined: (name) => {
      post({ kind: 'interfaces', interfaces: watch.current.filter((link) => link.name !== name) });
      post({ kind: 'interfaces', interfaces: watch.current, hosts: ownHosts() });
    },
  });
  parts.mdns = mdns;
  cleanup.push(() => mdns.close());
  const beacons: BeaconPort = await openBeaconPort({
    onDatagram: (from, bytes) => post({ kind: 'beacon', from, bytes }),
    onProblem: parts.problems.ofNetwork,
  });
  cleanup.push(() => beacons.close());
};

const watchSurroundings = ({ watch, statics, postInterfaces, mdns }: Assembly, cleanup: Cleanup): void => {
  const surroundings = new Surroundings(watch, (why) => {
    // After sleep every link is as if it had just come up.
    if (why === 'woken') postInterfaces([]);
    mdns?.setInterfaces(watch.current);
    postInterfaces(watch.current);
    statics.again();
  });
  cleanup.push(() => surroundings.close());
};
