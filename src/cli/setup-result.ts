import { hasCode, messageOf } from '../base/errors.ts';
import type { Init } from '../host/services.ts';
import type { Kept } from '../setup/action.ts';
import type { Failure } from '../setup/run.ts';
import { failureText } from '../setup/run.ts';
import { exitCodes } from './exit-codes.ts';
import { keptLines } from './kept-lines.ts';
import type { Proof } from './prove.ts';

/** How a setup ended. */
export type Result =
  | { readonly kind: 'nothing-to-do' | 'declined' | 'nothing-unfinished' }
  | { readonly kind: 'rolled-back-as-asked'; readonly kept: readonly Kept[] }
  /** Another process did it, as root, and said all there is to say. */
  | { readonly kind: 'elevated'; readonly status: number }
  | Proved
  | Prepared
  | { readonly kind: 'unproved'; readonly error: unknown }
  | Failed;

/** Nothing was started: in an image or a chroot nothing can be, elsewhere it was asked for. */
interface Prepared {
  readonly kind: 'prepared';
  readonly root: string;
  /** Who starts the daemon at boot; none where nobody does. */
  readonly startedBy: Init;
  /** What starts it now; undefined where that is not possible. */
  readonly startCommand: string | undefined;
}

interface Proved {
  readonly kind: 'proved';
  readonly proof: Proof;
  /** The shells, and ways to start them, that find what they should. */
  readonly shells: readonly string[];
  readonly socketPath: string;
  readonly next: readonly string[];
}

interface Failed {
  readonly kind: 'failed';
  readonly error: unknown;
  readonly failures: readonly Failure[];
  /** What the rollback left on purpose. */
  readonly kept: readonly Kept[];
  /** Whether all of it was left half done, because that was asked for. */
  readonly isPartial: boolean;
  /** Where the log is, when it could be written. */
  readonly log: string | undefined;
}

export function linesOf(result: Result): readonly string[] {
  switch (result.kind) {
    case 'elevated':
    case 'nothing-to-do':
      return [];
    case 'declined':
      return ['Nothing was changed.'];
    case 'nothing-unfinished':
      return ['Nothing to do: no setup was left unfinished.'];
    case 'rolled-back-as-asked':
      return rolledBackLines(result.kept);
    case 'proved':
      return [...proofLines(result), 'Next:', ...result.next];
    case 'prepared':
      return preparedLines(result);
    case 'unproved':
      return [
        `error: ${messageOf(result.error)}`,
        `The daemon is installed. Run "tenon doctor${checkOf(result.error)}" to see what is wrong.`,
      ];
    case 'failed':
      return failureLines(result);
    default:
      return result satisfies never;
  }
}

function proofLines({ proof, shells, socketPath }: Proved) {
  const { output, builder, isSandboxed } = proof;
  const { pid, uid, seccomp } = builder;
  return [
    `  ${output}`,
    `  was built as pid ${pid}, uid ${uid}, seccomp ${seccomp}`,
    ...(isSandboxed
      ? []
      : ['  without a sandbox, as nix.conf says: tenon doctor sandbox.effective']),
    '',
    `The daemon answers at ${socketPath}.`,
    ...(shells.length === 0 ? [] : [`The command is found by ${shells.join(', ')}.`]),
  ];
}

function preparedLines({ root, startedBy, startCommand }: Prepared) {
  const place = startCommand === undefined ? 'This chroot' : 'This host';
  const ways = [
    ...(startedBy === 'none' ? [] : [`${startedBy} starts the daemon when it boots.`]),
    ...(startCommand === undefined ? [] : [`To start it: ${startCommand}`]),
  ];
  return [
    '',
    `${root === '/' ? place : root} is prepared, nothing was started. ${ways.join(' ')}`,
    'Postponed until then: the checks of the sandbox, and the build as proof: "tenon doctor".',
  ];
}

function checkOf(error: unknown): string {
  const { check } = error as { check?: unknown };
  return typeof check === 'string' ? ` ${check}` : '';
}

function failureLines({ error, failures, kept, isPartial, log }: Failed): readonly string[] {
  return [
    `error: ${messageOf(error)}`,
    ...failures.map(failure => `  not undone: ${failureText(failure)}`),
    ...endingLines(failures.length, kept, isPartial),
    ...(log === undefined ? [] : [`The log is ${log}.`]),
  ];
}

function endingLines(
  failures: number,
  kept: readonly Kept[],
  isPartial: boolean,
): readonly string[] {
  if (isPartial)
    return ['Kept half done. Run "tenon setup --resume" or "tenon setup --rollback" to end it.'];
  if (failures === 0) return rolledBackLines(kept);
  return [...keptLines(kept), 'Run "tenon setup --rollback" once the reason is gone.'];
}

function rolledBackLines(kept: readonly Kept[]): readonly string[] {
  const exception = kept.length === 0 ? '' : ', besides what was kept';
  return [...keptLines(kept), `Rolled back: this host is as it was before setup${exception}.`];
}

export function exitCodeFor(result: Result): number {
  switch (result.kind) {
    case 'nothing-to-do':
    case 'nothing-unfinished':
    case 'rolled-back-as-asked':
    case 'proved':
    case 'prepared':
      return exitCodes.done;
    case 'elevated':
      return result.status;
    case 'declined':
      return exitCodes.cancelled;
    case 'unproved':
      return exitCodes.failed;
    case 'failed':
      return exitCodeOfFailure(result);
    default:
      return result satisfies never;
  }
}

function exitCodeOfFailure({ error, failures, isPartial }: Failed): number {
  if (failures.length > 0 || isPartial) return exitCodes.incomplete;
  if (hasCode(error, 'cli/interrupted')) return exitCodes.interrupted;
  if (hasCode(error, 'cli/terminated')) return exitCodes.terminated;
  return exitCodes.rolledBack;
}

/** How it ended, for programs. */
export function documentOf(result: Result) {
  const failed = result.kind === 'failed' || result.kind === 'unproved' ? result.error : undefined;
  return {
    schemaVersion: 1,
    result: result.kind,
    exitCode: exitCodeFor(result),
    error: failed === undefined ? null : messageOf(failed),
    kept: 'kept' in result ? result.kept : [],
    notUndone: result.kind === 'failed' ? result.failures.map(failureText) : [],
    proof: result.kind === 'proved' ? result.proof : null,
    shells: result.kind === 'proved' ? result.shells : [],
    log: result.kind === 'failed' ? (result.log ?? null) : null,
  };
}
