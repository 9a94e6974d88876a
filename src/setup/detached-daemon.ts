import { join } from 'node:path';
import type { Host } from '../host/host.ts';
import type { ServiceManager } from '../host/services.ts';
import type { Tools } from './action.ts';

/** How the daemon runs where no init system does it: in the background, by itself. */
export interface Detached {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The program's folder, by which its process is known. */
  readonly programDir: string;
  readonly log: string;
}

type Manager = Pick<ServiceManager, 'isActive' | 'start' | 'stop' | 'readLog'>;

/** As long as services get to let their builds end. */
const STOP_TIMEOUT_MS = 300_000;
const LOOK_EVERY_MS = 100;
const LOG_LINES = 8;

export function detachedManager(tools: Pick<Tools, 'host' | 'sleep'>, run: Detached): Manager {
  const { host } = tools;
  const find = () => findDaemons(host, run.programDir);
  return {
    isActive: async () => (await find()).length > 0,
    start: async () => {
      if ((await find()).length > 0) return;
      await host.startDetached(run.argv, { env: run.env, log: run.log });
    },
    stop: () => stopDaemons(tools, run.programDir),
    readLog: async () =>
      ((await host.readText(run.log)) ?? '').trimEnd().split('\n').slice(-LOG_LINES).join('\n'),
  };
}

/** Lets the daemons of that program end their builds, and waits for it. */
export async function stopDaemons(
  { host, sleep }: Pick<Tools, 'host' | 'sleep'>,
  programDir: string,
): Promise<void> {
  const limit = AbortSignal.timeout(STOP_TIMEOUT_MS);
  for (const pid of await findDaemons(host, programDir)) host.kill(pid, 'SIGTERM');
  for (;;) {
    const left = await findDaemons(host, programDir);
    if (left.length === 0) return;
    if (limit.aborted) for (const pid of left) host.kill(pid, 'SIGKILL');
    await sleep(LOOK_EVERY_MS, new AbortController().signal);
  }
}

/** The processes of a daemon whose program is there. */
export async function findDaemons(host: Host, programDir: string): Promise<readonly number[]> {
  const program = join(programDir, 'src/main.ts');
  const found = await host.findProcesses(
    argv => argv.includes(program) && ['daemon', 'start'].some(word => argv.includes(word)),
  );
  return found.map(({ pid }) => pid);
}
