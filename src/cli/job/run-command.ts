/**
 * Runs an operation for this process: over a peer of its own, or handed over to the one that runs on the profile already. Whoever
 * holds the profile also does what other processes hand over to it.
 */
import type { Visibility } from '../../base/visibility.ts';
import { realClock } from '../clock.ts';
import { CommandError, describeError, ExitCode } from '../exit-code.ts';
import type { Output } from '../format/output.ts';
import type { OutputRecord } from '../format/record.ts';
import { Guests } from './guests.ts';
import { handOver } from './hand-over.ts';
import type { Lines } from './lines.ts';
import type { Profile } from './open-profile.ts';
import { Host } from './operation.ts';
import type { Progress } from './progress.ts';
import { type BoundOperation, type CommandName, operationOf } from './requests.ts';
import { codeOfStop, type Stop } from './stop.ts';

/** Between two attempts to reach or to take a profile that changes hands. */
const AGAIN_AFTER_MS = 50;
/** A profile that can be neither taken nor reached for this long stays so. */
const UNREACHABLE_AFTER_MS = 10_000;

export type Job<Request> = {
  readonly command: CommandName;
  readonly profile: Profile;
  readonly progress: Progress<Request>;
  readonly input: Lines;
  readonly output: Output;
  readonly stop: Stop;
  /** Draws a record; what it returns is waited for. */
  readonly show: (record: OutputRecord) => Promise<void> | undefined;
  /** Options given that only a peer of this process would take. */
  readonly ignored: readonly string[];
  /** Who may see the peer that does the work, if that was said. */
  readonly visibility?: Visibility;
  /** It only looks at the profile: the rooms stay as they are. */
  readonly onlyLooks?: boolean;
  /** Tells something beside the results. */
  readonly note: (text: string) => void;
  /** What to run in this process, if not what the command names. */
  readonly operation?: BoundOperation;
};

/** Does the job to its end, whoever does it. */
export const runJob = async <Request>(job: Job<Request>): Promise<ExitCode> => {
  const code = await doJob(job);
  if (job.output.failure !== undefined) {
    throw new CommandError(ExitCode.unexpected, `standard output cannot be written: ${job.output.failure.message}`);
  }
  return job.stop.reason === undefined ? code : codeOfStop(job.stop.reason);
};

const doJob = async <Request>(job: Job<Request>): Promise<ExitCode> => {
  const { profile, stop } = job;
  let giveUpAt = realClock.now() + UNREACHABLE_AFTER_MS;
  for (;;) {
    if (stop.signal.aborted) return ExitCode.interrupted;
    const end = await handOver({ ...job, call: profile.call, stop: stop.signal, onBegin: () => noteIgnored(job) });
    if (end.kind === 'ended') return end.code;
    if (end.kind === 'stopped') return ExitCode.interrupted;
    if (end.kind === 'moved') giveUpAt = realClock.now() + UNREACHABLE_AFTER_MS;
    else {
      const code = await runHere(job).catch((error: unknown) => {
        if (!isInUse(error) || realClock.now() > giveUpAt) throw error;
        return undefined; // somebody else was faster: hand over to them
      });
      if (code !== undefined) return code;
    }
    await new Promise<void>((resolve) => realClock.after(AGAIN_AFTER_MS, resolve));
  }
};

const noteIgnored = <Request>({ ignored, note }: Job<Request>): void => {
  if (ignored.length > 0)
    note(`another earshot runs on this profile and does the work; ${ignored.join(', ')} of this command changes nothing`);
};

const isInUse = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'profile-in-use';

const runHere = async <Request>(job: Job<Request>): Promise<ExitCode> => {
  const { profile, progress, stop, input } = job;
  const operation = job.operation ?? operationOf(job.command, progress.request());
  if (operation === undefined)
    throw new CommandError(ExitCode.unexpected, 'unexpected: a request that this program does not understand itself');
  const opened = await profile.open();
  const host = new Host({
    peer: opened.peer,
    clock: realClock,
    isEphemeral: profile.isEphemeral,
    fingerprintOf: opened.fingerprintOf,
    interfaces: profile.interfaces,
  });
  const guests = new Guests(host);
  opened.serve((request, gone) => guests.answer(request, gone));
  try {
    const run = operation({ host, input, stop: stop.signal, leavesRooms: false });
    let next = run.next();
    if (job.onlyLooks !== true) host.leaveUnused(); // by now the operation has entered what it needs, and nobody is met yet
    for (;;) {
      const step = await next;
      if (step.done === true) return step.value;
      if (progress.onRecord(step.value)) await job.show(step.value);
      next = run.next();
    }
  } finally {
    host.close();
    await guests.close();
    await opened.peer.close();
  }
};

/** The code for an error of any origin, told on stderr in one line; its details only when asked for. */
export const tellError = (error: unknown, output: Output, line: (text: string) => string, isDebugging: boolean): ExitCode => {
  const { code, text } = describeError(error);
  output.errorLine(line(text));
  if (isDebugging && error instanceof Error) output.errorLine(`${error.stack ?? error.message}\n`);
  return code;
};
