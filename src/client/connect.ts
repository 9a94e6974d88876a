import { hasCode } from '../base/errors.ts';
import type { ByteString } from '../formats/byte-string.ts';
import { Source } from '../formats/wire.ts';
import type { ByteChannel } from '../host/byte-channel.ts';
import { connectSocket } from '../host/socket.ts';
import { receive } from '../protocol/feed.ts';
import { greetDaemon } from '../protocol/handshake.ts';
import { setOptions } from '../protocol/ops/maintenance.ts';
import type { ClientSettings } from '../protocol/set-options.ts';
import { OWN_MINOR } from '../protocol/versions.ts';
import { destroyOnAbort } from './abort.ts';
import { Connection } from './connection.ts';
import { cannotConnect, disconnected } from './errors.ts';

export interface ConnectOptions {
  readonly storeDir: ByteString;
  /** Sent first. Without them the daemon goes by its own nix.conf. */
  readonly settings?: ClientSettings;
  /** The newest minor of the protocol to speak: less for tests. */
  readonly minor?: number;
  /** Ends the attempt. It has no say afterwards. */
  readonly signal?: AbortSignal;
}

const NEVER = new AbortController().signal;
const NOBODY_LISTENS = ['ENOENT', 'ECONNREFUSED', 'ENOTDIR', 'EACCES', 'ENOTSOCK'];

/**
 * Connects to the daemon that listens on a Unix socket. Throws `client/cannot-connect`, `client/disconnected` when the
 * daemon will not have us, `client/daemon-refused` when it says why, or the signal's reason.
 */
export async function connectDaemon(
  socketPath: string,
  { storeDir, settings, minor = OWN_MINOR, signal = NEVER }: ConnectOptions,
): Promise<Connection> {
  const channel = await openChannel(socketPath, signal);
  using _abort = destroyOnAbort(channel, signal);
  try {
    const connection = await greet(channel, new Source({ storeDir, minor }), minor);
    await connection.readWelcome();
    if (settings !== undefined) await connection.call(setOptions, settings);
    return connection;
  } catch (error) {
    channel.destroy();
    signal.throwIfAborted();
    throw hasCode(error, 'protocol/disconnected') ? disconnected(error) : error;
  }
}

async function greet(channel: ByteChannel, source: Source, minor: number): Promise<Connection> {
  const greeting = greetDaemon(source, bytes => channel.write(bytes), minor);
  return new Connection(channel, source, await receive(greeting, source, channel));
}

async function openChannel(socketPath: string, signal: AbortSignal): Promise<ByteChannel> {
  try {
    return await connectSocket(socketPath, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw NOBODY_LISTENS.some(code => hasCode(error, code))
      ? cannotConnect(socketPath, error)
      : error;
  }
}
