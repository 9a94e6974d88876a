import { defineAction } from '../action.ts';

interface Spec {
  readonly name: string;
  readonly gid: number;
}

type Undo = Readonly<Record<string, never>>;

/** A group. One that exists is adopted, whatever its id, and never removed. */
export const group = defineAction<Spec, Undo>({
  kind: 'group',
  target: ({ name }) => name,
  describe: ({ name, gid }) => `Create group ${name} (gid ${gid})`,
  describeUndo: ({ name }) => `Remove group ${name}`,

  inspect: async ({ host }, { name }) =>
    (await host.findGroup(name)) === undefined
      ? { state: 'todo', change: 'create', undo: {} }
      : { state: 'done' },

  async apply({ host }, { name, gid }) {
    if ((await host.findGroup(name)) === undefined) await host.createGroup(name, gid);
  },

  async revert({ host }, { name, gid }, { isForced }) {
    const now = await host.findGroup(name);
    if (now === undefined) return undefined;
    const advice = `when nothing needs it: groupdel ${name}`;
    if (now.gid !== gid && !isForced)
      return { what: `group ${name}`, reason: 'its id was changed after setup', advice };
    if (now.members.length > 0) {
      const reason = `it still has members: ${now.members.join(', ')}`;
      return { what: `group ${name}`, reason, advice };
    }
    await host.removeGroup(name);
    return undefined;
  },
});
