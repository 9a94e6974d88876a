/** A path in which every char code is one byte, as the file system takes it. */
export function rawPath(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}
