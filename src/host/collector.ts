import { connect } from 'node:net';

/**
 * Tells a garbage collector that runs in another process about a temporary root. True once it has noted the root,
 * false when the collector is gone or goes away meanwhile.
 */
export function tellCollector(socketPath: string, root: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(socketPath);
  socket.once('connect', () => socket.write(`${root}\n`, 'latin1'));
  socket.once('data', answer => resolve(answer[0] === 0x31));
  socket.once('error', () => resolve(false));
  socket.once('close', () => resolve(false));
  return promise.finally(() => socket.destroy());
}
