/** A store is opened: what is there is looked through and repaired first. */
import { Store, type StoreOptions } from './store.ts';
import { folderMarks, inspectFolder, notUsable } from './store-folder.ts';

export type OpenedStore = {
  readonly store: Store;
  /** Names the state of the folder, to be kept and compared at the next start (`isContinuation` in store-folder.ts). */
  readonly marks: readonly string[];
  /** Something that was kept is gone: numbers given before may be missing here, so a new log id must be drawn. */
  readonly isDamaged: boolean;
};

/**
 * Opens the store and repairs it: a torn last write is cut off (its bytes go to a `.torn` file), damage in the middle is set
 * aside (`.damaged`) and what can be read is kept.
 * @throws WorldError profile-not-writable or profile-unreadable.
 */
export const openStore = (options: StoreOptions): OpenedStore => {
  const state = inspectFolder(options.folder, options.onProblem, options.trusted);
  let store: Store;
  try {
    store = new Store(options, state);
  } catch (error) {
    throw notUsable(options.folder, error);
  }
  return { store, marks: folderMarks(options.folder), isDamaged: state.isDamaged };
};
