import { join } from 'node:path';
import type { Shell } from '../config/setup-settings.ts';
import type { Host } from '../host/host.ts';
import { notVisible } from './errors.ts';

/** Shells, and what the settings of setup call them. */
const SHELLS = [
  { program: 'sh', settings: ['sh', 'bash'] },
  { program: 'bash', settings: ['sh', 'bash'] },
  { program: 'zsh', settings: ['zsh'] },
  { program: 'fish', settings: ['fish'] },
] as const;
const FOLDERS = ['/usr/bin', '/bin', '/usr/local/bin'];
const LIMIT_MS = 10_000;

/** Start-up files of a user are not what is to be proved. */
const ENVIRONMENT = { HOME: '/nonexistent' };

interface Wanted {
  readonly shells: readonly Shell[];
  /** A folder that login shells have in PATH. */
  readonly profileBin: string;
}

/**
 * Asks every shell of this host for the tenon command, and those that were chosen for the programs of the profiles.
 * Gives the ways that were tried; throws `cli/not-visible` for the first that fails.
 */
export async function proveShells(
  host: Host,
  { shells, profileBin }: Wanted,
): Promise<readonly string[]> {
  const ways: string[] = [];
  for (const { program, settings } of SHELLS) {
    const path = await findProgram(host, program);
    if (path === undefined) continue;
    const isChosen = settings.some(shell => shells.includes(shell));
    for (const option of ['-c', '-lc']) {
      const [command = '', searched = ''] = await ask(host, [path, option]);
      if (command === '') throw notVisible('the tenon command', `${program} ${option}`);
      const lacksProfile = !` ${searched} `.replaceAll(':', ' ').includes(` ${profileBin} `);
      if (isChosen && option === '-lc' && lacksProfile)
        throw notVisible(profileBin, `${program} ${option}`);
      ways.push(`${program} ${option}`);
    }
  }
  return ways;
}

async function findProgram(host: Host, program: string): Promise<string | undefined> {
  for (const folder of FOLDERS) {
    const path = join(folder, program);
    if ((await host.look(path)) !== undefined) return path;
  }
  return undefined;
}

/** Where the shell finds tenon, and where it looks for programs; both empty when it does not run at all. */
async function ask(host: Host, [program = '', option = '']: readonly string[]) {
  const script = 'command -v tenon; echo "$PATH"';
  const signal = AbortSignal.timeout(LIMIT_MS);
  const { status, stdout } = await host.run([program, option, script], {
    env: ENVIRONMENT,
    signal,
    accept: Array.from({ length: 256 }, (_, code) => code),
  });
  const lines = stdout.trim().split('\n');
  return status === 0 ? [lines.at(-2) ?? '', lines.at(-1) ?? ''] : [];
}
