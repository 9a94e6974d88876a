import { defineAction } from '../action.ts';

interface Spec {
  readonly dbFile: string;
  readonly programDir: string;
}

/** What a program that takes over may change. Kept after a rollback as well: it does no harm. */
export const databaseBackup = defineAction<Spec, Record<string, never>>({
  kind: 'database-backup',
  target: ({ dbFile }) => dbFile,
  describe: ({ dbFile }) => `Back up ${dbFile}`,
  describeUndo: () => 'Nothing: the backup stays for "tenon rollback"',

  async inspect({ host }, { dbFile, programDir }, stale) {
    const looks = await Promise.all([dbFile, programDir].map(path => host.look(path)));
    if (!stale || looks.includes(undefined)) return { state: 'done' };
    return { state: 'todo', change: 'create', undo: {} };
  },

  apply: (tools, _spec, signal) => tools.backUpDatabase(signal),

  revert: () => Promise.resolve(undefined),
});
