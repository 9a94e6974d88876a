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
  readonly before: Text | Link | null;
}

interface Text {
  readonly text: string;
  readonly mode: number;
}

/** To nowhere, as of a masked unit, or to a file of another program. */
interface Link {
  readonly link: string;
}

/** A file that is all ours. What stood in its place comes back on revert. */
export const writeFile = defineAction<Spec, Undo>({
  kind: 'write-file',
  target: ({ file }) => file,
  describe: ({ file }, change) => `${change === 'create' ? 'Create' : 'Replace'} ${file}`,
  describeUndo: ({ file }) => `Remove ${file}, or put back what was there`,

  edit: ({ file, text }, { before }) => ({ file, before: textOf(before), after: text }),

  async inspect({ host }, { file, text, mode, readBy }) {
    const facts = await host.look(file);
    if (facts === undefined) return { state: 'todo', change: 'create', undo: { before: null } };
    const link = readBy === undefined ? undefined : await host.readLink(file);
    if (link !== undefined) return { state: 'todo', change: 'modify', undo: { before: { link } } };
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
    if (spec.readBy !== undefined && (await tools.host.readLink(spec.file)) !== undefined)
      await tools.host.remove(spec.file);
    await tools.host.writeText(spec.file, spec.text, spec.mode);
    await tellReader(tools, spec);
  },

  async findEdit({ host }, { file, text }, { before }) {
    const now = await host.readText(file);
    if (now === undefined || now === text || now === textOf(before)) return undefined;
    return { file, before: text, after: now };
  },

  async revert(tools, spec, { undo: { before }, isForced }) {
    const { host } = tools;
    await host.remove(`${spec.file}.tenon-new`);
    if (isLink(before) && (await host.readLink(spec.file)) === before.link) return undefined;
    const now = await host.readText(spec.file);
    if (now === textOf(before) && !isLink(before)) return undefined;
    if (now === undefined && !isLink(before)) return undefined;
    if (now !== undefined && now !== spec.text && !isForced) return { what: spec.file, ...EDITED };
    if (before === null) await host.remove(spec.file);
    else if (isLink(before)) await host.writeLink(spec.file, before.link);
    else await host.writeText(spec.file, before.text, before.mode);
    await tellReader(tools, spec);
    return undefined;
  },
});

function isLink(before: Undo['before']): before is Link {
  return before !== null && 'link' in before;
}

function textOf(before: Undo['before']): string | undefined {
  return before === null || isLink(before) ? undefined : before.text;
}

const EDITED = {
  reason: 'it was edited after setup',
  advice: 'delete it when nothing needs it; "tenon uninstall --force" would have',
};

async function tellReader({ host }: Tools, { readBy }: Spec): Promise<void> {
  if (readBy !== undefined) await host.serviceManager(readBy, '').reload();
}
