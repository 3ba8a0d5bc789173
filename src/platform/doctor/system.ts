/** What the system tells without being asked by datagrams: firewalls, neighbours, who has a port. Linux tells most; where nothing is told, nothing is claimed. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { errorCode } from '../world-text.ts';

const COMMAND_MAX_MS = 2_000;

const textOf = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return undefined; // another system, or not for this user
  }
};

const outputOf = (command: string, ...args: readonly string[]): string | undefined => {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: COMMAND_MAX_MS });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return undefined; // not installed, or not for this user
  }
};

/** Firewalls that seem to be at work, with what is known of them. */
export const firewallsHere = (platform: NodeJS.Platform = process.platform): readonly string[] => {
  if (platform === 'darwin') return ['System Settings › Privacy › Local Network (and the firewall)'];
  if (platform === 'win32') return ['the Windows firewall (a network marked as public blocks most)'];
  const found: string[] = [];
  if (/^ENABLED=yes/m.test(textOf('/etc/ufw/ufw.conf') ?? '')) found.push('ufw');
  if (outputOf('firewall-cmd', '--state')?.trim() === 'running') found.push('firewalld');
  const rules = outputOf('nft', 'list', 'ruleset') ?? '';
  if (/hook input[^}]*policy drop|hook input[^}]*\b(drop|reject)\b/s.test(rules)) found.push('nftables (its input chain drops)');
  return found;
};

/** Whether a host on the link has a link-layer address by now; undefined: not known. @param table of /proc/net/arp. */
export const isNeighbour = (host: string, table = textOf('/proc/net/arp')): boolean | undefined => {
  const line = table?.split('\n').find((one) => one.startsWith(`${host} `));
  if (line === undefined) return undefined;
  const [, , flags = '0x0'] = line.split(/\s+/);
  return (Number(flags) & 0x2) !== 0;
};

/** Other programs that have a UDP port, by name, as far as this user may see. */
export const holdersOf = (port: number): readonly string[] => {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const table of ['/proc/net/udp', '/proc/net/udp6']) {
    for (const line of (textOf(table) ?? '').split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[1]?.endsWith(`:${hex}`) === true && fields[9] !== undefined) inodes.add(`socket:[${fields[9]}]`);
    }
  }
  if (inodes.size === 0) return [];
  const names = new Set<string>();
  for (const pid of foldersIn('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    if (foldersIn(`/proc/${pid}/fd`).some((fd) => inodes.has(linkOf(`/proc/${pid}/fd/${fd}`)))) {
      names.add(`${(textOf(`/proc/${pid}/comm`) ?? 'a program').trim()} (${pid})`);
    }
  }
  return [...names];
};

const foldersIn = (path: string): readonly string[] => {
  try {
    return readdirSync(path);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return []; // it has ended, or belongs to somebody else
  }
};

const linkOf = (path: string): string => {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return ''; // closed meanwhile
  }
};
