/** `earshot history` and `earshot search`: what was said. */
import type { WallTime } from '../../base/time.ts';
import { CommandError, describeError, ExitCode } from '../exit-code.ts';
import type { OutputRecord } from '../format/record.ts';
import { storedShown } from '../format/shown-message.ts';
import type { Context } from '../job/operation.ts';
import { personNamed, scopeNamed } from './place.ts';

export type HistoryRequest = {
  /** ROOM, #ROOM or @PEER; absent: everywhere. */
  readonly place?: string;
  /** Milliseconds since 1970. */
  readonly since?: number;
  readonly until?: number;
  readonly limit: number;
  readonly from?: string;
};
export type SearchRequest = { readonly words: string; readonly place?: string; readonly limit: number };

export async function* history(context: Context, request: HistoryRequest): AsyncGenerator<OutputRecord, ExitCode, void> {
  const { host } = context;
  try {
    const { place, since, until, from, limit } = request;
    await host.learnTwins();
    const scope = place === undefined ? undefined : await scopeNamed(host, place);
    const messages = await host.peer.history({
      limit,
      ...(scope === undefined ? {} : { scope }),
      ...(since === undefined ? {} : { since: since as WallTime }),
      ...(until === undefined ? {} : { until: until as WallTime }),
      ...(from === undefined ? {} : { from: (await personNamed(host, from)).id }),
    });
    const pruned = scope === undefined || messages.length >= limit || from !== undefined ? 0 : await host.peer.prunedIn(scope);
    if (scope !== undefined && pruned > 0) {
      const where = scope.kind === 'room' ? { room: scope.room } : { to: scope.reader };
      yield { kind: 'pruned', ...where, count: pruned };
    }
    for (const message of messages) yield { kind: 'stored', message: storedShown(host, message) };
    return ExitCode.done;
  } catch (error) {
    return yield* failed(error);
  }
}

export async function* search(context: Context, request: SearchRequest): AsyncGenerator<OutputRecord, ExitCode, void> {
  const { host } = context;
  try {
    const { words, place, limit } = request;
    await host.learnTwins();
    const messages = await host.peer.search({
      words,
      limit,
      ...(place === undefined ? {} : { scope: await scopeNamed(host, place) }),
    });
    for (const message of messages) yield { kind: 'stored', message: storedShown(host, message) };
    if (messages.length > 0) return ExitCode.done;
    yield { kind: 'error', text: `nothing was said here with ${words}` };
    return ExitCode.nobody;
  } catch (error) {
    return yield* failed(error);
  }
}

/** One line for what cannot be done; the library's words for what was typed wrong are meant for people. */
export async function* failed(error: unknown): AsyncGenerator<OutputRecord, ExitCode, void> {
  const isMisuse = error instanceof Error && error.name === 'ApiMisuse';
  const { code, text } = isMisuse ? { code: ExitCode.usage, text: error.message } : describeError(error);
  yield { kind: 'error', text };
  return code;
}

/** A refusal of the library (`RefusedError`, told by its `why`) as a command's error. */
export const refusalOf = (error: unknown): unknown => {
  const why = error instanceof Error && 'why' in error ? error.why : undefined;
  if (why === undefined || !(error instanceof Error)) return error;
  const code = why === 'not-stored' ? ExitCode.profile : why === 'queue-full' ? ExitCode.notDelivered : ExitCode.usage;
  return new CommandError(code, error.message, { cause: error });
};
