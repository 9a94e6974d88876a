import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { hasCode } from '../base/errors.ts';
import { commandFailed, commandMissing } from './errors.ts';

/** What programs of the host get to see, so that their output does not depend on who starts them. */
const PLAIN_ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
};
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;

export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Statuses that are answers and not failures; only 0 when not given. */
  readonly accept?: readonly number[] | undefined;
}

export interface RunResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export type Run = (argv: readonly string[], options?: RunOptions) => Promise<RunResult>;

export interface Processes {
  /** Runs a program of the host to its end; throws when it cannot run or its status is not accepted. */
  run: Run;
  /** Starts a program that outlives this one; what it says is added to the log. */
  startDetached(argv: readonly string[], options: DetachedOptions): Promise<void>;
}

interface DetachedOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly log: string;
}

/** Programs are found in `path` when it is given, else in the usual system folders. */
export function createProcesses(path?: string): Processes {
  const base = path === undefined ? PLAIN_ENVIRONMENT : { ...PLAIN_ENVIRONMENT, PATH: path };
  return {
    run: (argv, options = {}) => runProgram(argv, base, options),
    startDetached: (argv, { env, log }) => startDetached(argv, { ...base, ...env }, log),
  };
}

async function startDetached(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  log: string,
): Promise<void> {
  const [program = '', ...args] = argv;
  await using file = await open(log, 'a', 0o640);
  const stdio = ['ignore' as const, file.fd, file.fd];
  const child = spawn(program, args, { cwd: '/', detached: true, env, stdio });
  await once(child, 'spawn');
  child.unref();
}

function runProgram(
  argv: readonly string[],
  base: Readonly<Record<string, string>>,
  { signal, env = {}, accept = [0] }: RunOptions,
): Promise<RunResult> {
  const [program = '', ...args] = argv;
  const options = {
    env: { ...base, ...env },
    encoding: 'latin1' as const,
    maxBuffer: MAX_OUTPUT_BYTES,
    ...(signal === undefined ? {} : { signal }),
  };
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      const status = error === null ? 0 : error.code;
      if (signal?.aborted) reject(signal.reason);
      else if (typeof status === 'number' && accept.includes(status))
        resolve({ status, stdout, stderr });
      else if (hasCode(error, 'ENOENT')) reject(commandMissing(argv, error));
      else reject(commandFailed(argv, endingOf(error), stderr));
    });
    child.stdin?.end();
  });
}

function endingOf(error: { code?: unknown; signal?: unknown } | null): string {
  if (typeof error?.signal === 'string') return error.signal;
  return typeof error?.code === 'number' ? `status ${error.code}` : String(error?.code);
}
