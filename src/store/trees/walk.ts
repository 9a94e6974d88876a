import type { ByteString } from '../../formats/byte-string.ts';
import { type Entry, getEntry } from '../../host/tree-files.ts';
import { unsupportedType } from './errors.ts';
import { listSorted } from './list-names.ts';

/** Something that a walk comes by. */
export interface Found {
  readonly kind: 'file' | 'directory' | 'symlink';
  readonly path: ByteString;
  /** The path from the top of the tree, which itself has the empty one. */
  readonly inside: ByteString;
  readonly entry: Entry;
}

/** A directory all of which has been visited. */
export interface Left {
  readonly kind: 'left';
  readonly inside: ByteString;
}

/** What comes next; `more` when the walker should give up its turn first. */
export type Visit = Found | Left | 'more';

interface Directory extends Left {
  readonly path: ByteString;
  readonly names: readonly ByteString[];
  next: number;
}

/**
 * Goes through a tree in the order of a NAR, with a stack of its own. A directory is listed after it was visited, so
 * that the visitor can make it readable first. Throws on devices, sockets and FIFOs.
 */
export function* walk(top: ByteString): Generator<Visit, void, void> {
  const open: Directory[] = [];
  for (let path: ByteString | undefined = top; path !== undefined; ) {
    const found = find(path, path.slice(top.length + 1));
    yield found;
    if (found.kind === 'directory') {
      const names = yield* listSorted(path, found.entry);
      open.push({ kind: 'left', path, inside: found.inside, names, next: 0 });
    }
    path = yield* climb(open);
  }
}

function find(path: ByteString, inside: ByteString): Found {
  const entry = getEntry(path);
  if (entry.kind === 'other') throw unsupportedType(path);
  return { kind: entry.kind, path, inside, entry };
}

/** Leaves the directories that are done; gives the path that comes next, or undefined at the end. */
function* climb(open: Directory[]): Generator<Left, ByteString | undefined, void> {
  for (let directory = open.at(-1); directory !== undefined; directory = open.at(-1)) {
    const name = directory.names[directory.next++];
    if (name !== undefined) return `${directory.path}/${name}`;
    open.pop();
    yield directory;
  }
  return undefined;
}
