import { closeSync, constants, fstatSync, ftruncateSync, openSync, unlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode } from '../base/errors.ts';
import { flock } from './libc.ts';

const POLL_MS = { first: 2, last: 200 };

/**
 * A lock file held with flock(2), as Nix holds its own (Nix: src/libstore/pathlocks.cc). A lock file that its owner
 * deleted is marked by a byte in it, so that those who wait on the deleted file notice and open the new one.
 */
export class FileLock implements Disposable {
  readonly path: string;
  readonly fd: number;
  readonly #deleteOnRelease: boolean;
  #held = true;

  constructor(path: string, fd: number, deleteOnRelease: boolean) {
    this.path = path;
    this.fd = fd;
    this.#deleteOnRelease = deleteOnRelease;
  }

  /** Releases the lock; safe to repeat. */
  [Symbol.dispose](): void {
    if (!this.#held) return;
    this.#held = false;
    if (this.#deleteOnRelease) removeLockFile(this.path, this.fd);
    closeSync(this.fd);
  }
}

interface LockOptions {
  readonly mode: 'shared' | 'exclusive';
  readonly deleteOnRelease?: boolean;
}

/** Takes the lock, or gives undefined when another open file holds it. */
export function tryLockFile(path: string, options: LockOptions): FileLock | undefined {
  for (;;) {
    const fd = openLockFile(path);
    try {
      if (!flock(fd, options.mode)) {
        closeSync(fd);
        return undefined;
      }
      if (fstatSync(fd).size === 0) return new FileLock(path, fd, options.deleteOnRelease ?? false);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    closeSync(fd);
  }
}

/**
 * Takes the exclusive lock of a file that has contents of its own. `held` when another open file holds it, `missing`
 * when there is no such file, or no longer.
 */
export function tryLockExisting(path: string): FileLock | 'held' | 'missing' {
  const fd = openExisting(path);
  if (fd === undefined) return 'missing';
  const lock = new FileLock(path, fd, false);
  try {
    if (flock(fd, 'exclusive')) return lock;
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
  lock[Symbol.dispose]();
  return 'held';
}

function openExisting(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDWR | constants.O_NOFOLLOW);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Opens a lock file, creating it when it is missing. */
export function openLockFile(path: string): number {
  return openSync(path, constants.O_CREAT | constants.O_RDWR | constants.O_NOFOLLOW, 0o600);
}

/** Takes the lock as soon as it is free. Waiting polls, because a blocking flock would hold a pool thread. */
export async function lockFile(
  path: string,
  options: LockOptions & { readonly onWait?: () => void },
  signal: AbortSignal,
): Promise<FileLock> {
  for (let waitMs = 0; ; waitMs = Math.min(Math.max(waitMs * 2, POLL_MS.first), POLL_MS.last)) {
    if (waitMs > 0) await sleep(waitMs, undefined, { signal });
    signal.throwIfAborted();
    const lock = tryLockFile(path, options);
    if (lock !== undefined) return lock;
    if (waitMs === 0) options.onWait?.();
  }
}

/** Deletes a lock file that `fd` holds, and tells those who wait on it that it is gone. */
export function removeLockFile(path: string, fd: number): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
  // Any size but 0 is the mark. Nix writes a byte; to make the file longer takes no room.
  ftruncateSync(fd, 1);
}
