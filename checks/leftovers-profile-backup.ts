import { defineCheck, type Fix } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';

interface Backup {
  readonly file: string;
  readonly backup: string;
  /** Nothing but the installer's block differs. */
  readonly isNeedless: boolean;
}

interface Found {
  readonly backups: readonly Backup[];
}

const SUFFIX = '.backup-before-nix';
/** The files that Nix's own installer edits. */
const FILES = [
  '/etc/bashrc',
  '/etc/bash.bashrc',
  '/etc/profile.d/nix.sh',
  '/etc/zshrc',
  '/etc/zsh/zshrc',
];
const BLOCK = /\n*^# Nix\n[\s\S]*?^# End Nix\n*/mu;

export const leftoversProfileBackup = defineCheck<CheckContext, Found>({
  id: 'leftovers.profile-backup',
  group: 'leftovers',
  title: 'no backups of another installer are left',
  why: "Nix's own installer copies the start-up files of shells before it edits them, and refuses to run again while the copies are there. It has no uninstaller that takes them away.",
  severity: 'hint',

  async probe({ host }) {
    const looks = await Promise.all(FILES.map(file => compare(host, file)));
    const backups = looks.filter(look => look !== undefined);
    return backups.length === 0 ? undefined : { backups };
  },

  explain: ({ backups }) => ({
    summary: 'another installer of Nix left its backups',
    evidence: backups.map(({ backup, isNeedless }) => ({
      source: backup,
      value: isNeedless
        ? 'the same as the file today, but for the block for Nix'
        : 'differs from the file today',
    })),
    cause: 'Nix was installed with its own installer, which keeps whole copies',
  }),

  fixes: ({ backups }) => [
    ...(backups.some(({ isNeedless }) => isNeedless) ? [removeNeedless(backups)] : []),
    ...backups.filter(({ isNeedless }) => !isNeedless).map(compareByHand),
  ],
});

function removeNeedless(backups: readonly Backup[]): Fix {
  const needless = backups.filter(({ isNeedless }) => isNeedless);
  return {
    id: 'remove-backups',
    class: 'A',
    description: 'remove the copies that have nothing of their own; tenon needs none of them',
    commands: needless.map(({ backup }) => ['rm', backup]),
    reversible: true,
    needsRoot: true,
    async apply({ host }) {
      for (const { file } of needless) {
        const now = await compare(host, file);
        if (now?.isNeedless) await host.remove(now.backup);
      }
    },
  };
}

function compareByHand({ file, backup }: Backup): Fix {
  return {
    id: 'compare-backup',
    class: 'C',
    description: `see what differs, keep what you want in ${file}, then remove the copy`,
    commands: [
      ['diff', backup, file],
      ['rm', backup],
    ],
    reversible: false,
    needsRoot: true,
  };
}

async function compare(host: CheckContext['host'], file: string): Promise<Backup | undefined> {
  const backup = `${file}${SUFFIX}`;
  const [copy, text] = await Promise.all([host.readText(backup), host.readText(file)]);
  if (copy === undefined) return undefined;
  return { file, backup, isNeedless: withoutBlock(text ?? '') === withoutBlock(copy) };
}

function withoutBlock(text: string): string {
  return text.replace(BLOCK, '\n').trim();
}
