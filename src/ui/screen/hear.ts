/** What the chat tells, as it changes the model. */
import { cleanName } from '../../base/name.ts';
import type { MessageShown } from '../shown.ts';
import type { Look } from './cells.ts';
import { type Entry, messageEntry, storedEntry } from './entry.ts';
import { nameOf } from './entry-rows.ts';
import type { ScreenEvent } from './event.ts';
import { addPast, amend, append, changeMessage, hasMessage, type Log, readUp } from './log.ts';
import { changeLog, here, logAt, type Model, nameById, type Step, stay, TYPING_MAX, withPlace } from './model.ts';
import { type Place, placeKey, placeOf } from './place.ts';
import { arrive } from './places.ts';

export type Heard = Exclude<ScreenEvent, { readonly kind: 'key' | 'text' | 'paste' | 'resize' | 'edited' | 'paths' }>;

export const onHeard = (model: Model, event: Heard): Step => {
  switch (event.kind) {
    case 'message':
      return onMessage(model, event.message, event.isAloud === true);
    case 'past':
      return stay(onPast(model, event));
    case 'said':
      return stay(onSaid(model, event));
    case 'held': {
      const delivery = { holders: event.holders, audience: event.audience };
      const found = model.logs.find((log) => hasMessage(log, event.id));
      if (found === undefined) return stay(model);
      return stay(
        changeLog(model, placeKey(found.place), (log) => changeMessage(log, event.id, (entry) => ({ ...entry, delivery }))),
      );
    }
    case 'amendment': {
      const place = placeOf(event.amendment, model.overview.self.id, (id) => nameById(model, id));
      return stay(
        onAmendment(
          changeLog(model, placeKey(place), (log) => amend(log, event.amendment)),
          event.amendment,
          place,
        ),
      );
    }
    case 'presence':
      return stay(
        addEntry(model, model.at, (n) => ({
          kind: 'presence',
          n,
          time: event.time,
          changes: [{ name: event.name, isHere: event.isHere }],
        })),
      );
    case 'note':
      return stay(note(model, event.text, event.look, event.time));
    case 'typing':
      return stay(onTyping(model, event));
    case 'focus':
      return stay(event.hasFocus ? { ...model, hasFocus: true } : { ...changeLog(model, model.at, readUp), hasFocus: false });
    case 'overview':
      return stay(onOverview(model, event.overview));
    case 'prompt':
      return stay(onPrompt(model, event));
    case 'taken':
      return stay({ ...model, taken: Math.max(model.taken, event.line) });
    case 'emoji':
      return stay({ ...model, emoji: event.names });
    default:
      return event satisfies never;
  }
};

const addEntry = (model: Model, key: string, make: (n: number) => Entry): Model =>
  changeLog({ ...model, nextEntry: model.nextEntry + 1 }, key, (log) => append(log, make(model.nextEntry)));

/** A line from earshot itself, in the place that is looked at. */
export const note = (model: Model, text: string, look: Look, time: number): Model =>
  addEntry(model, model.at, (n) => ({ kind: 'note', n, time, text, look }));

const onMessage = (model: Model, message: MessageShown, isAloud: boolean): Step => {
  const self = model.overview.self.id;
  const place = placeOf(message, self, (id) => nameById(model, id));
  const key = placeKey(place);
  const there = withPlace(model, place);
  if (hasMessage(logAt(there, key) ?? here(there), message.id)) return stay(there);
  const added = addEntry(there, key, (n) => messageEntry(n, message, self));
  const quiet = stopTyping(added, message.from.id);
  const isForUs = place.kind === 'person' || message.isMention === true;
  const isOpen = key === model.at && logAt(model, key)?.anchor === undefined;
  const isNews = message.isPast !== true && message.from.id !== self;
  const counted = isOpen || !isNews ? quiet : changeLog(quiet, key, (log) => count(log, isForUs));
  const isSeen = (isOpen && model.hasFocus) || !isNews;
  const marked = isSeen ? counted : changeLog(counted, key, (log) => ({ ...log, newFrom: log.newFrom ?? there.nextEntry }));
  return { model: marked, effects: isNews && isAloud ? [{ kind: 'notify', message }] : [] };
};

const count = (log: Log, isForUs: boolean): Log => ({
  ...log,
  unread: log.unread + 1,
  mentions: log.mentions + (isForUs ? 1 : 0),
});

const onPast = (model: Model, { place, messages, isStart }: Extract<Heard, { readonly kind: 'past' }>): Model => {
  const there = withPlace(model, place);
  const self = model.overview.self.id;
  const entries = messages.map((message, at) => storedEntry(there.nextEntry + at, message, self));
  const numbered = { ...there, nextEntry: there.nextEntry + entries.length };
  return changeLog(numbered, placeKey(place), (log) => addPast(log, entries, isStart));
};

const onSaid = (model: Model, { message, audience, isElsewhere }: Extract<Heard, { readonly kind: 'said' }>): Model => {
  const self = message.from.id;
  const place = placeOf(message, self, (id) => nameById(model, id));
  const there = withPlace(model, place);
  const key = placeKey(place);
  if (hasMessage(logAt(there, key) ?? here(there), message.id)) return there;
  const added = addEntry(there, key, (n) => ({ ...messageEntry(n, message, self), delivery: { holders: [], audience } }));
  return isElsewhere === true ? added : changeLog(added, key, readUp); // who speaks elsewhere did not look here
};

const onAmendment = (
  model: Model,
  amendment: Extract<Heard, { readonly kind: 'amendment' }>['amendment'],
  place: Place,
): Model => {
  if (amendment.what !== 'topic' || logAt(model, placeKey(place)) === undefined) return model;
  const { from, time, text } = amendment;
  const said = text === '' ? 'took the topic away' : `set the topic: ${text}`;
  return addEntry(model, placeKey(place), (n) => ({ kind: 'note', n, time, text: `${nameOf(from)} ${said}`, look: 'quiet' }));
};

const onTyping = (model: Model, event: Extract<Heard, { readonly kind: 'typing' }>): Model => {
  if (!event.isTyping) return stopTyping(model, event.id);
  if (!model.typing.has(event.id) && model.typing.size >= TYPING_MAX) return model;
  const at = event.room === undefined ? `@${event.id}` : `#${event.room}`;
  return { ...model, typing: new Map(model.typing).set(event.id, { name: cleanName(event.name), at }) };
};

const stopTyping = (model: Model, id: string): Model => {
  if (!model.typing.has(id)) return model;
  const typing = new Map(model.typing);
  typing.delete(id);
  return { ...model, typing };
};

/** Rooms one is in are places; what was unread before they were opened is known from the store. */
const onOverview = (model: Model, overview: Extract<Heard, { readonly kind: 'overview' }>['overview']): Model => {
  let next: Model = { ...model, overview };
  for (const { room, isJoined, unread, mentions } of overview.rooms) {
    const place: Place = { kind: 'room', room };
    if (!isJoined || logAt(next, placeKey(place)) !== undefined) continue;
    next = changeLog(withPlace(next, place), placeKey(place), (log) => ({ ...log, unread, mentions }));
  }
  const isHere = (id: string): boolean => overview.people.some((person) => person.id === id);
  for (const id of next.typing.keys()) if (!isHere(id)) next = stopTyping(next, id);
  return next;
};

/** The chat goes where we said it should; only where it goes by itself, the screen follows. */
const onPrompt = (model: Model, { place }: Extract<Heard, { readonly kind: 'prompt' }>): Model => {
  if (place === undefined || model.taken < model.switched || placeKey(place) === model.at) return model;
  return arrive(model, place);
};
