import type { StoreLayout } from '../config/layout.ts';
import { type FileLock, lockFile } from '../host/file-lock.ts';
import {
  ensureDirectory,
  groupOf,
  hasEntry,
  isSymlink,
  readSmallFile,
  replaceFile,
  replaceSymlink,
  setMode,
  setOwner,
} from '../host/store-files.ts';
import { retryWhileBusy, StoreDb } from './db.ts';
import { rollbackUnfinished, schemaTooNew, schemaTooOld, symlinkedStore } from './errors.ts';
import { BETWEEN_DATABASES, CREATE_SCHEMA, SCHEMA_VERSION } from './schema.ts';

const STORE_DIR_MODE = 0o1775;
const SCHEMA_FILE_MAX_BYTES = 64;

export interface OpenOptions {
  readonly layout: StoreLayout;
  readonly useWal: boolean;
  readonly fsyncMetadata: boolean;
  readonly allowSymlink: boolean;
  /** The group whose members build, when this process is root and the group exists. */
  readonly buildGroupId: number | undefined;
}

/**
 * Creates what is missing of a store's directories and opens its database, which stock Nix may have written.
 * The big lock is held shared as long as the result is: an upgrade of the schema waits for it.
 */
export async function openStore(
  options: OpenOptions,
  signal: AbortSignal,
): Promise<{ db: StoreDb; bigLock: FileLock }> {
  const { layout } = options;
  if (!options.allowSymlink) refuseSymlinks(layout.storeDir);
  createDirectories(layout, options.buildGroupId);
  const bigLock = await lockFile(layout.bigLockFile, { mode: 'shared' }, signal);
  try {
    // The last process that leaves a database holds it for itself alone while it tidies up.
    const db = await retryWhileBusy(layout.dbFile, () => {
      signal.throwIfAborted();
      return openDatabase(options);
    });
    return { db, bigLock };
  } catch (error) {
    bigLock[Symbol.dispose]();
    throw error;
  }
}

function openDatabase({ layout, useWal, fsyncMetadata }: OpenOptions): StoreDb {
  const schema = readSmallFile(layout.schemaFile, SCHEMA_FILE_MAX_BYTES)?.trim();
  if (schema !== undefined && schema !== '') {
    if (schema === BETWEEN_DATABASES) throw rollbackUnfinished();
    const version = Number(schema);
    if (version > SCHEMA_VERSION) throw schemaTooNew(version, SCHEMA_VERSION);
    if (version !== SCHEMA_VERSION) throw schemaTooOld(schema);
  }
  const db = new StoreDb(layout.dbFile, { wal: useWal, synchronous: fsyncMetadata });
  if (schema === undefined || schema === '') {
    db.execute(CREATE_SCHEMA);
    replaceFile(layout.schemaFile, String(SCHEMA_VERSION));
  }
  return db;
}

function createDirectories(layout: StoreLayout, buildGroupId: number | undefined): void {
  for (const directory of [
    layout.storeDir,
    `${layout.storeDir}/.links`,
    layout.dbDir,
    layout.tempRootsDir,
    layout.gcRootsDir,
    `${layout.gcRootsDir}/auto`,
    `${layout.gcRootsDir}/per-user`,
    layout.profilesDir,
    `${layout.profilesDir}/per-user`,
    layout.buildLogDir,
    layout.userPoolDir,
  ])
    ensureDirectory(directory);
  if (!hasEntry(`${layout.gcRootsDir}/profiles`))
    replaceSymlink(`${layout.gcRootsDir}/profiles`, layout.profilesDir);
  if (buildGroupId === undefined) return;
  if (groupOf(layout.storeDir) !== buildGroupId)
    setOwner(layout.storeDir, { uid: 0, gid: buildGroupId });
  setMode(layout.storeDir, STORE_DIR_MODE);
}

function refuseSymlinks(storeDir: string): void {
  const parts = storeDir.split('/').filter(part => part !== '');
  for (let count = 1; count <= parts.length; count++) {
    const path = `/${parts.slice(0, count).join('/')}`;
    if (isSymlink(path)) throw symlinkedStore(path);
  }
}
