/**
 * The database of the index: one SQLite file beside the store, or memory. The only place that knows SQLite.
 *
 * The store's segments are the truth; this may lag behind them, and is thrown away and made again from them whenever it is
 * damaged, of another form, or of another store.
 */
import { closeSync, openSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';

export type Database = DatabaseSyncInstance;
export type Row = Readonly<Record<string, unknown>>;

/** Of the tables below; another number in the file: it is made again. */
const FORM = 4;

const TABLES = `
CREATE TABLE state (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE people (p INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, name TEXT NOT NULL);
CREATE TABLE scopes (s INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, unread INTEGER NOT NULL, mentions INTEGER NOT NULL, read INTEGER NOT NULL,
  pruned INTEGER NOT NULL,
  topic_time INTEGER NOT NULL, topic_by INTEGER, topic TEXT);
CREATE TABLE messages (m INTEGER PRIMARY KEY, id BLOB NOT NULL, s INTEGER NOT NULL, p INTEGER NOT NULL, seq INTEGER NOT NULL,
  time INTEGER NOT NULL, received INTEGER NOT NULL, ref INTEGER NOT NULL, at INTEGER NOT NULL, state INTEGER NOT NULL);
CREATE TABLE records (ref INTEGER PRIMARY KEY, s INTEGER NOT NULL, p INTEGER NOT NULL, entries INTEGER NOT NULL, size INTEGER NOT NULL);
CREATE INDEX messages_id ON messages (substr(id, 1, 6));
CREATE INDEX messages_time ON messages (s, time);
CREATE TABLE amendments (a INTEGER PRIMARY KEY, of BLOB NOT NULL, kind INTEGER NOT NULL, p INTEGER NOT NULL, time INTEGER NOT NULL,
  emoji TEXT, is_on INTEGER, ref INTEGER NOT NULL, at INTEGER NOT NULL);
CREATE INDEX amendments_of ON amendments (of);
CREATE VIRTUAL TABLE words USING fts5 (text, content = '', detail = none, columnsize = 0);
INSERT INTO words (words, rank) VALUES ('secure-delete', 1);
`;

/** Loaded when first needed: a command that never looks back does not pay for it. */
const sqlite = (): typeof import('@photostructure/sqlite') => createRequire(import.meta.url)('@photostructure/sqlite');

/** In memory, empty. */
export const memoryDatabase = (): Database => prepared(':memory:');

/**
 * The index of a store. What cannot be used is removed and begun anew.
 * @param store names the store it is an index of.
 * @throws what the disk says, if none can be made.
 */
export const openDatabase = (path: string, store: string): Database => {
  try {
    const database = prepared(path);
    if (readState(database, 'store') === store) return database;
    if (readState(database, 'store') === undefined) {
      writeState(database, 'store', store);
      return database;
    }
    database.close();
  } catch {
    // damaged, or not a database: made again below, or the disk says why not
  }
  removeDatabase(path);
  const database = prepared(path);
  writeState(database, 'store', store);
  return database;
};

export const removeDatabase = (path: string): void => {
  for (const end of ['', '-wal', '-shm', '-journal']) rmSync(path + end, { force: true });
};

const prepared = (path: string): Database => {
  if (path !== ':memory:') closeSync(openSync(path, 'a', 0o600)); // SQLite gives its other files the rights of this one
  const database = new (sqlite().DatabaseSync)(path);
  try {
    database.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -4000; PRAGMA wal_autocheckpoint = 256; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;',
    );
    const form = (database.prepare('PRAGMA user_version').get() as Row | undefined)?.user_version;
    if (form === FORM) return database;
    if (form !== 0) throw new Error(`an index of form ${String(form)}`);
    database.exec(`BEGIN; ${TABLES} PRAGMA user_version = ${FORM}; COMMIT;`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
};

export const readState = (database: Database, name: string): unknown =>
  (database.prepare('SELECT value FROM state WHERE name = ?').get(name) as Row | undefined)?.value;

export const writeState = (database: Database, name: string, value: string | number): void => {
  database.prepare('INSERT INTO state VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value').run(name, value);
};
