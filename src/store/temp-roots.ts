import { setTimeout as sleep } from 'node:timers/promises';
import type { StorePath } from '../formats/store-path.ts';
import { tellCollector } from '../host/collector.ts';
import { type FileLock, removeLockFile, tryLockExisting, tryLockFile } from '../host/file-lock.ts';
import { append, listNames } from '../host/store-files.ts';
import type { CollectorLock } from './collector-lock.ts';

const COLLECTOR_RETRY_MS = 100;

interface Places {
  readonly tempRootsDir: string;
  readonly gcSocketPath: string;
}

let counter = 0;

/**
 * Paths that no garbage collector may delete while this object lives (Nix: src/libstore/gc.cc). They stand in a file
 * of their own, which stays locked: a collector that gets the lock knows that the owner is dead.
 */
export class TempRoots implements Disposable {
  readonly #places: Places;
  readonly #collector: CollectorLock;
  readonly #known = new Set<string>();
  #file: FileLock | undefined;

  constructor(places: Places, collector: CollectorLock) {
    this.#places = places;
    this.#collector = collector;
  }

  /** Protects `path`. At once when no collector runs; else after the running collector has taken note. */
  add(path: StorePath): Promise<void> | undefined {
    if (this.#known.has(path) || this.#append(path)) return undefined;
    return this.#addDuringCollection(path);
  }

  [Symbol.dispose](): void {
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    removeLockFile(file.path, file.fd);
    file[Symbol.dispose]();
  }

  async #addDuringCollection(path: StorePath): Promise<void> {
    for (;;) {
      if (await tellCollector(this.#places.gcSocketPath, path)) {
        append(this.#openFile().fd, `${path}\0`);
        this.#known.add(path);
        return;
      }
      await sleep(COLLECTOR_RETRY_MS);
      if (this.#append(path)) return;
    }
  }

  /** Writes the root down while the collector's lock is held shared; false when a collector has it. */
  #append(path: StorePath): boolean {
    const { fd } = this.#openFile();
    if (!this.#collector.whileNotCollecting(() => append(fd, `${path}\0`))) return false;
    this.#known.add(path);
    return true;
  }

  #openFile(): FileLock {
    if (this.#file !== undefined) return this.#file;
    for (;;) {
      counter += 1;
      const path = `${this.#places.tempRootsDir}/${process.pid}-${counter}`;
      this.#file = tryLockFile(path, { mode: 'exclusive' });
      if (this.#file !== undefined) return this.#file;
    }
  }
}

/** Removes the files of owners that died, as a collector would. */
export function removeStaleTempRoots(tempRootsDir: string): void {
  for (const name of listNames(tempRootsDir)) {
    if (name.startsWith('.')) continue;
    const lock = tryLockExisting(`${tempRootsDir}/${name}`);
    if (lock === 'held' || lock === 'missing') continue;
    removeLockFile(lock.path, lock.fd);
    lock[Symbol.dispose]();
  }
}
