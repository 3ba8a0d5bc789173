/** The settings of a chat that runs: `/set` shows and changes them, until its end. */
import { InvalidArgumentError } from 'commander';
import { cleanText } from '../../base/terminal-text.ts';
import type { SettingWords } from '../../ui/candidates.ts';
import { nearest } from '../../ui/nearest.ts';
import type { CommonOptions } from '../program/options.ts';
import { SETTINGS, type Setting, type SettingValue, valueFromText } from './settings.ts';

export class LiveSettings {
  #current: CommonOptions;
  readonly #listeners: (() => void)[] = [];

  constructor(common: CommonOptions) {
    this.#current = common;
  }

  /** As they are now. */
  get current(): CommonOptions {
    return this.#current;
  }

  /** Calls `listener` whenever one was changed. BOUNDED: by the parts of a chat that look at settings. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** What Tab completes. */
  get words(): readonly SettingWords[] {
    return SETTINGS.filter(isLive).map(({ key, form }) => ({
      key,
      values: form.kind === 'switch' ? ['on', 'off'] : form.kind === 'choice' ? form.of : [],
    }));
  }

  /** What was typed after `/set`. @returns what to tell. */
  set(words: string): string {
    const [, typed = '', text = ''] = /^(\S*)\s*([\s\S]*)$/.exec(words.trim()) ?? [];
    if (typed === '') return this.#list();
    const key = typed.toLowerCase().replaceAll('_', '-');
    const setting = SETTINGS.find((one) => one.key === key);
    const group = SETTINGS.filter((one) => isLive(one) && one.key.startsWith(`${key.replace(/\.\*?$/, '')}.`));
    if (setting === undefined) return group.length > 0 && text === '' ? this.#list(group) : unknownKey(typed);
    if (text === '') return `${this.#line(setting, setting.key.length)}\n${setting.about}`;
    if (setting.fixed !== undefined) return `${setting.key} stays as it is while earshot runs: ${setting.fixed}.`;
    try {
      const value = valueFromText(setting, text);
      this.#current = { ...this.#current, [setting.option]: value };
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      return `${setting.key} is not changed. ${error.message}`;
    }
    for (const listener of this.#listeners) listener();
    return `${this.#line(setting, setting.key.length)}, until the end of this chat.`;
  }

  #list(live: readonly Setting[] = SETTINGS.filter(isLive)): string {
    const width = Math.max(...live.map(({ key }) => key.length));
    return [
      'Settings, until the end of this chat; for good: earshot config --init',
      ...live.map((setting) => `${this.#line(setting, width)}  ${setting.about}`),
    ].join('\n');
  }

  #line(setting: Setting, width: number): string {
    const value = this.#current[setting.option] ?? setting.standard;
    const shown = value === undefined ? `(${setting.otherwise ?? 'not set'})` : shownValue(value as SettingValue);
    return `${setting.key.padEnd(width)} = ${cleanText(shown, { newlines: 'space' })}`;
  }
}

const isLive = ({ fixed }: Setting): boolean => fixed === undefined;

const shownValue = (value: SettingValue): string => {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return Array.isArray(value) ? value.join(', ') : String(value);
};

const unknownKey = (typed: string): string => {
  const meant = nearest(
    typed.toLowerCase(),
    SETTINGS.map(({ key }) => key),
  );
  return `There is no setting ${cleanText(typed, { newlines: 'space' })}; ${meant === undefined ? 'see: /set' : `did you mean ${meant}?`}`;
};
