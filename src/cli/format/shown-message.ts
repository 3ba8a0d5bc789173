/** Messages of the library as data for whoever draws them. */
import { isMention } from '../../base/mention.ts';
import type { AmendmentShown, MessageShown, StoredShown } from '../../ui/shown.ts';
import type { Host } from '../job/operation.ts';
import type { PeerEvent, StoredMessage } from '../library.ts';

type Message = Extract<PeerEvent, { readonly kind: 'message' }>['message'];
type Amendment = Extract<PeerEvent, { readonly kind: 'edit' | 'delete' | 'reaction' | 'topic' }>;

const placeOf = ({ scope }: Pick<Message, 'scope'>) => (scope.kind === 'room' ? { room: scope.room } : { to: scope.reader });
const replyOf = ({ body }: Pick<Message, 'body'>) =>
  body.kind === 'text' && body.replyTo !== undefined ? { replyTo: body.replyTo } : {};

const mentionOf = (host: Host, { author, body }: Pick<Message, 'author' | 'body'>) =>
  author !== host.peer.id && isMention(body.text, host.peer.name) ? { isMention: true as const } : {};

export const messageShown = (host: Host, message: Message): MessageShown => ({
  id: message.id,
  ...placeOf(message),
  from: host.person(message.author, message.authorName),
  sequence: message.sequence,
  text: message.body.text,
  time: message.time,
  isAction: message.body.kind === 'action',
  isLate: message.isLate,
  ...replyOf(message),
  ...mentionOf(host, message),
});

export const storedShown = (host: Host, message: StoredMessage): StoredShown => ({
  id: message.id,
  ...(message.scope.kind === 'direct' && message.author !== host.peer.id ? { to: host.peer.id } : placeOf(message)),
  from: host.person(message.author, message.authorName),
  sequence: message.sequence,
  text: message.body.text,
  time: message.time,
  isAction: message.body.kind === 'action',
  isLate: false,
  ...replyOf(message),
  ...mentionOf(host, message),
  receivedAt: message.receivedAt,
  isDeleted: message.isDeleted,
  edits: message.edits,
  reactions: message.reactions,
});

export const amendmentShown = (host: Host, event: Amendment): AmendmentShown => {
  const from = host.person(event.author, event.authorName);
  const said = { id: event.id, ...placeOf(event), from, time: event.time, isLate: event.isLate };
  switch (event.kind) {
    case 'edit':
      return { ...said, what: 'edit', of: event.of, text: event.text };
    case 'delete':
      return { ...said, what: 'delete', of: event.of };
    case 'reaction':
      return { ...said, what: 'reaction', of: event.of, emoji: event.emoji, isOn: event.isOn };
    case 'topic':
      return { ...said, what: 'topic', text: event.text };
    default:
      return event satisfies never;
  }
};
