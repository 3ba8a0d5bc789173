/**
 * A notice on the desktop, by the system's own program, without a shell. What others wrote is an argument (or, on Windows, in the
 * environment) of its own, and begins with our name, so that none passes for an option.
 */
import { execFile } from 'node:child_process';
import { cleanText } from '../../base/terminal-text.ts';
import type { Notice } from '../../ui/notice.ts';

/** A program that takes longer is ended. */
const TIMEOUT_MS = 5_000;

export type Program = {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What to do if it is not there. */
  readonly missing: string;
};

const OFF = 'or turn them off: /set notify.desktop off';

/** Desktop Notifications Specification: a body is markup. And notify-send obeys backslashes in it. */
const asBody = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\\', '\\\\');

const APPLE_SCRIPT = ['on run argv', 'display notification (item 2 of argv) with title (item 1 of argv)', 'end run'];

/** Text nodes of a toast, so that nothing in them is markup. Shown in the name of PowerShell, which Windows knows. */
const POWER_SHELL = [
  '$m = [Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime]',
  '$x = $m::GetTemplateContent([Windows.UI.Notifications.ToastTemplateType]::ToastText02)',
  "$t = $x.GetElementsByTagName('text')",
  '[void]$t.Item(0).AppendChild($x.CreateTextNode($env:EARSHOT_NOTICE_TITLE))',
  '[void]$t.Item(1).AppendChild($x.CreateTextNode($env:EARSHOT_NOTICE_TEXT))',
  "$a = '{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\\WindowsPowerShell\\v1.0\\powershell.exe'",
  '$m::CreateToastNotifier($a).Show([Windows.UI.Notifications.ToastNotification]::new($x))',
].join('; ');

/** What shows a notice on a platform. */
export const noticeProgram = ({ title, text }: Notice, platform: NodeJS.Platform): Program => {
  const head = `earshot: ${title}`;
  if (platform === 'darwin') {
    const script = APPLE_SCRIPT.flatMap((line) => ['-e', line]);
    return { file: 'osascript', args: [...script, '--', head, text], missing: OFF.replace('or ', '') };
  }
  if (platform === 'win32') {
    const args = ['-NoProfile', '-NonInteractive', '-Command', POWER_SHELL];
    const env = { EARSHOT_NOTICE_TITLE: head, EARSHOT_NOTICE_TEXT: text };
    return { file: 'powershell.exe', args, env, missing: OFF.replace('or ', '') };
  }
  const args = ['--app-name=earshot', '--', head, ...(text === '' ? [] : [asBody(text)])];
  return { file: 'notify-send', args, missing: `install it (on Debian: libnotify-bin), ${OFF}` };
};

/** Rejects with what is wrong and what to do. Never blocks. */
export const showOnDesktop = (
  notice: Notice,
  platform: NodeJS.Platform = process.platform,
  surroundings: NodeJS.ProcessEnv = process.env,
): Promise<void> => {
  const { file, args, env, missing } = noticeProgram(notice, platform);
  return new Promise((resolve, reject) => {
    const options = { timeout: TIMEOUT_MS, windowsHide: true, env: { ...surroundings, ...env } };
    execFile(file, args, options, (error, _stdout, stderr) => {
      if (error === null) return resolve();
      if (error.code === 'ENOENT') return reject(new Error(`${file} is not there; ${missing}`));
      const why = error.killed
        ? `it took longer than ${TIMEOUT_MS / 1_000} s`
        : stderr.trim().split('\n').at(-1) || error.message;
      reject(new Error(`${file}: ${cleanText(why, { newlines: 'space' }).slice(0, 200)}; see to it, ${OFF}`));
    });
  });
};
