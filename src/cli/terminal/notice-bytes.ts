/**
 * The bytes by which a terminal shows a notice: OSC 9 (iTerm2) or OSC 777;notify (urxvt), whichever it knows. Pure. Never both: some
 * terminals would show two. What stands in them is clean and begins with our own name: after `9;` some terminals (ConEmu) obey a number.
 */
import type { Notice } from '../../ui/notice.ts';

/** undefined: it shows none. */
export type NoticeForm = 'osc9' | 'osc777' | undefined;
export type NoticeWay = {
  readonly form: NoticeForm;
  /** In tmux: handed through to the terminal outside, if `allow-passthrough` is on; else tmux drops it. */
  readonly isWrapped: boolean;
};

export const BELL = '\x07';

/** What the environment says of the terminal. */
export const noticeWay = ({ TERM = '', TMUX = '', VTE_VERSION = '' }: NodeJS.ProcessEnv): NoticeWay => {
  const isWrapped = TMUX !== '';
  if (TERM === '' || TERM === 'dumb' || TERM === 'linux' || (TERM.startsWith('screen') && !isWrapped))
    return { form: undefined, isWrapped: false };
  const is777 = !isWrapped && (/^(rxvt|foot)/.test(TERM) || VTE_VERSION !== '');
  return { form: is777 ? 'osc777' : 'osc9', isWrapped };
};

/** '' if the terminal shows none. */
export const noticeBytes = ({ title, text }: Notice, { form, isWrapped }: NoticeWay): string => {
  if (form === undefined) return '';
  const head = `earshot: ${title}`;
  const bytes =
    form === 'osc9'
      ? `\x1b]9;${head}${text === '' ? '' : `: ${text}`}\x1b\\`
      : `\x1b]777;notify;${head.replaceAll(';', ',')};${text}\x1b\\`;
  return isWrapped ? `\x1bPtmux;${bytes.replaceAll('\x1b', '\x1b\x1b')}\x1b\\` : bytes;
};
