import { closeSync, writeSync } from 'node:fs';

/** Both ends of being replaced while serving (`enter --keep`, src/enter/keep.h). */

const READY_FD = 'TENON_READY_FD';
const RETIRE = 'SIGUSR2';

/** Tells the parent, if it wants to know, that this process has taken over. */
export function tellReady(env: NodeJS.ProcessEnv): void {
  const fd = Number(env[READY_FD]);
  if (!Number.isInteger(fd)) return;
  writeSync(fd, '1');
  closeSync(fd);
}

/**
 * Aborted by SIGHUP, the end of the terminal, unless there is a parent: to that one it is the wish for another daemon, and
 * a terminal tells both.
 */
export function hungUp(env: NodeJS.ProcessEnv): AbortSignal {
  const controller = new AbortController();
  const hasParent = env[READY_FD] !== undefined;
  process.on('SIGHUP', () => {
    if (!hasParent) controller.abort();
  });
  return controller.signal;
}

/** Aborted once another process has taken over. */
export function replaced(): AbortSignal {
  const controller = new AbortController();
  process.once(RETIRE, () => controller.abort());
  return controller.signal;
}
