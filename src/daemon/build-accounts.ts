import { areUsableIds, type BuildUsers } from '../build/build-users.ts';
import type { Settings } from '../config/settings.ts';
import type { Names } from '../host/names.ts';
import { currentIds } from '../host/store-files.ts';
import { badBuildIds, noBuildGroup, noBuildUsers } from './errors.ts';

/** The group that may create paths in the store directory, as builders outside the sandbox do. */
export async function storeGroup(settings: Settings, names: Names): Promise<number | undefined> {
  if (currentIds().uid !== 0 || settings.buildUsersGroup === '') return undefined;
  return (await names.findGroup(settings.buildUsersGroup))?.gid;
}

/**
 * Builds of root run as members of the group, or under ids that no account has; others' as the daemon's own user.
 * Throws when there is nobody.
 */
export async function findBuildUsers(
  settings: Settings,
  names: Names,
): Promise<BuildUsers | undefined> {
  if (currentIds().uid !== 0) return undefined;
  const { autoAllocateUids, buildUsersGroup, startId, idCount } = settings;
  if (autoAllocateUids) {
    if (!areUsableIds(startId, idCount)) throw badBuildIds(startId, idCount);
    const gid = await storeGroup(settings, names);
    const findAccount = (uid: number) => names.findUserName(uid);
    return { kind: 'ids', first: startId, count: idCount, gid, findAccount };
  }
  if (buildUsersGroup === '') return undefined;
  const group = await names.findGroup(buildUsersGroup);
  if (group === undefined) throw noBuildGroup(buildUsersGroup);
  const uids = await Promise.all(group.members.map(member => names.userId(member)));
  const known = uids.filter(uid => uid !== undefined);
  if (known.length === 0) throw noBuildUsers(buildUsersGroup);
  return { kind: 'group', gid: group.gid, uids: known };
}
