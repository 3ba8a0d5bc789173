/** Which value of a setting is in force: a flag goes before the environment, that before the file, that before the default. */
import type { Command } from 'commander';
import { type ConfigFile, readConfig, wrongValue } from './config-file.ts';
import { SETTINGS, type Setting, type SettingValue, valueFromText } from './settings.ts';

export type Origin = 'default' | 'file' | 'environment' | 'flag';
/** `value`: undefined if nothing is set and the default is no value. */
export type Settled = { readonly setting: Setting; readonly from: Origin; readonly value: SettingValue | undefined };

/** @throws CommandError usage for what the file or the environment says wrongly. */
export const settle = async (
  program: Command,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly file: ConfigFile; readonly settled: readonly Settled[] }> => {
  const file = await readConfig(env);
  return { file, settled: SETTINGS.map((setting) => settleOne(setting, program, env, file)) };
};

/** Sets the options of the command line that nobody gave to what the environment and the file say. */
export const applySettings = async (program: Command, env: NodeJS.ProcessEnv = process.env): Promise<void> => {
  const { settled } = await settle(program, env);
  for (const { setting, from, value } of settled)
    if (from === 'file' || from === 'environment') program.setOptionValueWithSource(setting.option, value, from);
};

const settleOne = (setting: Setting, program: Command, env: NodeJS.ProcessEnv, file: ConfigFile): Settled => {
  const { option, variable, standard } = setting;
  if (program.getOptionValueSource(option) === 'cli') {
    return { setting, from: 'flag', value: program.getOptionValue(option) as SettingValue }; // its parser has checked it
  }
  const text = env[variable];
  if (text !== undefined && text !== '') {
    try {
      return { setting, from: 'environment', value: valueFromText(setting, text) };
    } catch (error) {
      throw wrongValue(variable, error);
    }
  }
  const value = file.values.get(setting);
  return value === undefined ? { setting, from: 'default', value: standard } : { setting, from: 'file', value };
};
