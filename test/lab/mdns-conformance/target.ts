/** What is under test, started on its host: the earshot command, earshot's mDNS machine alone, or avahi. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { type Avahi, startAvahi } from '../avahi.ts';
import { Program } from '../program.ts';

export type TargetKind = 'earshot' | 'machine' | 'avahi';

export const SERVICE = ['_earshot', '_udp', 'local'] as const;
export const META = ['_services', '_dns-sd', '_udp', 'local'] as const;

/** Where things are, as the test that starts the tester knows it. */
export type Place = {
  readonly namespace: string;
  /** Address of the target, and of the tester. */
  readonly target: string;
  readonly tester: string;
  readonly root: string;
  /** Taken away with the lab. */
  readonly folder: string;
  /** mdns-host.ts, bundled. */
  readonly machine: string;
};

export interface Target {
  readonly kind: TargetKind;
  /** It says goodbye and ends. */
  stop(): Promise<void>;
  /** Ends it at once, whatever it does. */
  kill(): Promise<void>;
  /** It says that it found an instance; what it said earlier than what was waited for last does not count. */
  found(label: string, more?: string): Promise<string>;
  gone(label: string): Promise<string>;
  /** It says that it has no network. */
  offline(): Promise<string>;
  /** Whether it has said so until now. */
  hasSaid(...parts: readonly string[]): boolean;
}

class EarshotTarget implements Target {
  readonly kind: TargetKind;
  readonly #program: Program;

  constructor(kind: TargetKind, program: Program) {
    this.kind = kind;
    this.#program = program;
  }

  async stop(): Promise<void> {
    if (this.kind === 'machine') this.#program.endInput();
    else this.#program.signal('SIGTERM');
    await this.#program.ended();
  }

  kill(): Promise<void> {
    return this.#program.stop();
  }

  found(label: string, more = ''): Promise<string> {
    return this.#program.line('"found"', `"${label}"`, more);
  }

  offline(): Promise<string> {
    return this.#program.line('no network interface can be used');
  }

  gone(label: string): Promise<string> {
    return this.#program.line('"gone"', `"${label}"`);
  }

  hasSaid(...parts: readonly string[]): boolean {
    return this.#program.lines.some((line) => parts.every((part) => line.includes(part)));
  }
}

/** avahi-browse -p: `+;eth0;IPv4;label;…`. */
const AVAHI_WORDS: ReadonlyMap<string, string> = new Map([
  ['"found"', '+;'],
  ['"gone"', '-;'],
]);

class AvahiTarget implements Target {
  readonly kind = 'avahi';
  readonly #avahi: Avahi;
  readonly #service: Program;
  readonly #browser: Program;

  constructor(avahi: Avahi, service: Program, browser: Program) {
    this.#avahi = avahi;
    this.#service = service;
    this.#browser = browser;
  }

  async stop(): Promise<void> {
    this.#service.signal('SIGTERM');
    await this.#service.ended();
  }

  kill(): Promise<void> {
    return this.#avahi.stop();
  }

  found(label: string, more = ''): Promise<string> {
    return this.#browser.line(more === '' ? '+;' : '=;', label, more);
  }

  offline(): Promise<string> {
    return this.#avahi.log('no longer relevant for mDNS');
  }

  gone(label: string): Promise<string> {
    return this.#browser.line('-;', label);
  }

  hasSaid(...parts: readonly string[]): boolean {
    return this.#browser.lines.some((line) =>
      parts.every((part) => line.includes(AVAHI_WORDS.get(part) ?? part.replaceAll('"', ';'))),
    );
  }
}

/** @param speed of the machine's clock. */
export const startTarget = async (kind: TargetKind, place: Place, speed = 1): Promise<Target> => {
  const folder = mkdtempSync(join(place.folder, 'target-'));
  if (kind === 'avahi') {
    const avahi = await startAvahi(place.namespace, folder);
    const service = avahi.publish('-s', 'under test', '_earshot._udp', '4455', 'txtvers=1', 'v=1');
    return new AvahiTarget(avahi, service, avahi.browse('-rp', '_earshot._udp'));
  }
  const command =
    kind === 'machine'
      ? [place.machine, '4455', String(speed)]
      : [join(place.root, 'bin/earshot.js'), 'listen', '--json', '--name', 'target', '--home', folder];
  return new EarshotTarget(kind, new Program('ip', ['netns', 'exec', place.namespace, process.execPath, ...command]));
};
