/** What the commands of a chat do that look back, or change what was said. */
import { parseEntryId, type Scope } from '../../base/ids.ts';
import { emojiTyped } from '../emoji.ts';
import { describeError } from '../exit-code.ts';
import { storedShown } from '../format/shown-message.ts';
import type { StoredMessage } from '../library.ts';
import { looksLikeMessageId, messageNamed } from '../past/place.ts';
import { queue } from '../past/queue.ts';
import type { ChatActions } from './chat-commands.ts';
import { splitFirst } from './chat-line.ts';

/** BOUNDED: messages looked through for the last one meant. */
const LOOKED_BACK_MAX = 200;
const HISTORY_LINES = 20;
const HISTORY_LINES_MAX = 1_000;
const FOUND_MAX = 20;

/** The message meant by an id in front of `rest`, else the last one here that may be meant; says so if there is none. */
export const meant = async (
  chat: ChatActions,
  typed: string,
  isMeant: (message: StoredMessage) => boolean,
  none: string,
): Promise<StoredMessage | undefined> => {
  try {
    if (typed !== '') return await messageNamed(chat.context.host, typed);
    const here = scopeHere(chat);
    if (here === undefined) return undefined;
    const messages = await chat.context.host.peer.history({ scope: here, limit: LOOKED_BACK_MAX });
    const message = messages.findLast((one) => !one.isDeleted && isMeant(one));
    if (message === undefined) chat.tell(none, true);
    return message;
  } catch (error) {
    chat.tell(describeError(error).text, true);
    return undefined;
  }
};

const scopeHere = (chat: ChatActions): Scope | undefined => {
  if (chat.here === undefined) chat.tell('You are in no room; join one: /join lobby', true);
  return chat.here;
};

/** The id in front, if there is one, and the rest. */
const idFirst = (rest: string): readonly [string, string] => {
  const [first, after] = splitFirst(rest);
  return looksLikeMessageId(first) && /\d/.test(first) && first.length >= 6 ? [first, after] : ['', rest];
};

const attempt = async (chat: ChatActions, saying: Promise<unknown>): Promise<boolean> => {
  try {
    await saying;
    return true;
  } catch (error) {
    chat.tell(`Not done: ${error instanceof Error ? error.message : String(error)}`, true);
    return false;
  }
};

export const reply = async (chat: ChatActions, rest: string): Promise<void> => {
  const [id, text] = idFirst(rest);
  if (text === '') return chat.tell('Answer what? /reply yes, at noon', true);
  const { peer } = chat.context.host;
  const message = await meant(chat, id, ({ author }) => author !== peer.id, 'Nobody has said anything here yet.');
  if (message === undefined) return;
  const options = { replyTo: message.id };
  if (message.scope.kind === 'room') return chat.sayInRoom(message.scope.room, text, options);
  const reader = message.scope.reader === peer.id ? message.author : message.scope.reader;
  await chat.sayTo(reader, message.authorName, text, options);
};

export const react = async (chat: ChatActions, rest: string): Promise<void> => {
  const [typed, id] = splitFirst(rest);
  if (typed === '') return chat.tell('With what? /react 👍', true);
  const { peer } = chat.context.host;
  const emoji = await emojiOf(chat, typed);
  if (emoji === undefined) return;
  const message = await meant(chat, id, ({ author }) => author !== peer.id, 'Nobody has said anything here yet.');
  if (message === undefined) return;
  const isOn = !message.reactions.some((reaction) => reaction.emoji === emoji && reaction.by.includes(peer.id));
  if (await attempt(chat, peer.react(message.scope, message.id, emoji, isOn)))
    chat.onChanged(message, { what: 'reaction', emoji, isOn });
};

const emojiOf = async (chat: ChatActions, typed: string): Promise<string | undefined> => {
  try {
    return await emojiTyped(typed);
  } catch (error) {
    chat.tell(describeError(error).text, true);
    return undefined;
  }
};

export const edit = async (chat: ChatActions, rest: string): Promise<void> => {
  const [id, text] = idFirst(rest);
  if (text === '') return chat.tell('To what? /edit at noon, I mean', true);
  const message = await own(chat, id);
  if (message === undefined) return;
  if (await attempt(chat, chat.context.host.peer.edit(message.scope, message.id, text)))
    chat.onChanged(message, { what: 'edit', text });
};

export const remove = async (chat: ChatActions, rest: string): Promise<void> => {
  const message = await own(chat, rest.trim());
  if (message === undefined) return;
  if (await attempt(chat, chat.context.host.peer.remove(message.scope, message.id))) chat.onChanged(message, { what: 'delete' });
};

const own = async (chat: ChatActions, id: string): Promise<StoredMessage | undefined> => {
  const { peer } = chat.context.host;
  const message = await meant(chat, id, ({ author }) => author === peer.id, 'You have said nothing here yet.');
  if (message === undefined || message.author === peer.id) return message;
  chat.tell('That message is not yours.', true);
  return undefined;
};

export const topic = async (chat: ChatActions, rest: string): Promise<void> => {
  const { room } = chat;
  if (room === undefined) {
    const isWithPerson = chat.here !== undefined;
    return chat.tell(
      isWithPerson ? 'Only a room has a topic; go to one: /join lobby' : 'You are in no room; join one: /join lobby',
      true,
    );
  }
  const { peer } = chat.context.host;
  if (rest !== '') {
    const text = rest === '-' ? '' : rest;
    await attempt(
      chat,
      peer.setTopic(room, text).then(({ id, time }) => chat.onTopic({ id, room, text, time })),
    );
    return;
  }
  const now = await peer.topicOf(room);
  chat.tell(now === undefined ? `#${room} has no topic; set one: /topic soup at noon` : `#${room}: ${now.text}`);
};

export const showHistory = async (chat: ChatActions, rest: string): Promise<void> => {
  const limit = rest === '' ? HISTORY_LINES : Number(rest);
  if (!Number.isInteger(limit) || limit < 1 || limit > HISTORY_LINES_MAX)
    return chat.tell(`How many? /history 50 (at most ${HISTORY_LINES_MAX})`, true);
  const scope = scopeHere(chat);
  if (scope === undefined) return;
  const { host } = chat.context;
  await host.learnTwins();
  const messages = await host.peer.history({ scope, limit });
  if (messages.length === 0) chat.tell('Nothing was said here yet.');
  for (const message of messages) chat.show({ kind: 'stored', message: storedShown(host, message) });
};

export const older = async (chat: ChatActions, rest: string): Promise<void> => {
  const scope = scopeHere(chat);
  if (scope === undefined) return;
  if (rest === '') return chat.older(scope, undefined);
  const id = parseEntryId(rest) ?? (await meant(chat, rest, () => true, ''))?.id;
  if (id !== undefined) await chat.older(scope, id);
};

export const find = async (chat: ChatActions, rest: string): Promise<void> => {
  if (rest === '') return chat.tell('For what? /search soup', true);
  const { host } = chat.context;
  try {
    const messages = await host.peer.search({ words: rest, limit: FOUND_MAX });
    if (messages.length === 0) chat.tell(`Nothing was said with ${rest}.`);
    for (const message of messages.toReversed()) chat.show({ kind: 'stored', message: storedShown(host, message) });
  } catch (error) {
    chat.tell(error instanceof Error ? error.message : String(error), true);
  }
};

export const showQueue = async (chat: ChatActions, rest: string): Promise<void> => {
  const [word, id] = splitFirst(rest);
  if (word !== '' && (word !== 'drop' || id === '')) return chat.tell('What waits: /queue. To give one up: /queue drop ID', true);
  let isEmpty = true;
  for await (const record of queue(chat.context, word === '' ? {} : { drop: id })) {
    isEmpty = false;
    if (record.kind === 'error') chat.tell(record.text, true);
    else chat.show(record);
  }
  if (isEmpty) chat.tell('Nothing waits: everybody has what you said.');
};

/** @param text undefined: back. */
export const away = (chat: ChatActions, text: string | undefined): void => {
  const { attendance } = chat.context.host;
  const wasAway = attendance.away !== undefined;
  attendance.setAway(text);
  if (text !== undefined) chat.tell('Others see that you are away; /back ends it.');
  else chat.tell(wasAway ? 'Others see that you are back.' : 'You are not away.');
};
