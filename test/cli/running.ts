/** Runs an operation over a fake peer in virtual time. */
import type { ExitCode } from '../../src/cli/exit-code.ts';
import type { OutputRecord } from '../../src/cli/format/record.ts';
import { type LineSource, linesFrom } from '../../src/cli/job/lines.ts';
import { type Context, Host } from '../../src/cli/job/operation.ts';
import { FakePeer } from './fake-peer.ts';
import { settle, VirtualClock } from './virtual-clock.ts';

export type Running = {
  readonly peer: FakePeer;
  readonly clock: VirtualClock;
  readonly host: Host;
  readonly records: OutputRecord[];
  readonly stop: AbortController;
  /** Undefined while it runs. */
  code(): ExitCode | undefined;
  /** Records of one kind. */
  of<K extends OutputRecord['kind']>(kind: K): readonly Extract<OutputRecord, { readonly kind: K }>[];
};

export type RunningOptions = {
  readonly input?: LineSource;
  readonly isEphemeral?: boolean;
  readonly leavesRooms?: boolean;
  /** Over the same peer as one before. */
  readonly on?: Pick<Running, 'peer' | 'clock' | 'host'>;
  /** Before the operation begins. */
  readonly prepare?: (peer: FakePeer) => void;
};

export const running = async (
  start: (context: Context) => AsyncGenerator<OutputRecord, ExitCode, void>,
  options: RunningOptions = {},
): Promise<Running> => {
  const { peer, clock, host } = options.on ?? newHost(options);
  const stop = new AbortController();
  const records: OutputRecord[] = [];
  let code: ExitCode | undefined;
  const drive = async (): Promise<void> => {
    const run = start({
      host,
      input: options.input ?? linesFrom([]),
      stop: stop.signal,
      leavesRooms: options.leavesRooms ?? true,
    });
    for (;;) {
      const step = await run.next();
      if (step.done === true) {
        code = step.value;
        return;
      }
      records.push(step.value);
    }
  };
  void drive();
  await settle();
  return {
    peer,
    clock,
    host,
    records,
    stop,
    code: () => code,
    of: <K extends OutputRecord['kind']>(kind: K) =>
      records.filter((record): record is Extract<OutputRecord, { readonly kind: K }> => record.kind === kind),
  };
};

const newHost = (options: RunningOptions): Pick<Running, 'peer' | 'clock' | 'host'> => {
  const peer = new FakePeer();
  options.prepare?.(peer);
  const clock = new VirtualClock();
  const host = new Host({
    peer,
    clock,
    isEphemeral: options.isEphemeral ?? false,
    fingerprintOf: (id) => `print-${id.slice(0, 4)}`,
  });
  return { peer, clock, host };
};

/** Lines that a test gives one by one. */
export { Mailbox } from '../../src/cli/job/mailbox.ts';
