import { dirname } from 'node:path';
import { hasCode, messageOf } from '../base/errors.ts';
import type { StoreLayout } from '../config/layout.ts';
import {
  copyBytes,
  deleteFile,
  exists,
  hasEntry,
  linkFile,
  moveTree,
  readSmallFile,
  replaceFile,
  syncPath,
} from '../host/store-files.ts';
import type { Backup } from './backup.ts';
import { foldJournal, openWhole, readOnlyName, type WholeDatabase } from './db.ts';
import { BETWEEN_DATABASES } from './schema.ts';

/**
 * Brings a backup of the database back. What is restored are the rows of the backup that still hold: their paths are valid
 * in the database that is replaced, with the same contents, and so is all that they refer to. So a path is valid
 * afterwards only if it was before and after, and the restored database is closed under references.
 */

const SCHEMA_FILE_MAX_BYTES = 64;
const JOURNALS = ['-wal', '-shm', '-journal'];

const CREATE_STALE = 'create temp table stale (id integer primary key)';

const MARK_CHANGED = `
  insert into stale
  select old.id from main.ValidPaths as old
  left join now.ValidPaths as new on new.path = old.path
  where new.path is null or new.hash is not old.hash`;

const MARK_REFERRERS = `
  insert or ignore into stale
  with recursive up(id) as (
    select id from stale
    union select Refs.referrer from main.Refs join up on Refs.reference = up.id
  )
  select id from up`;

const DROP_STALE = `
  pragma foreign_keys = 0;
  delete from main.Refs where referrer in (select id from stale);
  delete from main.DerivationOutputs where drv in (select id from stale);
  delete from main.ValidPaths where id in (select id from stale)`;

const SELECT_LOST = `
  select path from now.ValidPaths
  where path not in (select path from main.ValidPaths where id not in (select id from stale))
  order by path`;

/** What a rollback would take. */
export interface Loss {
  /** Paths that are valid, and that the restored database does not have; their trees stay where they are. */
  readonly paths: readonly string[];
  /** Set when the database that is there cannot be read, so that nobody can say. */
  readonly unreadable: string | undefined;
}

/** Compares without touching anything; the database may be in use. */
export function lossOf(layout: StoreLayout, backup: Backup, useWal: boolean): Loss {
  const old = openWhole(backup.dbFile);
  try {
    return markStale(old, layout, useWal);
  } finally {
    old.close();
  }
}

/**
 * Restores the backup, a step at a time; each leaves a store that is whole, with the one database or the other, or one
 * that every program refuses until this has run again. The caller holds the big lock for itself alone.
 */
export function* restoreSteps(layout: StoreLayout, backup: Backup): Generator<string, Loss> {
  const { dbFile, dbDir, schemaFile } = layout;
  const restored = `${dbFile}.tenon-restored`;
  settle(dbFile);
  yield 'settled';
  const loss = prepare(layout, backup, restored);
  if (loss.unreadable !== undefined) putJournalsAside(dbFile);
  syncPath(dbDir);
  yield 'prepared';
  const losesSomething = loss.paths.length > 0 || loss.unreadable !== undefined;
  if (losesSomething && exists(dbFile)) {
    deleteFile(replacedFile(layout));
    linkFile(dbFile, replacedFile(layout));
    yield 'kept';
  }
  const schema = readSmallFile(schemaFile, SCHEMA_FILE_MAX_BYTES)?.trim();
  if (schema !== backup.schema) {
    writeSchema(layout, BETWEEN_DATABASES);
    yield 'marked';
  }
  moveTree(restored, dbFile);
  syncPath(dbDir);
  yield 'moved';
  if (schema !== backup.schema) writeSchema(layout, backup.schema);
  return loss;
}

/** Where a database is kept that a rollback took something from. */
export function replacedFile({ dbFile }: StoreLayout): string {
  return `${dbFile}.tenon-replaced`;
}

/** All in one file, so that no journal is left to be taken for that of another database. */
function settle(dbFile: string): void {
  try {
    foldJournal(dbFile);
  } catch (error) {
    if (!hasCode(error, 'ERR_SQLITE_ERROR')) throw error;
  }
}

function prepare(layout: StoreLayout, backup: Backup, restored: string): Loss {
  for (const suffix of ['', ...JOURNALS]) deleteFile(restored + suffix);
  copyBytes(backup.dbFile, restored);
  const db = openWhole(restored);
  try {
    const loss = markStale(db, layout, true);
    db.exec(DROP_STALE);
    return loss;
  } finally {
    db.close();
    syncPath(restored);
  }
}

/** Fills `stale` with the rows of a backup that hold no more. */
function markStale(old: WholeDatabase, layout: StoreLayout, useWal: boolean): Loss {
  old.exec(CREATE_STALE);
  try {
    old.prepare('attach ? as now').run(readOnlyName(layout.dbFile, useWal));
    old.exec(MARK_CHANGED);
    old.exec(MARK_REFERRERS);
    const paths = old.prepare(SELECT_LOST).all();
    return { paths: paths.map(({ path }) => String(path)), unreadable: undefined };
  } catch (error) {
    old.exec('delete from stale');
    const mark = old.prepare('insert into stale values (?)');
    for (const { id, path } of old.prepare('select id, path from main.ValidPaths').all())
      if (!hasEntry(String(path))) mark.run(id ?? null);
    old.exec(MARK_REFERRERS);
    return { paths: [], unreadable: messageOf(error) };
  }
}

/** What they say belongs to a file that cannot be read, and must not get into another one. */
function putJournalsAside(dbFile: string): void {
  for (const suffix of JOURNALS)
    if (exists(dbFile + suffix)) moveTree(dbFile + suffix, `${dbFile}.tenon-replaced${suffix}`);
}

function writeSchema({ schemaFile }: StoreLayout, text: string): void {
  replaceFile(schemaFile, text);
  syncPath(schemaFile);
  syncPath(dirname(schemaFile));
}
