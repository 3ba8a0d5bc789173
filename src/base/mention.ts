/** Whether a text calls for somebody by name. */

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** `name` as a word of its own in `text`, with or without an `@` before it, in any case. */
export const isMention = (text: string, name: string): boolean => {
  if (name === '' || !text.toLowerCase().includes(name.toLowerCase())) return false;
  return new RegExp(`(?<![\\p{L}\\p{N}_])${escaped(name)}(?![\\p{L}\\p{N}_])`, 'iu').test(text);
};
