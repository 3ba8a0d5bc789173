import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { defaultHome, newProfile, openHome, type Profile, readProfile, writeProfile } from '../../src/platform/home.ts';
import { temporaryFolder } from './temporary.ts';

const profile = (): Profile => ({
  ...newProfile(),
  port: 4455,
  name: 'Ada ü',
  marks: ['.=1', '00000001.seg=2'],
  places: { '#lobby': 'loud' },
});
const mode = (path: string): number => statSync(path).mode & 0o777;

describe('where a profile is', () => {
  test.each([
    [{ EARSHOT_HOME: '/x/y' }, 'linux', '/x/y'],
    [{ EARSHOT_HOME: '', XDG_DATA_HOME: '/data' }, 'linux', '/data/earshot'],
    [{ XDG_DATA_HOME: 'relative' }, 'linux', '/home/ada/.local/share/earshot'],
    [{}, 'linux', '/home/ada/.local/share/earshot'],
    [{}, 'darwin', '/home/ada/Library/Application Support/earshot'],
    [{ APPDATA: '/app' }, 'win32', '/app/earshot'],
  ] as const)('with %j on %s it is %s', (env, platform, expected) => {
    expect(defaultHome(env, platform, '/home/ada')).toBe(expected);
  });
});

describe('the folder of a profile', () => {
  test('is made with its parents, for this user only', () => {
    const home = join(temporaryFolder(), 'a', 'b');
    expect(openHome(home)).toBe(home);
    expect(mode(home)).toBe(0o700);
  });

  test('is the real one, whichever link leads there', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'real'));
    symlinkSync(join(folder, 'real'), join(folder, 'link'));
    expect(openHome(join(folder, 'link'))).toBe(join(folder, 'real'));
  });

  test('that is used for other things too keeps its mode', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'letters.txt'), '');
    chmodSync(folder, 0o755);
    openHome(folder);
    expect(mode(folder)).toBe(0o755);
  });

  test('where everybody may write is refused', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'letters.txt'), '');
    chmodSync(folder, 0o777);
    expect(() => openHome(folder)).toThrow(expect.objectContaining({ code: 'profile-not-writable' }));
  });

  test('that cannot be made is an error that says what to do', () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    for (const home of [join(file, 'home'), file, '/proc/nope', '/proc/nope/deeper']) {
      expect(() => openHome(home)).toThrow(
        expect.objectContaining({ code: 'profile-not-writable', message: expect.stringMatching(/--home.*--ephemeral/) }),
      );
    }
  });
});

describe('the keys of a profile', () => {
  test('are read as they were written, in a file for this user only', () => {
    const home = temporaryFolder();
    const written = profile();
    writeProfile(home, written);
    expect(readProfile(home)).toEqual(written);
    expect(mode(join(home, 'profile.json'))).toBe(0o600);
    expect(readdirSync(home)).toEqual(['profile.json']);
  });

  test('are absent in a new home', () => {
    expect(readProfile(temporaryFolder())).toBeUndefined();
  });

  test('are different in every new profile', () => {
    const [a, b] = [newProfile(), newProfile()];
    expect([a.signingSeed, a.dhSeed, a.log]).not.toEqual([b.signingSeed, b.dhSeed, b.log]);
    expect(a.signingSeed).not.toEqual(a.dhSeed);
  });

  test('cut off anywhere are noticed, and the file is left as it is', () => {
    const home = temporaryFolder();
    writeProfile(home, profile());
    const path = join(home, 'profile.json');
    const whole = readFileSync(path, 'utf8');
    for (let length = 0; length < whole.trimEnd().length; length++) {
      writeFileSync(path, whole.slice(0, length));
      expect(() => readProfile(home)).toThrow(
        expect.objectContaining({ code: 'profile-damaged', message: expect.stringContaining('left as it is') }),
      );
    }
    expect(readFileSync(path, 'utf8')).toBe(whole.slice(0, whole.trimEnd().length - 1));
  });

  test('with any digit changed are noticed', () => {
    const home = temporaryFolder();
    writeProfile(home, profile());
    const path = join(home, 'profile.json');
    const whole = readFileSync(path, 'utf8');
    for (const field of ['signing', 'dh', 'log', 'check']) {
      const at = whole.indexOf(`"${field}"`) + field.length + 6;
      const digit = whole[at] === '0' ? '1' : '0';
      writeFileSync(path, whole.slice(0, at) + digit + whole.slice(at + 1));
      expect(() => readProfile(home)).toThrow(expect.objectContaining({ code: 'profile-damaged' }));
    }
  });

  test('of a later form are not touched, and the message says so', () => {
    const home = temporaryFolder();
    writeFileSync(join(home, 'profile.json'), JSON.stringify({ earshot: 2 }));
    expect(() => readProfile(home)).toThrow(
      expect.objectContaining({ code: 'profile-damaged', message: expect.stringContaining('its form is 2') }),
    );
  });

  test('that cannot be read or written are errors that name the file', () => {
    const home = temporaryFolder();
    mkdirSync(join(home, 'profile.json'));
    expect(() => readProfile(home)).toThrow(
      expect.objectContaining({ code: 'profile-unreadable', message: expect.stringContaining('profile.json') }),
    );
    expect(() => writeProfile(home, profile())).toThrow(expect.objectContaining({ code: 'profile-not-writable' }));
    expect(readdirSync(home)).toEqual(['profile.json']);
  });
});
