import { join } from 'node:path';
import { hasCode } from '../../base/errors.ts';
import { formatHash, hashBytes } from '../../formats/hash.ts';
import type { Host } from '../../host/host.ts';
import { defineAction } from '../action.ts';

interface Spec {
  /** Where copies of the backups are kept: a folder that only root may enter. */
  readonly keepIn: string;
}

type Digest = string;

interface Undo {
  /** What each account file was; null when it was missing. */
  readonly files: Readonly<Record<string, Digest | null>>;
  readonly backups: Readonly<Record<string, Digest | null>>;
  readonly hadLock: boolean;
}

const FILES = ['passwd', 'group', 'shadow', 'gshadow', 'subuid', 'subgid'].map(name =>
  join('/etc', name),
);
/** For a plan that a user looks at; root can read all. */
const UNREADABLE = 'unreadable';
const LOCK = '/etc/.pwd.lock';

/**
 * The tools that change accounts leave a backup of each file (`/etc/passwd-`). Once the accounts are as they were,
 * their backups are as they were too. If somebody else changed accounts since, theirs are left.
 */
export const accountBackups = defineAction<Spec, Undo>({
  kind: 'account-backups',
  target: () => '/etc/passwd-',
  describe: () => 'Keep the backups of the account files',
  describeUndo: () => 'Put them back when the accounts are as they were',

  async inspect({ host }, _spec, stale) {
    if (!stale) return { state: 'done' };
    const files = await digestsOf(host, FILES);
    const backups = await digestsOf(host, FILES.map(backupOf));
    const hadLock = (await host.look(LOCK)) !== undefined;
    return { state: 'todo', change: 'create', undo: { files, backups, hadLock } };
  },

  async apply({ host }, { keepIn }) {
    if ((await host.look(keepIn)) === undefined) await host.makeDirectory(keepIn, 0o700);
    for (const backup of FILES.map(backupOf)) {
      const digest = await digestOf(host, backup);
      if (digest !== null) await host.copy(backup, copyOf(keepIn, digest));
    }
  },

  async revert({ host }, { keepIn }, { undo }) {
    if (!undo.hadLock) await host.remove(LOCK);
    const now = await digestsOf(host, FILES);
    const isAsBefore = FILES.every(file => now[file] === undo.files[file]);
    if (!isAsBefore) return undefined;
    for (const [backup, digest] of Object.entries(undo.backups))
      await restore(host, backup, digest === null ? null : copyOf(keepIn, digest));
    return undefined;
  },
});

async function restore(host: Host, backup: string, copy: string | null): Promise<void> {
  if (copy === null) await host.remove(backup);
  else if ((await host.look(copy)) !== undefined) await host.copy(copy, backup);
}

function backupOf(file: string): string {
  return `${file}-`;
}

function copyOf(keepIn: string, digest: Digest): string {
  return join(keepIn, digest);
}

async function digestsOf(
  host: Host,
  files: readonly string[],
): Promise<Readonly<Record<string, Digest | null>>> {
  const entries = files.map(async file => [file, await digestOf(host, file)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

async function digestOf(host: Host, file: string): Promise<Digest | null> {
  try {
    const text = await host.readText(file);
    return text === undefined ? null : formatHash(hashBytes('sha256', text), 'base16');
  } catch (error) {
    if (hasCode(error, 'EACCES')) return UNREADABLE;
    throw error;
  }
}
