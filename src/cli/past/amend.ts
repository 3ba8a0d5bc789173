/** `earshot edit`, `delete` and `react`: what changes a message that was said. */
import type { Changed } from '../chat/own-voice.ts';
import { emojiTyped } from '../emoji.ts';
import { CommandError, ExitCode } from '../exit-code.ts';
import type { OutputRecord } from '../format/record.ts';
import type { Context } from '../job/operation.ts';
import { failed, refusalOf } from './look-back.ts';
import { messageNamed } from './place.ts';

export type AmendRequest = {
  /** The beginning of the message's id. */
  readonly of: string;
} & (
  | { readonly what: 'edit'; readonly text: string }
  | { readonly what: 'delete' }
  | { readonly what: 'react'; readonly emoji: string; readonly isOn: boolean }
);

export async function* amend(context: Context, request: AmendRequest): AsyncGenerator<OutputRecord, ExitCode, void> {
  const { peer } = context.host;
  try {
    const message = await messageNamed(context.host, request.of);
    if (request.what !== 'react' && message.author !== peer.id) {
      throw new CommandError(ExitCode.usage, `that message is not yours: only its author can ${request.what} it`);
    }
    if (message.isDeleted) throw new CommandError(ExitCode.usage, 'that message was deleted');
    const { scope, id } = message;
    const change = await changeOf(request);
    const saying =
      change.what === 'edit'
        ? peer.edit(scope, id, change.text)
        : change.what === 'delete'
          ? peer.remove(scope, id)
          : peer.react(scope, id, change.emoji, change.isOn);
    const receipt = await saying;
    context.host.voice.tell({ kind: 'changed', message, change });
    yield { kind: 'sent', id: receipt.id, sequence: receipt.sequence };
    return ExitCode.done;
  } catch (error) {
    return yield* failed(refusalOf(error));
  }
}

const changeOf = async (request: AmendRequest): Promise<Changed> => {
  if (request.what !== 'react') return request;
  return { what: 'reaction', emoji: await emojiTyped(request.emoji), isOn: request.isOn };
};
