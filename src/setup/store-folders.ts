import { dirname, join } from 'node:path';
import type { StoreLayout } from '../config/layout.ts';

/** The folders of a store, those above them not among them. */
export function storeFolders(store: StoreLayout): readonly string[] {
  return [
    store.storeDir,
    dirname(store.socketPath),
    store.dbDir,
    join(store.gcRootsDir, 'per-user'),
    join(store.profilesDir, 'per-user'),
    store.tempRootsDir,
    store.logDir,
  ];
}

/** The folders above `path`, the outermost first, without `/`. */
export function foldersAbove(path: string): readonly string[] {
  const parent = dirname(path);
  return parent === '/' ? [] : [...foldersAbove(parent), parent];
}
