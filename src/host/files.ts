import type { Stats } from 'node:fs';
import {
  chmod,
  lchown,
  lstat,
  mkdir,
  opendir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  unlink,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasCode } from '../base/errors.ts';
import {
  appendDurably,
  copyDurably,
  linkAtomically,
  removeEmptyDirectory,
  syncDirectory,
  unlessMissing,
  writeAtomically,
} from './durable-files.ts';
import { copyAsProgram, isProgramCopy } from './program-files.ts';

export interface FileFacts {
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
}

/**
 * The files of a host. Paths are absolute and count from the host's root. Texts are byte strings (one char code, one
 * byte), so that a file of somebody else comes back as it was. Writing is atomic and on disk when it returns.
 */
export interface Files {
  /** Where this path is for other programs. */
  at(path: string): string;
  look(path: string): Promise<FileFacts | undefined>;
  /** Whether both paths lead to one file; undefined when this process may not see one of them. */
  isSameFile(a: string, b: string): Promise<boolean | undefined>;
  /** When the contents changed last; undefined when it is missing. */
  readModifiedMs(path: string): Promise<number | undefined>;
  readText(path: string): Promise<string | undefined>;
  /** The size of a file, or of the one that a link leads to; undefined when there is none. */
  sizeOf(path: string): Promise<number | undefined>;
  /** Where a symbolic link leads; undefined for anything else. */
  readLink(path: string): Promise<string | undefined>;
  /** Names in a directory, sorted; none when it is missing. */
  list(path: string): Promise<readonly string[]>;
  /** At most so many names of a directory that may be big, in no order. */
  listSome(path: string, atMost: number): Promise<readonly string[]>;
  writeText(path: string, text: string, mode: number): Promise<void>;
  /** Adds to a file that only its owner may read; `text` is on disk when this returns. */
  append(path: string, text: string): Promise<void>;
  writeLink(path: string, target: string): Promise<void>;
  makeDirectory(path: string, mode: number): Promise<void>;
  /** Makes a directory and its missing parents, readable for everybody; not yet on disk. */
  ensureDirectory(path: string): Promise<void>;
  setOwner(path: string, owner: { uid: number; gid: number }): Promise<void>;
  setMode(path: string, mode: number): Promise<void>;
  move(from: string, to: string): Promise<void>;
  /** Copies a file with its mode and owner; the copy is on disk when this returns. */
  copy(from: string, to: string): Promise<void>;
  /** Copies a file or link from outside the host's root, readable for everybody; not yet on disk. */
  bringIn(from: string, to: string): Promise<void>;
  /** Whether `path` is what `bringIn` would make of `from`. */
  isCopyOf(from: string, path: string): Promise<boolean>;
  /** Removes a file or link; nothing to do when it is missing. */
  remove(path: string): Promise<void>;
  /** Removes a directory; false when something is in it, or mounted on it. */
  removeEmpty(path: string): Promise<boolean>;
  removeTree(path: string): Promise<void>;
}

export function createFiles(root: string): Files {
  const at = (path: string) => join(root, path);
  return {
    at,
    look: async path => {
      const stats = await unlessMissing(lstat(at(path)));
      return stats === undefined ? undefined : factsOf(stats);
    },
    isSameFile: (a, b) => isSameFile(at(a), at(b)),
    readModifiedMs: async path => (await unlessMissing(stat(at(path))))?.mtimeMs,
    readText: path => unlessMissing(readFile(at(path), 'latin1')),
    sizeOf: async path => (await unlessMissing(stat(at(path))))?.size,
    readLink: async path => {
      const stats = await unlessMissing(lstat(at(path)));
      return stats?.isSymbolicLink() ? await unlessMissing(readlink(at(path))) : undefined;
    },
    list: async path => ((await unlessMissing(readdir(at(path)))) ?? []).sort(),
    listSome: (path, atMost) => listSome(at(path), atMost),
    writeText: (path, text, mode) => writeAtomically(at(path), text, mode),
    append: (path, text) => appendDurably(at(path), text),
    writeLink: (path, target) => linkAtomically(at(path), target),
    makeDirectory: async (path, mode) => {
      await mkdir(at(path));
      await chmod(at(path), mode);
      await syncDirectory(dirname(at(path)));
    },
    ensureDirectory: async path => {
      await mkdir(at(path), { recursive: true, mode: 0o755 });
    },
    setOwner: (path, { uid, gid }) => lchown(at(path), uid, gid),
    setMode: (path, mode) => chmod(at(path), mode),
    move: async (from, to) => {
      await rename(at(from), at(to));
      await syncDirectory(dirname(at(to)));
    },
    copy: (from, to) => copyDurably(at(from), at(to)),
    bringIn: (from, to) => copyAsProgram(from, at(to)),
    isCopyOf: (from, path) => isProgramCopy(from, at(path)),
    remove: async path => {
      if ((await unlessMissing(unlink(at(path)).then(() => true))) !== undefined)
        await syncDirectory(dirname(at(path)));
    },
    removeEmpty: path => removeEmptyDirectory(at(path)),
    removeTree: path => removeTree(at(path)),
  };
}

async function listSome(path: string, atMost: number): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name } of await opendir(path)) {
    names.push(name);
    if (names.length === atMost) break;
  }
  return names;
}

/** Folders of a store are read-only, which keeps their owner from emptying them. */
async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (!hasCode(error, 'EACCES')) throw error;
    await makeWritable(path);
    await rm(path, { recursive: true, force: true });
  }
}

async function makeWritable(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeWritable(join(folder, entry.name));
  }
}

async function isSameFile(a: string, b: string): Promise<boolean | undefined> {
  try {
    const [one, other] = await Promise.all([stat(a), stat(b)]);
    return one.dev === other.dev && one.ino === other.ino;
  } catch (error) {
    if (hasCode(error, 'EACCES') || hasCode(error, 'EPERM') || hasCode(error, 'ENOENT'))
      return undefined;
    throw error;
  }
}

function factsOf(stats: Stats): FileFacts {
  return {
    kind: kindOf(stats),
    mode: stats.mode & 0o7777,
    uid: stats.uid,
    gid: stats.gid,
    sizeBytes: stats.size,
  };
}

function kindOf(stats: Stats): FileFacts['kind'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'symlink' : 'other';
}
