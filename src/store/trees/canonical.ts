import type { ByteString } from '../../formats/byte-string.ts';
import { listXattrs, removeXattr } from '../../host/libc.ts';
import { type Entry, inodeOf, ownIds, setMode, setOwner, setTimes } from '../../host/tree-files.ts';
import { invalidOwner, suspiciousPermission } from './errors.ts';
import type { UidRange } from './messages.ts';
import type { Found } from './walk.ts';

/** The metadata of everything in the store (Nix: src/libstore/local-store.cc, canonicalisePathMetaData). */
export const CANONICAL_MODE = { plain: 0o444, executable: 0o555, directory: 0o555 };
export const CANONICAL_MTIME_UNIX = 1;

/** Attributes that come with the file system, and that even root may be unable to remove: Nix's `ignored-acls`. */
const KEPT_XATTRS: ReadonlySet<string> = new Set(['security.selinux', 'system.nfs4_acl']);
const OWNER_WRITE = 0o200;
const OTHERS_WRITE = 0o022;

export function isExecutable({ mode }: Entry): boolean {
  return (mode & 0o100) !== 0;
}

/**
 * Refuses files that a builder did not make itself. `inodes` are those that hard links lead to and that were accepted
 * before: they may have changed hands meanwhile.
 */
export class OwnerCheck {
  readonly #uidRange: UidRange | undefined;
  readonly #inodes: Set<string>;

  constructor(uidRange: UidRange | undefined, inodes: readonly string[]) {
    this.#uidRange = uidRange;
    this.#inodes = new Set(inodes);
  }

  get inodes(): readonly string[] {
    return [...this.#inodes];
  }

  /** Whether this is the first name of its inode; throws when it belongs to somebody else. */
  accept({ path, inside, entry }: Found): boolean {
    if (inside === '') this.#checkTop(path, entry);
    const inode = entry.kind !== 'directory' && entry.links > 1 ? inodeOf(path) : undefined;
    if (inode !== undefined && this.#inodes.has(inode)) return false;
    if (!this.#isOwned(entry)) throw invalidOwner(path);
    if (inode !== undefined) this.#inodes.add(inode);
    return true;
  }

  #checkTop(path: ByteString, entry: Entry): void {
    const isOpen = entry.kind !== 'symlink' && (entry.mode & OTHERS_WRITE) !== 0;
    if (isOpen || !this.#isOwned(entry)) throw suspiciousPermission(path);
  }

  #isOwned({ uid }: Entry): boolean {
    const range = this.#uidRange;
    return range === undefined || (uid >= range.from && uid <= range.to);
  }
}

/** Makes the metadata of a file, directory or symlink canonical; its contents stay. */
export function canonicalise(path: ByteString, entry: Entry): void {
  const mode = withoutXattrs(path, entry);
  const isSymlink = entry.kind === 'symlink';
  if (!isSymlink && mode !== canonicalMode(entry)) setMode(path, canonicalMode(entry));
  if (entry.mtimeMs !== CANONICAL_MTIME_UNIX * 1000)
    setTimes(path, { atimeMs: entry.atimeMs, mtimeUnix: CANONICAL_MTIME_UNIX });
  own(path, entry);
}

/** What a fresh file or directory may have got from the directory that it was created in: a group, and ACLs. */
export function disinherit(path: ByteString, entry: Entry): void {
  withoutXattrs(path, entry);
  own(path, entry);
}

function canonicalMode(entry: Entry): number {
  if (entry.kind === 'directory') return CANONICAL_MODE.directory;
  return isExecutable(entry) ? CANONICAL_MODE.executable : CANONICAL_MODE.plain;
}

/** Gives the mode afterwards: an attribute of a file that its owner may not write cannot be removed by the owner. */
function withoutXattrs(path: ByteString, entry: Entry): number {
  const names = listXattrs(path).filter(name => !KEPT_XATTRS.has(name));
  if (names.length === 0) return entry.mode;
  const writable = entry.mode | OWNER_WRITE;
  if (entry.kind !== 'symlink' && writable !== entry.mode) setMode(path, writable);
  for (const name of names) removeXattr(path, name);
  return writable;
}

function own(path: ByteString, { uid, gid }: Entry): void {
  const owner = ownIds();
  if (uid !== owner.uid || gid !== owner.gid) setOwner(path, owner);
}
