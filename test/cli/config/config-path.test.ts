import { join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { configPath } from '../../../src/cli/config/config-file.ts';

test('the settings file is where the platform keeps such things, unless EARSHOT_CONFIG says otherwise', () => {
  const file = join('earshot', 'config.toml');
  expect(configPath({}, 'linux', '/home/ann')).toBe(join('/home/ann', '.config', file));
  expect(configPath({ XDG_CONFIG_HOME: '/etc/xdg' }, 'linux', '/home/ann')).toBe(join('/etc/xdg', file));
  expect(configPath({ XDG_CONFIG_HOME: 'relative' }, 'linux', '/home/ann')).toBe(join('/home/ann', '.config', file));
  expect(configPath({}, 'darwin', '/Users/ann')).toBe(join('/Users/ann', 'Library', 'Application Support', file));
  expect(configPath({ APPDATA: '/appdata' }, 'win32', '/users/ann')).toBe(join('/appdata', file));
  expect(configPath({ APPDATA: '' }, 'win32', '/users/ann')).toBe(join('/users/ann', 'AppData', 'Roaming', file));
  expect(configPath({ EARSHOT_CONFIG: 'here.toml', XDG_CONFIG_HOME: '/etc/xdg' }, 'linux', '/home/ann')).toBe(
    resolve('here.toml'),
  );
});
