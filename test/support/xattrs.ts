import koffi from 'koffi';

const libc = koffi.load(null);
const lsetxattr = libc.func(
  'int lsetxattr(const char *path, const char *name, const char *value, size_t size, int flags)',
);

/** Gives a file an extended attribute; false where the file system has none. */
export function trySetXattr(path: string, name: string, value: string): boolean {
  return lsetxattr(path, name, value, value.length, 0) === 0;
}
