/** Two hosts on one cable, in network namespaces of our own: what discovery does with real sockets, and beside avahi. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buildSync } from 'esbuild';

const DEADLINE_MS = 20_000;

const can = (command: string, ...args: readonly string[]): boolean => {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false; // absent, or not allowed: the reason below says which
  }
};

/** Why the lab cannot be built here, or undefined. */
export const missingForLab = (...programs: readonly string[]): string | undefined => {
  if (process.platform !== 'linux') return 'network namespaces need Linux';
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  for (const program of ['ip', 'unshare', ...programs]) if (!can('which', program)) return `${program} is not installed`;
  const name = `earshot-try-${process.pid}`;
  if (!can('ip', 'netns', 'add', name)) return 'this system does not let us add a network namespace';
  return can('ip', 'netns', 'del', name) ? undefined : 'this system does not let us remove a network namespace';
};

/** Lines of a program, with a way to wait for one. Lines that came before the wait count. */
export class Program {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  #taken = 0;
  #waiting: (() => void)[] = [];

  constructor(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(command, args, {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: '', ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        this.#lines.push(line);
        for (const wake of this.#waiting.splice(0)) wake();
      });
    }
  }

  /** The next line that has all of `parts`; earlier lines are skipped for good. */
  async line(...parts: readonly string[]): Promise<string> {
    const end = Date.now() + DEADLINE_MS;
    for (;;) {
      while (this.#taken < this.#lines.length) {
        const line = this.#lines[this.#taken++] ?? '';
        if (parts.every((part) => line.includes(part))) return line;
      }
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`no line with ${parts.join(', ')} in:\n${this.#lines.join('\n')}`)),
          end - Date.now(),
        );
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** Lines so far. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  endInput(): void {
    this.#child.stdin?.end();
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}

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

/** Hosts `a` (10.99.0.1) and `b` (10.99.0.2), `eth0` each, no router and no default route. */
export class Lab {
  readonly #name = `earshot-${process.pid}-${Date.now() % 100_000}`;
  readonly #folder = mkdtempSync(join(tmpdir(), 'earshot-lab-'));
  readonly #programs: Program[] = [];
  readonly #host = join(this.#folder, 'host.mjs');

  constructor() {
    buildSync({
      entryPoints: [join(process.cwd(), 'test/lab/mdns-host.ts')],
      bundle: true,
      platform: 'node',
      format: 'esm',
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
      outfile: this.#host,
    });
    for (const host of ['a', 'b']) {
      execFileSync('ip', ['netns', 'add', this.#netns(host)]);
      this.ip(host, 'link', 'set', 'lo', 'up');
    }
    this.plugIn();
  }

  ip(host: string, ...args: readonly string[]): void {
    execFileSync('ip', ['-n', this.#netns(host), ...args]);
  }

  /** The cable between the two, with new interfaces. */
  plugIn(): void {
    this.ip('a', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.#netns('b'));
    this.ip('a', 'address', 'add', '10.99.0.1/24', 'dev', 'eth0');
    this.ip('b', 'address', 'add', '10.99.0.2/24', 'dev', 'eth0');
    for (const host of ['a', 'b']) this.ip(host, 'link', 'set', 'eth0', 'up');
  }

  /** Takes the interfaces away on both ends. */
  pullOut(): void {
    this.ip('a', 'link', 'del', 'eth0');
  }

  /** An earshot discovery on a host. */
  start(host: string, port: number): Program {
    return this.#run('ip', ['netns', 'exec', this.#netns(host), process.execPath, this.#host, String(port)]);
  }

  /** avahi on host b, with a bus of its own. @returns runs avahi-browse with further arguments. */
  async startAvahi(): Promise<(...args: readonly string[]) => Program> {
    const bus = join(this.#folder, 'bus');
    writeFileSync(join(this.#folder, 'bus.conf'), BUS_CONFIG(bus));
    writeFileSync(join(this.#folder, 'avahi.conf'), AVAHI_CONFIG);
    const env = { DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${bus}` };
    const daemon = this.#run('dbus-daemon', [
      `--config-file=${join(this.#folder, 'bus.conf')}`,
      '--nofork',
      '--nopidfile',
      '--print-address',
    ]);
    await daemon.line('unix:path=');
    // its own /run, for its pid file
    const start = `mount -t tmpfs tmpfs /run && mkdir -p /run/avahi-daemon && exec avahi-daemon --no-drop-root --no-chroot -f ${this.#folder}/avahi.conf`;
    const avahi = this.#run('ip', ['netns', 'exec', this.#netns('b'), 'unshare', '-m', 'sh', '-c', start], env);
    await avahi.line('Server startup complete');
    return (...args) => this.#run('avahi-browse', args, env);
  }

  async close(): Promise<void> {
    for (const program of this.#programs.reverse()) await program.stop();
    for (const host of ['a', 'b']) execFileSync('ip', ['netns', 'del', this.#netns(host)]);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #netns(host: string): string {
    return `${this.#name}-${host}`;
  }

  #run(command: string, args: readonly string[], env?: Readonly<Record<string, string>>): Program {
    const program = new Program(command, args, env);
    this.#programs.push(program);
    return program;
  }
}
