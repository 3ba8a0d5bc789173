/** All that a screen shows, as one value. */
import { cleanName } from '../../base/name.ts';
import type { SettingWords } from '../candidates.ts';
import { type Editor, emptyEditor } from './editor.ts';
import type { Effect, Overview, Size } from './event.ts';
import { type Log, newLog } from './log.ts';
import { type Place, type PlaceKey, placeKey } from './place.ts';
import type { LogStyle } from './scroll.ts';

/** What the next keys mean. */
export type Mode =
  | { readonly kind: 'typing' }
  /** Ctrl-X was pressed. */
  | { readonly kind: 'prefix' }
  /** Many lines were pasted. */
  | { readonly kind: 'paste'; readonly text: string }
  /** Ctrl-R: a search in what was typed. `skip`: so many hits are older than wanted. `before`: the line as it was. */
  | { readonly kind: 'search'; readonly words: string; readonly skip: number; readonly before: Editor };

export type Completion = {
  readonly candidates: readonly string[];
  readonly index: number;
  /** The clusters that the candidate stands in for, and those after it. */
  readonly before: string;
  readonly after: string;
};

export type Model = {
  readonly size: Size;
  readonly offsetMinutes: (time: number) => number;
  readonly overview: Overview;
  /** In the order they were opened. BOUNDED: by LOGS_MAX. */
  readonly logs: readonly Log[];
  readonly at: PlaceKey;
  /** Where one was before. */
  readonly before: PlaceKey | undefined;
  readonly editor: Editor;
  /** Lines typed, oldest first. BOUNDED: by HISTORY_MAX. */
  readonly history: readonly string[];
  /** Which of them stands in the input, from the end; -1: what is being typed, kept in `unsent` meanwhile. */
  readonly historyAt: number;
  readonly unsent: string;
  readonly mode: Mode;
  readonly completion: Completion | undefined;
  /** What can be set, for Tab. */
  readonly settings: readonly SettingWords[];
  readonly emoji: ReadonlyMap<string, string>;
  /** Who is writing, where. BOUNDED: by TYPING_MAX. */
  readonly typing: ReadonlyMap<string, { readonly name: string; readonly at: PlaceKey }>;
  readonly hasSidebar: boolean;
  /** Whether somebody looks; a terminal that does not say so is looked at. */
  readonly hasFocus: boolean;
  /** Lines given to the chat; the last that it has begun with; the last that leads elsewhere. */
  readonly given: number;
  readonly taken: number;
  readonly switched: number;
  /** Number of the next entry. */
  readonly nextEntry: number;
};

export type Step = { readonly model: Model; readonly effects: readonly Effect[] };
export const stay = (model: Model): Step => ({ model, effects: [] });

export const LOGS_MAX = 200;
export const HISTORY_MAX = 500;
export const TYPING_MAX = 64;

export type ModelOptions = {
  readonly size: Size;
  readonly room: string;
  readonly offsetMinutes: (time: number) => number;
  readonly settings?: readonly SettingWords[];
};

export const newModel = ({ size, room, offsetMinutes, settings = [] }: ModelOptions): Model => {
  const place: Place = { kind: 'room', room };
  return {
    size,
    offsetMinutes,
    overview: { self: { id: '', name: '' }, rooms: [], people: [], queued: 0, hasNetwork: true, isAway: false },
    logs: [newLog(place, emptyEditor)],
    at: placeKey(place),
    before: undefined,
    editor: emptyEditor,
    history: [],
    historyAt: -1,
    unsent: '',
    mode: { kind: 'typing' },
    completion: undefined,
    settings,
    emoji: new Map(),
    typing: new Map(),
    hasSidebar: true,
    hasFocus: true,
    given: 0,
    taken: 0,
    switched: 0,
    nextEntry: 1,
  };
};

export const logAt = (model: Model, key: PlaceKey): Log | undefined => model.logs.find(({ place }) => placeKey(place) === key);

/** The place that is looked at. */
export const here = (model: Model): Log => {
  const log = logAt(model, model.at) ?? model.logs[0];
  return log ?? newLog({ kind: 'room', room: 'lobby' }, emptyEditor);
};

export const changeLog = (model: Model, key: PlaceKey, change: (log: Log) => Log): Model => ({
  ...model,
  logs: model.logs.map((log) => (placeKey(log.place) === key ? change(log) : log)),
});

/** The model with a log of this place. Of too many, the first that nobody looks at goes. */
export const withPlace = (model: Model, place: Place): Model => {
  if (logAt(model, placeKey(place)) !== undefined) return model;
  const logs = [...model.logs, newLog(place, model.editor)];
  if (logs.length <= LOGS_MAX) return { ...model, logs };
  const out = logs.find((log) => placeKey(log.place) !== model.at && placeKey(log.place) !== placeKey(place));
  return { ...model, logs: logs.filter((log) => log !== out) };
};

/** Somebody's name as last known; '' if they are not. */
export const nameById = (model: Model, id: string): string => {
  if (id === model.overview.self.id) return model.overview.self.name;
  const person = model.overview.people.find((one) => one.id === id);
  if (person !== undefined) return person.name;
  const log = logAt(model, `@${id}`);
  return log?.place.kind === 'person' ? log.place.name : '';
};

export const ownName = (model: Model): string => cleanName(model.overview.self.name);

/** Whether a place tells nothing aloud. */
export const isMutedAt = (model: Model, key: PlaceKey): boolean => model.overview.levels?.[key] === 'none';

// ---- measures: what is where ---------------------------------------------------------------------------------------

const SIDEBAR_FROM = { columns: 64, rows: 8 };
const TOP_BAR_FROM_ROWS = 6;
const STATUS_FROM_ROWS = 3;
const INPUT_ROWS_MAX = 8;

export type Frame = {
  readonly columns: number;
  readonly logColumns: number;
  readonly sidebarColumns: number;
  readonly hasTopBar: boolean;
  readonly hasStatus: boolean;
  /** Rows that the input may take. */
  readonly inputRowsMax: number;
};

export const frameOf = (model: Model, size: Size): Frame => {
  const columns = Math.max(1, size.columns);
  const hasSidebar = model.hasSidebar && columns >= SIDEBAR_FROM.columns && size.rows >= SIDEBAR_FROM.rows;
  const sidebarColumns = hasSidebar ? Math.min(28, Math.floor(columns / 4)) : 0;
  return {
    columns,
    logColumns: columns - sidebarColumns - (hasSidebar ? 1 : 0),
    sidebarColumns,
    hasTopBar: size.rows >= TOP_BAR_FROM_ROWS,
    hasStatus: size.rows >= STATUS_FROM_ROWS,
    inputRowsMax: Math.max(1, Math.min(INPUT_ROWS_MAX, Math.floor(size.rows / 3))),
  };
};

export const logStyle = (model: Model, frame: Frame): LogStyle => ({
  columns: frame.logColumns,
  ownName: ownName(model),
  offsetMinutes: model.offsetMinutes,
  emoji: model.emoji,
});
