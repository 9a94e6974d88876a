import { resolve } from 'node:path';
import type { StoreLayout } from '../config/layout.ts';
import { hashBytes } from '../formats/hash.ts';
import { encodeNix32 } from '../formats/nix32.ts';
import { pathInside, type StorePath } from '../formats/store-path.ts';
import { listRuntimePaths } from '../host/runtime-paths.ts';
import {
  ensureDirectory,
  entryKind,
  listNames,
  readSymlink,
  replaceSymlink,
} from '../host/store-files.ts';
import { readLiveTempRoots } from './temporary.ts';

/** Something that keeps a path alive: a symlink, by its name, or what else it is in braces. */
export interface Root {
  readonly link: string;
  readonly target: StorePath;
  /** Whether other users should not learn of it. */
  readonly isPrivate: boolean;
}

/** Deeper directories are not searched, lest a hostile user keeps the search busy for ever. */
const DEPTH_MAX = 32;

/** Records that `link`, which a client made outside the store's state, keeps its target alive (Nix: gc.cc). */
export function addIndirectRoot(layout: StoreLayout, link: string): void {
  const name = encodeNix32(hashBytes('sha1', link).digest);
  replaceSymlink(`${layout.gcRootsDir}/auto/${name}`, link);
}

/** Makes `link` a symlink to `path` that keeps it alive. */
export function addPermanentRoot(layout: StoreLayout, link: string, path: StorePath): void {
  ensureDirectory(link.slice(0, link.lastIndexOf('/')));
  replaceSymlink(link, path);
  addIndirectRoot(layout, link);
}

/** All roots: permanent ones, what clients of any daemon use for a while, and what processes have open. */
export async function findRoots(
  layout: StoreLayout,
  isValid: (path: StorePath) => boolean,
  signal: AbortSignal,
): Promise<Root[]> {
  const temporary = [...readLiveTempRoots(layout.tempRootsDir)].map(([path, owner]) => ({
    path,
    link: `{temp:${Number.parseInt(owner, 10)}}`,
  }));
  const running = await listRuntimePaths(layout.storeDir, signal);
  const transient = [...temporary, ...running].flatMap(({ path, link }): Root[] => {
    const target = pathInside(layout.storeDir, path);
    return target !== undefined && isValid(target) ? [{ link, target, isPrivate: true }] : [];
  });
  return [...listPermanentRoots(layout, isValid), ...transient];
}

/** The links below gcroots and profiles that lead into the store. */
function listPermanentRoots(layout: StoreLayout, isValid: (path: StorePath) => boolean): Root[] {
  const roots: Root[] = [];
  const add = (link: string, target: string): boolean => {
    const path = pathInside(layout.storeDir, target);
    if (path === undefined) return false;
    if (isValid(path)) roots.push({ link, target: path, isPrivate: false });
    return true;
  };
  const visitLink = (link: string): void => {
    const target = resolve(link, '..', readSymlink(link) ?? '');
    if (add(link, target) || entryKind(target) !== 'symlink') return;
    add(target, resolve(target, '..', readSymlink(target) ?? ''));
  };
  const visit = (entry: string, depth: number): void => {
    const kind = entryKind(entry);
    if (kind === 'symlink') visitLink(entry);
    if (kind === 'file')
      add(entry, `${layout.storeDir}/${entry.slice(entry.lastIndexOf('/') + 1)}`);
    if (kind !== 'directory' || depth > DEPTH_MAX) return;
    for (const name of listNames(entry)) visit(`${entry}/${name}`, depth + 1);
  };
  visit(layout.gcRootsDir, 0);
  visit(layout.profilesDir, 0);
  return roots;
}
