import type { ByteChannel } from '../host/byte-channel.ts';

/** Destroys `channel` when `signal` is aborted, until the result is disposed. */
export function destroyOnAbort(channel: ByteChannel, signal: AbortSignal | undefined): Disposable {
  const destroy = () => channel.destroy();
  if (signal?.aborted === true) destroy();
  signal?.addEventListener('abort', destroy);
  return { [Symbol.dispose]: () => signal?.removeEventListener('abort', destroy) };
}
