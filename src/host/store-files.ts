import {
  accessSync,
  chmodSync,
  chownSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  symlinkSync,
  unlinkSync,
  type WriteFileOptions,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { hasCode } from '../base/errors.ts';
import { named } from './system-error.ts';

/**
 * Single small file operations, done at once. They are what the daemon may do on its event loop; whole trees and
 * big files belong to `store/trees`.
 */

/** Which file this is, to notice that another one took its name; undefined when it is missing. */
export function fileIdentity(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? undefined : `${stat.dev}:${stat.ino}`;
}

/** Changes whenever the file is replaced or written to; undefined when it is missing. */
export function fileVersion(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? undefined : `${stat.dev}:${stat.ino}:${stat.mtimeMs}:${stat.size}`;
}

export function exists(path: string): boolean {
  return existsSync(path);
}

/** Whether this process may read and write what stands at `path`. */
export function isUsable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    // Missing or forbidden makes no difference.
    return false;
  }
}

/** Whether anything has this name, a dangling symlink included. */
export function hasEntry(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

export function isSymlink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

/** Reads a file as one char code per byte; undefined when it is missing, a link, or longer than `maxBytes`. */
export function readSmallFile(path: string, maxBytes: number): string | undefined {
  return readBounded(path, lstatSync(path, { throwIfNoEntry: false }), maxBytes);
}

/** The same for a file of the administrator's, who may have put a link in its place. */
export function readLinkedFile(path: string, maxBytes: number): string | undefined {
  return readBounded(path, statSync(path, { throwIfNoEntry: false }), maxBytes);
}

function readBounded(path: string, stat: Stats | undefined, maxBytes: number): string | undefined {
  if (stat === undefined || !stat.isFile() || stat.size > maxBytes) return undefined;
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Where a path leads, past every symlink; undefined when that does not exist. */
export function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Replaces a small file: a reader sees the old text or the new one. */
export function replaceFile(path: string, bytes: string | Uint8Array, mode = 0o644): void {
  const temporary = `${path}.tmp-${process.pid}`;
  writeWhole(temporary, bytes, { mode });
  renameSync(temporary, path);
}

/** Creates a directory and its missing parents. */
export function ensureDirectory(path: string, mode = 0o777): void {
  mkdirSync(path, { recursive: true, mode });
}

/** Creates a directory that must not exist yet; its mode does not depend on the umask. */
export function createDirectory(path: string, mode: number): void {
  mkdirSync(path, { mode });
  chmodSync(path, mode);
}

/** Gives a file or directory to an account, which only root can do; others keep what they create. */
export function setOwner(path: string, owner: { uid: number; gid: number }): void {
  if (process.geteuid?.() === 0) chownSync(path, owner.uid, owner.gid);
}

/** Writes a file that must not exist yet; every char code of `text` is one byte. */
export function writeNewFile(path: string, text: string): void {
  writeWhole(path, text, { encoding: 'latin1', flag: 'wx', mode: 0o644 });
}

function writeWhole(path: string, bytes: string | Uint8Array, options: WriteFileOptions): void {
  try {
    writeFileSync(path, bytes, options);
  } catch (error) {
    throw named(error, path);
  }
}

export function setMode(path: string, mode: number): void {
  if ((statSync(path).mode & 0o7777) !== mode) chmodSync(path, mode);
}

export function groupOf(path: string): number {
  return statSync(path).gid;
}

/** Points `link` at `target`, replacing what was there at once. */
export function replaceSymlink(link: string, target: string): void {
  const temporary = `${link}.tmp-${process.pid}`;
  try {
    unlinkSync(temporary);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
  symlinkSync(target, temporary);
  renameSync(temporary, link);
}

export function readSymlink(path: string): string | undefined {
  try {
    return readlinkSync(path, 'latin1');
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'EINVAL') || hasCode(error, 'EACCES'))
      return undefined;
    throw error;
  }
}

/** What stands at a path, or undefined when nothing does. */
export function entryKind(
  path: string,
): 'file' | 'executable' | 'directory' | 'symlink' | 'other' | undefined {
  const stat = lstatSync(Buffer.from(path, 'latin1'), { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  if (stat.isFile()) return (stat.mode & 0o100) === 0 ? 'file' : 'executable';
  if (stat.isDirectory()) return 'directory';
  return stat.isSymbolicLink() ? 'symlink' : 'other';
}

/** Whether a file, or what a symlink leads to, has the mode of a program, whether or not it may run. */
export function isProgram(path: string): boolean {
  const stat = statSync(Buffer.from(path, 'latin1'), { throwIfNoEntry: false });
  return stat?.isFile() === true && (stat.mode & 0o111) !== 0;
}

/** Moves a finished tree within one file system; what had the name `to` must be gone. */
export function moveTree(from: string, to: string): void {
  const isDirectory = entryKind(from) === 'directory';
  // Only root may give a directory another parent without the right to write in it.
  const needsRight = isDirectory && process.geteuid?.() !== 0;
  if (needsRight) chmodSync(from, 0o755);
  renameSync(from, to);
  if (needsRight) chmodSync(to, 0o555);
}

/** Deletes a file; absent is done. */
export function deleteFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

/** Deletes a file or a whole tree; absent is done. */
export function deleteTree(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

/** Copies a file, by reference where the file system can. */
export function copyBytes(from: string, to: string): void {
  copyFileSync(from, to, constants.COPYFILE_FICLONE);
}

/** Gives a file another name beside its own. */
export function linkFile(from: string, to: string): void {
  linkSync(from, to);
}

/** Waits until a file or directory is on disk. */
export function syncPath(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** The names in a directory; none when it is missing. */
export function listNames(path: string): string[] {
  try {
    return readdirSync(path, 'latin1');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

export function closeFile(fd: number): void {
  closeSync(fd);
}

/** Appends to a file that is open for writing. */
export function append(fd: number, text: string): void {
  writeSync(fd, text, null, 'latin1');
}

/** Whom this process runs as. */
export function currentIds(): { readonly uid: number; readonly gid: number } {
  return { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
}

/** Every group of this process, not only those that the group database gives its user today. */
export function currentGroups(): readonly number[] {
  return [...new Set([currentIds().gid, ...(process.getgroups?.() ?? [])])];
}

/** What files and directories that this process creates are not allowed. */
export function setUmask(mask: number): void {
  process.umask(mask);
}
