import { createSocket } from 'node:dgram';

/** Asks for the address of `localhost` (RFC 1035, chapter 4). */
const QUERY = Buffer.concat([
  Buffer.from([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 9]),
  Buffer.from('localhost'),
  Buffer.from([0, 0, 1, 0, 1]),
]);
const PORT = 53;
/** A refusal comes at once on this machine; who is silent may be busy. */
const PATIENCE_MS = 40;

interface Asking {
  readonly port?: number;
  readonly patienceMs?: number;
}

/** Whether nobody listens for queries at an address of this machine. */
export async function refusesQueries(
  address: string,
  { port = PORT, patienceMs = PATIENCE_MS }: Asking = {},
): Promise<boolean> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  try {
    return await new Promise<boolean>(resolve => {
      const patience = setTimeout(() => resolve(false), patienceMs);
      const end = (isRefused: boolean) => {
        clearTimeout(patience);
        resolve(isRefused);
      };
      socket.once('message', () => end(false));
      socket.once('error', () => end(true));
      // An address that this machine does not have fails here; the types know nothing of that.
      socket.connect(port, address, (error?: Error) => (error ? end(true) : socket.send(QUERY)));
    });
  } finally {
    socket.close();
  }
}
