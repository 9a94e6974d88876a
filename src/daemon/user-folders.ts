import type { StoreLayout } from '../config/layout.ts';
import { createDirectory, currentIds, hasEntry, moveTree, setOwner } from '../host/store-files.ts';

const MODE = 0o755;

/**
 * Makes the folders in which a user keeps profiles and roots, where `per-user` is not the user's to write to. Clients of
 * Nix 2.8 rely on the daemon for it, later ones keep profiles at home.
 */
export function makeUserFolders(
  { profilesDir, gcRootsDir }: StoreLayout,
  { user, uid }: { user: string; uid: number },
): void {
  const own = currentIds();
  if ((own.uid !== 0 && own.uid !== uid) || /^\.|\//.test(user)) return;
  for (const parent of [profilesDir, gcRootsDir]) {
    const folder = `${parent}/per-user/${user}`;
    if (hasEntry(folder)) continue;
    if (own.uid === uid) createDirectory(folder, MODE);
    else createFor({ uid, gid: own.gid }, folder);
  }
}

/** A crash leaves no folder that belongs to somebody else. */
function createFor(owner: { uid: number; gid: number }, folder: string): void {
  const unfinished = `${folder}.tmp-${process.pid}`;
  createDirectory(unfinished, MODE);
  setOwner(unfinished, owner);
  moveTree(unfinished, folder);
}
