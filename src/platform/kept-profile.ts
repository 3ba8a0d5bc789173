/** The part of a peer that is kept: its home, locked, with keys and messages. */
import { existsSync, readdirSync } from 'node:fs';
import { WorldError } from '../base/errors.ts';
import { cleanName } from '../base/name.ts';
import { defaultHome, logFolder, newLogId, newProfile, openHome, type Profile, readProfile, writeProfile } from './home.ts';
import { type ProfileLock, takeLock } from './lock.ts';
import type { KeptPreferences } from './place-preferences.ts';
import { type Checkpoint, readCheckpoint, removeCheckpoint } from './store/checkpoint.ts';
import { type OpenedStore, openStore } from './store/open-store.ts';
import { isContinuation, segmentName } from './store/store-folder.ts';

/** Where. */
export type KeptOptions = { readonly home?: string };

/** An open profile. */
export type Kept = {
  readonly home: string;
  readonly lock: ProfileLock;
  readonly opened: OpenedStore;
  profile: Profile;
  /** What the core knew at a certain place of the store; undefined if none fits. */
  checkpoint: Checkpoint | undefined;
};

/**
 * Opens home, lock, keys and messages.
 * @param cleanup gets what closes them, in the order opened.
 * @throws WorldError, with nothing left open that is not in `cleanup`.
 */
export const openKept = async (
  options: KeptOptions,
  onProblem: (text: string) => void,
  cleanup: (() => unknown)[],
): Promise<Kept> => {
  const home = openHome(options.home ?? defaultHome());
  const lock = await takeLock(home);
  cleanup.push(() => lock.release());
  const found = readProfile(home);
  const folder = logFolder(home);
  if (found === undefined && existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.seg'))) {
    throw new WorldError(
      'profile-damaged',
      `there are messages in ${folder}, but the keys they belong to (profile.json beside it) are missing; ` +
        'put a backup of the keys back, or move the folder away to begin as a new person',
    );
  }
  const profile = found ?? newProfile();
  if (found === undefined) writeProfile(home, profile);
  const checkpoint = readCheckpoint(home);
  const opened = openStore({ folder, onProblem, ...(checkpoint === undefined ? {} : { trusted: checkpoint.segments }) });
  cleanup.push(() => opened.store.close());
  return { home, lock, opened, profile, checkpoint };
};

/** Brings the profile up to date and keeps it, before anything is done in its name. @throws WorldError profile-not-writable. */
export const settleProfile = (kept: Kept, port: number): void => {
  const { home, opened, profile } = kept;
  // Another folder than the one written before, or not all of it: numbers given there may not be known here.
  const isSame = isContinuation(profile.marks, opened.marks) && !opened.isDamaged;
  const next: Profile = {
    ...profile,
    port,
    log: isSame ? profile.log : newLogId(),
    marks: opened.marks,
  };
  if (JSON.stringify(next) !== JSON.stringify(profile)) writeProfile(home, next);
  kept.profile = next;
  if (kept.checkpoint !== undefined && isOf(kept.checkpoint, next, opened)) return;
  kept.checkpoint = undefined;
  removeCheckpoint(home); // what is written from now on may make it seem to fit
};

/** It is of this log, and everything it counts on is there. */
const isOf = (checkpoint: Checkpoint, profile: Profile, { store, isDamaged }: OpenedStore): boolean =>
  checkpoint.log === profile.log &&
  !isDamaged &&
  checkpoint.end <= store.end &&
  checkpoint.segments.every(({ number }) => store.fullSegments.includes(number));

/** These segments are about to be removed or replaced: that is no sign of a store that lost something. @throws WorldError profile-not-writable. */
export const dropMarks = (kept: Kept, segments: readonly number[]): void => {
  const names = new Set(segments.map(segmentName));
  kept.profile = { ...kept.profile, marks: kept.profile.marks.filter((mark) => !names.has(mark.split('=')[0] ?? '')) };
  writeProfile(kept.home, kept.profile);
};

/** Takes another name for the next start. @throws WorldError profile-not-writable. */
export const keepName = (kept: Kept, name: string): void => {
  kept.profile = { ...kept.profile, name: cleanName(name) };
  writeProfile(kept.home, kept.profile);
};

/** Keeps what programs keep about rooms and conversations. @throws WorldError profile-not-writable. */
export const keepPreferences = (kept: Kept, places: KeptPreferences): void => {
  kept.profile = { ...kept.profile, places };
  writeProfile(kept.home, kept.profile);
};
