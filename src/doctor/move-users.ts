import type { Host } from '../host/host.ts';
import type { User } from '../host/users.ts';
import type { AutomaticFix } from './check.ts';

/** A build user, and the id that it is to have. */
export interface Move {
  readonly user: User;
  readonly uid: number;
}

/** Build users own nothing while they do not build, so that each is made anew with another id. */
export function moveUsersFix(moves: readonly Move[], group: string): AutomaticFix {
  return {
    id: 'move-users',
    class: 'A',
    description: 'give the build users ids of their own',
    commands: moves.map(({ user, uid }) => ['usermod', '-u', `${uid}`, user.name]),
    reversible: true,
    needsRoot: true,
    async apply({ host }) {
      for (const move of moves) await moveUser(host, move, group);
    },
  };
}

async function moveUser(host: Host, { user, uid }: Move, group: string): Promise<void> {
  const groups = await host.groupsOf(user.name);
  await host.removeUser(user.name);
  await host.createUser({ ...user, uid }, group);
  await host.setGroups(user.name, [...new Set([...groups, group])]);
}
