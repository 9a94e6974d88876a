import { KeyedLocks } from '../base/locks.ts';
import type { StoreLayout } from '../config/layout.ts';
import type { StorePath } from '../formats/store-path.ts';
import { type FileLock, lockFile } from '../host/file-lock.ts';
import { fileIdentity } from '../host/store-files.ts';
import { CollectorLock } from './collector-lock.ts';
import type { StoreDb } from './db.ts';
import { Derivations } from './derivations.ts';
import { notValid } from './errors.ts';
import { type OpenOptions, openStore } from './open.ts';
import { findInvalid, isValidPath } from './path-info.ts';
import { type NewPath, registerPaths } from './register.ts';
import { TempRoots } from './temp-roots.ts';
import type { Trees } from './trees/trees.ts';

interface Services {
  readonly trees: Trees;
  readonly nowUnix: () => number;
}

/** An open store. Everything that lasts longer than a request hangs on it; dispose it to let go of the database. */
export class Store implements Disposable {
  readonly layout: StoreLayout;
  readonly db: StoreDb;
  readonly trees: Trees;
  readonly derivations: Derivations;
  readonly #nowUnix: () => number;
  readonly #bigLock: FileLock;
  readonly #collector: CollectorLock;
  readonly #identity: string | undefined;
  readonly #locks = new KeyedLocks<StorePath>();

  private constructor(
    options: OpenOptions,
    { trees, nowUnix }: Services,
    { db, bigLock }: { db: StoreDb; bigLock: FileLock },
  ) {
    this.layout = options.layout;
    this.trees = trees;
    this.#nowUnix = nowUnix;
    this.db = db;
    this.#bigLock = bigLock;
    this.#collector = new CollectorLock(this.layout.gcLockFile);
    this.#identity = fileIdentity(this.layout.dbFile);
    this.derivations = new Derivations(this.layout.storeDir, path => isValidPath(db, path));
  }

  /** Opens or creates the store. */
  static async open(options: OpenOptions, services: Services, signal: AbortSignal): Promise<Store> {
    return new Store(options, services, await openStore(options, signal));
  }

  /** Whether the files below are still those that were opened; somebody may have removed the whole store. */
  isCurrent(): boolean {
    return this.#identity === fileIdentity(this.layout.dbFile);
  }

  isValid(path: StorePath): boolean {
    return isValidPath(this.db, path);
  }

  /** The first of the paths that is not valid. */
  findInvalid(paths: readonly StorePath[]): StorePath | undefined {
    return findInvalid(this.db, paths);
  }

  /** Throws when one of the paths is not valid. */
  requireValid(paths: readonly StorePath[]): void {
    const missing = this.findInvalid(paths);
    if (missing !== undefined) throw notValid(missing);
  }

  /** Temporary roots of one client. Dispose them when it leaves. */
  createTempRoots(): TempRoots {
    return new TempRoots(this.layout, this.#collector);
  }

  /** Makes paths valid whose trees are in place, in one transaction. Gives them with the time of their registration. */
  async register(paths: readonly NewPath[]): Promise<readonly NewPath[]> {
    const nowUnix = this.#nowUnix();
    const dated = paths.map(entry => dateIfNeeded(entry, nowUnix));
    await registerPaths(this.db, dated);
    return dated;
  }

  /**
   * Keeps others, in this process and elsewhere, from creating these paths at the same time. `onWait` is called
   * with a path that somebody else holds.
   */
  async lockPaths(
    paths: readonly StorePath[],
    signal: AbortSignal,
    onWait?: (path: StorePath) => void,
  ): Promise<Disposable> {
    const held = new DisposableStack();
    try {
      for (const path of [...paths].sort()) {
        held.use(await this.#locks.lock(path, signal));
        const options = {
          mode: 'exclusive',
          deleteOnRelease: true,
          onWait: () => onWait?.(path),
        } as const;
        held.use(await lockFile(`${path}.lock`, options, signal));
      }
      return held;
    } catch (error) {
      held.dispose();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.db.close();
    this.#collector[Symbol.dispose]();
    this.#bigLock[Symbol.dispose]();
  }
}

/** What is copied from elsewhere may bring its own time. */
function dateIfNeeded(entry: NewPath, nowUnix: number): NewPath {
  if (entry.info.registeredAtUnix !== 0) return entry;
  return { ...entry, info: { ...entry.info, registeredAtUnix: nowUnix } };
}
