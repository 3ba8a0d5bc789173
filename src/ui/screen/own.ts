/** What one said before, as the store has it: marked as one's own, and offered again like a line that was typed. */
import { cleanText } from '../../base/terminal-text.ts';
import type { MessageEntry } from './entry.ts';
import { HISTORY_MAX, type Model } from './model.ts';
import type { PlaceKey } from './place.ts';
import { placeKey } from './place.ts';

/** Own messages of a place go before the lines typed by now: Up and Ctrl-R find them. */
export const recalled = (model: Model, key: PlaceKey): Model => {
  const known = new Set(model.history);
  const before = new Set<string>();
  for (const { place, entries } of model.logs) {
    if (placeKey(place) !== key) continue;
    for (const entry of entries) {
      const line = entry.kind === 'message' && entry.isOwn && !entry.isDeleted ? lineOf(entry) : '';
      if (line !== '' && !known.has(line)) before.add(line);
    }
  }
  return before.size === 0 ? model : { ...model, history: [...before, ...model.history].slice(-HISTORY_MAX) };
};

/** Who one is was not known when these came: now it is. */
export const recognised = (model: Model): Model => {
  const self = model.overview.self.id;
  const logs = model.logs.map((log) => ({
    ...log,
    entries: log.entries.map((entry) =>
      entry.kind === 'message' && entry.message.from.id === self ? { ...entry, isOwn: true } : entry,
    ),
  }));
  return logs.reduce<Model>((next, { place }) => recalled(next, placeKey(place)), { ...model, logs });
};

/** What is to be typed to say it again. */
const lineOf = ({ message }: MessageEntry): string => {
  const text = cleanText(message.text, { newlines: 'keep' });
  if (message.isAction) return `/me ${text}`;
  return text.startsWith('/') ? `/${text}` : text;
};
