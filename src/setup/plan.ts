import { dirname, join } from 'node:path';
import type { StoreLayout } from '../config/layout.ts';
import { hostNames } from '../config/layout.ts';
import type { Init } from '../host/services.ts';
import type { Accounts } from '../host/users.ts';
import { accountSteps } from './account-steps.ts';
import { chooseUsers } from './accounts.ts';
import type { Step } from './action.ts';
import { databaseBackup } from './actions/database-backup.ts';
import { directory } from './actions/directory.ts';
import { link } from './actions/link.ts';
import { program } from './actions/program.ts';
import type { NixConf } from './configuration-steps.ts';
import { configurationSteps } from './configuration-steps.ts';
import { noFreeIds } from './errors.ts';
import { folders } from './file-steps.ts';
import type { GentooFacts } from './gentoo-facts.ts';
import { gentooSteps } from './gentoo-steps.ts';
import type { Replacement } from './replacement.ts';
import { serviceSteps, serviceStopSteps } from './service-steps.ts';
import type { Choices } from './settings.ts';
import { shellSteps } from './shell-steps.ts';
import { foldersAbove, storeFolders } from './store-folders.ts';

/** Build users may add to the store, and not remove what another one put there. */
const STORE_MODE = 0o1775;

/** All that a plan depends on. The same input gives the same plan. */
export interface PlanInput extends Choices {
  readonly init: Init;
  /** Whether services can be started: not in an image, and not in a chroot. */
  readonly isLive: boolean;
  readonly accounts: Accounts;
  readonly nologin: string;
  readonly store: StoreLayout;
  /** The program's folder on the running machine. */
  readonly program: string;
  /** The files of `init/`, by their path in it. */
  readonly initFiles: ReadonlyMap<string, string>;
  /** Undefined where there is no nix.conf yet. */
  readonly nixConf: NixConf | undefined;
  /** The text that tenon.conf is to have, where it has another. */
  readonly tenonConf: string | undefined;
  /** How a daemon that runs would become the one that is installed. */
  readonly replacement: Replacement;
  /** Undefined where no Portage manages the host. */
  readonly gentoo: GentooFacts | undefined;
}

/** Everything that a host with a working daemon has. Which of it is to do is for the host to say. */
export function planSteps(known: PlanInput): readonly Step[] {
  // What replaces a stock Nix takes nothing from its configuration.
  const input = known.existing === 'replace' ? { ...known, nixConf: undefined } : known;
  if (input.gentoo !== undefined && input.mode === 'multi') return gentooSteps(input, input.gentoo);
  const chosen = chooseUsers(input.accounts, input.users);
  if (chosen === undefined) throw noFreeIds(input.users);
  return [
    ...accountSteps(input, chosen),
    ...storeSteps(input.store, chosen.gid),
    ...programSteps(input),
    ...configurationSteps(input),
    ...shellSteps(input),
    ...serviceSteps(input),
  ];
}

function storeSteps(store: StoreLayout, gid: number): readonly Step[] {
  const { storeDir, stateDir, logDir } = store;
  const parts = [storeDir, stateDir, logDir];
  const paths = new Set(storeFolders(store).flatMap(path => [...foldersAbove(path), path]));
  return [...paths].map(path =>
    directory.step({
      id: `directory:${path}`,
      group: 'Directories',
      reason: 'the store and what belongs to it',
      spec: {
        path,
        ...(parts.some(part => isAtOrBelow(path, part)) ? { holdsStore: true } : {}),
        ...(path === storeDir ? { access: { mode: STORE_MODE, uid: 0, gid } } : {}),
      },
    }),
  );
}

function isAtOrBelow(path: string, folder: string): boolean {
  return `${path}/`.startsWith(`${folder}/`);
}

/** Before another program takes over. */
function backupSteps({ isLive, store: { dbFile } }: PlanInput): readonly Step[] {
  if (!isLive) return [];
  const backup = databaseBackup.step({
    id: 'database-backup',
    group: 'Files',
    reason: '"tenon rollback" brings it back',
    spec: { dbFile, programDir: hostNames.programDir },
    redoWith: ['program'],
    isPassing: true,
  });
  return [backup];
}

function programSteps(input: PlanInput): readonly Step[] {
  const { programDir, commandFile } = hostNames;
  return [
    ...folders(['/usr/local', dirname(programDir), dirname(commandFile)], 'Files'),
    ...backupSteps(input),
    ...serviceStopSteps(input),
    program.step({
      id: 'program',
      group: 'Files',
      reason: 'the daemon and the tenon command',
      spec: { from: input.program, to: programDir },
    }),
    link.step({
      id: 'command',
      group: 'Files',
      reason: 'the tenon command for every user, in every shell',
      spec: { path: commandFile, target: join(programDir, 'src/tenon') },
    }),
  ];
}
