/** `earshot forget`: what was said is overwritten, here and nowhere else. */
import { CommandError, ExitCode } from '../exit-code.ts';
import type { OutputRecord } from '../format/record.ts';
import type { Context } from '../job/operation.ts';
import { failed } from './look-back.ts';
import { scopeNamed } from './place.ts';

/** `place`: ROOM, #ROOM or @PEER; absent: everything. */
export type ForgetRequest = { readonly place?: string };

export async function* forget({ host }: Context, { place }: ForgetRequest): AsyncGenerator<OutputRecord, ExitCode, void> {
  try {
    if (host.isEphemeral) throw new CommandError(ExitCode.usage, 'an ephemeral peer keeps nothing; there is nothing to forget');
    const scope = place === undefined ? undefined : await scopeNamed(host, place);
    const messages = await host.peer.forget(scope);
    yield { kind: 'forgotten', place: place ?? 'everything', messages };
    return ExitCode.done;
  } catch (error) {
    return yield* failed(error);
  }
}
