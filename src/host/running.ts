import { readdir, readFile } from 'node:fs/promises';
import { mapLimit } from '../base/async.ts';

const AT_ONCE = 16;

export interface RunningProcess {
  readonly pid: number;
  readonly argv: readonly string[];
}

export interface Running {
  /** The processes of this machine whose arguments are wanted, but this one. */
  findProcesses(isWanted: (argv: readonly string[]) => boolean): Promise<readonly RunningProcess[]>;
}

export function createRunning(): Running {
  return {
    findProcesses: async isWanted => {
      const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name)).map(Number);
      const others = pids.filter(pid => pid !== process.pid);
      const all = await mapLimit(others, AT_ONCE, async pid => ({ pid, argv: await argvOf(pid) }));
      return all.filter(({ argv }) => isWanted(argv));
    },
  };
}

/** None for what has ended, for the kernel's own, and for what may not be looked into. */
async function argvOf(pid: number): Promise<readonly string[]> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return text.split('\0').slice(0, -1);
}
