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

/** Aborted once another process has taken over. */
export function replaced(): AbortSignal {
  const controller = new AbortController();
  process.once(RETIRE, () => controller.abort());
  return controller.signal;
}
