/** A passphrase: from a file, the environment, or the keyboard without showing it. */
import { readFileSync } from 'node:fs';
import { CommandError, ExitCode } from './exit-code.ts';

const VARIABLE = 'EARSHOT_PASSPHRASE';

/** @throws CommandError if there is none, or one too short. */
export const passphraseFrom = async (
  file: string | undefined,
  { isNew, lengthMin }: { readonly isNew: boolean; readonly lengthMin: number },
): Promise<string> => {
  const passphrase = file === undefined ? (process.env[VARIABLE] ?? (await typed(isNew))) : firstLine(file);
  if (passphrase === '' || [...passphrase].length < lengthMin)
    throw new CommandError(
      ExitCode.usage,
      `a passphrase has at least ${Math.max(1, lengthMin)} characters; think of a longer one`,
    );
  return passphrase;
};

const firstLine = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/, 1)[0] ?? '';
  } catch (error) {
    throw new CommandError(
      ExitCode.usage,
      `the passphrase cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
};

const typed = async (isNew: boolean): Promise<string> => {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) {
    throw new CommandError(
      ExitCode.usage,
      `there is no keyboard to type a passphrase on; give it in ${VARIABLE} or with --passphrase-file`,
    );
  }
  const passphrase = await hidden(stdin, stderr, 'Passphrase: ');
  if (isNew && (await hidden(stdin, stderr, 'Again: ')) !== passphrase)
    throw new CommandError(ExitCode.usage, 'the two passphrases differ; try again');
  return passphrase;
};

const hidden = (input: NodeJS.ReadStream, output: NodeJS.WriteStream, question: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    output.write(question);
    const end = (): void => {
      input.setRawMode(false);
      input.off('data', onData).pause();
      output.write('\n');
    };
    const onData = (data: Buffer): void => {
      for (const key of data.toString('utf8')) {
        if (key === '\r' || key === '\n') {
          end();
          resolve(text);
          return;
        }
        if (key === '\u0003' || key === '\u0004') {
          end();
          reject(new CommandError(ExitCode.interrupted, 'no passphrase was given'));
          return;
        }
        text = key === '\u007f' || key === '\b' ? [...text].slice(0, -1).join('') : text + key;
      }
    };
    input.setRawMode(true);
    input.on('data', onData).resume();
  });
