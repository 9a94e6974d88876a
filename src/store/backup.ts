import { join } from 'node:path';
import type { StoreLayout } from '../config/layout.ts';
import {
  createDirectory,
  deleteTree,
  ensureDirectory,
  listNames,
  moveTree,
  readSmallFile,
  syncPath,
  writeNewFile,
} from '../host/store-files.ts';
import { copyDatabase } from './db.ts';

/** `20261121T101500Z-0.1.0`: when it was made, and of which daemon the store was until then. */
const NAME = /^(\d{8}T\d{6}Z)-([0-9A-Za-z.+_-]+)$/u;
const UNFINISHED = 'new';
const SCHEMA_FILE_MAX_BYTES = 64;

/** The database of a store as it was before another version of the daemon took over. */
export interface Backup {
  readonly directory: string;
  readonly dbFile: string;
  readonly schema: string;
  /** In ISO 8601's basic form, UTC. */
  readonly madeAt: string;
  /** Of the daemon that was replaced. */
  readonly version: string;
}

interface BackupOptions {
  readonly useWal: boolean;
  readonly version: string;
  readonly nowMs: number;
}

/**
 * Copies the database, which may be in use, and forgets the backup before. It is there with all it has, or not at all.
 * Undefined when there is no database.
 */
export async function backUp(
  layout: StoreLayout,
  { useWal, version, nowMs }: BackupOptions,
): Promise<Backup | undefined> {
  const schema = readSmallFile(layout.schemaFile, SCHEMA_FILE_MAX_BYTES);
  if (schema === undefined) return undefined;
  const folder = layout.backupsDir;
  const fresh = join(folder, UNFINISHED);
  ensureDirectory(folder, 0o700);
  deleteTree(fresh);
  createDirectory(fresh, 0o700);
  try {
    await copyDatabase(layout.dbFile, join(fresh, 'db.sqlite'), { wal: useWal });
    writeNewFile(join(fresh, 'schema'), schema);
    for (const name of listNames(fresh)) syncPath(join(fresh, name));
    syncPath(fresh);
  } catch (error) {
    // On a full disk it would take the room that is left.
    deleteTree(fresh);
    throw error;
  }
  const stamp = new Date(nowMs).toISOString().replace(/[-:]|\.\d+/gu, '');
  const before = listNames(folder).filter(name => name !== UNFINISHED);
  const name = `${stamp}-${version.replace(/[^0-9A-Za-z.+_-]/gu, '_')}`;
  deleteTree(join(folder, name));
  moveTree(fresh, join(folder, name));
  syncPath(folder);
  for (const old of before.filter(each => each !== name)) deleteTree(join(folder, old));
  return findBackup(layout);
}

/** The latest one. */
export function findBackup(layout: StoreLayout): Backup | undefined {
  const folder = layout.backupsDir;
  const name = listNames(folder)
    .filter(each => NAME.test(each))
    .sort()
    .at(-1);
  if (name === undefined) return undefined;
  const [, madeAt = '', version = ''] = NAME.exec(name) ?? [];
  const directory = join(folder, name);
  const schema = readSmallFile(join(directory, 'schema'), SCHEMA_FILE_MAX_BYTES)?.trim() ?? '';
  return { directory, dbFile: join(directory, 'db.sqlite'), schema, madeAt, version };
}
