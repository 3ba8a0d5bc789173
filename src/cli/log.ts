/** What a peer tells beside its results, on stderr, as far as was asked for. */
import { addressKey } from '../base/address.ts';
import type { ChatPeer } from './library.ts';
import type { LogLevel } from './program/options.ts';

/** Follows a peer. @param write gets whole lines without prefix and end. */
export const logTo = (peer: ChatPeer, level: LogLevel, write: (text: string) => void): void => {
  if (level === 'error') return;
  peer.on('warning', ({ text }) => write(`warning: ${text}`));
  if (level === 'warning') return;
  peer.on('joined', ({ peer: { name, id, address, via } }) =>
    write(`info: ${name} (${id}) is here, at ${addressKey(address)}, found by ${via}`),
  );
  peer.on('left', ({ peer: { name, id }, why }) => write(`info: ${name} (${id}) has left: ${why}`));
  peer.on('dial-failed', ({ to, why }) => write(`info: nobody met at ${addressKey(to)}: ${why}`));
  if (level === 'info') return;
  peer.on('gap', ({ author, from, to }) => write(`debug: numbers ${from} to ${to} of ${author} are missing`));
  peer.on('delivered', ({ peer: holder, upTo, isStored }) =>
    write(`debug: ${holder} holds up to ${upTo}${isStored ? '' : ', not stored'}`),
  );
};
