import { openLockFile } from '../host/file-lock.ts';
import { flock } from '../host/libc.ts';
import { closeFile } from '../host/store-files.ts';

/** The lock that a garbage collector holds exclusively, and that those who add temporary roots hold for a moment. */
export class CollectorLock implements Disposable {
  readonly #fd: number;

  constructor(gcLockFile: string) {
    this.#fd = openLockFile(gcLockFile);
  }

  /** Runs `work` with collectors kept out, or gives false at once when one is at work. */
  whileNotCollecting(work: () => void): boolean {
    if (!flock(this.#fd, 'shared')) return false;
    try {
      work();
    } finally {
      flock(this.#fd, 'unlock');
    }
    return true;
  }

  [Symbol.dispose](): void {
    closeFile(this.#fd);
  }
}
