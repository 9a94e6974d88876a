import { dirname, join } from 'node:path';
import { createFiles } from '../../host/files.ts';
import type { Host } from '../../host/host.ts';
import { defineAction } from '../action.ts';

interface Spec {
  /** A checkout on the running machine. */
  readonly from: string;
  readonly to: string;
  readonly distDir: string;
}

interface Undo {
  readonly existed: boolean;
}

const PACKAGE = 'sys-apps/tenon';

/** The Gentoo repository, composed from a checkout, and the release that it names. */
export const gentooRepository = defineAction<Spec, Undo>({
  kind: 'gentoo-repository',
  target: ({ to }) => to,
  describe: ({ to }, change) =>
    `${change === 'create' ? 'Put' : 'Renew'} the Gentoo repository in ${to}`,
  describeUndo: ({ to }) => `Remove ${to}`,

  async inspect({ host }, { from, to }) {
    if ((await host.look(to)) === undefined)
      return { state: 'todo', change: 'create', undo: { existed: false } };
    if ((await host.readText(join(to, 'profiles/repo_name')))?.trim() !== 'tenon')
      return { state: 'conflict', reason: `${to} is something else` };
    if ((await host.look(join(to, await ebuildOf(from)))) !== undefined) return { state: 'done' };
    return { state: 'todo', change: 'modify', undo: { existed: true } };
  },

  async apply({ host }, { from, to, distDir }, signal) {
    const fresh = freshName(to);
    await host.removeTree(fresh);
    await host.ensureDirectory(dirname(to));
    const composer = join(from, 'src/release/main.ts');
    await host.run([process.execPath, composer, host.at(fresh)], { signal });
    await host.ensureDirectory(distDir);
    for (const name of await host.list(join(fresh, 'distfiles')))
      await host.bringIn(host.at(join(fresh, 'distfiles', name)), join(distDir, name));
    await putAside(host, to);
    await host.move(join(fresh, 'repository'), to);
    await host.removeTree(fresh);
  },

  async commit({ host }, { to }) {
    await host.removeTree(oldName(to));
  },

  async revert({ host }, { to, distDir }, { undo, extent }) {
    await host.removeTree(freshName(to));
    const hasOld = (await host.look(oldName(to))) !== undefined;
    if (extent === 'rollback' && undo.existed && !hasOld) return undefined;
    for (const name of await listDistfiles(host, to)) await host.remove(join(distDir, name));
    await host.removeTree(to);
    if (extent === 'rollback' && undo.existed) await host.move(oldName(to), to);
    else await host.removeTree(oldName(to));
    return undefined;
  },
});

async function ebuildOf(checkout: string): Promise<string> {
  const text = await createFiles('/').readText(join(checkout, 'package.json'));
  return `${PACKAGE}/tenon-${JSON.parse(text ?? '{}').version}.ebuild`;
}

/** What the repository had fetched (GLEP 74). */
async function listDistfiles(host: Host, repository: string): Promise<readonly string[]> {
  const manifest = (await host.readText(join(repository, PACKAGE, 'Manifest'))) ?? '';
  return [...manifest.matchAll(/^DIST ([^ /]+) /gmu)].map(([, name = '']) => name);
}

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
