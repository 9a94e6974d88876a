import { TenonError } from '../../base/errors.ts';
import { type ByteString, decodeText } from '../../formats/byte-string.ts';

/** A NAR is complete and more bytes follow. */
export function narTrailing(extraBytes: number): TenonError {
  return new TenonError(
    'store/nar-trailing',
    `Cannot restore a NAR: ${extraBytes} or more bytes follow after its end`,
  );
}

/** The bytes of a NAR end in the middle of it. */
export function narTruncated(sizeBytes: number): TenonError {
  return new TenonError(
    'store/nar-truncated',
    `Cannot restore a NAR: it ends after ${sizeBytes} bytes, before it is complete`,
  );
}

/** What is being restored is longer than was announced. */
export function contentsTooLong(maxBytes: number): TenonError {
  return new TenonError(
    'store/contents-too-long',
    `Cannot restore store contents: they have more than ${maxBytes} bytes`,
  );
}

/** A device, socket or FIFO stands in a tree. */
export function unsupportedType(path: ByteString): TenonError {
  return new TenonError(
    'store/unsupported-type',
    `file '${decodeText(path)}' has an unsupported type`,
  );
}

/** A file that a build user should own belongs to somebody else. */
export function invalidOwner(path: ByteString): TenonError {
  return new TenonError('store/invalid-owner', `invalid ownership on file '${decodeText(path)}'`);
}

/** Others than the builder could have written what it produced. */
export function suspiciousPermission(path: ByteString): TenonError {
  return new TenonError(
    'store/suspicious-permission',
    `suspicious ownership or permission on '${decodeText(path)}'; rejecting this build output`,
  );
}

/** A flat hash is wanted of something that is not a file. */
export function notAFile(path: ByteString): TenonError {
  return new TenonError(
    'store/not-a-file',
    `Cannot hash '${decodeText(path)}' as a flat file: it is not a regular file`,
  );
}

/** A file became shorter while it was read. */
export function changedWhileRead(path: ByteString): TenonError {
  return new TenonError(
    'store/changed-while-read',
    `Cannot read '${decodeText(path)}': it became shorter meanwhile`,
  );
}

/** A thread ended in the middle of its work, which is a bug or a want of memory. */
export function workerLost(doing: string, reason: string): TenonError {
  return new TenonError(
    'store/worker-lost',
    `Cannot ${doing}: the thread that does it ended: ${reason}`,
  );
}

/** Work on a tree is asked for, or under way, while the program ends. */
export function treesClosed(): TenonError {
  return new TenonError(
    'store/trees-closed',
    'Cannot work on file trees: the store is being closed',
  );
}
