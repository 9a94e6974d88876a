import { once } from 'node:events';
import { chmodSync, closeSync, constants, openSync, renameSync } from 'node:fs';
import { createConnection, createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode } from '../base/errors.ts';
import { type ByteChannel, SocketChannel } from './byte-channel.ts';
import { prepareLibc } from './libc.ts';
import { badListenFds } from './socket-errors.ts';
import { deleteFile, ensureDirectory, fileIdentity } from './store-files.ts';

/** `O_PATH` of open(2), which Node does not export: the directory or socket itself, whatever its permissions. */
const O_PATH = 0o10000000;
/** The kernel lowers it to net.core.somaxconn. */
const BACKLOG = 4096;
const RETRY_MS = 5;
/** The descriptor of the first socket that systemd passes (sd_listen_fds(3)). */
const FIRST_LISTEN_FD = 3;

type OnChannel = (channel: ByteChannel) => void;

/**
 * Connects to a Unix socket, whose path may be longer than the 107 bytes of `sockaddr_un`. Throws the system's error,
 * or the signal's reason. Waits while the listener's queue is full.
 */
export async function connectSocket(path: string, signal: AbortSignal): Promise<ByteChannel> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await connectOnce(path, signal);
    } catch (error) {
      if (!hasCode(error, 'EAGAIN')) throw error;
    }
    await sleep(RETRY_MS, undefined, { signal });
  }
}

/**
 * Listens on a Unix socket that everybody may connect to. Its directory is created; a file of that name, left behind
 * or in use, is replaced at once, so that no client finds the name missing. Disposing stops listening and removes the
 * file, unless it is somebody else's by then; accepted channels live on.
 */
export async function listenAt(path: string, onChannel: OnChannel): Promise<Disposable> {
  ensureDirectory(dirname(path));
  const directory = openSync(dirname(path), O_PATH | constants.O_DIRECTORY);
  const temporary = `.tenon-${process.pid}`;
  try {
    deleteFile(join(dirname(path), temporary));
    const server = await listen({ path: `/proc/self/fd/${directory}/${temporary}` }, onChannel);
    chmodSync(join(dirname(path), temporary), 0o666);
    renameSync(join(dirname(path), temporary), path);
    const identity = fileIdentity(path);
    const dispose = () => {
      if (fileIdentity(path) === identity) deleteFile(path);
      server.close(() => {});
      closeSync(directory);
    };
    return { [Symbol.dispose]: dispose };
  } catch (error) {
    closeSync(directory);
    throw error;
  }
}

/** Listens on a socket that was bound before this process started. Disposing stops accepting. */
export async function listenOn(fd: number, onChannel: OnChannel): Promise<Disposable> {
  const server = await listen({ fd }, onChannel);
  return { [Symbol.dispose]: () => void server.close() };
}

/** The descriptor of the socket that systemd hands over, undefined when it hands over none. */
export function findListenFd(env: NodeJS.ProcessEnv, pid: number): number | undefined {
  const { LISTEN_FDS: count, LISTEN_PID: owner } = env;
  if (count === undefined || owner === undefined) return undefined;
  if (count !== '1' || owner !== String(pid)) throw badListenFds(count, owner);
  return FIRST_LISTEN_FD;
}

async function connectOnce(path: string, signal: AbortSignal): Promise<ByteChannel> {
  // The link leads to the socket itself, however long its own path is.
  const fd = openSync(path, O_PATH);
  const socket = createConnection({ path: `/proc/self/fd/${fd}`, allowHalfOpen: true });
  try {
    await once(socket, 'connect', { signal });
    return new SocketChannel(socket);
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    throw error;
  } finally {
    closeSync(fd);
  }
}

async function listen(
  where: { path: string } | { fd: number },
  onChannel: OnChannel,
): Promise<Server> {
  prepareLibc();
  const server = createServer({ allowHalfOpen: true }, socket =>
    onChannel(new SocketChannel(socket)),
  );
  server.listen({ ...where, backlog: BACKLOG });
  await once(server, 'listening');
  // A connection that cannot be accepted, for want of descriptors, is the only failure left; its peer is told by the kernel.
  server.on('error', () => {});
  return server;
}
