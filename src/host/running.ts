import { readdir, readFile, stat } from 'node:fs/promises';
import { mapLimit } from '../base/async.ts';
import { hasCode } from '../base/errors.ts';
import { unlessMissing } from './durable-files.ts';

const AT_ONCE = 16;

export interface RunningProcess {
  readonly pid: number;
  readonly parentPid: number;
  readonly argv: readonly string[];
}

export interface Running {
  /** The processes with the same root directory whose arguments are wanted, but this one. */
  findProcesses(isWanted: (argv: readonly string[]) => boolean): Promise<readonly RunningProcess[]>;
  /**
   * The processes that OpenRC started for a service and that have init as their parent: its supervisor, and a daemon that
   * has lost its supervisor. Takes root.
   */
  findServiceProcesses(service: string): Promise<readonly number[]>;
  /** Sends a signal; nothing happens when the process has ended. */
  kill(pid: number, signal: NodeJS.Signals): void;
}

export function createRunning(): Running {
  return {
    findProcesses: async isWanted => {
      const all = await mapLimit(await listOthers(), AT_ONCE, async pid => ({
        pid,
        argv: await argvOf(pid),
      }));
      const wanted = all.filter(({ argv }) => isWanted(argv));
      const isOurs = await mapLimit(wanted, AT_ONCE, ({ pid }) => isOfThisHostAndUser(pid));
      const ours = wanted.filter((_, index) => isOurs[index]);
      return await mapLimit(ours, AT_ONCE, async each => ({
        ...each,
        parentPid: await parentOf(each.pid),
      }));
    },
    findServiceProcesses: async service => {
      const mark = `RC_SVCNAME=${service}`;
      const pids = await listOthers();
      const isLeft = await mapLimit(pids, AT_ONCE, async pid => {
        const environ = await textOf(pid, 'environ');
        return environ.split('\0').includes(mark) && (await parentOf(pid)) === 1;
      });
      const left = pids.filter((_, index) => isLeft[index]);
      const isOurs = await mapLimit(left, AT_ONCE, isOfThisHostAndUser);
      return left.filter((_, index) => isOurs[index]);
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

/**
 * Containers of this machine may run the same program from the same path, and anybody may give a process the arguments
 * or the variables of another's.
 */
async function isOfThisHostAndUser(pid: number): Promise<boolean> {
  const [own, other] = await Promise.all(
    ['/', `/proc/${pid}/root/`].map(path => stat(path).catch(() => undefined)),
  );
  const isHere = own !== undefined && own.dev === other?.dev && own.ino === other.ino;
  return isHere && (await realUserOf(pid)) === process.getuid?.();
}

/** As the process itself says: the owner of its folder in /proc can be root all the same. */
async function realUserOf(pid: number): Promise<number | undefined> {
  const uid = /^Uid:\t(\d+)/mu.exec(await textOf(pid, 'status'))?.[1];
  return uid === undefined ? undefined : Number(uid);
}

async function listOthers(): Promise<readonly number[]> {
  const names = (await unlessMissing(readdir('/proc'))) ?? [];
  const pids = names.filter(name => /^\d+$/.test(name)).map(Number);
  return pids.filter(pid => pid !== process.pid);
}

async function argvOf(pid: number): Promise<readonly string[]> {
  return (await textOf(pid, 'cmdline')).split('\0').slice(0, -1);
}

/** 0 for what has ended. The parent comes after the program's name, which may have any characters, and the state (proc_pid_stat(5)). */
async function parentOf(pid: number): Promise<number> {
  const stat = await textOf(pid, 'stat');
  const [, parent = '0'] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(parent);
}

/** Nothing for what has ended, for the kernel's own, and for what may not be looked into. */
async function textOf(pid: number, file: string): Promise<string> {
  return await readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
}
