import { defineAction } from '../action.ts';

interface Spec {
  readonly user: string;
  readonly group: string;
}

type Undo = Readonly<Record<string, never>>;

/** An adopted build user in the member list of the group, which is where the daemon looks for it. */
export const membership = defineAction<Spec, Undo>({
  kind: 'membership',
  target: ({ user }) => user,
  describe: ({ user, group }) => `List ${user} as a member of ${group}`,
  describeUndo: ({ user, group }) => `Take ${user} off the list of ${group}`,

  inspect: async ({ host }, { user, group }) =>
    (await host.findGroup(group))?.members.includes(user)
      ? { state: 'done' }
      : { state: 'todo', change: 'modify', undo: {} },

  async apply({ host }, { user, group }) {
    const before = await host.groupsOf(user);
    if (!before.includes(group)) await host.setGroups(user, [...before, group]);
  },

  async revert({ host }, { user, group }) {
    const before = await host.groupsOf(user);
    if (!before.includes(group) || (await host.findUser(user)) === undefined) return undefined;
    await host.setGroups(
      user,
      before.filter(name => name !== group),
    );
    return undefined;
  },
});
