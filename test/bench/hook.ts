import { spawnSync } from 'node:child_process';
import type { CommandScenario } from './commands.ts';

const HOOK = new URL('../../init/portage/env-hook.bash', import.meta.url).pathname;
const PHASES = 200;
/** About what Portage hands to a phase: its own variables and those of a desktop session. */
const VARIABLES = 200;

/** Sources the hook as a phase does, again and again, and says how many microseconds each took. */
const SCRIPT = `
  EBUILD_PHASE=setup
  ewarn() { echo poisoned; }
  for (( i = 0; i < ${PHASES}; i++ )); do
    begin=\${EPOCHREALTIME/[.,]/}
    source "$1" clean || :
    end=\${EPOCHREALTIME/[.,]/}
    echo $(( end - begin ))
  done
`;

export const hookScenarios: readonly CommandScenario[] = [
  {
    name: 'Portage hook in a phase, clean caller, in ms',
    bar: 3,
    measure() {
      const entries = Array.from({ length: VARIABLES }, (_, number) => [
        `NAME_${number}`,
        `/usr/lib64/some/folder:/usr/share/another/${number}`,
      ]);
      const env = Object.fromEntries([...entries, ['PATH', process.env.PATH ?? '']]);
      const argv = ['--norc', '-c', SCRIPT, 'phase', HOOK];
      const { stdout } = spawnSync('bash', argv, { env, encoding: 'utf8' });
      const times = stdout.trim().split('\n').map(Number);
      if (times.length !== PHASES) throw new Error(`the hook said something: ${stdout}`);
      const value = (times.toSorted((a, b) => a - b)[PHASES / 2] ?? Number.NaN) / 1000;
      return { figures: `tenon ${value.toFixed(2)} ms`, value };
    },
  },
];
