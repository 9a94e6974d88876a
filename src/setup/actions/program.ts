import { dirname, join } from 'node:path';
import { createFiles } from '../../host/files.ts';
import type { Host } from '../../host/host.ts';
import { defineAction } from '../action.ts';
import { listProgram } from '../program.ts';

interface Spec {
  /** The program's folder on the running machine. */
  readonly from: string;
  readonly to: string;
}

interface Undo {
  readonly existed: boolean;
}

/**
 * The program itself, copied aside and then renamed into place. An earlier version stays next to it until setup has
 * come to its end.
 */
export const program = defineAction<Spec, Undo>({
  kind: 'program',
  target: ({ to }) => to,
  describe: ({ to }, change) =>
    `${change === 'create' ? 'Install' : 'Replace'} the program in ${to}`,
  describeUndo: ({ to }) => `Remove ${to}`,

  async inspect({ host }, { from, to }) {
    const facts = await host.look(to);
    if (facts === undefined) return { state: 'todo', change: 'create', undo: { existed: false } };
    if (!(await isTenon(host, to))) return { state: 'conflict', reason: `${to} is something else` };
    if (from === host.at(to) || (await isCopy(host, from, to))) return { state: 'done' };
    return { state: 'todo', change: 'modify', undo: { existed: true } };
  },

  async apply({ host }, { from, to }, signal) {
    const fresh = freshName(to);
    await host.removeTree(fresh);
    for (const path of await listProgram(createFiles('/'), from)) {
      signal.throwIfAborted();
      await host.ensureDirectory(dirname(join(fresh, path)));
      await host.bringIn(join(from, path), join(fresh, path));
    }
    await host.run(['sync', '-f', host.at(fresh)]);
    await putAside(host, to);
    await host.move(fresh, to);
  },

  async commit({ host }, { to }) {
    await host.removeTree(oldName(to));
  },

  async revert({ host }, { to }, { undo, extent }) {
    await host.removeTree(freshName(to));
    const hasOld = (await host.look(oldName(to))) !== undefined;
    if (extent === 'rollback' && undo.existed && !hasOld) return undefined;
    await host.removeTree(to);
    if (extent === 'rollback' && undo.existed) await host.move(oldName(to), to);
    else await host.removeTree(oldName(to));
    return undefined;
  },
});

function freshName(to: string): string {
  return `${to}.tenon-new`;
}

function oldName(to: string): string {
  return `${to}.tenon-old`;
}

/** What a killed run already put aside is the one to keep. */
async function putAside(host: Host, to: string): Promise<void> {
  if ((await host.look(to)) === undefined) return;
  if ((await host.look(oldName(to))) === undefined) await host.move(to, oldName(to));
  else await host.removeTree(to);
}

async function isTenon(host: Host, folder: string): Promise<boolean> {
  return /"name":\s*"tenon"/u.test((await host.readText(join(folder, 'package.json'))) ?? '');
}

async function isCopy(host: Host, from: string, to: string): Promise<boolean> {
  const wanted = await listProgram(createFiles('/'), from);
  for (const path of wanted) {
    if (!(await host.isCopyOf(join(from, path), join(to, path)))) return false;
  }
  return true;
}
