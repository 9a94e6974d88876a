import {
  access,
  chmod,
  chown,
  constants,
  link,
  lstat,
  mkdtemp,
  realpath,
  rm,
  stat,
  statfs,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasCode } from '../base/errors.ts';

/** Room on a file system. Some have no fixed size or number of inodes, and say 0 for both of a pair. */
export interface Space {
  readonly totalBytes: number;
  readonly freeBytes: number;
  readonly inodes: number;
  readonly freeInodes: number;
}

/** Something that was tried, and `ok`, the name of an error, or what happened instead. */
export interface Attempt {
  readonly what: string;
  readonly result: string;
}

/** What can be said of file systems without a mount table. Paths count from the host's root. */
export interface Disks {
  /** Where the nearest thing on the way to `path` really is that exists, for this process. */
  findExisting(path: string): Promise<string>;
  readSpace(path: string): Promise<Space>;
  /** Why this process cannot write to a directory, by its real path: the name of an error, or undefined when it can. */
  whyUnwritable(path: string): Promise<string | undefined>;
  /** Does, in a directory of its own inside `path`, what a store does with files; leaves nothing behind. */
  tryStoreWork(path: string): Promise<readonly Attempt[]>;
}

export function createDisks(root: string): Disks {
  const at = (path: string) => join(root, path);
  return {
    findExisting: path => findExisting(at(path)),
    readSpace: async path => {
      const { bsize, blocks, bavail, files, ffree } = await statfs(await findExisting(at(path)));
      return {
        totalBytes: bsize * blocks,
        freeBytes: bsize * bavail,
        inodes: files,
        freeInodes: ffree,
      };
    },
    whyUnwritable: async path =>
      await access(path, constants.W_OK).then(() => undefined, errorName),
    tryStoreWork: path => tryStoreWork(at(path)),
  };
}

async function findExisting(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT') && !hasCode(error, 'ENOTDIR')) throw error;
    return await findExisting(dirname(path));
  }
}

/** Ids as build users have them, which nobody else has. */
const SOME_BUILDER = 30_001;
const READ_ONLY = 0o444;
const STORE_MODE = 0o1775;
/** Modification times of everything in a store. */
const STORE_TIME_UNIX = 1;

type Work = (directory: string) => Promise<unknown>;

/** Each gives something only when the file system did something else than it was asked for. */
const STORE_WORK: Readonly<Record<string, Work>> = {
  'change a mode': async directory => {
    await chmod(join(directory, 'file'), READ_ONLY);
    await chmod(directory, STORE_MODE);
    const [file, folder] = [await modeOf(join(directory, 'file')), await modeOf(directory)];
    return file === READ_ONLY && folder === STORE_MODE ? undefined : 'changes nothing';
  },
  'change an owner': async directory => {
    await chown(join(directory, 'file'), SOME_BUILDER, SOME_BUILDER);
  },
  'make a hard link': directory => link(join(directory, 'file'), join(directory, 'link')),
  'make a symbolic link': directory => symlink('file', join(directory, 'symlink')),
  'tell upper from lower case': async directory =>
    await lstat(join(directory, 'FILE')).then(() => 'finds the other one', unlessMissing),
  'set a modification time': async directory => {
    await utimes(join(directory, 'file'), STORE_TIME_UNIX, STORE_TIME_UNIX);
    const { mtimeMs } = await stat(join(directory, 'file'));
    return mtimeMs === STORE_TIME_UNIX * 1000 ? undefined : `becomes ${mtimeMs / 1000}`;
  },
};

async function tryStoreWork(parent: string): Promise<readonly Attempt[]> {
  const attempts: Attempt[] = [];
  let directory: string | undefined;
  const create = async () => {
    directory = await mkdtemp(join(parent, '.tenon-doctor-'));
    await writeFile(join(directory, 'file'), '');
  };
  try {
    attempts.push(await attempt('create a file', create));
    if (attempts[0]?.result !== 'ok' || directory === undefined) return attempts;
    const place = directory;
    for (const [what, work] of Object.entries(STORE_WORK))
      attempts.push(await attempt(what, () => work(place)));
    return attempts;
  } finally {
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  }
}

async function attempt(what: string, work: () => Promise<unknown>): Promise<Attempt> {
  try {
    return { what, result: String((await work()) ?? 'ok') };
  } catch (error) {
    return { what, result: errorName(error) };
  }
}

async function modeOf(path: string): Promise<number> {
  return (await lstat(path)).mode & 0o7777;
}

function unlessMissing(error: unknown): undefined {
  if (!hasCode(error, 'ENOENT')) throw error;
}

function errorName(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error) return String(error.code);
  throw error;
}
