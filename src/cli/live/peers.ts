/** `earshot peers`: who is here. */

import { ExitCode } from '../exit-code.ts';
import type { OutputRecord } from '../format/record.ts';
import { SEEN } from '../format/status-text.ts';
import { type Context, NO_NETWORK, onStop } from '../job/operation.ts';
import { Changes } from './changes.ts';
import { EventFeed } from './event-feed.ts';
import { PeerNews } from './peer-news.ts';

/** Nobody new for this long: everybody who is here has been proven. */
export const QUIET_MS = 1_000;

export type PeersRequest = {
  /** How long to look for people; with `isWatching`, how long to watch (absent: until stopped). */
  readonly waitMs?: number;
  readonly isWatching: boolean;
};

/** How long `peers` looks unless told otherwise. */
export const LOOK_MS = 2_000;

const NOBODY =
  'nobody is here; others may not run earshot, or this network may keep multicast or UDP from passing; find out: earshot doctor';

export async function* peers(context: Context, request: PeersRequest): AsyncGenerator<OutputRecord, ExitCode, void> {
  if (request.isWatching) return yield* watch(context, request.waitMs);
  const { host } = context;
  await look(context, request.waitMs ?? LOOK_MS);
  const views = host.peer.peers;
  for (const view of views) yield { kind: 'peer', peer: host.shown(view) };
  if (views.length > 0) return ExitCode.done;
  return yield* nobody(context);
}

/** Nobody is here, perhaps because there is no network. */
async function* nobody({ host, stop }: Context): AsyncGenerator<OutputRecord, ExitCode, void> {
  const hasNetwork = host.peer.addresses.length > 0;
  const { visibility } = host.peer;
  const seen = visibility === 'open' ? '' : `; you are ${SEEN[visibility]}`;
  if (!stop.aborted) yield { kind: 'error', text: hasNetwork ? `${NOBODY}${seen}` : NO_NETWORK };
  return hasNetwork ? ExitCode.nobody : ExitCode.network;
}

/** Waits until the time is over, or somebody is here and nobody new came for a while. */
const look = async ({ host, stop }: Context, waitMs: number): Promise<void> => {
  const changes = new Changes();
  let isOver = false;
  const end = (): void => {
    isOver = true;
    changes.poke();
  };
  let callOffQuiet: (() => void) | undefined;
  const restartQuiet = (): void => {
    callOffQuiet?.();
    const newest = Math.max(...host.peer.peers.map(({ id }) => host.provenAt(id) ?? host.clock.now()));
    callOffQuiet = host.clock.after(Math.max(0, newest + QUIET_MS - host.clock.now()), end);
  };
  const cleanup = [host.clock.after(waitMs, end), onStop(stop, end), host.peer.on('joined', restartQuiet)];
  if (host.peer.peers.length > 0) restartQuiet();
  await changes.until(() => isOver);
  callOffQuiet?.();
  for (const undo of cleanup) undo();
};

async function* watch(context: Context, waitMs: number | undefined): AsyncGenerator<OutputRecord, ExitCode, void> {
  const { host, stop } = context;
  const feed = new EventFeed(host.peer);
  const callOff = waitMs === undefined ? undefined : host.clock.after(waitMs, () => feed.end());
  const ignoreStop = onStop(stop, () => feed.end());
  const news = new PeerNews({ withState: true });
  let hasSeen = false;
  try {
    for (const view of host.peer.peers) {
      hasSeen = true;
      news.note(view);
      yield { kind: 'peer-event', event: 'joined', peer: host.shown(view) };
    }
    for (let event = await feed.next(); event !== undefined; event = await feed.next()) {
      if (event.kind !== 'joined' && event.kind !== 'left' && event.kind !== 'changed') continue;
      if (!news.isNews(event)) continue;
      hasSeen = true;
      yield { kind: 'peer-event', event: event.kind, peer: host.shown(event.peer) };
    }
    return hasSeen ? ExitCode.done : yield* nobody(context);
  } finally {
    callOff?.();
    ignoreStop();
    feed.close();
  }
}
