import { hasCode } from '../../base/errors.ts';
import type { ByteString } from '../../formats/byte-string.ts';
import {
  type Entry,
  findEntry,
  moveEntry,
  ownIds,
  removeEmptyDirectory,
  removeFile,
  setMode,
} from '../../host/tree-files.ts';
import { listSome } from './list-names.ts';
import type { Removed } from './messages.ts';
import type { Work } from './scheduler.ts';

/** How far below the top a directory may be before it is moved up: with one more name the path fits PATH_MAX. */
const DEPTH_MAX_BYTES = 1024;
const MOVED = 'tenon-moved-up-';
const NOT_ROOT = ownIds().uid !== 0;

interface Directory {
  readonly path: ByteString;
  readonly entry: Entry;
  /** What is known to be in it. */
  names: ByteString[];
}

/** Removes what stands at `top`, if anything does. Files that vanish meanwhile do no harm. */
export function* removeTree(top: ByteString): Work<Removed> {
  const removal = new Removal(top);
  removal.discard(top);
  while (removal.proceed()) yield 'more';
  return { freedBytes: removal.freedBytes };
}

/** Goes through the tree with a stack of its own, as the tree may be deeper than the program's. */
class Removal {
  freedBytes = 0;
  readonly #top: ByteString;
  readonly #open: Directory[] = [];
  #movedUp = 0;

  constructor(top: ByteString) {
    this.#top = top;
  }

  /** Removes one more entry; false when all are gone. */
  proceed(): boolean {
    const directory = this.#open.at(-1);
    if (directory === undefined) return false;
    const name = directory.names.pop();
    if (name !== undefined) this.discard(`${directory.path}/${name}`);
    else if (this.#removed(directory)) this.#open.pop();
    else directory.names = listSome(directory.path, directory.entry);
    return true;
  }

  /** Removes a file, or opens a directory whose entries are to be removed. */
  discard(path: ByteString): void {
    const entry = findEntry(path);
    if (entry === undefined) return;
    if (entry.kind === 'directory') this.#enter(path, entry);
    else if (succeeds(() => removeFile(path)) && entry.links <= 2)
      this.freedBytes += entry.sizeBytes;
  }

  #enter(path: ByteString, entry: Entry): void {
    if (NOT_ROOT && (entry.mode & 0o700) !== 0o700) setMode(path, 0o700);
    const [top] = this.#open;
    if (top !== undefined && path.length - this.#top.length > DEPTH_MAX_BYTES)
      top.names.push(this.#moveUp(path));
    else this.#open.push({ path, entry, names: listSome(path, entry) });
  }

  /** Moves a directory to the top, so that the paths of what is in it stay short; gives its name there. */
  #moveUp(path: ByteString): ByteString {
    for (;;) {
      const name = `${MOVED}${this.#movedUp++}`;
      try {
        moveEntry(path, `${this.#top}/${name}`);
        return name;
      } catch (error) {
        if (!isTaken(error)) throw error;
      }
    }
  }

  #removed({ path }: Directory): boolean {
    let isEmpty = true;
    succeeds(() => {
      isEmpty = removeEmptyDirectory(path);
    });
    return isEmpty;
  }
}

/** False when there was nothing to do it with. */
function succeeds(removal: () => void): boolean {
  try {
    removal();
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

function isTaken(error: unknown): boolean {
  return ['EEXIST', 'ENOTEMPTY', 'ENOTDIR'].some(code => hasCode(error, code));
}
