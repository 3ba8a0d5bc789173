/** Why a command ends before it is done: a signal, or an output that nobody reads any more. */
import { ExitCode } from '../exit-code.ts';

export type StopReason = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'cut-pipe';

/** What a command stopped for this reason ends with. */
export const codeOfStop = (reason: StopReason): ExitCode => {
  switch (reason) {
    case 'SIGINT':
      return ExitCode.interrupted;
    case 'SIGTERM':
      return ExitCode.terminated;
    case 'SIGHUP':
      return ExitCode.hungUp;
    case 'cut-pipe':
      return ExitCode.done;
    default:
      return reason satisfies never;
  }
};

/** The first reason counts. */
export class Stop {
  readonly #controller = new AbortController();
  #reason: StopReason | undefined;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get reason(): StopReason | undefined {
    return this.#reason;
  }

  stop(reason: StopReason): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#controller.abort();
  }

  /** From now on signals stop the command; the second of any kind ends the process at once. */
  onSignals(source: NodeJS.Process): void {
    const onSignal = (reason: 'SIGINT' | 'SIGTERM' | 'SIGHUP') => () => {
      if (this.#reason !== undefined) source.exit(codeOfStop(reason));
      this.stop(reason);
    };
    for (const reason of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) source.on(reason, onSignal(reason));
  }
}
