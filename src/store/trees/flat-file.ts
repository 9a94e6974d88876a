import type { ByteString } from '../../formats/byte-string.ts';
import {
  close,
  createFile,
  ownIds,
  removeFile,
  setFileFacts,
  setFileOwner,
  writeAll,
} from '../../host/tree-files.ts';
import { CANONICAL_MODE, CANONICAL_MTIME_UNIX } from './canonical.ts';

/**
 * Writes one small file with canonical metadata, at once, on the thread that calls: it takes the event loop about
 * 12 µs, and a worker thread would take 60. The file must not exist; when it cannot be written whole it is removed.
 */
export function writeFlatFile(path: ByteString, contents: Uint8Array, executable = false): void {
  const fd = createFile(path);
  try {
    writeAll(fd, contents);
    setFileOwner(fd, ownIds());
    setFileFacts(
      fd,
      executable ? CANONICAL_MODE.executable : CANONICAL_MODE.plain,
      CANONICAL_MTIME_UNIX,
    );
  } catch (error) {
    removeFile(path);
    throw error;
  } finally {
    close(fd);
  }
}
