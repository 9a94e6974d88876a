import type { ByteString } from '../../formats/byte-string.ts';
import type { HashAlgorithm } from '../../formats/hash.ts';
import { keepModules } from '../../host/kept-modules.ts';
import { findEntry } from '../../host/tree-files.ts';
import { startKept } from './kept-thread.ts';
import type { Hashed, Removed, Restored, Serialisation, Settled, UidRange } from './messages.ts';
import { readDump } from './read-dump.ts';
import { Restore } from './restore.ts';
import type { Work } from './scheduler.ts';
import { settleTree } from './settle-tree.ts';
import { ThreadPool } from './thread-pool.ts';

/** A thread takes about 10 MB. */
const IDLE_MS = 10_000;

interface TreesOptions {
  /** How many threads work at most. */
  readonly workers: number;
}

interface Stoppable {
  readonly signal?: AbortSignal | undefined;
}

export interface RestoreOptions extends Stoppable {
  readonly kind: Serialisation;
  readonly algorithm: HashAlgorithm;
  /** More bytes than these are an error. */
  readonly maxBytes?: number | undefined;
}

export interface HashOptions extends Stoppable {
  readonly kind: Serialisation;
  readonly algorithm: HashAlgorithm;
}

export interface SettleOptions extends Stoppable {
  /** Who must own each file; anybody may when this is missing. */
  readonly uidRange?: UidRange | undefined;
  /** What an earlier output of the same builder gave as `inodes`. */
  readonly inodes?: readonly string[] | undefined;
  /** The hash parts to look for. */
  readonly candidates: readonly ByteString[];
}

export interface CopyOptions extends Stoppable {
  /** Who must own each file; anybody may when this is missing. */
  readonly uidRange?: UidRange | undefined;
}

const SMALL_BYTES = 64 << 10;

/**
 * All work on whole file trees and large files, done by threads, so that the event loop never waits for it. Paths are
 * byte strings. While a job is under way nobody else may change its tree: end builders before.
 */
export class Trees implements AsyncDisposable {
  readonly #pool: ThreadPool;

  constructor({ workers }: TreesOptions) {
    const program = keepModules(new URL('./worker.ts', import.meta.url));
    this.#pool = new ThreadPool({
      size: workers,
      idleMs: IDLE_MS,
      startWorker: () => startKept(program),
    });
  }

  /** Writes a tree, which must not exist, with canonical metadata, from its serialisation. */
  restore(target: ByteString, options: RestoreOptions): Restore {
    const { kind: serialisation, algorithm, maxBytes = Infinity, signal } = options;
    const task = { kind: 'restore', target, serialisation, algorithm, maxBytes } as const;
    return new Restore({
      start: (input, events) => this.#pool.start({ task, input, events }, signal),
      signal,
    });
  }

  /** Writes a tree from all that `body` gives, unless it fails before. Nothing is left of a tree that failed. */
  async restoreFrom(
    body: AsyncIterable<Uint8Array>,
    target: ByteString,
    options: RestoreOptions,
  ): Promise<Restored> {
    await using restore = this.restore(target, options);
    for await (const chunk of body) await restore.write(chunk);
    return await restore.finish();
  }

  /** The NAR of a tree. The job waits for a slow consumer, and ends when the consumer stops early. */
  dump(path: ByteString, { signal }: Stoppable = {}): AsyncGenerator<Uint8Array, void, void> {
    const task = { kind: 'dump', path } as const;
    return readDump(events => this.#pool.start({ task, events }, signal));
  }

  /** Hashes a serialisation of what stands at a path. */
  async hash(path: ByteString, options: HashOptions): Promise<Hashed> {
    const { kind: serialisation, algorithm, signal } = options;
    const task = { kind: 'hash', path, serialisation, algorithm } as const;
    return await this.#pool.start({ task }, signal).result;
  }

  /**
   * Makes what a builder left canonical, and finds its NAR hash and references. Throws when it has files of other
   * owners, or of other types than files, directories and symlinks, or when others may write to its top.
   */
  async settle(path: ByteString, options: SettleOptions): Promise<Settled> {
    const { uidRange, inodes = [], candidates, signal } = options;
    const task = { kind: 'settle', path, uidRange, inodes, candidates } as const;
    // One small file takes the event loop 50 µs; to hand it to a thread and to wait takes ten times as long.
    if (isSmallFile(path)) return runToEnd(settleTree(task));
    return await this.#pool.start({ task }, signal).result;
  }

  /** Writes a canonical copy, which shares no inode with what a builder left. Refuses what `settle` refuses. */
  async copy(from: ByteString, to: ByteString, options: CopyOptions = {}): Promise<void> {
    const { uidRange, signal } = options;
    const task = { kind: 'copy', from, to, uidRange } as const;
    await this.#pool.start({ task }, signal).result;
  }

  /** Removes what stands at a path, if anything does; no symlink is followed. Aborted, it leaves the rest. */
  async remove(path: ByteString, { signal }: Stoppable = {}): Promise<Removed> {
    return await this.#pool.start({ task: { kind: 'remove', path } }, signal).result;
  }

  /** Ends all jobs, as if they were aborted, and all threads. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]();
  }
}

function isSmallFile(path: ByteString): boolean {
  const entry = findEntry(path);
  return entry?.kind === 'file' && entry.sizeBytes <= SMALL_BYTES;
}

function runToEnd<T>(work: Work<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}
