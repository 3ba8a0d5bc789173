/** What the words of a command line may name: rooms and people, for completion. */
import { ExitCode } from '../exit-code.ts';
import type { OutputRecord } from '../format/record.ts';
import type { Context } from '../job/operation.ts';
import { overview } from '../past/status.ts';

export type NamesRequest = Readonly<Record<string, never>>;

export async function* names({ host }: Context, _request: NamesRequest): AsyncGenerator<OutputRecord, ExitCode, void> {
  const [rooms] = await overview(host);
  const people = await host.peer.everybody();
  yield { kind: 'names', rooms: rooms.map(({ room }) => room), people: people.map(({ id, name }) => ({ id, name })) };
  return ExitCode.done;
}
