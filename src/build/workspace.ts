import { type StorePath, storePathName } from '../formats/store-path.ts';
import {
  createDirectory,
  ensureDirectory,
  moveTree,
  setMode,
  setOwner,
  writeNewFile,
} from '../host/store-files.ts';
import { removeEmptyDirectory } from '../host/tree-files.ts';
import type { Store } from '../store/store.ts';
import type { TempRoots } from '../store/temp-roots.ts';
import { nameBeside, temporaryBuildPath } from '../store/temporary.ts';

const PRIVATE = 0o700;
const PASSABLE = 0o711;
const KEPT = 0o755;
const STICKY = 0o1777;
const STORE_DIR = 0o1775;

/** The account that owns what a builder writes. */
interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The directories of one build. Those that hold them belong to the daemon alone, so that nobody else reaches what a
 * builder has made its own.
 */
export interface Workspace extends AsyncDisposable {
  /** The builder's store directory: its outputs appear here. */
  readonly outputDir: string;
  /** Scratch room that overlayfs wants beside it. */
  readonly overlayWorkDir: string;
  readonly buildDir: string;
  readonly tmpDir: string;
  /** Puts files into the build directory, before the builder starts. */
  writeFiles(files: ReadonlyMap<string, string>): void;
  /** Leaves the build directory in place for a person to look at, once the builder is dead. */
  keep(): string;
}

let counter = 0;

/** Creates the directories, named so that no garbage collector takes them. */
export async function createWorkspace(
  store: Store,
  tempRoots: TempRoots,
  options: {
    readonly drvPath: StorePath;
    readonly buildsDir: string;
    readonly owner: Owner;
    /** Whether the builder reaches its directories only through the sandbox. */
    readonly isSealed: boolean;
  },
): Promise<Workspace> {
  const { drvPath, buildsDir, owner, isSealed } = options;
  const storeRoot = temporaryBuildPath(store.layout.storeDir);
  await tempRoots.add(storeRoot);
  createDirectory(storeRoot, PRIVATE);
  // The daemon's own: builders write to it as members of its group, as to the store directory outside.
  createDirectory(`${storeRoot}/upper`, STORE_DIR);
  createDirectory(`${storeRoot}/work`, PRIVATE);
  ensureDirectory(buildsDir, PASSABLE);
  const base = `${buildsDir}/${nameBeside(storeRoot, storePathName(drvPath))}`;
  createDirectory(base, isSealed ? PRIVATE : PASSABLE);
  const buildDir = `${base}/build`;
  createOwned(buildDir, PRIVATE, owner);
  createDirectory(`${base}/tmp`, STICKY);
  let kept: string | undefined;
  return {
    outputDir: `${storeRoot}/upper`,
    overlayWorkDir: `${storeRoot}/work`,
    buildDir,
    tmpDir: `${base}/tmp`,
    writeFiles: files => {
      for (const [name, text] of files) {
        writeNewFile(`${buildDir}/${name}`, text);
        setOwner(`${buildDir}/${name}`, owner);
      }
    },
    keep: () => {
      counter += 1;
      kept = `${buildsDir}/${storePathName(drvPath)}-${process.pid}-${counter}`;
      for (const path of [base, buildDir]) setMode(path, KEPT);
      moveTree(base, kept);
      return `${kept}/build`;
    },
    async [Symbol.asyncDispose]() {
      await removeAll(store, storeRoot, ['upper', 'work']);
      if (kept === undefined) await removeAll(store, base, ['build', 'tmp']);
      else await store.trees.remove(`${kept}/tmp`);
    },
  };
}

/** Most builders leave nothing but their outputs, and then no thread is needed. */
async function removeAll(store: Store, path: string, inside: readonly string[]): Promise<void> {
  for (const name of inside) removeEmptyDirectory(`${path}/${name}`);
  if (!removeEmptyDirectory(path)) await store.trees.remove(path);
}

function createOwned(path: string, mode: number, owner: Owner): void {
  createDirectory(path, mode);
  setOwner(path, owner);
}
