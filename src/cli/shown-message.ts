/** A message of the library as data for whoever draws it. */
import type { MessageShown } from '../ui/shown.ts';
import type { PeerEvent } from './library.ts';
import type { Host } from './operation.ts';

type Message = Extract<PeerEvent, { readonly kind: 'message' }>['message'];

export const messageShown = (host: Host, message: Message): MessageShown => ({
  id: message.id,
  ...(message.scope.kind === 'room' ? { room: message.scope.room } : { to: message.scope.reader }),
  from: host.person(message.author, message.authorName),
  sequence: message.sequence,
  text: message.body.text,
  time: message.time,
  isAction: message.body.kind === 'action',
  isLate: message.isLate,
});
