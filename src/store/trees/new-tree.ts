import type { ByteString } from '../../formats/byte-string.ts';
import type { NarVisitor } from '../../formats/nar.ts';
import {
  close,
  createDirectory,
  createFile,
  createSymlink,
  getEntry,
  setFileFacts,
  setMode,
  setTimes,
  writeAll,
} from '../../host/tree-files.ts';
import { CANONICAL_MODE, CANONICAL_MTIME_UNIX, disinherit } from './canonical.ts';
import { removeTree } from './remove-tree.ts';
import type { Work } from './scheduler.ts';

interface OpenFile {
  readonly fd: number;
  readonly mode: number;
}

/**
 * A tree that is being written, with canonical metadata. Nothing that exists is written over.
 * Invariant: at most one file is open.
 */
export class NewTree implements NarVisitor {
  /** How many bytes of the file that is being written are still to come. */
  missingBytes = 0;
  readonly #top: ByteString;
  #isBegun = false;
  #file: OpenFile | undefined;

  constructor(top: ByteString) {
    this.#top = top;
  }

  directory(inside: ByteString): void {
    const path = this.#pathOf(inside);
    createDirectory(path);
    this.#created(inside);
  }

  file(inside: ByteString, executable: boolean, sizeBytes: number): void {
    const fd = createFile(this.#pathOf(inside));
    this.#file = { fd, mode: executable ? CANONICAL_MODE.executable : CANONICAL_MODE.plain };
    this.missingBytes = sizeBytes;
    this.#created(inside);
  }

  contents(chunk: Uint8Array): void {
    if (this.#file !== undefined) writeAll(this.#file.fd, chunk);
    this.missingBytes -= chunk.length;
  }

  symlink(inside: ByteString, target: ByteString): void {
    createSymlink(this.#pathOf(inside), target);
    this.#created(inside);
    this.#setMtime(inside);
  }

  leave(inside: ByteString): void {
    if (this.#file !== undefined) {
      setFileFacts(this.#file.fd, this.#file.mode, CANONICAL_MTIME_UNIX);
      this.#closeFile();
    } else {
      setMode(this.#pathOf(inside), CANONICAL_MODE.directory);
      this.#setMtime(inside);
    }
  }

  /** Removes all that was written. */
  *discard(): Work<void> {
    this.#closeFile();
    if (this.#isBegun) yield* removeTree(this.#top);
  }

  #pathOf(inside: ByteString): ByteString {
    return inside === '' ? this.#top : `${this.#top}/${inside}`;
  }

  /** What is created below the top inherits from the top, which then has nothing to pass on. */
  #created(inside: ByteString): void {
    if (inside !== '') return;
    this.#isBegun = true;
    disinherit(this.#top, getEntry(this.#top));
  }

  #setMtime(inside: ByteString): void {
    setTimes(this.#pathOf(inside), { atimeMs: Date.now(), mtimeUnix: CANONICAL_MTIME_UNIX });
  }

  #closeFile(): void {
    if (this.#file === undefined) return;
    const { fd } = this.#file;
    this.#file = undefined;
    close(fd);
  }
}
