/** Settings as a commented TOML file: what is in force now, or a file to begin with. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { stringify } from 'smol-toml';
import { cleanText } from '../../base/terminal-text.ts';
import { CommandError, ExitCode } from '../exit-code.ts';
import type { ConfigFile } from './config-file.ts';
import { SETTINGS, type Setting, type SettingValue } from './settings.ts';
import type { Settled } from './settle.ts';

const PRECEDENCE = 'A flag goes before the environment, the environment before the file.';

const assignment = (key: string, value: SettingValue): string => {
  const at = key.lastIndexOf('.') + 1; // the dot is one of TOML's, which the library would quote
  return `${key.slice(0, at)}${stringify({ [key.slice(at)]: value }).trim()}`;
};

const names = ({ variable, flag }: Setting): string => `Also: ${flag === undefined ? '' : `${flag}, `}${variable}`;

const shownDefault = ({ standard, otherwise }: Setting): string =>
  standard === undefined ? `Default: ${otherwise ?? 'none'}.` : `Default: ${String(standard)}.`;

/** What is in force, each with where it comes from. It can be used as the file itself. */
export const settingsText = (settled: readonly Settled[], file: ConfigFile): string => {
  const state = file.isThere ? 'the file' : 'no file yet (earshot config --init writes one)';
  const lines = [`# Settings in force; ${state}: ${file.path}`, `# ${PRECEDENCE}`];
  for (const { setting, from, value } of settled) {
    const origin = `# ${originText(setting, from)}`;
    if (from !== 'default' && value !== undefined) lines.push(`${assignment(setting.key, value)}  ${origin}`);
    else if (value === undefined) lines.push(`# ${setting.key} is not set  ${origin}: ${setting.otherwise ?? 'none'}`);
    else lines.push(`# ${assignment(setting.key, value)}  ${origin}`);
  }
  return `${lines.map((line) => cleanText(line, { newlines: 'space' })).join('\n')}\n`;
};

const originText = ({ flag, variable }: Setting, from: Settled['from']): string => {
  if (from === 'flag') return `flag ${flag ?? ''}`;
  return from === 'environment' ? `environment ${variable}` : from;
};

/** One JSON object a setting. */
export const settingsJson = (settled: readonly Settled[]): string =>
  settled
    .map(({ setting, from, value }) => `${JSON.stringify({ type: 'setting', key: setting.key, value: value ?? null, from })}\n`)
    .join('');

/** A file in which nothing is set and everything explained. */
export const emptyConfig = (): string =>
  [
    '# Settings of earshot. Take away the # before a line to set it; earshot config shows what is in force.',
    `# ${PRECEDENCE}`,
    ...SETTINGS.flatMap((setting) => [
      '',
      `# ${setting.about} ${shownDefault(setting)}`,
      `# ${names(setting)}`,
      `# ${assignment(setting.key, setting.standard ?? setting.example ?? '')}`,
    ]),
    '',
  ].join('\n');

/** Writes such a file where there is none. @throws CommandError usage. */
export const writeEmptyConfig = (path: string): void => {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, emptyConfig(), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(
      ExitCode.usage,
      isThere ? `${path} is there already; it was left as it is` : `${path} cannot be written: ${reason}`,
      { cause: error },
    );
  }
};
