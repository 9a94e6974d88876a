import { closeSync, openSync } from 'node:fs';
import { hasCode } from '../base/errors.ts';

/** `O_PATH` of open(2), which Node does not export. */
const O_PATH = 0o10000000;

/** A file as it is now, whatever is put in its place later. */
export class KeptFile implements Disposable {
  /** Leads to it for this process and its children. */
  readonly path: string;
  readonly #fd: number | undefined;

  /** A file that is missing may come later. */
  constructor(path: string) {
    this.#fd = openIfThere(path);
    this.path = this.#fd === undefined ? path : `/proc/${process.pid}/fd/${this.#fd}`;
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, O_PATH);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
