/** `earshot id`: who we are. */
import { ExitCode } from '../exit-code.ts';
import type { OutputRecord } from '../format/record.ts';
import type { Context } from '../job/operation.ts';

export type IdRequest = Readonly<Record<string, never>>;

export async function* identify({ host }: Context, _request: IdRequest): AsyncGenerator<OutputRecord, ExitCode, void> {
  const { id, name, fingerprint } = host.peer;
  yield { kind: 'identity', id, name, fingerprint };
  return ExitCode.done;
}
