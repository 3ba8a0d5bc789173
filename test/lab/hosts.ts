/**
 * Several hosts on one machine: a network namespace each, joined by a bridge in a namespace of its own, without uplink. Loss is made by
 * nftables (`numgen random`). Needs root on Linux, iproute2 and nft; `labProblem` says what is missing.
 */

import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
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

/** A title that says why its tests are skipped. */
export const labTitle = (title: string, problem = labProblem): string =>
  problem === undefined ? title : `${title} (skipped: ${problem})`;

const NO_IPV6 = 'echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad';
let labs = 0;

export class Lab {
  readonly folder = mkdtempSync(join(tmpdir(), 'earshot-lab-'));
  /** Why IPv6 cannot be used here, or undefined. */
  readonly ipv6Problem: string | undefined;
  readonly #prefix = `es${process.pid % 100_000}${(labs++).toString(36)}`;
  readonly #namespaces: string[] = [];
  readonly #hosts: number;
  readonly #children: ChildProcess[] = [];

  constructor(hosts: number) {
    this.#hosts = hosts;
    const bridge = this.#namespace('b');
    run('ip', '-n', bridge, 'link', 'add', 'br0', 'type', 'bridge', 'mcast_snooping', '0');
    run('ip', '-n', bridge, 'link', 'set', 'br0', 'up');
    for (let i = 1; i <= hosts; i++) {
      const host = this.#namespace(String(i));
      run('ip', 'link', 'add', `p${i}`, 'netns', bridge, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', host);
      run('ip', '-n', bridge, 'link', 'set', `p${i}`, 'master', 'br0', 'up');
      run('ip', '-n', host, 'addr', 'add', `${this.address(i)}/24`, 'dev', 'eth0');
      run('ip', '-n', host, 'link', 'set', 'eth0', 'up');
      run('ip', '-n', host, 'link', 'set', 'lo', 'up');
    }
  }
}
