/** The profile that a command works on: reached through whoever runs on it, or opened here. The library is loaded only for that. */
import type { PeerId } from '../../base/ids.ts';
import type { ChatPeer, ControlHandler, OpenOptions } from '../library.ts';
import type { Call } from './hand-over.ts';

export type Opened = {
  readonly peer: ChatPeer;
  readonly fingerprintOf: (id: PeerId) => string;
  /** Takes requests of other processes from now on. */
  readonly serve: (handler: ControlHandler) => void;
};

export type Profile = {
  readonly isEphemeral: boolean;
  /** As `OpenOptions.interfaces`; none: those that the peer chooses. */
  readonly interfaces: readonly string[];
  /** Asks the peer that runs on it; undefined if none does. */
  readonly call: Call;
  /** @throws WorldError; its code is profile-in-use if another process was faster. */
  open(): Promise<Opened>;
};

/** @param onOpen told of the peer as soon as it stands. */
export const profileOf = (options: OpenOptions, onOpen: (peer: ChatPeer) => void): Profile => {
  const isEphemeral = options.isEphemeral === true;
  return {
    isEphemeral,
    interfaces: options.interfaces ?? [],
    call: isEphemeral ? () => Promise.resolve(undefined) : (request) => callRunning(options.home, request),
    open: async () => {
      const { openPeer, fingerprintOf } = await import('../../index.ts');
      const peer = await openPeer(options);
      onOpen(peer);
      return { peer, fingerprintOf, serve: (handler) => (isEphemeral ? undefined : peer.serve(handler)) };
    },
  };
};

const callRunning: (home: string | undefined, request: unknown) => ReturnType<Call> = async (home, request) => {
  const [{ callControl }, { defaultHome }] = await Promise.all([
    import('../../platform/control.ts'),
    import('../../platform/home.ts'),
  ]);
  // A home that cannot be read has nobody who runs on it; opening it tells what is wrong.
  return callControl(home ?? defaultHome(), request).catch(() => undefined);
};
