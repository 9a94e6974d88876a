import { defineAction } from '../action.ts';

interface Spec {
  readonly file: string;
}

type Undo = Readonly<Record<string, never>>;

/** A file that the service fills. What is in it goes with it. */
export const logFile = defineAction<Spec, Undo>({
  kind: 'log-file',
  target: ({ file }) => file,
  describe: ({ file }) => `Create ${file}`,
  describeUndo: ({ file }) => `Remove ${file}`,

  inspect: async ({ host }, { file }) =>
    (await host.look(file)) === undefined
      ? { state: 'todo', change: 'create', undo: {} }
      : { state: 'done' },

  apply: ({ host }, { file }) => host.writeText(file, '', 0o640),

  async revert({ host }, { file }) {
    await host.remove(`${file}.tenon-new`);
    await host.remove(file);
    return undefined;
  },
});
