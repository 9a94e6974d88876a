import { constants } from 'node:fs';
import { chmod, copyFile, lstat, open, readlink, symlink } from 'node:fs/promises';
import { unlessMissing } from './durable-files.ts';

const COMPARE_BYTES = 1024 * 1024;

/** Copies a file or link of the program, readable for everybody; not yet on disk. */
export async function copyAsProgram(from: string, to: string): Promise<void> {
  const stats = await lstat(from);
  if (stats.isSymbolicLink()) return await symlink(await readlink(from), to);
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  await chmod(to, (stats.mode & 0o100) === 0 ? 0o644 : 0o755);
}

/** Whether `to` is what `copyAsProgram` makes of `from`. */
export async function isProgramCopy(from: string, to: string): Promise<boolean> {
  const [before, after] = await Promise.all([lstat(from), unlessMissing(lstat(to))]);
  if (before.isSymbolicLink())
    return after?.isSymbolicLink() === true && (await readlink(to)) === (await readlink(from));
  if (after?.isFile() !== true || after.size !== before.size) return false;
  if ((after.mode & 0o100) !== (before.mode & 0o100)) return false;
  return await hasSameBytes(from, to);
}

async function hasSameBytes(one: string, other: string): Promise<boolean> {
  await using a = await open(one, 'r');
  await using b = await open(other, 'r');
  const left = Buffer.allocUnsafe(COMPARE_BYTES);
  const right = Buffer.allocUnsafe(COMPARE_BYTES);
  for (;;) {
    const { bytesRead } = await a.read(left, 0, COMPARE_BYTES);
    const { bytesRead: same } = await b.read(right, 0, COMPARE_BYTES);
    if (bytesRead !== same || left.compare(right, 0, same, 0, bytesRead) !== 0) return false;
    if (bytesRead === 0) return true;
  }
}
