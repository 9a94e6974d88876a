import type { ByteString } from '../../formats/byte-string.ts';
import type { Hash, HashAlgorithm } from '../../formats/hash.ts';
import type { CarriedError } from './carried-error.ts';

/** Everything that the main thread and a tree worker say to each other. */

export type TreeTask =
  | {
      readonly kind: 'restore';
      readonly target: ByteString;
      readonly serialisation: Serialisation;
      readonly algorithm: HashAlgorithm;
      readonly maxBytes: number;
    }
  | { readonly kind: 'dump'; readonly path: ByteString }
  | {
      readonly kind: 'hash';
      readonly path: ByteString;
      readonly serialisation: Serialisation;
      readonly algorithm: HashAlgorithm;
    }
  | {
      readonly kind: 'settle';
      readonly path: ByteString;
      readonly uidRange: UidRange | undefined;
      readonly inodes: readonly string[];
      readonly candidates: readonly string[];
    }
  | {
      readonly kind: 'copy';
      readonly from: ByteString;
      readonly to: ByteString;
      readonly uidRange: UidRange | undefined;
    }
  | { readonly kind: 'remove'; readonly path: ByteString };

export type TaskKind = TreeTask['kind'];
export type TaskOf<Kind extends TaskKind> = Extract<TreeTask, { kind: Kind }>;

/** How a store object becomes one string of bytes; flat is the contents of a file. */
export type Serialisation = 'nar' | 'flat';

/** User ids, both ends included. */
export interface UidRange {
  readonly from: number;
  readonly to: number;
}

/** What each kind of task results in. */
export interface TaskResults {
  readonly restore: Restored;
  readonly dump: undefined;
  readonly hash: Hashed;
  readonly settle: Settled;
  readonly copy: undefined;
  readonly remove: Removed;
}

export interface Restored {
  /** Of the serialisation that was given. */
  readonly hash: Hash;
  /** The SHA-256 of the result's NAR. */
  readonly narHash: Hash;
  readonly narSizeBytes: number;
}

export interface Hashed {
  readonly hash: Hash;
  /** Of the serialisation. */
  readonly sizeBytes: number;
}

export interface Settled {
  /** SHA-256. */
  readonly narHash: Hash;
  readonly narSizeBytes: number;
  /** Those of the candidates that occur in the NAR. */
  readonly references: readonly string[];
  /** Those that have several names, for `settle` of the same builder's next output. */
  readonly inodes: readonly string[];
}

export interface Removed {
  /** The sizes of the files that had no other name, or one: that of the store's hard links. */
  readonly freedBytes: number;
}

/** The first `length` bytes of a buffer that moves to the other thread. */
export interface Span {
  readonly buffer: ArrayBuffer;
  readonly length: number;
}

/** Bytes to restore; `last` when no more follow. */
export interface Input {
  readonly span: Span;
  readonly last: boolean;
}

export type ToWorker =
  | {
      readonly kind: 'start';
      readonly id: number;
      readonly task: TreeTask;
      readonly input: Input | undefined;
    }
  | { readonly kind: 'input'; readonly id: number; readonly input: Input }
  /** The consumer of a dump took a span. */
  | { readonly kind: 'credit'; readonly id: number }
  | { readonly kind: 'abort'; readonly id: number };

export type FromWorker =
  /** A span of input is restored, and its buffer comes back. */
  | { readonly kind: 'spent'; readonly id: number; readonly buffer: ArrayBuffer }
  | { readonly kind: 'output'; readonly id: number; readonly span: Span }
  | { readonly kind: 'done'; readonly id: number; readonly result: TaskResults[TaskKind] }
  | { readonly kind: 'failed'; readonly id: number; readonly error: CarriedError };

/** Large enough for hashing at full speed, small enough to stay in a core's cache and for one turn of a job. */
export const SPAN_BYTES = 256 * 1024;
/** How many spans of one job may be on their way to the other thread: 2 MiB. */
export const SPANS_IN_FLIGHT = 8;
