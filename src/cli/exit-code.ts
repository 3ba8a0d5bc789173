/** How a command ends: the codes are a promise to scripts. */

export const ExitCode = {
  /** As asked. */
  done: 0,
  /** A fault of this program. */
  unexpected: 1,
  /** Wrong words on the command line, or a text that no message can hold. */
  usage: 2,
  /** No eligible peer was proven in time and nothing was numbered; no such peer; an ambiguous name. */
  nobody: 3,
  /** Said, but not delivered in time. */
  notDelivered: 4,
  /** Port taken, no such interface, no network. */
  network: 5,
  /** The profile is unreadable, damaged or not writable. */
  profile: 6,
  /** Ended by SIGHUP. */
  hungUp: 129,
  /** Ended by SIGINT. */
  interrupted: 130,
  /** Ended by SIGTERM. */
  terminated: 143,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Whether a number from elsewhere is one of ours. */
export const isExitCode = (value: unknown): value is ExitCode => Object.values(ExitCode).some((code) => code === value);

/** A command cannot do what was asked: one line that says what and what to do, and a code. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: ExitCode;
  constructor(exitCode: ExitCode, message: string, options?: { readonly cause: unknown }) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** What a code of a `WorldError` means to a script. Undefined: not a code we know. */
const codeOfWorld = (code: unknown): ExitCode | undefined => {
  switch (code) {
    case 'port-taken':
    case 'no-such-interface':
    case 'no-network':
    case 'name-not-resolved':
      return ExitCode.network;
    case 'profile-unreadable':
    case 'profile-damaged':
    case 'profile-not-writable':
    case 'profile-in-use':
      return ExitCode.profile;
    default:
      return undefined;
  }
};

/** The code and the one line for an error of any origin. Errors are told apart by name and code, so that this file loads nothing. */
export const describeError = (error: unknown): { readonly code: ExitCode; readonly text: string } => {
  if (error instanceof CommandError) return { code: error.exitCode, text: error.message };
  if (!(error instanceof Error)) return { code: ExitCode.unexpected, text: `unexpected: ${String(error)}` };
  const worldly = error.name === 'WorldError' && 'code' in error ? codeOfWorld(error.code) : undefined;
  if (worldly !== undefined) return { code: worldly, text: error.message };
  return {
    code: ExitCode.unexpected,
    text: `unexpected: ${error.message} (run it again with --log-level debug for the details)`,
  };
};
