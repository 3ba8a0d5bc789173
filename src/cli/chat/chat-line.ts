/** A line typed into a chat: something to say, or a command. */
import { type CommandName, commandOf, isCommand } from '../../ui/commands.ts';

export type ChatLine =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'command'; readonly command: CommandName; readonly rest: string }
  | { readonly kind: 'unknown'; readonly typed: string };

/** `//` at the start says a line that begins with a slash. */
export const parseChatLine = (line: string): ChatLine => {
  if (line.trim() === '') return { kind: 'nothing' };
  const command = commandOf(line);
  if (command === undefined) return { kind: 'say', text: line.startsWith('//') ? line.slice(1) : line };
  const { typed, rest } = command;
  return isCommand(typed) ? { kind: 'command', command: typed, rest } : { kind: 'unknown', typed };
};

/** The first word, or what stands in double quotes at the start, and the rest. */
export const splitFirst = (text: string): readonly [string, string] => {
  const quoted = /^"([^"]*)"\s*([\s\S]*)$/.exec(text);
  if (quoted !== null) return [quoted[1] ?? '', quoted[2] ?? ''];
  const [first = '', rest = ''] = /^(\S*)\s*([\s\S]*)$/.exec(text)?.slice(1) ?? [];
  return [first, rest];
};

/** Somebody's name in front, which may follow an `@`, and the rest. */
export const splitPerson = (text: string): readonly [string, string] => splitFirst(text.replace(/^@(?=\S)/, ''));
