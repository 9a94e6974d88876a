import { messageOf, TenonError } from '../base/errors.ts';
import { exitCodeOf } from './exit-codes.ts';

/** The command line itself is wrong. */
export function usageError(message: string, command?: string): TenonError {
  return new TenonError('cli/usage', message, {
    hint: `Run "tenon ${command === undefined ? '' : `${command} `}--help" to see what is possible`,
  });
}

/** There is nowhere to put what is for one user alone. */
export function noHome(): TenonError {
  const message = 'Cannot set up for this user: HOME is not set to a folder';
  return new TenonError('cli/usage', message, { hint: 'Set HOME, then try again' });
}

/** The command writes to the host and needs root for it. */
export function needsRoot(command: string): TenonError {
  return new TenonError(
    'cli/privileges',
    `Cannot run ${command}: it changes the host, and you are not root`,
    {
      hint: `Run it as root, for example "sudo ${command}"`,
    },
  );
}

/** Somebody was asked whether a fix that cannot be undone may be applied, and said no. */
export function fixDeclined(): TenonError {
  return new TenonError('cli/declined', 'Cancelled, nothing was changed');
}

/** The file for a report cannot be written. */
export function unwritableReport(file: string, cause: unknown): TenonError {
  return new TenonError(
    'cli/unwritable',
    `Cannot write the report to ${file}: ${messageOf(cause)}`,
    {
      hint: 'Give a file in a folder that you may write to',
      cause,
    },
  );
}

/** The user or the system asked the program to stop; the reason of the program's abort signal. */
export function interrupted(signal: 'SIGINT' | 'SIGTERM'): TenonError {
  const code = signal === 'SIGINT' ? 'cli/interrupted' : 'cli/terminated';
  return new TenonError(code, `Stopped by ${signal}`);
}

/** tenon.conf has names that nothing follows, so that what was meant would not happen. */
export function unknownSettings(file: string, names: readonly string[]): TenonError {
  const list = names.map(name => `"${name}"`).join(', ');
  return new TenonError('config/unknown-setting', `Cannot use ${file}: nothing is called ${list}`, {
    hint: 'Correct the names; "tenon setup --help" lists them',
  });
}

/** nix.conf is there and cannot be read, so that nothing of it can be taken over. */
export function brokenNixConf(error: TenonError): TenonError {
  const { code, message, hint = 'Correct it', check } = error;
  const way = 'or give --existing replace, which puts a new one in its place until uninstall';
  return new TenonError(code, message, { hint: `${hint}; ${way}`, cause: error, check });
}

/** A plan cannot be written where it was asked for. */
export function cannotSave(file: string, cause: unknown): TenonError {
  return new TenonError('cli/cannot-save', `Cannot save the plan to ${file}: ${messageOf(cause)}`, {
    hint: 'Name a file in a folder that you may write to',
    cause,
  });
}

/** A file that the command line names cannot be read. */
export function cannotOpen(file: string, cause: unknown): TenonError {
  return new TenonError('cli/cannot-open', `Cannot open ${file}: ${messageOf(cause)}`, {
    hint: 'Check the name, and that you may read the file',
    cause,
  });
}

/** An error for programs. */
export function describeError(error: unknown) {
  const { code, hint, check }: Partial<TenonError> = error instanceof TenonError ? error : {};
  return {
    schemaVersion: 1,
    error: {
      code: code ?? null,
      message: messageOf(error),
      hint: hint ?? null,
      check: check ?? null,
    },
    exitCode: exitCodeOf(error),
  };
}

/** `--root` names nothing that could be a host. */
export function noSuchRoot(root: string): TenonError {
  return new TenonError('cli/no-such-root', `Cannot use --root ${root}: it is not a directory`, {
    hint: 'Mount or make the root first',
  });
}

/** A shell of this host does not find what setup made. */
export function notVisible(what: string, way: string): TenonError {
  return new TenonError('cli/not-visible', `Cannot find ${what} in "${way}"`, {
    hint: 'Look at what the start-up files of that shell do with PATH',
  });
}
