/** Commands that only the screen can do: they never reach the chat. */

import { cleanName } from '../../base/name.ts';
import { cleanText } from '../../base/terminal-text.ts';
import { keysText } from './bindings.ts';
import type { MessageEntry } from './entry.ts';
import { nameOf } from './entry-rows.ts';
import { note } from './hear.ts';
import { changeLog, here, type Model } from './model.ts';
import { placeLabel } from './place.ts';

type LocalCommand = { readonly name: string; readonly does: string; readonly run: (model: Model, rest: string) => Model };

const SNIPPET = 40;

const tell = (model: Model, text: string): Model => note(model, text, 'quiet', lastTime(model));
const lastTime = (model: Model): number => here(model).entries.at(-1)?.time ?? 0;

export const LOCAL_COMMANDS: readonly LocalCommand[] = [
  { name: 'keys', does: 'what the keys do', run: (model) => tell(model, keysText()) },
  {
    name: 'clear',
    does: 'clear what is shown here; nothing is deleted',
    run: (model) => changeLog(model, model.at, (log) => ({ ...log, entries: [], anchor: undefined, past: 'some' })),
  },
  {
    name: 'mute',
    does: 'no more bells for this room or person; again: bells',
    run: (model) => {
      const muted = new Set(model.muted);
      const isMuted = muted.delete(model.at);
      if (!isMuted) muted.add(model.at);
      return tell({ ...model, muted }, `${placeLabel(here(model).place)} is ${isMuted ? 'heard again' : 'muted'}.`);
    },
  },
  {
    name: 'info',
    does: 'who has what you said last; with ID: that message',
    run: (model, rest) => tell(model, infoText(model, rest)),
  },
];

/** The model after a local command; undefined if the line is none. */
export const runLocal = (model: Model, line: string): Model | undefined => {
  const [, name = '', rest = ''] = /^\/(\S+)\s*([\s\S]*)$/.exec(line) ?? [];
  const command = LOCAL_COMMANDS.find((one) => one.name === name.toLowerCase());
  return command?.run(model, rest.trim());
};

const infoText = (model: Model, id: string): string => {
  const { entries } = here(model);
  const isMeant = (entry: MessageEntry): boolean =>
    id === '' ? entry.isOwn && entry.delivery !== undefined : entry.message.id.startsWith(id.toLowerCase());
  const found = entries.findLast((entry): entry is MessageEntry => entry.kind === 'message' && isMeant(entry));
  if (found === undefined)
    return id === '' ? 'You have said nothing here since this chat began.' : `No message here has the id ${id}.`;
  const text = [...cleanText(found.message.text, { newlines: 'space' })].slice(0, SNIPPET).join('');
  const head = `${found.message.id.slice(0, 8)} ${nameOf(found.message.from)}: ${text}`;
  if (found.delivery === undefined) return head;
  const { holders, audience } = found.delivery;
  const names = holders.map((name) => cleanName(name) || '?').join(', ');
  return `${head}\n${holders.length} of ${Math.max(audience, holders.length)} have it${names === '' ? '' : `: ${names}`}`;
};
