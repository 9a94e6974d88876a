import { defineAction } from '../action.ts';

interface Spec {
  readonly path: string;
  readonly target: string;
}

type Undo = Readonly<Record<string, never>>;

/** A symbolic link. One that somebody else made is not touched. */
export const link = defineAction<Spec, Undo>({
  kind: 'link',
  target: ({ path }) => path,
  describe: ({ path, target }) => `Link ${path} to ${target}`,
  describeUndo: ({ path }) => `Remove ${path}`,

  async inspect({ host }, { path, target }) {
    const facts = await host.look(path);
    if (facts === undefined) return { state: 'todo', change: 'create', undo: {} };
    if ((await host.readLink(path)) === target) return { state: 'done' };
    return { state: 'conflict', reason: `${path} exists and is not ours` };
  },

  apply: ({ host }, { path, target }) => host.writeLink(path, target),

  async revert({ host }, { path, target }, { isForced }) {
    await host.remove(`${path}.tenon-new`);
    const facts = await host.look(path);
    if (facts === undefined) return undefined;
    if ((await host.readLink(path)) !== target && !isForced)
      return { what: path, reason: 'it was changed after setup' };
    await host.remove(path);
    return undefined;
  },
});
