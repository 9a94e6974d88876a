import { createRequire } from 'node:module';
import { getSystemErrorMessage, getSystemErrorName } from 'node:util';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import type koffi from 'koffi';
import type { LibraryHandle } from 'koffi';
import { KeptFile } from './kept-file.ts';
import { rawPath } from './raw-path.ts';

/**
 * What Node has no call for, called in the C library itself. The symbols come from the running program, so the same
 * code serves glibc and musl. The constants are those of x86_64 and aarch64.
 */

const LOCK = { shared: 1, exclusive: 2, unlock: 8 };
const LOCK_NB = 4;
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const F_SETFD = 2;
const F_GETFL = 3;
const F_SETFL = 4;
const O_NONBLOCK = 0o4000;
/** SIGPIPE and SIGXFSZ. */
const IGNORED_BY_NODE = [13, 25];
const CREDENTIALS_BYTES = 12;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const EAGAIN = 11;
const NOTHING = Buffer.alloc(0);
/** Under this key threads find where it is. */
const NATIVE_PART = 'tenon/koffi.node';
/** XATTR_LIST_MAX of linux/limits.h: no file has a longer list. */
const XATTR_LIST_MAX_BYTES = 65536;

export interface Credentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** flock(2) without waiting: false when another open file holds the lock. Throws other failures by their errno name. */
export function flock(fd: number, mode: 'shared' | 'exclusive' | 'unlock'): boolean {
  if (libc().flock(fd, LOCK[mode] | LOCK_NB) === 0) return true;
  if (libc().errno() === EAGAIN) return false;
  throw lastError('flock');
}

/** Who was at the other end of a Unix socket when it was connected. */
export function peerCredentials(fd: number): Credentials {
  const answer = Buffer.alloc(CREDENTIALS_BYTES);
  const length = Buffer.alloc(4);
  length.writeInt32LE(CREDENTIALS_BYTES);
  if (libc().getsockopt(fd, SOL_SOCKET, SO_PEERCRED, answer, length) !== 0)
    throw lastError('getsockopt');
  return { pid: answer.readInt32LE(0), uid: answer.readUInt32LE(4), gid: answer.readUInt32LE(8) };
}

/**
 * Whether a Unix socket's peer has closed it. Linux checks that before it looks at what is to be sent, which is nothing,
 * and does not mind a peer that has only shut down its sending side (net/unix/af_unix.c, unix_stream_sendmsg).
 */
export function peerIsGone(fd: number): boolean {
  if (libc().send(fd, NOTHING, 0, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return false;
  return libc().errno() !== EAGAIN;
}

/** The names of a file's extended attributes; the path is a byte string, and a symlink is not followed. */
export function listXattrs(path: string): readonly string[] {
  const names = xattrListBuffer();
  const length = libc().llistxattr(cString(path), names, names.length);
  if (length === 0) return [];
  if (length > 0) return names.toString('latin1', 0, length - 1).split('\0');
  const error = lastError('llistxattr');
  if (error.code === 'ENOTSUP') return [];
  throw error;
}

/** Removes an extended attribute; the path is a byte string, and a symlink is not followed. */
export function removeXattr(path: string, name: string): void {
  if (libc().lremovexattr(cString(path), cString(name)) !== 0) throw lastError('lremovexattr');
}

/** Gives freed memory back to the system, which takes some milliseconds. Does nothing with musl. */
export function trimMemory(): void {
  libc().trim?.(0);
}

/** Ends this process at once, without waiting for threads: one that reads from a dead disk never ends. */
export function exitNow(status: number): never {
  libc().exit(status);
  throw new RangeError('_exit(2) does not return');
}

/**
 * execve(2): this process becomes another program, which finds the signals and the first three descriptors as one that a
 * shell starts. All texts are byte strings. Returns only to throw.
 */
export function becomeProgram(
  path: string,
  argv: readonly string[],
  variables: readonly string[],
): never {
  for (const signal of IGNORED_BY_NODE) libc().signal(signal, null);
  for (const fd of [0, 1, 2]) {
    const flags = libc().fcntl(fd, F_GETFL, 0);
    if (flags === -1) continue;
    libc().fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
    libc().fcntl(fd, F_SETFD, 0);
  }
  libc().execve(cString(path), pointers(argv), pointers(variables));
  throw lastError('execve');
}

function pointers(texts: readonly string[]): readonly (Buffer | null)[] {
  return [...texts.map(cString), null];
}

interface Libc {
  exit(status: number): void;
  execve(path: Buffer, argv: readonly (Buffer | null)[], envp: readonly (Buffer | null)[]): number;
  fcntl(fd: number, command: number, value: number): number;
  signal(number: number, handler: null): unknown;
  flock(fd: number, operation: number): number;
  send(fd: number, bytes: Buffer, sizeBytes: number, flags: number): number;
  getsockopt(fd: number, level: number, option: number, value: Buffer, length: Buffer): number;
  llistxattr(path: Buffer, names: Buffer, sizeBytes: number): number;
  lremovexattr(path: Buffer, name: Buffer): number;
  /** Of glibc only. */
  readonly trim: ((keptBytes: number) => number) | undefined;
  errno(): number;
}

/** Loads the library now: later there may be no descriptor left to open it with. */
export function prepareLibc(): void {
  libc();
}

let loaded: Libc | undefined;
let xattrNames: Buffer | undefined;

/** Loaded when first needed: it takes 12 ms and 6 MB. */
function libc(): Libc {
  loaded ??= load();
  return loaded;
}

function load(): Libc {
  const ffi = loadKoffi();
  const self = ffi.load(null);
  return {
    exit: self.func('void _exit(int status)'),
    flock: self.func('int flock(int fd, int operation)'),
    send: self.func('intptr_t send(int fd, const void *bytes, size_t size, int flags)'),
    getsockopt: self.func(
      'int getsockopt(int fd, int level, int option, _Out_ void *value, _Inout_ void *length)',
    ),
    execve: self.func('int execve(const void *path, const void **argv, const void **envp)'),
    fcntl: self.func('int fcntl(int fd, int command, int value)'),
    signal: self.func('void *signal(int number, void *handler)'),
    llistxattr: self.func('intptr_t llistxattr(const void *path, _Out_ void *names, size_t size)'),
    lremovexattr: self.func('int lremovexattr(const void *path, const void *name)'),
    trim: findTrim(self),
    errno: () => ffi.errno(),
  };
}

/**
 * Threads take the native part that this process has mapped, by a descriptor of it, because its files may be another
 * version's by then: dlopen(3) knows a library by its inode. They need nothing else of the package.
 */
function loadKoffi(): typeof koffi {
  const mapped = getEnvironmentData(NATIVE_PART);
  if (typeof mapped === 'string') {
    const native = { exports: {} as typeof koffi };
    process.dlopen(native, mapped);
    return native.exports;
  }
  const require = createRequire(import.meta.url);
  const ffi: typeof koffi = require('koffi');
  const native = Object.keys(require.cache).find(isNativePart);
  if (native !== undefined) setEnvironmentData(NATIVE_PART, new KeptFile(native).path);
  return ffi;
}

function isNativePart(file: string): boolean {
  return file.endsWith('/koffi.node');
}

function findTrim(self: LibraryHandle): Libc['trim'] {
  try {
    return self.func('int malloc_trim(size_t kept)');
  } catch {
    return undefined; // not glibc
  }
}

function xattrListBuffer(): Buffer {
  xattrNames ??= Buffer.allocUnsafeSlow(XATTR_LIST_MAX_BYTES);
  return xattrNames;
}

function cString(text: string): Buffer {
  return rawPath(`${text}\0`);
}

/** The failure of the last call in the form of Node's own system errors. */
function lastError(syscall: string): Error & { code: string } {
  const errno = -libc().errno();
  const code = getSystemErrorName(errno);
  const error = new Error(`${code}: ${getSystemErrorMessage(errno)}, ${syscall}`);
  return Object.assign(error, { code, errno, syscall });
}
