/** Emoji by name, as they are typed: `:heart:`. The names are those of GitHub. */
import { CommandError, ExitCode } from './exit-code.ts';

const NAMED = /^:([^:\s]+):$/;

/** A reaction as it was typed; of a `:name:` its picture. @throws CommandError usage: no emoji has that name. */
export const emojiTyped = async (typed: string): Promise<string> => {
  const name = NAMED.exec(typed)?.[1];
  if (name === undefined) return typed;
  const { nameToEmoji } = await import('gemoji');
  const picture = new Map(Object.entries(nameToEmoji)).get(name.toLowerCase());
  if (picture !== undefined) return picture;
  throw new CommandError(ExitCode.usage, `there is no emoji ${typed}; give its picture, or another name, as :heart:`);
};
