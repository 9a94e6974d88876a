import { once } from 'node:events';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Sink } from '../../src/formats/wire.ts';
import { CLIENT_MAGIC, OWN_MINOR, versionWord } from '../../src/protocol/versions.ts';

/** Numbers are words, texts are strings of the wire, and bytes are what they are. */
export type Wire = number | bigint | string | Uint8Array;

export function wire(...parts: readonly Wire[]): Buffer {
  const sink = new Sink({ storeDir: '', minor: 0 });
  for (const part of parts) {
    if (typeof part === 'string') sink.byteString(part);
    else if (typeof part === 'object') sink.put(part);
    else sink.word(part);
  }
  return Buffer.from(sink.finish());
}

/** A whole handshake of a client, sent without waiting for the daemon. */
export function hello(minor = OWN_MINOR): Buffer {
  const features = minor >= 38 ? [0] : [];
  return wire(CLIENT_MAGIC, versionWord(minor), ...features, 0, 0);
}

/** Bytes as frames, with the end behind them. */
export function framed(bytes: Uint8Array, sizeBytes = 32_768): Buffer {
  const frames: Wire[] = [];
  for (let at = 0; at < bytes.length; at += sizeBytes) {
    const frame = bytes.subarray(at, at + sizeBytes);
    frames.push(frame.length, frame);
  }
  return wire(...frames, 0);
}

interface AttackOptions {
  /** How the client leaves: it says that it has nothing more to send, or it is gone. */
  readonly leave?: 'end' | 'destroy';
  /** How long it stays for an answer, once the daemon says nothing more. */
  readonly patienceMs?: number;
}

/** Sends bytes as one connection. Gives what the daemon had to say until it or the client left. */
export async function attack(
  socketPath: string,
  bytes: Uint8Array,
  { leave = 'end', patienceMs = 2_000 }: AttackOptions = {},
): Promise<Buffer> {
  const socket = createConnection(socketPath);
  const received: Buffer[] = [];
  socket.on('error', () => undefined); // the daemon may close while we send
  socket.on('data', chunk => received.push(chunk));
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  if (leave === 'destroy') {
    await new Promise(resolve => socket.write(bytes, resolve));
    socket.destroy();
  } else {
    socket.end(bytes);
    await Promise.race([closed, sleep(patienceMs, undefined, { ref: false })]);
    socket.destroy();
  }
  await closed;
  return Buffer.concat(received);
}
