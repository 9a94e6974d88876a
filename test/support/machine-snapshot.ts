import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';

/** Everything about a file that a user could tell apart, but its times and its inode. */
export interface Entry {
  readonly type: string;
  readonly mode: string;
  readonly owner: string;
  /** Digest of a file, target of a link. */
  readonly content: string;
}

export type Snapshot = ReadonlyMap<string, Entry>;

/** The folders and all below them, as paths of the machine; a folder that does not exist has no entry. */
export function takeSnapshot(root: string, folders: readonly string[]): Snapshot {
  const entries = new Map<string, Entry>();
  for (const folder of folders) visit(root, folder, entries);
  return entries;
}

/** One line for each path that came, went or changed, in order; `exceptions` match paths left out. */
export function changesBetween(
  before: Snapshot,
  after: Snapshot,
  exceptions: readonly RegExp[] = [],
): readonly string[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths
    .filter(path => !exceptions.some(pattern => pattern.test(path)))
    .flatMap(path => {
      const [was, is] = [before.get(path), after.get(path)].map(describeEntry);
      return was === is ? [] : [`${path}: ${was} -> ${is}`];
    });
}

function visit(root: string, path: string, entries: Map<string, Entry>): void {
  const file = join(root, path);
  const stats = lstatSync(file, { throwIfNoEntry: false });
  if (stats === undefined) return;
  entries.set(path, entryOf(file, stats));
  if (!stats.isDirectory()) return;
  for (const name of readdirSync(file)) visit(root, join(path, name), entries);
}

function entryOf(file: string, stats: Stats): Entry {
  return {
    type: typeOf(stats),
    mode: (stats.mode & 0o7777).toString(8),
    owner: `${stats.uid}:${stats.gid}`,
    content: contentOf(file, stats),
  };
}

function typeOf(stats: Stats): string {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'link' : 'special';
}

function contentOf(file: string, stats: Stats): string {
  if (stats.isSymbolicLink()) return readlinkSync(file);
  if (!stats.isFile()) return '';
  return createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 16);
}

function describeEntry(entry: Entry | undefined): string {
  return entry ? `${entry.type} ${entry.mode} ${entry.owner} ${entry.content}`.trim() : 'absent';
}
