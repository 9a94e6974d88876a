import type { StorePath } from '../formats/store-path.ts';
import type { BuildStatus } from './outcome.ts';

/** How a builder ended badly, and what to tell the client. */
export interface BuildFailure {
  readonly status: BuildStatus;
  readonly message: string;
}

/** How the builder's process ended. */
export type BuilderEnd =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: number };

const SIGNAL_NAMES: Readonly<Record<number, string>> = {
  1: 'Hangup',
  2: 'Interrupt',
  3: 'Quit',
  4: 'Illegal instruction',
  6: 'Aborted',
  7: 'Bus error',
  8: 'Floating point exception',
  9: 'Killed',
  11: 'Segmentation fault',
  13: 'Broken pipe',
  15: 'Terminated',
  31: 'Bad system call',
};

/**
 * The failure of a builder that did not exit with 0. A fixed-output build may go better next time, because it
 * depends on the network.
 */
export function builderFailure(
  drvPath: StorePath,
  end: BuilderEnd,
  context: { readonly isFixedOutput: boolean; readonly lastLines: readonly string[] },
): BuildFailure {
  return {
    status: context.isFixedOutput ? 'transient-failure' : 'permanent-failure',
    message: `builder for '${drvPath}' failed ${describe(end)}${logTail(drvPath, context.lastLines)}`,
  };
}

export function silentFor(drvPath: StorePath, seconds: number): BuildFailure {
  return {
    status: 'timed-out',
    message: `building of '${drvPath}' timed out after ${seconds} seconds of silence`,
  };
}

export function timedOut(drvPath: StorePath, seconds: number): BuildFailure {
  return {
    status: 'timed-out',
    message: `building of '${drvPath}' timed out after ${seconds} seconds`,
  };
}

export function logTooLong(drvPath: StorePath, maxBytes: number): BuildFailure {
  return {
    status: 'log-limit-exceeded',
    message: `building of '${drvPath}' killed after writing more than ${maxBytes} bytes of log output`,
  };
}

function describe(end: BuilderEnd): string {
  if (end.kind === 'exited') return `with exit code ${end.code}`;
  return `due to signal ${end.signal} (${SIGNAL_NAMES[end.signal] ?? `Unknown signal ${end.signal}`})`;
}

function logTail(drvPath: StorePath, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  const shown = lines.map(line => `\n> ${line}`).join('');
  return `;\nlast ${lines.length} log lines:${shown}\nFor full logs, run 'nix log ${drvPath}'.`;
}
