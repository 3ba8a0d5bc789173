/** Going from place to place: each keeps its draft and what is looked at. */
import { cleanName } from '../../base/name.ts';
import { cleared } from './editor.ts';
import { type Log, readUp } from './log.ts';
import { changeLog, here, isMutedAt, type Model, type Step, stay, withPlace } from './model.ts';
import { type Place, placeKey } from './place.ts';

/** The model, looking at this place. */
export const arrive = (model: Model, place: Place): Model => {
  const key = placeKey(place);
  if (key === model.at) return model;
  const left = changeLog(model, model.at, (log) => ({ ...readUp(log), draft: model.editor }));
  const there = withPlace(left, place);
  const seen = changeLog({ ...there, at: key, before: model.at }, key, (log) => ({ ...log, unread: 0, mentions: 0 }));
  const draft = here(seen).draft;
  return { ...seen, editor: { ...draft, killed: model.editor.killed }, historyAt: -1, unsent: '', completion: undefined };
};

/** Goes there, and lets the chat know with a line. */
export const goTo = (model: Model, place: Place): Step => {
  if (placeKey(place) === model.at) return stay(model);
  const given = model.given + 1;
  const text = place.kind === 'room' ? `/join ${place.room}` : `/query ${place.id}`;
  const moved = arrive({ ...model, given, switched: given }, place);
  return { model: moved, effects: [{ kind: 'line', number: given, text }] };
};

/** As listed: rooms by name, then people by name. */
export const listed = ({ logs }: Model): readonly Log[] => {
  const order = ({ place }: Log): string =>
    place.kind === 'room' ? `0${place.room}` : `1${cleanName(place.name).toLowerCase()} ${place.id}`;
  const ordered = logs.map((log) => ({ log, by: order(log) })).sort((a, b) => (a.by < b.by ? -1 : 1));
  return ordered.map(({ log }) => log);
};

/** So many places further down the list, round and round. */
export const goBy = (model: Model, by: number): Step => {
  const all = listed(model);
  const now = all.findIndex(({ place }) => placeKey(place) === model.at);
  const next = all[(now + by + all.length) % all.length];
  return next === undefined ? stay(model) : goTo(model, next.place);
};

export const goToNumber = (model: Model, number: number): Step => {
  const log = listed(model)[number - 1];
  return log === undefined ? stay(model) : goTo(model, log.place);
};

/** The next with something for us, else with something unread; muted ones last. */
export const goToUnread = (model: Model): Step => {
  const all = listed(model);
  const now = all.findIndex(({ place }) => placeKey(place) === model.at);
  const others = [...all.slice(now + 1), ...all.slice(0, Math.max(0, now))];
  const isMuted = ({ place }: Log): boolean => isMutedAt(model, placeKey(place));
  const aloud = others.filter((log) => !isMuted(log));
  const next =
    aloud.find(({ mentions }) => mentions > 0) ??
    aloud.find(({ unread }) => unread > 0) ??
    others.find(({ unread }) => unread > 0);
  return next === undefined ? stay(model) : goTo(model, next.place);
};

/** A line was left: nothing to type from. */
export const emptied = (model: Model): Model => ({
  ...model,
  editor: cleared(model.editor),
  historyAt: -1,
  unsent: '',
  completion: undefined,
});
