import { dirname } from 'node:path';
import { hostNames } from '../config/layout.ts';
import type { Step } from './action.ts';
import { managedBlock } from './actions/managed-block.ts';
import { fileStep, folders } from './file-steps.ts';
import type { PlanInput } from './plan.ts';

/** nix.conf and tenon.conf. */
export function configurationSteps(input: PlanInput): readonly Step[] {
  const { store, tenonConf } = input;
  const file = hostNames.tenonConfFile;
  const reason = 'the answers given to setup';
  return [
    ...folders([store.confDir], 'Files'),
    ...nixConfSteps(input),
    ...folders([dirname(file)], 'Files'),
    ...(tenonConf === undefined ? [] : [fileStep('Files', { file, text: tenonConf, reason })]),
  ];
}

/** A nix.conf that is there stays as it is, unless it keeps the daemon from using these build users. */
function nixConfSteps({ nixConf, store, users }: PlanInput): readonly Step[] {
  const file = store.nixConfFile;
  const setting = `build-users-group = ${users.group}`;
  if (nixConf === undefined) {
    const text = `# Settings of the store daemon, see nix.conf(5). Edit it as you like.\n${setting}\n`;
    return [fileStep('Files', { file, text, reason: 'the settings of daemon and clients' })];
  }
  if (nixConf.buildUsersGroup === users.group) return [];
  const spec = { file, lines: [setting] };
  const reason = nixConf.buildUsersGroup === '' ? 'it turns build users off' : 'it names others';
  return [managedBlock.step({ id: `block:${file}`, group: 'Files', reason, spec })];
}
