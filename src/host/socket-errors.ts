import { TenonError } from '../base/errors.ts';

/** The reason of a channel's `closed` signal. */
export function peerGone(): TenonError {
  return new TenonError('host/peer-gone', 'Cannot go on: the other side closed the connection');
}

/** The service manager passed something else than one socket to this process. */
export function badListenFds(count: string, pid: string): TenonError {
  return new TenonError(
    'host/bad-listen-fds',
    `Cannot take over a socket: LISTEN_FDS is "${count}" and LISTEN_PID is "${pid}"`,
    {
      hint: 'Let the socket unit pass exactly one socket, and start the daemon without a wrapper that forks',
    },
  );
}
