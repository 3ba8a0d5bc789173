/**
 * `/doctor`: tells what is wrong with the network. It is measured by a process of its own: what asks the system waits for it, and the
 * running peer must not.
 */
import { execFile } from 'node:child_process';
import { isIP } from 'node:net';
import { type Address, addressKey } from '../../base/address.ts';
import type { Checkup } from '../../platform/doctor/checkup.ts';
import { nameList } from '../../ui/delivery-line.ts';
import { CommandError, describeError, ExitCode } from '../exit-code.ts';
import { parsePeerAddress } from '../program/options.ts';
import type { ChatActions } from './chat-commands.ts';
import { splitPerson } from './chat-line.ts';
import { personOf } from './chat-person.ts';

/** Looks at this machine's network, and at the way to an address. @param wanted interfaces, as `OpenOptions.interfaces`. */
export type Examine = (wanted: readonly string[], address: Address | undefined, stop: AbortSignal) => Promise<Checkup>;

/** Whatever the network does, it is measured by then. */
const MEASURED_AFTER_MS = 60_000;

/** By this program once more (`earshot measure`). */
const examineApart: Examine = (wanted, address, signal) => {
  const options = wanted.flatMap((name) => ['--interface', name]);
  const args = [process.argv[1] ?? '', ...options, 'measure', ...(address === undefined ? [] : [addressKey(address)])];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { timeout: MEASURED_AFTER_MS, signal }, (error, stdout, stderr) => {
      if (error === null)
        resolve(JSON.parse(stdout) as Checkup); // of this very program
      else reject(new CommandError(ExitCode.unexpected, stderr.trim().split('\n').at(-1) || error.message, { cause: error }));
    });
  });
};

/** Somebody to look at. `clockSkewMs`: as their session has told already. */
type Patient = { readonly who: string; readonly address: Address; readonly clockSkewMs: number | undefined };

export class ChatDoctor {
  readonly #examine: Examine;
  #isBusy = false;

  readonly #stop = new AbortController();

  constructor(examine: Examine = examineApart) {
    this.#examine = examine;
  }

  close(): void {
    this.#stop.abort();
  }

  /** Resolves when it has begun; what it finds is told later. */
  async visit(chat: ChatActions, rest: string): Promise<void> {
    if (this.#isBusy) return chat.tell('The doctor is looking already; wait for what it finds.', true);
    const patient = rest === '' ? undefined : await patientOf(chat, rest);
    if (rest !== '' && patient === undefined) return;
    this.#isBusy = true;
    chat.tell('The doctor looks at the network; that takes some seconds.');
    void this.#look(chat, patient)
      .catch(
        (error: unknown) =>
          this.#stop.signal.aborted || chat.tell(`The doctor could not look: ${describeError(error).text}`, true),
      )
      .finally(() => {
        this.#isBusy = false;
      });
  }

  async #look(chat: ChatActions, patient: Patient | undefined): Promise<void> {
    const { host } = chat.context;
    const { DOCTOR_CODES, diagnose } = await import('../../platform/doctor/diagnosis.ts');
    const { visitText } = await import('../live/doctor.ts');
    const measured = await this.#examine(host.interfaces, patient?.address, this.#stop.signal);
    const { peer } = measured;
    const checkup =
      peer === undefined ? measured : { ...measured, peer: { ...peer, clockSkewMs: patient?.clockSkewMs ?? peer.clockSkewMs } };
    const diagnosis = diagnose(checkup, patient?.who ?? 'them', host.peer.peers.length);
    const { visibility } = host.peer;
    const text = visitText({ checkup, diagnosis, code: DOCTOR_CODES[diagnosis.cause], visibility }).replaceAll(
      'earshot doctor',
      '/doctor',
    );
    const here = patient === undefined ? host.peer.peers.map(({ name }) => name) : [];
    const withUs = here.length === 0 ? '' : `with you     ${nameList(here)}\n`;
    chat.tell(withUs + text.replace(/\n$/, ''), diagnosis.cause !== 'all-well');
  }
}

const patientOf = async (chat: ChatActions, rest: string): Promise<Patient | undefined> => {
  if (/:\d+$/.test(rest)) return atAddress(chat, rest);
  if (isIP(rest.split('%', 1)[0] ?? '') !== 0) {
    chat.tell('An address needs its port, which earshot status shows there: /doctor HOST:PORT', true);
    return undefined;
  }
  const [typed] = splitPerson(rest);
  const person = await personOf(chat, typed);
  if (person === undefined) chat.tell('/doctor alone looks at this machine, /doctor HOST:PORT at the way to an address.');
  return person && { who: person.name, address: person.address, clockSkewMs: person.clockSkewMs };
};

const atAddress = async (chat: ChatActions, typed: string): Promise<Patient | undefined> => {
  try {
    const { parseTarget } = await import('../../platform/static-peers.ts');
    const { lookup } = await import('node:dns/promises');
    const { host, port } = parseTarget(parsePeerAddress(typed));
    if (host.includes('%')) return { who: typed, address: { host, port }, clockSkewMs: undefined };
    const found = await lookup(host).catch(() => undefined);
    if (found !== undefined) return { who: typed, address: { host: found.address, port }, clockSkewMs: undefined };
    chat.tell(`There is no host "${host}"; give its address: /doctor 192.168.1.7:4455`, true);
  } catch (error) {
    chat.tell(describeError(error).text, true);
  }
  return undefined;
};
