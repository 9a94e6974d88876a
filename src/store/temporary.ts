import { encodeNix32 } from '../formats/nix32.ts';
import { baseName, HASH_PART_LENGTH, type StorePath } from '../formats/store-path.ts';
import { tryLockExisting } from '../host/file-lock.ts';
import { randomBytes } from '../host/random.ts';
import { listNames, readSmallFile } from '../host/store-files.ts';

const ADDING = '-tenon-add';
const BUILDING = '-tenon-build';
const HASH_PART_BYTES = 20;
/** Leaves room in a file name of 255 bytes. */
const LABEL_MAX_LENGTH = 160;
const TEMP_ROOTS_MAX_BYTES = 1 << 30;

/**
 * Names for what is not finished yet. They have the form of a store path, and are temporary roots while in use, so
 * that a garbage collector of stock Nix leaves them alone, as it does not leave other names in the store directory.
 */
export function temporaryAddPath(storeDir: string): StorePath {
  return `${storeDir}/${encodeNix32(randomBytes(HASH_PART_BYTES))}${ADDING}` as StorePath;
}

/** Where one attempt to build keeps its outputs and inputs' mount points. */
export function temporaryBuildPath(storeDir: string): StorePath {
  return `${storeDir}/${encodeNix32(randomBytes(HASH_PART_BYTES))}${BUILDING}` as StorePath;
}

/** A name, elsewhere, of what belongs to a temporary build path. `label` is for people. */
export function nameBeside(temporary: StorePath, label: string): string {
  return `${baseName(temporary)}.${label.slice(0, LABEL_MAX_LENGTH)}`;
}

/**
 * The temporary names in the store directory, and those beside them in `buildsDir`, whose owners are dead. A valid path
 * may have such a name as well, which whoever removes them has to look at.
 */
export function listStaleTemporaries(
  { storeDir, tempRootsDir }: { readonly storeDir: string; readonly tempRootsDir: string },
  buildsDir: string,
): string[] {
  const inStore = listNames(storeDir).filter(name => isAdding(name) || isBuilding(name));
  const beside = listNames(buildsDir).filter(name => isBuilding(name.slice(0, name.indexOf('.'))));
  if (inStore.length + beside.length === 0) return [];
  const live = readLiveTempRoots(tempRootsDir);
  const isStale = (name: string) => !live.has(`${storeDir}/${name.replace(/\..*$/, '')}`);
  return [
    ...inStore.filter(isStale).map(name => `${storeDir}/${name}`),
    ...beside.filter(isStale).map(name => `${buildsDir}/${name}`),
  ];
}

function isAdding(name: string): boolean {
  return name.length === HASH_PART_LENGTH + ADDING.length && name.endsWith(ADDING);
}

function isBuilding(name: string): boolean {
  return name.length === HASH_PART_LENGTH + BUILDING.length && name.endsWith(BUILDING);
}

/** The temporary roots of all processes that are alive. */
export function readLiveTempRoots(tempRootsDir: string): Map<string, string> {
  const roots = new Map<string, string>();
  for (const name of listNames(tempRootsDir)) {
    if (name.startsWith('.')) continue;
    const file = `${tempRootsDir}/${name}`;
    const lock = tryLockExisting(file);
    if (lock !== 'held') {
      if (lock !== 'missing') lock[Symbol.dispose]();
      continue;
    }
    const text = readSmallFile(file, TEMP_ROOTS_MAX_BYTES) ?? '';
    for (const root of text.split('\0')) if (root !== '') roots.set(root, name);
  }
  return roots;
}
