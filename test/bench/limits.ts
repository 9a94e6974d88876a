import { spawnSync } from 'node:child_process';

/** Something that has no counterpart in stock Nix, and a bar of its own. */
export interface Limit {
  readonly name: string;
  readonly unit: string;
  /** What the value has to stay under, in `unit`. */
  readonly bar: number;
  measure(): Promise<number>;
}

const HOOK = new URL('../../init/portage/env-hook.bash', import.meta.url).pathname;
const PHASES = 200;
/** About what Portage hands to a phase: its own variables and those of a desktop session. */
const VARIABLES = 200;

/** Sources the hook as a phase does, so often that the clock's grain and the shell's start do not matter. */
const SCRIPT = `
  EBUILD_PHASE=setup
  ewarn() { echo poisoned; }
  begin=\${EPOCHREALTIME/[.,]/}
  for (( i = 0; i < ${PHASES}; i++ )); do source "$1" clean || :; done
  end=\${EPOCHREALTIME/[.,]/}
  echo $(( end - begin ))
`;

export const limits: readonly Limit[] = [
  {
    name: 'Portage hook in an acting phase, clean caller',
    unit: ' ms',
    bar: 3,
    async measure() {
      const entries = Array.from({ length: VARIABLES }, (_, number) => [
        `NAME_${number}`,
        `/usr/lib64/some/folder:/usr/share/another/${number}`,
      ]);
      const env = Object.fromEntries([...entries, ['PATH', process.env.PATH ?? '']]);
      const { stdout } = spawnSync('bash', ['--norc', '-c', SCRIPT, 'phase', HOOK], {
        env,
        encoding: 'utf8',
      });
      return Number(stdout) / 1000 / PHASES;
    },
  },
];
