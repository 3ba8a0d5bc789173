/**
 * Several hosts on one machine: a network namespace each, joined by a bridge in a namespace of its own, without uplink. Loss is made,
 * and what leaves is counted, by nftables. Needs root on Linux, iproute2 and nft; `labProblem` says what is missing.
 */

import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const run = (...command: readonly [string, ...string[]]): string =>
  execFileSync(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });

const findProblem = (): string | undefined => {
  if (process.platform !== 'linux') return 'network namespaces are Linux only';
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const probe = `eslp${process.pid}`;
  try {
    run('ip', 'netns', 'add', probe);
    run('ip', 'netns', 'exec', probe, 'nft', 'list', 'ruleset');
    return undefined;
  } catch (error) {
    return `network namespaces with nft do not work here: ${String(error instanceof Error ? error.message : error).split('\n')[0]}`;
  } finally {
    try {
      run('ip', 'netns', 'del', probe);
    } catch {
      // it was never made
    }
  }
};

/** Why the lab cannot run here, or undefined if it can. */
export const labProblem: string | undefined = findProblem();
/** Why its hosts cannot use IPv6, or undefined if they can. */
export const ipv6Problem: string | undefined =
  labProblem ?? (existsSync('/proc/net/if_inet6') ? undefined : 'this system has no IPv6');

// jest names skipped tests only when asked to be verbose
if (labProblem !== undefined) process.stderr.write(`skipped in test/lab: ${labProblem}\n`);

/** A title that tells why what it names is skipped. */
export const titled = (title: string, problem: string | undefined = labProblem): string =>
  problem === undefined ? title : `${title} (skipped: ${problem})`;

/** A new address is used at once, instead of after a second of asking whether somebody has it. */
const USE_AT_ONCE = 'test ! -d /proc/sys/net/ipv6 || echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad';

/** What a host sends, by what it is: `eth0` and `eth1` count UDP by interface, `multicast` any protocol of IPv4, UDP of IPv6. */
export type Counted = 'multicast' | 'broadcast' | 'eth0' | 'eth1';
const COUNTERS = `table inet counting {
  counter multicast {}
  counter broadcast {}
  counter eth0 {}
  counter eth1 {}
  chain out {
    type filter hook output priority 0;
    ip daddr 224.0.0.0/4 counter name multicast
    ip6 daddr ff00::/8 meta l4proto udp counter name multicast
    fib daddr type broadcast counter name broadcast
    oifname eth0 meta l4proto udp counter name eth0
    oifname eth1 meta l4proto udp counter name eth1
  }
}`;

let labs = 0;

export class Lab {
  /** Taken away with the lab. */
  readonly folder = mkdtempSync(join(tmpdir(), 'earshot-lab-'));
  readonly #prefix = `es${process.pid % 100_000}${(labs++).toString(36)}`;
  readonly #namespaces: string[] = [];
  readonly #bridge: string;
  readonly #hosts: number;
  readonly #children: ChildProcess[] = [];

  constructor(hosts: number) {
    this.#hosts = hosts;
    const bridge = this.#namespace('b');
    this.#bridge = bridge;
    run('ip', '-n', bridge, 'link', 'add', 'br0', 'type', 'bridge', 'mcast_snooping', '0');
    run('ip', '-n', bridge, 'link', 'set', 'br0', 'up');
    for (let i = 1; i <= hosts; i++) {
      const host = this.#namespace(String(i));
      this.exec(i, 'sh', '-c', USE_AT_ONCE);
      run('ip', 'link', 'add', `p${i}`, 'netns', bridge, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', host);
      run('ip', '-n', bridge, 'link', 'set', `p${i}`, 'master', 'br0', 'up');
      this.ip(i, 'addr', 'add', `${this.address(i)}/24`, 'dev', 'eth0');
      if (ipv6Problem === undefined) this.ip(i, 'addr', 'add', `${this.address6(i)}/64`, 'dev', 'eth0', 'nodad');
      this.ip(i, 'link', 'set', 'eth0', 'up');
      this.ip(i, 'link', 'set', 'lo', 'up');
    }
  }

  /** The IPv4 address of host 1, 2, … on the bridge. */
  address(host: number): string {
    return `10.97.0.${host}`;
  }

  address6(host: number): string {
    return `fd97::${host}`;
  }

  /** fe80::…, without its zone. */
  linkLocal(host: number): string {
    const shown = JSON.parse(this.ip(host, '-j', '-6', 'addr', 'show', 'dev', 'eth0', 'scope', 'link')) as {
      readonly addr_info?: readonly { readonly local?: string }[];
    }[];
    return shown.flatMap(({ addr_info: addresses = [] }) => addresses.flatMap(({ local = [] }) => local))[0] ?? '';
  }

  /** The address of a host on its cable to another one. */
  cableAddress(host: number): string {
    return `10.98.0.${host}`;
  }

  /** A cable between two hosts beside the bridge: `eth1` at both ends. */
  addCable(a: number, b: number): void {
    run(
      'ip',
      'link',
      'add',
      'eth1',
      'netns',
      this.namespace(a),
      'type',
      'veth',
      'peer',
      'name',
      'eth1',
      'netns',
      this.namespace(b),
    );
    for (const host of [a, b]) {
      this.ip(host, 'addr', 'add', `${this.cableAddress(host)}/24`, 'dev', 'eth1');
      this.ip(host, 'link', 'set', 'eth1', 'up');
    }
  }

  removeCable(host: number): void {
    this.ip(host, 'link', 'del', 'eth1');
  }

  namespace(host: number): string {
    return `${this.#prefix}${host}`;
  }

  /** `ip ARGS` for a host. @returns what it prints. */
  ip(host: number, ...args: readonly string[]): string {
    return run('ip', '-n', this.namespace(host), ...args);
  }

  /** Runs a command on a host to its end. @returns what it prints. */
  exec(host: number, ...command: readonly string[]): string {
    return run('ip', 'netns', 'exec', this.namespace(host), ...command);
  }

  /** Drops this share of all UDP that comes in at every host. 0: none. */
  setLoss(percent: number): void {
    for (let host = 1; host <= this.#hosts; host++) {
      this.exec(host, 'nft', 'add table inet lab; delete table inet lab');
      if (percent === 0) continue;
      this.exec(host, 'nft', 'add table inet lab; add chain inet lab in { type filter hook input priority 0; }');
      this.exec(
        host,
        'nft',
        `add counter inet lab lost; add rule inet lab in meta l4proto udp numgen random mod 100 < ${percent} counter name lost drop`,
      );
    }
  }

  /** These hosts cannot talk to each other through the bridge, as clients of an access point that keeps them apart. None: all can. */
  isolate(...hosts: readonly number[]): void {
    for (let host = 1; host <= this.#hosts; host++) {
      const isIsolated = hosts.includes(host) ? 'on' : 'off';
      run('ip', '-n', this.#bridge, 'link', 'set', `p${host}`, 'type', 'bridge_slave', 'isolated', isIsolated);
      this.ip(host, 'neigh', 'flush', 'all');
    }
  }

  /** Packets dropped since `setLoss`, at all hosts. */
  lost(): number {
    let packets = 0;
    for (let host = 1; host <= this.#hosts; host++) packets += this.#counters(host, 'lab').get('lost') ?? 0;
    return packets;
  }

  /** From now on, what a host sends is counted. */
  startCounting(host: number): void {
    this.exec(host, 'nft', `add table inet counting; delete table inet counting; ${COUNTERS}`);
  }

  /** Packets a host has sent since `startCounting`. */
  counted(host: number): Readonly<Record<Counted, number>> {
    const counters = this.#counters(host, 'counting');
    const of = (name: Counted): number => counters.get(name) ?? 0;
    return { multicast: of('multicast'), broadcast: of('broadcast'), eth0: of('eth0'), eth1: of('eth1') };
  }

  /** A process on a host. @param hostsFile stands in for /etc/hosts. */
  spawn(host: number, command: readonly string[], env: NodeJS.ProcessEnv = process.env, hostsFile?: string): ChildProcess {
    const asTold =
      hostsFile === undefined ? command : ['sh', '-c', 'mount --bind "$0" /etc/hosts && exec "$@"', hostsFile, ...command];
    const child = spawn('ip', ['netns', 'exec', this.namespace(host), ...asTold], { stdio: ['pipe', 'pipe', 'pipe'], env });
    this.#children.push(child);
    return child;
  }

  /** Kills what still runs, and waits for its end. */
  async killAll(): Promise<void> {
    const running = this.#children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    const ended = Promise.all(running.map((child) => once(child, 'exit')));
    for (const child of running) child.kill('SIGKILL');
    await ended;
    this.#children.length = 0;
  }

  /** Ends what was started and takes the hosts away. */
  async remove(): Promise<void> {
    await this.killAll();
    for (const name of this.#namespaces) run('ip', 'netns', 'del', name);
    this.#namespaces.length = 0;
    rmSync(this.folder, { recursive: true, force: true });
  }

  #counters(host: number, table: string): ReadonlyMap<string, number> {
    const { nftables } = JSON.parse(this.exec(host, 'nft', '-j', 'list', 'counters', 'table', 'inet', table)) as {
      readonly nftables: readonly { readonly counter?: { readonly name: string; readonly packets: number } }[];
    };
    return new Map(nftables.flatMap(({ counter }) => (counter === undefined ? [] : [[counter.name, counter.packets] as const])));
  }

  #namespace(which: string): string {
    const name = `${this.#prefix}${which}`;
    run('ip', 'netns', 'add', name);
    this.#namespaces.push(name);
    return name;
  }
}
