/** Whom a command of a chat means. */

import { cleanName } from '../../base/name.ts';
import { describeError } from '../exit-code.ts';
import type { KnownPerson, PeerView } from '../library.ts';
import { findPeer, meansOurselves, whyNotFound } from '../live/find-peer.ts';
import { personNamed } from '../past/place.ts';
import type { ChatActions } from './chat-commands.ts';
import { splitPerson } from './chat-line.ts';

const isOwnName = (typed: string, own: string): boolean => typed.trim().toLowerCase() === own.toLowerCase();

/** The one person meant; waits until a name that has just appeared is settled, and says so if nobody or several are meant. */
export const personOf = async (chat: ChatActions, typed: string): Promise<PeerView | undefined> => {
  const { host } = chat.context;
  if (meansOurselves(typed, host.peer.id)) {
    chat.tell('That is you.', true);
    return undefined;
  }
  for (;;) {
    const found = findPeer(typed, host.peer.peers, host.clock.now(), (id) => host.provenAt(id));
    if (found.kind === 'one') return found.peer;
    if (found.kind !== 'settling') {
      chat.tell(isOwnName(typed, host.peer.name) ? 'That is you.' : whyNotFound(typed, found, '/who'), true);
      return undefined;
    }
    await new Promise<void>((resolve) => host.clock.after(Math.max(1, found.at - host.clock.now()), resolve));
  }
};

/** Whom to write to: somebody here, else the one who is known by that name, for whom it waits. */
export const readerOf = async (chat: ChatActions, typed: string): Promise<KnownPerson | undefined> => {
  const { host } = chat.context;
  const isSomebodyHere = findPeer(typed, host.peer.peers, host.clock.now(), (id) => host.provenAt(id)).kind !== 'none';
  const isKnown = (await host.peer.peopleNamed(typed)).length > 0;
  if (isSomebodyHere || !isKnown || isOwnName(typed, host.peer.name)) return personOf(chat, typed);
  try {
    const person = await personNamed(host, typed);
    chat.tell(`${cleanName(person.name) || person.id.slice(0, 12)} is not here; what you say waits for them.`);
    return person;
  } catch (error) {
    chat.tell(describeError(error).text.replace('earshot peers', '/who'), true);
    return undefined;
  }
};

/** Hides what somebody says, or shows it again. */
export const ignore = async (chat: ChatActions, rest: string): Promise<void> => {
  const nameOf = (name: string, id: string): string => name || id.slice(0, 12);
  if (rest === '') {
    const names = [...chat.ignored].map(([id, name]) => `${nameOf(name, id)} (${id.slice(0, 12)})`);
    return chat.tell(names.length === 0 ? 'Nobody is ignored.' : `Ignored: ${names.join(', ')}`);
  }
  const [typed] = splitPerson(rest);
  const gone = [...chat.ignored].find(([id, name]) => id.startsWith(typed.toLowerCase()) || name === typed);
  const person = gone === undefined ? await personOf(chat, typed) : { id: gone[0], name: gone[1] };
  if (person === undefined) return;
  if (chat.ignored.delete(person.id)) return chat.tell(`What ${person.name} says is shown again.`);
  chat.ignored.set(person.id, person.name);
  chat.tell(`What ${person.name} says is hidden from now on, until /ignore ${person.name}.`);
};
