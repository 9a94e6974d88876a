import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';

/**
 * Runs a program in this one's place: same terminal, same streams, and its exit status is the result. Ctrl-C reaches it
 * by itself; the signal is passed on as SIGTERM.
 */
export function runInPlace(
  argv: readonly string[],
  { env, signal }: { env: Readonly<Record<string, string>>; signal: AbortSignal },
): Promise<number> {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { env, stdio: 'inherit' });
  const stop = () => void child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  return new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, killedBy) => resolve(code ?? statusOf(killedBy)));
  }).finally(() => signal.removeEventListener('abort', stop));
}

/** As shells tell it. */
function statusOf(killedBy: string | null): number {
  return killedBy === 'SIGINT' ? 130 : 143;
}

/** Whether this process may run what stands at `path`. */
export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Missing or forbidden makes no difference.
    return false;
  }
}
