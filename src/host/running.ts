import { readdir, readFile, stat } from 'node:fs/promises';
import { mapLimit } from '../base/async.ts';
import { hasCode } from '../base/errors.ts';
import { unlessMissing } from './durable-files.ts';

const AT_ONCE = 16;

export interface RunningProcess {
  readonly pid: number;
  readonly argv: readonly string[];
}

export interface Running {
  /** The processes with the same root directory whose arguments are wanted, but this one. */
  findProcesses(isWanted: (argv: readonly string[]) => boolean): Promise<readonly RunningProcess[]>;
  /** Sends a signal; nothing happens when the process has ended. */
  kill(pid: number, signal: NodeJS.Signals): void;
}

export function createRunning(): Running {
  return {
    findProcesses: async isWanted => {
      const names = (await unlessMissing(readdir('/proc'))) ?? [];
      const pids = names.filter(name => /^\d+$/.test(name)).map(Number);
      const others = pids.filter(pid => pid !== process.pid);
      const all = await mapLimit(others, AT_ONCE, async pid => ({ pid, argv: await argvOf(pid) }));
      const wanted = all.filter(({ argv }) => isWanted(argv));
      const isOurs = await mapLimit(wanted, AT_ONCE, ({ pid }) => hasSameRoot(pid));
      return wanted.filter((_, index) => isOurs[index]);
    },
    kill: (pid, signal) => {
      try {
        process.kill(pid, signal);
      } catch (error) {
        if (!hasCode(error, 'ESRCH')) throw error;
      }
    },
  };
}

/** Containers of this machine may run the same program from the same path. */
async function hasSameRoot(pid: number): Promise<boolean> {
  const [own, other] = await Promise.all(
    ['/', `/proc/${pid}/root/`].map(path => stat(path).catch(() => undefined)),
  );
  return own !== undefined && own.dev === other?.dev && own.ino === other.ino;
}

/** None for what has ended, for the kernel's own, and for what may not be looked into. */
async function argvOf(pid: number): Promise<readonly string[]> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return text.split('\0').slice(0, -1);
}
