/** Why a line was not said, as one line that says what to do, and a code. */
import { TEXT_SIZE_MAX } from '../../base/limits.ts';
import { CommandError, describeError, ExitCode } from '../exit-code.ts';
import type { Line } from '../job/lines.ts';

export const tooLong = (line: Line): string =>
  `line ${line.number} has ${line.sizeBytes} bytes, a message holds at most ${TEXT_SIZE_MAX}; send it in parts`;

/** What a refusal of the library (`RefusedError`, told by its `why`) means for a line. */
export const refusalOf = (line: Line, error: unknown): CommandError => {
  const why = error instanceof Error && 'why' in error ? error.why : undefined;
  switch (why) {
    case 'too-long':
    case 'empty':
      return new CommandError(ExitCode.usage, why === 'empty' ? `line ${line.number} says nothing` : tooLong(line));
    case 'unknown-peer':
      return new CommandError(ExitCode.nobody, 'the reader is not known any more; see who is here: earshot peers');
    case 'queue-full':
      return new CommandError(
        ExitCode.notDelivered,
        `line ${line.number} and what follows were not said: too much is waiting to be delivered; try again later`,
      );
    case 'not-stored':
      return new CommandError(
        ExitCode.profile,
        `line ${line.number} was not said: the profile cannot be written (${error instanceof Error ? error.message : why}); make room or mend its rights`,
      );
    default: {
      const { code, text } = describeError(error);
      return new CommandError(code, text, { cause: error });
    }
  }
};
