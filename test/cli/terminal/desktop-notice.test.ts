import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { noticeProgram, showOnDesktop } from '../../../src/cli/terminal/desktop-notice.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A program `notify-send` of a test. @returns its folder. */
const programOf = (script: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'earshot-test-'));
  folders.push(folder);
  writeFileSync(join(folder, 'notify-send'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'notify-send'), 0o755);
  return folder;
};

const HOSTILE = { title: `--icon=/etc/passwd "$(touch x)" '`, text: `<img src="file:///x"> & \\033[2J \`id\` -e` };

describe('a notice on the desktop', () => {
  test('gives the program of each platform what others wrote as no option, markup or script', () => {
    expect(noticeProgram(HOSTILE, 'linux')).toMatchObject({
      file: 'notify-send',
      args: ['--app-name=earshot', '--', `earshot: ${HOSTILE.title}`, '&lt;img src="file:///x"&gt; &amp; \\\\033[2J `id` -e'],
    });
    const mac = noticeProgram(HOSTILE, 'darwin');
    expect(mac.file).toBe('osascript');
    expect(mac.args.slice(-3)).toEqual(['--', `earshot: ${HOSTILE.title}`, HOSTILE.text]);
    expect(mac.args.slice(0, -2)).toEqual(noticeProgram({ title: 'x', text: 'y' }, 'darwin').args.slice(0, -2));
    const windows = noticeProgram(HOSTILE, 'win32');
    expect(windows.args).toEqual(noticeProgram({ title: 'x', text: 'y' }, 'win32').args);
    expect(windows.env).toEqual({ EARSHOT_NOTICE_TITLE: `earshot: ${HOSTILE.title}`, EARSHOT_NOTICE_TEXT: HOSTILE.text });
  });

  const onPosix = process.platform === 'win32' ? test.skip : test;

  onPosix('runs the program without a shell', async () => {
    const folder = programOf('for one in "$@"; do printf "%s\\n" "$one"; done > "$(dirname "$0")/args"');
    await showOnDesktop(HOSTILE, 'linux', { PATH: `${folder}:/usr/bin:/bin` });
    expect(readFileSync(join(folder, 'args'), 'utf8').split('\n')).toEqual([...noticeProgram(HOSTILE, 'linux').args, '']);
  });

  onPosix('says what to do if there is no such program', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'earshot-test-'));
    folders.push(empty);
    await expect(showOnDesktop(HOSTILE, 'linux', { PATH: empty })).rejects.toThrow(
      'notify-send is not there; install it (on Debian: libnotify-bin), or turn them off: /set notify.desktop off',
    );
  });

  onPosix('says why the program failed, with nothing that a terminal obeys', async () => {
    const folder = programOf('printf "first\\n\\033[2Jno display\\n" >&2; exit 1');
    const why = await showOnDesktop(HOSTILE, 'linux', { PATH: folder }).catch((error: unknown) => String(error));
    expect(why).toBe('Error: notify-send: ␛[2Jno display; see to it, or turn them off: /set notify.desktop off');
  });
});
