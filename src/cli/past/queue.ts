/** `earshot queue`: what waits for somebody; and giving it up. */
import { ExitCode } from '../exit-code.ts';
import type { OutputRecord } from '../format/record.ts';
import { storedShown } from '../format/shown-message.ts';
import type { Context, Host } from '../job/operation.ts';
import { failed } from './look-back.ts';
import { messageNamed } from './place.ts';

/** `drop`: the beginning of the id of a message to give up; absent: list. */
export type QueueRequest = { readonly drop?: string };

export async function* queue(context: Context, { drop }: QueueRequest): AsyncGenerator<OutputRecord, ExitCode, void> {
  const { host } = context;
  try {
    if (drop !== undefined) return yield* giveUp(host, drop);
    const names = await namesOf(host);
    for (const { message, audience, holders } of await host.peer.queue()) {
      const waiting = audience.filter((id) => !holders.includes(id));
      yield {
        kind: 'queued',
        message: storedShown(host, message),
        holders,
        waiting: waiting.map((id) => ({ id, name: names.get(id) ?? '' })),
      };
    }
    return ExitCode.done;
  } catch (error) {
    return yield* failed(error);
  }
}

async function* giveUp(host: Host, typed: string): AsyncGenerator<OutputRecord, ExitCode, void> {
  const { id } = await messageNamed(host, typed);
  const state = await host.peer.deliveryOf(id);
  const isWaiting = state !== undefined && !state.isDropped && state.holders.length < state.audience.length;
  const dropped = isWaiting ? await host.peer.drop(id) : [];
  for (const message of dropped) yield { kind: 'dropped', message: storedShown(host, message) };
  if (dropped.length > 0) return ExitCode.done;
  const why =
    state === undefined ? 'it is not yours' : state.isDropped ? 'it was given up already' : 'everybody it was for has it';
  yield { kind: 'error', text: `nothing to give up: ${why}; what waits: earshot queue` };
  return ExitCode.nobody;
}

/** Of those who are here and of everybody whose name is known. */
const namesOf = async (host: Host): Promise<ReadonlyMap<string, string>> =>
  new Map((await host.peer.everybody()).map(({ id, name }) => [id, name]));
