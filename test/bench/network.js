// Two hosts joined by a wire: network namespaces where this is allowed, the loopback interface elsewhere.
import { execFileSync } from 'node:child_process';

const run = (...command) => execFileSync(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] }).toString();
const name = (which) => `esb${process.pid % 100_000}${which}`;

/** @returns {{ hosts: [Host, Host], setLoss(percent): void, remove(): void } | { why: string }} */
export const makeNetwork = () => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return { why: 'network namespaces need root on Linux' };
  const [a, b] = [name('a'), name('b')];
  const remove = () => {
    for (const netns of [a, b]) {
      try {
        run('ip', 'netns', 'del', netns);
      } catch {
        // it was never made
      }
    }
  };
  try {
    run('ip', 'netns', 'add', a);
    run('ip', 'netns', 'add', b);
    run('ip', 'link', 'add', 'eth0', 'netns', a, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', b);
    for (const [netns, address] of [
      [a, '10.98.0.1/24'],
      [b, '10.98.0.2/24'],
    ]) {
      run('ip', '-n', netns, 'addr', 'add', address, 'dev', 'eth0');
      run('ip', '-n', netns, 'link', 'set', 'eth0', 'up');
      run('ip', '-n', netns, 'link', 'set', 'lo', 'up');
    }
    // Until both ends are up, the system does not show the interface to programs.
    for (const netns of [a, b]) {
      for (let tries = 0; tries < 500 && !run('ip', '-n', netns, 'link', 'show', 'eth0').includes('state UP'); tries++);
    }
  } catch (error) {
    remove();
    return { why: `network namespaces cannot be made here: ${String(error.message).split('\n')[0]}` };
  }
  process.on('exit', remove);
  const setLoss = (percent) => {
    for (const netns of [a, b]) {
      run('ip', 'netns', 'exec', netns, 'nft', 'flush', 'ruleset');
      if (percent === 0) continue;
      run(
        'ip',
        'netns',
        'exec',
        netns,
        'nft',
        'add table inet lab; add chain inet lab in { type filter hook input priority 0; }',
      );
      run('ip', 'netns', 'exec', netns, 'nft', `add rule inet lab in meta l4proto udp numgen random mod 100 < ${percent} drop`);
    }
  };
  return {
    hosts: [
      { netns: a, address: '10.98.0.1' },
      { netns: b, address: '10.98.0.2' },
    ],
    setLoss,
    remove,
  };
};

export const LOOPBACK = [
  { netns: undefined, address: '127.0.0.1' },
  { netns: undefined, address: '127.0.0.1' },
];
