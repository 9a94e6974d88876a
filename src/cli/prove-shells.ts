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

/** Start-up files of a user are not what is to be proved for everybody. */
const NOBODY = '/nonexistent';

interface Wanted {
  readonly shells: readonly Shell[];
  /** A folder that login shells have in PATH. */
  readonly profileBin: string;
  /** Of the one user that it is for, who reaches it through files that only login shells read; else for everybody. */
  readonly home: string | undefined;
}

/**
 * Asks every shell of this host for the tenon command, and those that were chosen for the programs of the profiles.
 * Gives the ways that were tried; throws `cli/not-visible` for the first that fails.
 */
export async function proveShells(host: Host, wanted: Wanted): Promise<readonly string[]> {
  const ways: string[] = [];
  for (const { program, settings } of SHELLS) {
    const path = await findProgram(host, program);
    const isChosen = settings.some(shell => wanted.shells.includes(shell));
    if (path === undefined || (wanted.home !== undefined && !isChosen)) continue;
    for (const option of wanted.home === undefined ? ['-c', '-lc'] : ['-lc']) {
      await proveWay(host, { program, path, option, isChosen }, wanted);
      ways.push(`${program} ${option}`);
    }
  }
  return ways;
}

interface Way {
  readonly program: string;
  readonly path: string;
  readonly option: string;
  readonly isChosen: boolean;
}

async function proveWay(
  host: Host,
  { program, path, option, isChosen }: Way,
  { profileBin, home = NOBODY }: Wanted,
): Promise<void> {
  const way = `${program} ${option}`;
  const [command = '', searched = ''] = await ask(host, [path, option], home);
  if (command === '') throw notVisible('the tenon command', way);
  if (isChosen && option === '-lc' && !hasFolder(searched, profileBin))
    throw notVisible(profileBin, way);
}

/** fish prints a list with blanks. */
function hasFolder(searched: string, folder: string): boolean {
  return ` ${searched} `.replaceAll(':', ' ').includes(` ${folder} `);
}

async function findProgram(host: Host, program: string): Promise<string | undefined> {
  for (const folder of FOLDERS) {
    const path = join(folder, program);
    if ((await host.look(path)) !== undefined) return path;
  }
  return undefined;
}

/** Where the shell finds tenon, and where it looks for programs; both empty when it does not run at all. */
async function ask(host: Host, [program = '', option = '']: readonly string[], HOME: string) {
  const script = 'command -v tenon; echo "$PATH"';
  const signal = AbortSignal.timeout(LIMIT_MS);
  const { status, stdout } = await host.run([program, option, script], {
    env: { HOME },
    signal,
    accept: Array.from({ length: 256 }, (_, code) => code),
  });
  const lines = stdout.trim().split('\n');
  return status === 0 ? [lines.at(-2) ?? '', lines.at(-1) ?? ''] : [];
}
