/** What the system's error codes mean to people. */

const MEANINGS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'your share of the disk is used up',
  EROFS: 'the disk is read-only',
  EACCES: 'this user may not do that there',
  EPERM: 'the system does not allow it',
  EIO: 'the disk failed',
  EFBIG: 'the file may not grow any more',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  ENOENT: 'it is not there',
  ENOTDIR: 'a file is where a folder was expected',
  EISDIR: 'a folder is where a file was expected',
  ENAMETOOLONG: 'the path is too long',
};

/** A field of what was thrown; by name, as an error may come from another realm (a worker, a test). */
const textField = (error: unknown, field: 'code' | 'message'): string | undefined => {
  const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, field) : undefined;
  return typeof value === 'string' ? value : undefined;
};

/** The system's code of an error (`ENOSPC`), or undefined. */
export const errorCode = (error: unknown): string | undefined => textField(error, 'code');

/** What an error says. */
export const errorText = (error: unknown): string => textField(error, 'message') ?? String(error);

/** An error of the system in words, with its code. */
export const worldText = (error: unknown): string => {
  const code = errorCode(error);
  const meaning = code === undefined ? undefined : MEANINGS[code];
  return meaning === undefined ? errorText(error) : `${meaning} (${code})`;
};
