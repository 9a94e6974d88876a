import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ensureDirectory } from './store-files.ts';
import { named } from './system-error.ts';

/** A file that is replaced by what is appended to it; it is created with the first byte. */
export class AppendFile implements AsyncDisposable {
  readonly path: string;
  #handle: FileHandle | undefined;

  constructor(path: string) {
    this.path = path;
  }

  get isEmpty(): boolean {
    return this.#handle === undefined;
  }

  /** Writes all of `bytes`, off the event loop. One call at a time. */
  async append(bytes: Uint8Array): Promise<void> {
    this.#handle ??= await this.#create();
    try {
      await this.#handle.writeFile(bytes);
    } catch (error) {
      throw named(error, this.path);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }

  async #create(): Promise<FileHandle> {
    ensureDirectory(dirname(this.path));
    return await open(this.path, 'w', 0o644);
  }
}
