/** avahi in a network namespace, with a bus of its own. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Program } from './program.ts';

const BUS_CONFIG = (
  path: string,
): string => `<busconfig><type>system</type><listen>unix:path=${path}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/></policy>
</busconfig>`;
const AVAHI_CONFIG = `[server]
host-name=labhost
use-ipv4=yes
use-ipv6=no
[publish]
publish-hinfo=no
publish-workstation=no
[wide-area]
enable-wide-area=no
`;

export type Avahi = {
  /** `avahi-browse ARGS`. */
  readonly browse: (...args: readonly string[]) => Program;
  /** `avahi-publish ARGS`. */
  readonly publish: (...args: readonly string[]) => Program;
  /** The next line of the daemon's log with these words. */
  readonly log: (words: string) => Promise<string>;
  readonly stop: () => Promise<void>;
};

/** @param folder of this test's own: holds the bus. */
export const startAvahi = async (namespace: string, folder: string): Promise<Avahi> => {
  const programs: Program[] = [];
  const bus = join(folder, 'bus');
  const env = { DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${bus}` };
  const run = (command: string, ...args: readonly string[]): Program => {
    const program = new Program(command, args, env);
    programs.push(program);
    return program;
  };
  writeFileSync(join(folder, 'bus.conf'), BUS_CONFIG(bus));
  writeFileSync(join(folder, 'avahi.conf'), AVAHI_CONFIG);
  const daemon = run('dbus-daemon', `--config-file=${join(folder, 'bus.conf')}`, '--nofork', '--nopidfile', '--print-address');
  await daemon.line('unix:path=');
  // its own /run, for its pid file
  const start = `mount -t tmpfs tmpfs /run && mkdir -p /run/avahi-daemon && exec avahi-daemon --no-drop-root --no-chroot -f ${folder}/avahi.conf`;
  const avahi = run('ip', 'netns', 'exec', namespace, 'unshare', '-m', 'sh', '-c', start);
  await avahi.line('Server startup complete');
  return {
    browse: (...args) => run('avahi-browse', ...args),
    publish: (...args) => run('avahi-publish', ...args),
    log: (words) => avahi.line(words),
    stop: async () => {
      for (const program of programs.splice(0).reverse()) await program.stop();
    },
  };
};
