import { dirname } from 'node:path';
import type { Step } from './action.ts';
import { fileStep, folders, initFile } from './file-steps.ts';
import { places } from './places.ts';
import type { PlanInput } from './plan.ts';

/** What brings the programs of the profiles into the shells. */
export function shellSteps({ initFiles }: PlanInput): readonly Step[] {
  const file = places.profile;
  const text = initFile(initFiles, 'profile.d/tenon.sh');
  const reason = 'the programs of the profiles in login shells';
  return [...folders([dirname(file)], 'Shells'), fileStep('Shells', { file, text, reason })];
}
