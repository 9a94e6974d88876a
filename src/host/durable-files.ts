import { constants } from 'node:fs';
import { lstat, open, readFile, rename, rmdir, symlink, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from '../base/errors.ts';
import { replacesNoFile, writesThroughLink } from './errors.ts';

/** Changes of files that are whole, and on disk when they return. Texts are byte strings. */

/** One fixed name, so that what a killed writer left is found and replaced by the next one. */
function temporaryName(path: string): string {
  return `${path}.tenon-new`;
}

export async function writeAtomically(path: string, text: string, mode: number): Promise<void> {
  const before = await unlessMissing(lstat(path));
  if (before?.isSymbolicLink()) throw writesThroughLink(path);
  if (before?.isFile() === false) throw replacesNoFile(path);
  const temporary = temporaryName(path);
  await unlessMissing(unlink(temporary));
  try {
    await writeWhole(temporary, text, { mode, owner: before });
    await rename(temporary, path);
  } catch (error) {
    await unlessMissing(unlink(temporary));
    throw error;
  }
  await syncDirectory(dirname(path));
}

interface Looks {
  readonly mode: number;
  /** Undefined for whoever writes it. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
}

async function writeWhole(path: string, text: string, { mode, owner }: Looks): Promise<void> {
  await using file = await open(path, 'wx', 0o600);
  await file.writeFile(text, 'latin1');
  if (owner !== undefined) await file.chown(owner.uid, owner.gid);
  await file.chmod(mode);
  await file.sync();
}

export async function appendDurably(path: string, text: string): Promise<void> {
  const isNew = (await unlessMissing(lstat(path))) === undefined;
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
  {
    await using file = await open(path, flags, 0o600);
    await file.writeFile(text, 'latin1');
    await file.sync();
  }
  if (isNew) await syncDirectory(dirname(path));
}

export async function linkAtomically(path: string, target: string): Promise<void> {
  const temporary = temporaryName(path);
  await unlessMissing(unlink(temporary));
  await symlink(target, temporary);
  await rename(temporary, path);
  await syncDirectory(dirname(path));
}

export async function copyDurably(from: string, to: string): Promise<void> {
  const { mode, uid, gid } = await lstat(from);
  const temporary = temporaryName(to);
  await unlessMissing(unlink(temporary));
  {
    await using file = await open(temporary, 'wx', 0o600);
    await file.writeFile(await readFile(from));
    await file.chown(uid, gid);
    await file.chmod(mode & 0o7777);
    await file.sync();
  }
  await rename(temporary, to);
  await syncDirectory(dirname(to));
}

export async function removeEmptyDirectory(path: string): Promise<boolean> {
  try {
    await rmdir(path);
    await syncDirectory(dirname(path));
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return true;
    // EBUSY: something is mounted on it.
    if (['ENOTEMPTY', 'EEXIST', 'EBUSY'].some(code => hasCode(error, code))) return false;
    throw error;
  }
}

export async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r');
  await directory.sync();
}

/** Undefined where `work` finds that its file, or a folder above it, is missing. */
export async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}
