/** What the commands of a chat do that show a person, or a message with who has it. */
import type { PeerId } from '../../base/ids.ts';
import { nameSkeleton } from '../../base/name.ts';
import type { WhoisShown } from '../../ui/whois-lines.ts';
import { storedShown } from '../format/shown-message.ts';
import type { PeerView } from '../library.ts';
import { meansOurselves } from '../live/find-peer.ts';
import type { ChatActions } from './chat-commands.ts';
import { splitPerson } from './chat-line.ts';
import { meant } from './chat-past.ts';

/** Of one name, shown at once. */
const WHOIS_MAX = 8;

/** Everybody who is meant, here or away: a name may be several people's, and each is shown. */
export const whois = async (chat: ChatActions, rest: string): Promise<void> => {
  const [typed] = splitPerson(rest);
  if (typed === '') return chat.tell('Who? /whois bob', true);
  const { host } = chat.context;
  const { peer } = host;
  const ids = new Set<PeerId>();
  const isOurs = meansOurselves(typed, peer.id) || nameSkeleton(typed) === nameSkeleton(peer.name);
  if (isOurs) ids.add(peer.id);
  for (const view of peer.peers) if (nameSkeleton(view.name) === nameSkeleton(typed)) ids.add(view.id);
  for (const { id } of await peer.peopleNamed(typed)) ids.add(id);
  if (ids.size === 0) return chat.tell(`Nobody called "${typed}" is here or known; see who is: /who`, true);
  const everybody = await peer.everybody();
  for (const id of [...ids].slice(0, WHOIS_MAX)) chat.show({ kind: 'whois', person: shown(chat, id, everybody) });
  if (ids.size > WHOIS_MAX) chat.tell(`and ${ids.size - WHOIS_MAX} more; name one by the id`);
};

const shown = (
  chat: ChatActions,
  id: PeerId,
  everybody: readonly { readonly id: PeerId; readonly name: string }[],
): WhoisShown => {
  const { host } = chat.context;
  const { peer } = host;
  const isOurselves = id === peer.id;
  const view = peer.peers.find((one) => one.id === id);
  const name = isOurselves ? peer.name : (view?.name ?? everybody.find((one) => one.id === id)?.name ?? '');
  const skeleton = nameSkeleton(name);
  const others = [...everybody, { id: peer.id, name: peer.name }];
  return {
    id,
    name,
    fingerprint: isOurselves ? peer.fingerprint : host.fingerprintOf(id),
    isOurselves,
    namesakes: others.filter((one) => one.id !== id && name !== '' && nameSkeleton(one.name) === skeleton).map((one) => one.id),
    ...(view === undefined ? {} : { here: hereOf(chat, view) }),
    ...(isOurselves ? { addresses: peer.addresses } : {}),
  };
};

const hereOf = (chat: ChatActions, view: PeerView): NonNullable<WhoisShown['here']> => {
  const { host } = chat.context;
  const ours = new Set(host.peer.rooms);
  const since = host.provenAt(view.id);
  return {
    host: view.address.host,
    port: view.address.port,
    via: view.via,
    state: view.state,
    isPinned: view.isPinned,
    inCommon: view.rooms.filter((room) => ours.has(room)),
    elsewhere: view.rooms.filter((room) => !ours.has(room)),
    ...(since === undefined ? {} : { forMs: host.clock.now() - since }),
    ...(view.rttMs === undefined ? {} : { rttMs: view.rttMs }),
    ...(view.away === undefined ? {} : { away: view.away }),
    ...(view.clockSkewMs === undefined ? {} : { clockSkewMs: view.clockSkewMs }),
  };
};

/** Everybody who is here, as `earshot peers` lists them. */
export const peers = (chat: ChatActions): void => {
  const { host } = chat.context;
  if (host.peer.peers.length === 0) chat.tell('Nobody else is here; find out why: /doctor', true);
  for (const view of host.peer.peers) chat.show({ kind: 'peer', peer: host.shown(view) });
};

/** A message in full; of an own one, who has it. */
export const info = async (chat: ChatActions, rest: string): Promise<void> => {
  const { host } = chat.context;
  const { peer } = host;
  const message = await meant(chat, rest.trim(), ({ author }) => author === peer.id, 'You have said nothing here yet.');
  if (message === undefined) return;
  await host.learnTwins();
  const names = new Map((await peer.everybody()).map(({ id, name }) => [id, name]));
  const nameOf = (id: string): string => (id === peer.id ? peer.name : (names.get(id as PeerId) ?? ''));
  const delivery = await peer.deliveryOf(message.id);
  const people = (ids: readonly PeerId[]) => ids.map((id) => host.person(id, nameOf(id)));
  chat.show({
    kind: 'info',
    message: storedShown(host, message),
    reactors: message.reactions.map(({ emoji, by }) => ({ emoji, by: people(by) })),
    ...(delivery === undefined
      ? {}
      : {
          holders: people(delivery.holders),
          waiting: delivery.isDropped ? [] : people(delivery.audience.filter((id) => !delivery.holders.includes(id))),
          isGivenUp: delivery.isDropped,
        }),
  });
};
