import { messageOf, TenonError } from '../base/errors.ts';

/** The command line itself is wrong. */
export function usageError(message: string, command?: string): TenonError {
  return new TenonError('cli/usage', message, {
    hint: `Run "tenon ${command === undefined ? '' : `${command} `}--help" to see what is possible`,
  });
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
