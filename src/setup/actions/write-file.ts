import type { Init } from '../../host/services.ts';
import type { Tools } from '../action.ts';
import { defineAction } from '../action.ts';

interface Spec {
  readonly file: string;
  readonly text: string;
  readonly mode: number;
  /** The init system that reads this file and has to be told. */
  readonly readBy?: Init;
}

interface Undo {
  readonly before: { readonly text: string; readonly mode: number } | null;
}

/** A file that is all ours. What stood in its place comes back on revert. */
export const writeFile = defineAction<Spec, Undo>({
  kind: 'write-file',
  target: ({ file }) => file,
  describe: ({ file }, change) => `${change === 'create' ? 'Create' : 'Replace'} ${file}`,
  describeUndo: ({ file }) => `Remove ${file}, or put back what was there`,

  edit: ({ file, text }, { before }) => ({ file, before: before?.text, after: text }),

  async inspect({ host }, { file, text, mode }) {
    const facts = await host.look(file);
    if (facts === undefined) return { state: 'todo', change: 'create', undo: { before: null } };
    if (facts.kind !== 'file') return { state: 'conflict', reason: `${file} is a ${facts.kind}` };
    const before = (await host.readText(file)) ?? '';
    if (before === text && facts.mode === mode) return { state: 'done' };
    return {
      state: 'todo',
      change: 'modify',
      undo: { before: { text: before, mode: facts.mode } },
    };
  },

  async apply(tools, spec) {
    await tools.host.writeText(spec.file, spec.text, spec.mode);
    await tellReader(tools, spec);
  },

  async findEdit({ host }, { file, text }, { before }) {
    const now = await host.readText(file);
    if (now === undefined || now === text || now === before?.text) return undefined;
    return { file, before: text, after: now };
  },

  async revert(tools, spec, { undo: { before }, isForced }) {
    const { host } = tools;
    await host.remove(`${spec.file}.tenon-new`);
    const now = await host.readText(spec.file);
    if (now === undefined || now === before?.text) return undefined;
    if (now !== spec.text && !isForced) return { what: spec.file, ...EDITED };
    if (before === null) await host.remove(spec.file);
    else await host.writeText(spec.file, before.text, before.mode);
    await tellReader(tools, spec);
    return undefined;
  },
});

const EDITED = {
  reason: 'it was edited after setup',
  advice: 'delete it when nothing needs it; "tenon uninstall --force" would have',
};

async function tellReader({ host }: Tools, { readBy }: Spec): Promise<void> {
  if (readBy !== undefined) await host.serviceManager(readBy, '').reload();
}
