import type { Action, Step } from './action.ts';
import { accountBackups } from './actions/account-backups.ts';
import { databaseBackup } from './actions/database-backup.ts';
import { directory } from './actions/directory.ts';
import { gentooPackage } from './actions/gentoo-package.ts';
import { gentooRepository } from './actions/gentoo-repository.ts';
import { group } from './actions/group.ts';
import { link } from './actions/link.ts';
import { logFile } from './actions/log-file.ts';
import { managedBlock } from './actions/managed-block.ts';
import { membership } from './actions/membership.ts';
import { otherService } from './actions/other-service.ts';
import { program } from './actions/program.ts';
import { serviceEnable, serviceStart, serviceStop } from './actions/service.ts';
import { serviceReplace, serviceReturn } from './actions/service-replace.ts';
import { user } from './actions/user.ts';
import { writeFile } from './actions/write-file.ts';
import { unknownAction } from './errors.ts';

const BINDERS: ReadonlyMap<string, (step: Step) => Action> = new Map(
  [
    accountBackups,
    databaseBackup,
    directory,
    gentooPackage,
    gentooRepository,
    group,
    link,
    logFile,
    managedBlock,
    membership,
    otherService,
    program,
    serviceEnable,
    serviceReplace,
    serviceReturn,
    serviceStart,
    serviceStop,
    user,
    writeFile,
  ].map(({ kind, bind }) => [kind, bind]),
);

/** The action of a plan's or the journal's entry. */
export function bindStep(step: Step): Action {
  const bind = BINDERS.get(step.kind);
  if (bind === undefined) throw unknownAction(step.kind);
  return bind(step);
}
