import type { Host } from '../../src/host/host.ts';
import { planSteps } from '../../src/setup/plan.ts';
import { planInput, setUp } from './setup-plan.ts';

const CHANGES = [
  'append',
  'bringIn',
  'copy',
  'createGroup',
  'createUser',
  'ensureDirectory',
  'makeDirectory',
  'move',
  'setMode',
  'setOwner',
  'writeLink',
  'writeText',
] as const satisfies readonly (keyof Host)[];

/** Sets up a host, and dies by `die` right after that many changes to it. Gives the number of changes. */
export async function setUpAndDie(
  host: Host,
  last: number,
  die: () => Promise<void>,
): Promise<number> {
  let changes = 0;
  const mortal = CHANGES.map(name => {
    const change = host[name] as (...args: unknown[]) => Promise<void>;
    const changeAndDie = async (...args: unknown[]) => {
      await change(...args);
      changes += 1;
      if (changes === last) await die();
    };
    return [name, changeAndDie];
  });
  await setUp({ ...host, ...Object.fromEntries(mortal) }, planSteps(planInput()));
  return changes;
}
