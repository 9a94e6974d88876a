import type { StorePath } from '../formats/store-path.ts';

export type BuildStatus =
  | 'built'
  | 'already-valid'
  | 'permanent-failure'
  | 'output-rejected'
  | 'transient-failure'
  | 'timed-out'
  | 'misc-failure'
  | 'dependency-failed'
  | 'log-limit-exceeded'
  | 'input-rejected'
  /** Given up because another build of the same request failed. */
  | 'cancelled';

/** How a build ended. Failures carry the text that a client shows. */
export interface BuildOutcome {
  readonly status: BuildStatus;
  readonly message: string;
  /** The outputs' paths by name; empty for a failure. */
  readonly outputs: ReadonlyMap<string, StorePath>;
  readonly startedAtUnix: number;
  readonly endedAtUnix: number;
  readonly userMicros: number | undefined;
  readonly systemMicros: number | undefined;
}

export function succeeded(outcome: BuildOutcome): boolean {
  return outcome.status === 'built' || outcome.status === 'already-valid';
}

/** An outcome that cost no time: of a request that needed no build, or could not start one. */
export function outcomeWithoutBuild(
  status: BuildStatus,
  message = '',
  outputs: ReadonlyMap<string, StorePath> = new Map(),
): BuildOutcome {
  return {
    status,
    message,
    outputs,
    startedAtUnix: 0,
    endedAtUnix: 0,
    userMicros: undefined,
    systemMicros: undefined,
  };
}

/** A failure as Nix prints one: its further lines are indented. */
export function errorNote({ message }: BuildOutcome): string {
  return `error: ${message.replaceAll('\n', '\n       ')}`;
}
