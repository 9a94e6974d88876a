import { join } from 'node:path';
import type { Step } from './action.ts';
import { gentooPackage } from './actions/gentoo-package.ts';
import { gentooRepository } from './actions/gentoo-repository.ts';
import { managedBlock } from './actions/managed-block.ts';
import { configurationSteps } from './configuration-steps.ts';
import { fileStep, folders } from './file-steps.ts';
import type { GentooFacts, PortageFile } from './gentoo-facts.ts';
import type { PlanInput } from './plan.ts';
import { packagedServiceSteps } from './service-steps.ts';

const REPOSITORY = '/var/db/repos/tenon';

/**
 * What is left to setup where Portage manages the host: the package owns program, accounts, service files and shell
 * integration. Setup tells Portage of it, has it installed, and starts the service.
 */
export function gentooSteps(input: PlanInput, { introduction }: GentooFacts): readonly Step[] {
  return [
    ...(introduction === undefined
      ? []
      : [
          ...folders(['/var/db', '/var/db/repos'], 'Files'),
          gentooRepository.step({
            id: 'gentoo-repository',
            group: 'Files',
            reason: 'the ebuilds, and the release that they are for',
            spec: { from: input.program, to: REPOSITORY, distDir: introduction.distDir },
          }),
          ...folders(['/etc/portage'], 'Files'),
          ...introduction.files.flatMap(portageFileSteps),
        ]),
    gentooPackage.step({
      id: 'gentoo-package',
      group: 'Files',
      reason:
        'program, service files and 4 build users, which Portage then upgrades and removes; USE=build-users has 32, auto-allocate-uids in nix.conf needs none',
      spec: { atom: 'sys-apps/tenon' },
    }),
    // The package has a tenon.conf.
    ...configurationSteps({ ...input, tenonConf: undefined }),
    ...packagedServiceSteps(input),
  ];
}

function portageFileSteps({ path, name, form, text }: PortageFile): readonly Step[] {
  const reason = 'Portage looks there';
  if (form === 'folder')
    return [
      ...folders([path], 'Files'),
      fileStep('Files', { file: join(path, name), text, reason }),
    ];
  const spec = { file: path, lines: text.trimEnd().split('\n') };
  return [managedBlock.step({ id: `block:${path}`, group: 'Files', reason, spec })];
}
