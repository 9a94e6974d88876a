import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Boot } from './machine-boot.ts';
import { type Hold, script } from './machine-hold.ts';
import { type Outcome, runProgram } from './run-program.ts';

export interface RunOptions {
  /** An account of the machine; root unless told. */
  readonly user?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The user's home unless told. */
  readonly cwd?: string;
  readonly input?: string;
  readonly timeoutMs?: number;
}

const commandLimitMs = 60_000;
let entered = 0;

/** Runs a command in a machine; its environment has nothing of ours. */
export async function enterMachine(
  hold: Hold,
  boot: Boot,
  command: readonly string[],
  options: RunOptions,
): Promise<Outcome> {
  const { input = '', timeoutMs = commandLimitMs } = options;
  const cgroup = makeCgroup(hold);
  const stop = () => writeFileSync(join(cgroup, 'cgroup.kill'), '1');
  const argv = entering(cgroup, boot, command, options);
  const outcome = await runProgram(argv, { timeoutMs, input, stop });
  removeWhenEmpty(cgroup);
  return outcome;
}

/** The command line with which somebody else runs a command in a machine; its traces go with the machine. */
export function commandToEnter(
  hold: Hold,
  boot: Boot,
  command: readonly string[],
  options: RunOptions,
): readonly string[] {
  return entering(makeCgroup(hold), boot, command, options);
}

function makeCgroup(hold: Hold): string {
  entered += 1;
  const cgroup = join(hold.cgroup, `command-${entered}`);
  mkdirSync(cgroup);
  return cgroup;
}

function entering(
  cgroup: string,
  boot: Boot,
  command: readonly string[],
  options: RunOptions,
): readonly string[] {
  const { user = 'root' } = options;
  const enter = ['sh', script, 'enter', cgroup, `${boot.initPid}`];
  const become = ['setpriv', '--reuid', user, '--regid', user, '--init-groups'];
  return [...enter, ...become, 'env', '-i', ...environment(user, options), ...command];
}

function environment(user: string, { env, cwd }: RunOptions): readonly string[] {
  const home = user === 'root' ? '/root' : `/home/${user}`;
  const sbin = user === 'root' ? '/usr/local/sbin:/usr/sbin:/sbin:' : '';
  const PATH = `${sbin}/usr/local/bin:/usr/bin:/bin`;
  const all = { PATH, HOME: home, USER: user, LOGNAME: user, TERM: 'dumb', ...env };
  return [
    `--chdir=${cwd ?? home}`,
    ...Object.entries(all).map(([name, value]) => `${name}=${value}`),
  ];
}

/** What a command started in the background, a service of OpenRC for one, lives on in its folder. */
function removeWhenEmpty(cgroup: string): void {
  try {
    rmdirSync(cgroup);
  } catch (error) {
    if (existsSync(cgroup) && (error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
  }
}
