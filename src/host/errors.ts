import { TenonError } from '../base/errors.ts';

/** A program of the host ended with a status that the caller did not expect. */
export function commandFailed(argv: readonly string[], ending: string, output: string): TenonError {
  const [reason = ''] = output.trim().split('\n').slice(-1);
  const because = reason === '' ? '' : `: ${reason}`;
  return new TenonError(
    'host/command-failed',
    `Cannot run "${argv.join(' ')}": it ended with ${ending}${because}`,
  );
}

/** A program that the host should have is not there. */
export function commandMissing(argv: readonly string[], cause: unknown): TenonError {
  const message = `Cannot run "${argv.join(' ')}": there is no program "${argv[0]}"`;
  return new TenonError('host/command-missing', message, { cause });
}

/** A path that is about to be written leads through a symbolic link. */
export function writesThroughLink(path: string): TenonError {
  return new TenonError('host/symlink', `Cannot write ${path}: it is a symbolic link`, {
    hint: `Replace ${path} by a file or directory of its own`,
  });
}

/** An account cannot go while something runs in its name. */
export function userBusy(name: string): TenonError {
  return new TenonError('host/user-busy', `Cannot remove user ${name}: a process runs as it`, {
    hint: `End the processes that "ps -u ${name}" shows, then try again`,
  });
}

/** The sandbox helper ended before it was ready to start builders. */
export function serverEnded(enterPath: string): TenonError {
  return new TenonError('host/enter-ended', `Cannot start builders: ${enterPath} does not run`, {
    hint: `Run "${enterPath} --version" to see why`,
  });
}
