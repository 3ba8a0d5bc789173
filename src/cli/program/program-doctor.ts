/** `earshot doctor` on the command line. */
import type { Command } from 'commander';
import { codes, examples } from './help-text.ts';
import { type CommonOptions, parsePeerAddress } from './options.ts';

/** One a cause; `platform/doctor/diagnosis.ts` has the same numbers. */
export const DOCTOR_MEANINGS: Readonly<Record<number, string>> = {
  0: 'all is well',
  10: 'no network interface can be used',
  11: 'another program keeps UDP port 5353 for itself',
  12: 'incoming UDP is dropped on this machine',
  13: 'this machine does not let datagrams out',
  14: 'the host is there, but nothing listens at that port',
  15: 'no such host on this network, or clients are kept apart (AP isolation)',
  16: 'incoming UDP is dropped there, or no earshot has that port',
  17: 'nothing comes back: dropped here, or there',
  18: 'multicast is dropped on this machine',
  19: 'small datagrams come through, large ones do not (MTU)',
  20: 'PEER is on an interface that earshot does not use',
  21: 'multicast is swallowed on the way, both ways',
  22: 'PEER hears you by multicast, you do not hear PEER',
  23: 'you hear PEER by multicast, PEER does not hear you',
  24: 'PEER is beyond a router, which multicast does not pass',
  25: 'multicast works, but nobody else runs earshot',
  26: 'nobody else is heard at all',
  27: 'no PEER of that name was found',
  28: 'the clocks of PEER and this machine are far apart',
  29: 'many datagrams between PEER and this machine are lost',
};

export const addDoctor = (program: Command, loadCommands: () => Promise<typeof import('../commands.ts')>): void => {
  program
    .command('doctor')
    .description('find out why people do not see each other, and what to do')
    .argument('[peer]', 'somebody in particular: a name, the beginning of an id, or HOST:PORT')
    .option('--json', 'a JSON object: the cause, and all that was measured')
    .addHelpText(
      'after',
      examples(['earshot doctor', 'earshot doctor bob', 'earshot doctor 192.168.1.7:4455', 'earshot doctor --json | jq .cause']) +
        codes(DOCTOR_MEANINGS),
    )
    .action(async (who: string | undefined, _options: object, command: Command) => {
      await (await loadCommands()).doctor(command.optsWithGlobals<CommonOptions & { readonly json?: boolean }>(), who);
    });
  program
    .command('measure', { hidden: true })
    .argument('[address]', 'HOST:PORT', parsePeerAddress)
    .action(async (to: string | undefined, _options: object, command: Command) => {
      await (await loadCommands()).measure(command.optsWithGlobals<CommonOptions>(), to);
    });
};
