import { hasCode, TenonError } from '../base/errors.ts';
import type { ErrorReport } from '../protocol/error-report.ts';

/** Nobody listens where the daemon should, or not for this user. */
export function cannotConnect(socketPath: string, cause: unknown): TenonError {
  const isClosed = hasCode(cause, 'EACCES');
  const reason = isClosed ? 'this user may not use' : 'nobody listens on';
  return new TenonError(
    'client/cannot-connect',
    `Cannot connect to the daemon: ${reason} "${socketPath}"`,
    {
      hint: isClosed
        ? 'Run "tenon doctor access.group" to see which group may'
        : 'Start the daemon, or set NIX_DAEMON_SOCKET_PATH to its socket',
      check: isClosed ? 'access.group' : 'daemon.alive',
      cause,
    },
  );
}

/** The daemon answered with an error. `cause` is its report, with the trace. */
export function daemonRefused(report: ErrorReport): TenonError {
  return new TenonError('client/daemon-refused', report.message, { cause: report });
}

/** The connection ended before the reply. */
export function disconnected(cause: unknown): TenonError {
  return new TenonError(
    'client/disconnected',
    'Cannot wait for the daemon any longer: it closed the connection',
    { hint: "Look into the daemon's log for the reason, then try again", cause },
  );
}

/** The daemon is too old for an operation. */
export function notSupported(op: string, since: number, minor: number): TenonError {
  return new TenonError(
    'client/not-supported',
    `Cannot ask the daemon for ${op}: that exists since protocol 1.${since}, and it speaks 1.${minor}`,
    { hint: 'Upgrade the daemon' },
  );
}

/** The daemon asked for more of a body than there is. */
export function bodyTooShort(op: string): TenonError {
  return new TenonError(
    'client/body-too-short',
    `Cannot finish ${op}: the daemon asks for more bytes than there are`,
  );
}
