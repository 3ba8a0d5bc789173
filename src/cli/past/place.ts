/** Rooms, people and messages as they are named on a command line: `lobby`, `#lobby`, `@bob`, the beginning of an id. */
import { directScope, roomScope, type Scope } from '../../base/ids.ts';
import { cleanName } from '../../base/name.ts';
import { parseRoomName } from '../../base/room-name.ts';
import { CommandError, ExitCode } from '../exit-code.ts';
import type { Host } from '../job/operation.ts';
import type { KnownPerson, StoredMessage } from '../library.ts';

/** Digits of a message's id that name it. */
const ID_PREFIX_MIN = 4;

/** The one person who goes, or went, by a name, or whose id begins so. @throws CommandError nobody. */
export const personNamed = async (host: Host, typed: string): Promise<KnownPerson> => {
  const text = typed.replace(/^@/, '').trim();
  const people = await host.peer.peopleNamed(text);
  const [first, second] = people;
  if (first === undefined) {
    throw new CommandError(ExitCode.nobody, `nobody called "${text}" is known here; see who is here: earshot peers`);
  }
  if (second === undefined) return first;
  const all = people.slice(0, 8).map(({ id, name }) => `${cleanName(name)} ${id.slice(0, 12)}`);
  throw new CommandError(ExitCode.nobody, `"${text}" could be any of ${people.length}: ${all.join(', ')}; name one by its id`);
};

/** The room, or the conversation with somebody. @throws CommandError */
export const scopeNamed = async (host: Host, typed: string): Promise<Scope> => {
  if (typed.startsWith('@')) return directScope((await personNamed(host, typed)).id);
  const room = parseRoomName(typed);
  if (room !== undefined) return roomScope(room);
  throw new CommandError(
    ExitCode.usage,
    `"${typed}" is neither a room (1 to 32 letters, digits, "-", "_" or ".") nor a person (@bob)`,
  );
};

export const looksLikeMessageId = (typed: string): boolean => typed.length >= ID_PREFIX_MIN && /^[0-9a-f]{1,32}$/i.test(typed);

/** The one message whose id begins so. @throws CommandError usage, nobody. */
export const messageNamed = async (host: Host, typed: string): Promise<StoredMessage> => {
  if (!looksLikeMessageId(typed)) {
    throw new CommandError(
      ExitCode.usage,
      `"${typed}" is no message: give its id, or ${ID_PREFIX_MIN} or more of its first digits (earshot history shows them)`,
    );
  }
  const ids = await host.peer.idsFrom(typed.toLowerCase());
  const [id] = ids;
  if (ids.length > 1) throw new CommandError(ExitCode.usage, `more than one message's id begins with ${typed}; give more of it`);
  const message = id === undefined ? undefined : await host.peer.message(id);
  if (message !== undefined) return message;
  throw new CommandError(ExitCode.nobody, `no message's id begins with ${typed}; see: earshot history`);
};
