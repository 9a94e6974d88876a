import type { FileFacts } from '../../host/files.ts';
import type { Host } from '../../host/host.ts';
import { defineAction } from '../action.ts';

interface Spec {
  readonly path: string;
  /** Given when owner and mode matter; without it any directory will do and 0755 of root is made. */
  readonly access?: Access;
  /** Whose it is when it is made; root's unless told. */
  readonly owner?: Pick<Access, 'uid' | 'gid'>;
  /** A part of the store: emptied by the rollback of the setup that made it, else only when asked for. */
  readonly holdsStore?: boolean;
}

interface Access {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

interface Undo {
  readonly before: Access | null;
}

const STORE_STAYS = 'the store stays, --purge-store removes it';
const PLAIN: Access = { mode: 0o755, uid: 0, gid: 0 };

export const directory = defineAction<Spec, Undo>({
  kind: 'directory',
  target: ({ path }) => path,
  describe: ({ path }, change) =>
    change === 'create' ? `Create ${path}` : `Set owner and mode of ${path}`,
  describeUndo: ({ path, holdsStore }) =>
    `Remove ${path} when it is empty${holdsStore ? ', or with --purge-store' : ''}`,

  async inspect({ host }, { path, access }) {
    const facts = await host.look(path);
    if (facts === undefined) return { state: 'todo', change: 'create', undo: { before: null } };
    if (facts.kind !== 'directory')
      return { state: 'conflict', reason: `${path} is a ${facts.kind}` };
    if (access === undefined || isSame(facts, access)) return { state: 'done' };
    return { state: 'todo', change: 'modify', undo: { before: accessOf(facts) } };
  },

  async apply({ host }, { path, owner, access = { ...PLAIN, ...owner } }) {
    if ((await host.look(path)) === undefined) await host.makeDirectory(path, access.mode);
    await setAccess(host, path, access);
  },

  async revert({ host }, { path, access = PLAIN, holdsStore }, { undo: { before }, extent }) {
    const facts = await host.look(path);
    if (facts?.kind !== 'directory') return undefined;
    if (before !== null) {
      if (isSame(facts, access)) await setAccess(host, path, before);
      return undefined;
    }
    if (holdsStore && extent !== 'uninstall') await host.removeTree(path);
    if (await host.removeEmpty(path)) return undefined;
    // Its group goes, and whoever gets that id next must not be able to write here.
    if (access.gid !== PLAIN.gid) await setAccess(host, path, PLAIN);
    return { what: path, reason: holdsStore ? STORE_STAYS : 'it is not empty' };
  },
});

async function setAccess(host: Host, path: string, access: Access): Promise<void> {
  await host.setOwner(path, access);
  await host.setMode(path, access.mode);
}

function accessOf({ mode, uid, gid }: FileFacts): Access {
  return { mode, uid, gid };
}

function isSame(facts: FileFacts, { mode, uid, gid }: Access): boolean {
  return facts.mode === mode && facts.uid === uid && facts.gid === gid;
}
