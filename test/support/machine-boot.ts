import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Hold, script } from './machine-hold.ts';

/** How init left: the kernel ends a pid namespace by these signals. */
export type Ending = 'rebooted' | 'powered off' | 'killed';

/** One run of a machine, from power-on to power-off. */
export interface Boot {
  /** PID 1 of the machine, as the host numbers it. */
  readonly initPid: number;
  /** What init and the boot scripts printed so far. */
  console(): string;
  readonly ended: Promise<Ending>;
  /** Kills all its processes at once, and is done when they are gone. */
  cutPower(): Promise<void>;
}

const startLimitMs = 10_000;

/** Starts init in a held machine; it is up later. The machine dies with this process. */
export async function startBoot(hold: Hold, breakLines: readonly string[]): Promise<Boot> {
  const enterHold = ['-t', `${hold.pid}`, '-m', 'sh', script];
  const boot = ['boot', hold.dir, hold.cgroup, breakLines.join('\n')];
  const parent = spawn('nsenter', [...enterHold, ...boot], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const lines: Buffer[] = [];
  parent.stdout.on('data', (chunk: Buffer) => lines.push(chunk));
  parent.stderr.on('data', (chunk: Buffer) => lines.push(chunk));
  const console = () => Buffer.concat(lines).toString('utf8');
  const ended = once(parent, 'close').then(([code, signal]) => endingOf(code, signal));
  const initPid = await findInit(parent.pid ?? 0);
  if (initPid === undefined) throw new Error(`Cannot start init:\n${console()}`);
  return {
    initPid,
    console,
    ended,
    async cutPower() {
      // Init alone: the kernel takes the rest along, and the parent lives on to reap it.
      if (parent.exitCode === null && parent.signalCode === null) process.kill(initPid, 'SIGKILL');
      await ended;
    },
  };
}

/** The child of unshare, once it has become init. */
async function findInit(parentPid: number): Promise<number | undefined> {
  const children = `/proc/${parentPid}/task/${parentPid}/children`;
  for (const end = Date.now() + startLimitMs; Date.now() < end; await sleep(10)) {
    const pid = Number.parseInt(await textOf(children), 10);
    const environ = await textOf(`/proc/${pid}/environ`);
    if (environ.includes('container=systemd-nspawn')) return pid;
  }
  return undefined;
}

function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}

function endingOf(code: number | null, signal: NodeJS.Signals | null): Ending {
  if (signal === 'SIGHUP' || code === 129) return 'rebooted';
  return signal === 'SIGINT' || code === 130 ? 'powered off' : 'killed';
}
