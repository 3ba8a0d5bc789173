/** Two hosts, bob on the second, and ways to make the network between them ill. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, jest } from '@jest/globals';
import { earshotOn, isReady, type Line, type Running } from './earshot-on.ts';
import { Lab, labProblem, titled } from './hosts.ts';

export class IllLab {
  readonly lab = new Lab(2);
  /** Undefined but between the beginning and the end of a test. */
  #bob: { readonly running: Running; readonly at: string } | undefined;

  get bob(): Running {
    return this.#there().running;
  }

  /** Bob's address and port. */
  get at(): string {
    return this.#there().at;
  }

  async begin(): Promise<void> {
    const running = earshotOn(this.lab, 2, ['listen', '--json', '--name', 'bob']);
    this.#bob = { running, at: `${this.lab.address(2)}:${(await running.until(isReady)).port}` };
  }

  async end(): Promise<void> {
    this.heal(1);
    this.heal(2);
    await this.lab.killAll();
  }

  /** `earshot doctor` on the first host. */
  async visit(...args: readonly string[]): Promise<{ readonly code: number | null; readonly found: Line }> {
    const doctor = earshotOn(this.lab, 1, ['doctor', '--json', ...args]);
    const code = await doctor.exit;
    const [found] = doctor.lines;
    if (found === undefined) throw new Error(`it said nothing: ${doctor.stderr()}`);
    return { code, found };
  }

  /** What these nftables rules match is dropped at a host, besides what was before. */
  drop(host: number, hook: 'input' | 'output', ...rules: readonly string[]): void {
    this.lab.exec(host, 'nft', `add table inet ill; add chain inet ill c { type filter hook ${hook} priority 0; }`);
    for (const rule of rules) this.lab.exec(host, 'nft', `add rule inet ill c ${rule} drop`);
  }

  heal(host: number): void {
    this.lab.exec(host, 'nft', 'add table inet ill; delete table inet ill');
  }

  #there(): { readonly running: Running; readonly at: string } {
    if (this.#bob === undefined) throw new Error('bob was not started');
    return this.#bob;
  }
}

/** @param tests are told where the lab is once a test runs. */
export const illSuite = (title: string, tests: (ill: () => IllLab) => void): void => {
  const suite = labProblem === undefined ? describe : describe.skip;
  jest.setTimeout(90_000);
  suite(titled(title), () => {
    let ill: IllLab | undefined;
    const there = (): IllLab => {
      if (ill === undefined) throw new Error('the lab was not made');
      return ill;
    };
    beforeAll(() => {
      ill = new IllLab();
    });
    beforeEach(() => there().begin());
    afterEach(() => there().end());
    afterAll(() => ill?.lab.remove());
    tests(there);
  });
};
