import { dirname } from 'node:path';
import type { Shell } from '../config/setup-settings.ts';
import type { Files } from '../host/files.ts';
import type { Step } from './action.ts';
import { managedBlock } from './actions/managed-block.ts';
import { fileStep, folders, initFile } from './file-steps.ts';
import { places } from './places.ts';
import type { PlanInput } from './plan.ts';

/** The files through which each shell gets the profiles. */
export const startUpFiles: Readonly<Record<Shell, readonly string[]>> = {
  sh: [places.profile],
  bash: [places.profile],
  zsh: [places.zshProfile],
  fish: [places.fishProfile],
};

const REASON = 'the programs of the profiles in login shells';
const FOR_ZSH = `[ ! -r ${places.profile} ] || . ${places.profile}`;

/** What brings the programs of the profiles into the shells. */
export function shellSteps({ shells, initFiles }: PlanInput): readonly Step[] {
  const has = (...names: readonly Shell[]) => names.some(name => shells.includes(name));
  const own = (file: string, source: string) => [
    ...folders([dirname(file)], 'Shells'),
    fileStep('Shells', { file, text: initFile(initFiles, source), reason: REASON }),
  ];
  return [
    ...(has('sh', 'bash', 'zsh') ? own(places.profile, 'profile.d/tenon.sh') : []),
    ...(has('zsh') ? [zshStep()] : []),
    ...(has('fish') ? own(places.fishProfile, 'fish/tenon.fish') : []),
  ];
}

/** zsh has no folder for drop-ins, and reads no file of the others. */
function zshStep(): Step {
  const file = places.zshProfile;
  const spec = { file, lines: [FOR_ZSH] };
  return managedBlock.step({ id: `block:${file}`, group: 'Shells', reason: REASON, spec });
}

/** The shells of this host whose start-up files can be added to. */
export async function findShells(files: Files): Promise<readonly Shell[]> {
  const hasZsh = (await files.look(places.zshProfile))?.kind === 'file';
  const hasFish = (await files.look(dirname(places.fishProfile)))?.kind === 'directory';
  return ['sh', ...(hasZsh ? ['zsh' as const] : []), ...(hasFish ? ['fish' as const] : [])];
}
