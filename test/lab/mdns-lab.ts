/** Two hosts on one cable, in network namespaces of our own: what discovery does with real sockets, and beside avahi. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { type Avahi, startAvahi } from './avahi.ts';
import { Program } from './program.ts';

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

/** Hosts `a` (10.99.0.1) and `b` (10.99.0.2), `eth0` each, no router and no default route. */
export class Lab {
  readonly #name = `earshot-${process.pid}-${Date.now() % 100_000}`;
  readonly #folder = mkdtempSync(join(tmpdir(), 'earshot-lab-'));
  readonly #programs: Program[] = [];
  #avahi: Avahi | undefined;
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
    const program = new Program('ip', ['netns', 'exec', this.#netns(host), process.execPath, this.#host, String(port)]);
    this.#programs.push(program);
    return program;
  }

  /** avahi on host b. @returns runs avahi-browse with further arguments. */
  async startAvahi(): Promise<Avahi['browse']> {
    this.#avahi = await startAvahi(this.#netns('b'), this.#folder);
    return this.#avahi.browse;
  }

  async close(): Promise<void> {
    await this.#avahi?.stop();
    for (const program of this.#programs.reverse()) await program.stop();
    for (const host of ['a', 'b']) execFileSync('ip', ['netns', 'del', this.#netns(host)]);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #netns(host: string): string {
    return `${this.#name}-${host}`;
  }
}
