/** The command on a host of the lab, read as a script reads it. Waiting is for a line, with a deadline. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Lab } from './hosts.ts';

export const BIN = fileURLToPath(new URL('../../bin/earshot.js', import.meta.url));
const DEADLINE_MS = 30_000;

export type Line = Readonly<Record<string, unknown>>;
export type Running = {
  /** Of the process itself: what starts it on its host becomes it. */
  readonly pid: number | undefined;
  readonly home: string;
  readonly lines: readonly Line[];
  readonly stderr: () => string;
  /** The first line, of those there and to come, that fits; rejects at the deadline, or when it ends, with everything printed. */
  readonly until: (fits: (line: Line) => boolean) => Promise<Line>;
  /** Something on stderr. */
  readonly untilTold: (what: RegExp) => Promise<void>;
  readonly write: (text: string) => void;
  /** No more input. */
  readonly end: () => void;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly exit: Promise<number | null>;
};

const environment = (): NodeJS.ProcessEnv => {
  const { NODE_EXTRA_CA_CERTS: _, ...rest } = process.env;
  return { ...rest, NO_COLOR: '1' };
};

export const makeHome = (lab: Lab): string => mkdtempSync(join(lab.folder, 'home-'));

export type Surroundings = {
  /** The profile. Default: a new one. */
  readonly home?: string;
  /** Stands in for /etc/hosts. */
  readonly hostsFile?: string;
};

/** `earshot ARGS --home HOME` on a host. */
export const earshotOn = (
  lab: Lab,
  host: number,
  args: readonly string[],
  { home = makeHome(lab), hostsFile }: Surroundings = {},
): Running => {
  const child = lab.spawn(host, [process.execPath, BIN, ...args, '--home', home], environment(), hostsFile);
  const lines: Line[] = [];
  let stderr = '';
  let rest = '';
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const check of [...waiting]) check();
  };
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) lines.push(part.startsWith('{') ? (JSON.parse(part) as Line) : { text: part });
    wake();
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
    wake();
  });
  const exit = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  const untilFound = <T>(find: () => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        clearTimeout(deadline);
        waiting.delete(check);
        settle();
      };
      const check = () => {
        const found = find();
        if (found !== undefined) finish(() => resolve(found));
      };
      const fail = (why: string) =>
        finish(() => reject(new Error(`${why}; printed: ${JSON.stringify(lines.slice(-5))}; stderr: ${stderr}`)));
      const deadline = setTimeout(() => fail(`no such line within ${DEADLINE_MS / 1000} s`), DEADLINE_MS);
      waiting.add(check);
      check();
      void exit.then((code) => fail(`the process ended with ${code}`));
    });
  return {
    pid: child.pid,
    home,
    lines,
    stderr: () => stderr,
    until: (fits) => untilFound(() => lines.find(fits)),
    untilTold: (what) => untilFound(() => (what.test(stderr) ? true : undefined)).then(() => undefined),
    write: (text) => child.stdin?.write(text),
    end: () => child.stdin?.end(),
    kill: (signal) => child.kill(signal),
    exit,
  };
};

/** Ends a command as a person would, and waits for it. */
export const endAll = async (...all: readonly Running[]): Promise<void> => {
  for (const one of all) one.kill('SIGTERM');
  await Promise.all(all.map((one) => one.exit));
};

export const isReady = (line: Line): boolean => line.type === 'ready';
const isPeerEvent =
  (event: string) =>
  (name: string) =>
  (line: Line): boolean =>
    line.type === 'peer' && line.event === event && line.name === name;
export const isJoined = isPeerEvent('joined');
export const isLeft = isPeerEvent('left');
export const isMessage =
  (text: string) =>
  (line: Line): boolean =>
    line.type === 'message' && line.text === text;
export const textsOf = (running: Running): readonly unknown[] =>
  running.lines.filter((line) => line.type === 'message').map((line) => line.text);
/** What happened to somebody: `['joined', 'left', …]`. */
export const eventsOf = (running: Running, name: string): readonly unknown[] =>
  running.lines.filter((line) => line.type === 'peer' && line.name === name).map((line) => line.event);
