/** What was said in one place, as far as it is loaded, and which part of it is looked at. */
import type { AmendmentShown } from '../shown.ts';
import { cleared, type Editor } from './editor.ts';
import { amended, type Entry, type MessageEntry, NAMES_MAX } from './entry.ts';
import type { Place } from './place.ts';

/** The entry at the bottom of the area, and how many of its rows are below the edge. Undefined: the end, as it grows. */
export type Anchor = { readonly n: number; readonly hiddenRows: number };

export type Log = {
  readonly place: Place;
  /** BOUNDED: by ENTRIES_MAX, the oldest go; while older ones are read, by LOADED_MAX. */
  readonly entries: readonly Entry[];
  readonly anchor: Anchor | undefined;
  readonly unread: number;
  readonly mentions: number;
  /** The entry before which a line tells that what follows is new: it came while nobody looked. */
  readonly newFrom: number | undefined;
  /** older: asked for; start: nothing is before it. */
  readonly past: 'unknown' | 'asked' | 'some' | 'start';
  /** Rows to go further up, once what was asked for has come. */
  readonly owedRows: number;
  readonly draft: Editor;
};

/** What is older comes back from the store. Every message copies this many references: 2,000 of them took 20 MB more at 1,000 messages/s. */
export const ENTRIES_MAX = 500;
export const LOADED_MAX = 20_000;
/** Entries looked through, from the end, for one that is changed. */
const AMENDED_MAX = LOADED_MAX;

export const newLog = (place: Place, draft: Editor): Log => ({
  place,
  entries: [],
  anchor: undefined,
  unread: 0,
  mentions: 0,
  newFrom: undefined,
  past: 'unknown',
  owedRows: 0,
  draft: cleared(draft),
});

/** All that stands there was seen. */
export const readUp = (log: Log): Log => (log.newFrom === undefined ? log : { ...log, newFrom: undefined });

export const append = (log: Log, entry: Entry): Log => {
  const last = log.entries.at(-1);
  if (entry.kind === 'presence' && last?.kind === 'presence') {
    const changes = [...last.changes, ...entry.changes].slice(-NAMES_MAX);
    return { ...log, entries: [...log.entries.slice(0, -1), { ...last, changes }] };
  }
  const max = log.anchor === undefined ? ENTRIES_MAX : LOADED_MAX;
  const { entries } = log;
  if (entries.length < max) return { ...log, entries: [...entries, entry] };
  return { ...log, entries: [...entries.slice(entries.length - max + 1), entry], past: 'some' };
};

export const hasMessage = ({ entries }: Log, id: string): boolean =>
  entries.some((entry) => entry.kind === 'message' && entry.message.id === id);

/** The messages come before what is there; those that are newer than all of it, after it. */
export const addPast = (log: Log, messages: readonly MessageEntry[], isStart: boolean): Log => {
  const known = new Set(log.entries.flatMap((entry) => (entry.kind === 'message' ? [entry.message.id] : [])));
  const missing = messages.filter(({ message }) => !known.has(message.id));
  const newest = Math.max(0, ...lastTimes(log.entries));
  const isNewer = ({ time }: MessageEntry): boolean => known.size > 0 && time > newest;
  const entries = [...missing.filter((entry) => !isNewer(entry)), ...log.entries, ...missing.filter(isNewer)];
  const past = isStart || entries.length >= LOADED_MAX ? 'start' : 'some';
  return { ...log, entries: entries.slice(-LOADED_MAX), past };
};

const lastTimes = (entries: readonly Entry[]): readonly number[] => {
  const last = entries.findLast(({ kind }) => kind === 'message');
  return last === undefined ? [] : [last.time];
};

export const changeMessage = (log: Log, id: string, change: (entry: MessageEntry) => MessageEntry): Log => {
  const { entries } = log;
  for (let at = entries.length - 1; at >= Math.max(0, entries.length - AMENDED_MAX); at--) {
    const entry = entries[at];
    if (entry?.kind === 'message' && entry.message.id === id) return { ...log, entries: entries.with(at, change(entry)) };
  }
  return log;
};

export const amend = (log: Log, amendment: AmendmentShown): Log =>
  amendment.what === 'topic'
    ? log
    : changeMessage(log, amendment.of, (entry) => {
        const isOthers = amendment.what !== 'reaction' && amendment.from.id !== entry.message.from.id;
        return isOthers ? entry : amended(entry, amendment);
      });
