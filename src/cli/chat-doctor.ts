/** `/doctor`: measures beside the running peer, which goes on meanwhile, and tells what it found. */
import type { Address } from '../base/address.ts';
import type { Checkup } from '../platform/doctor/checkup.ts';
import type { ChatActions } from './chat-commands.ts';
import { splitPerson } from './chat-line.ts';
import { personOf } from './chat-person.ts';
import { describeError } from './exit-code.ts';
import { parsePeerAddress } from './options.ts';

/** Looks at this machine's network, and at the way to an address. @param wanted interfaces, as `OpenOptions.interfaces`. */
export type Examine = (wanted: readonly string[], address: Address | undefined) => Promise<Checkup>;

const examineHere: Examine = async (wanted, address) => {
  const { examine } = await import('../platform/doctor/examine.ts');
  return examine(wanted, address);
};

/** Somebody to look at. `clockSkewMs`: as their session has told already. */
type Patient = { readonly who: string; readonly address: Address; readonly clockSkewMs: number | undefined };

export class ChatDoctor {
  readonly #examine: Examine;
  #isBusy = false;

  constructor(examine: Examine = examineHere) {
    this.#examine = examine;
  }

  /** Resolves when it has begun; what it finds is told later. */
  async visit(chat: ChatActions, rest: string): Promise<void> {
    if (this.#isBusy) return chat.tell('The doctor is looking already; wait for what it finds.', true);
    const patient = rest === '' ? undefined : await patientOf(chat, rest);
    if (rest !== '' && patient === undefined) return;
    this.#isBusy = true;
    chat.tell('The doctor looks at the network; that takes some seconds.');
    void this.#look(chat, patient)
      .catch((error: unknown) => chat.tell(`The doctor could not look: ${describeError(error).text}`, true))
      .finally(() => {
        this.#isBusy = false;
      });
  }

  async #look(chat: ChatActions, patient: Patient | undefined): Promise<void> {
    const [{ DOCTOR_CODES, diagnose }, { visitText }] = await Promise.all([
      import('../platform/doctor/diagnosis.ts'),
      import('./doctor.ts'),
    ]);
    const measured = await this.#examine(chat.context.host.interfaces, patient?.address);
    const { peer } = measured;
    const checkup = peer === undefined ? measured : { ...measured, peer: { ...peer, clockSkewMs: patient?.clockSkewMs } };
    const diagnosis = diagnose(checkup, patient?.who ?? 'them');
    const text = visitText({ checkup, diagnosis, code: DOCTOR_CODES[diagnosis.cause] });
    chat.tell(text.replace(/\n$/, ''), diagnosis.cause !== 'all-well');
  }
}

const patientOf = async (chat: ChatActions, rest: string): Promise<Patient | undefined> => {
  if (/:\d+$/.test(rest)) return atAddress(chat, rest);
  const [typed] = splitPerson(rest);
  const person = await personOf(chat, typed);
  if (person === undefined) chat.tell('/doctor alone looks at this machine, /doctor HOST:PORT at the way to an address.');
  return person && { who: person.name, address: person.address, clockSkewMs: person.clockSkewMs };
};

const atAddress = async (chat: ChatActions, typed: string): Promise<Patient | undefined> => {
  try {
    const [{ parseTarget }, { lookup }] = await Promise.all([import('../platform/static-peers.ts'), import('node:dns/promises')]);
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
