import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { Sink } from '../../src/formats/wire.ts';
import { clientSettings } from '../../src/protocol/set-options.ts';

/** Protocol 1.34, which the stock daemon of Debian 12 speaks. */
const MINOR = 34;
const CLIENT_MAGIC = 0x6e697863;
const SET_OPTIONS = 19;
const WORD = 8;
const dialect = { storeDir: '/nix/store', minor: MINOR };

/** A client that costs as little as possible, so that the daemon is what is measured. It only counts what it gets. */
export class RawClient implements Disposable {
  readonly #socket: Socket;
  #received: Buffer[] = [];
  #receivedBytes = 0;
  #wake: (() => void) | undefined;
  #isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      if (this.#receivedBytes < WORD) this.#received.push(chunk);
      this.#receivedBytes += chunk.length;
      this.#wake?.();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#isClosed = true;
      this.#wake?.();
    });
  }

  /** Connects, shakes hands as clients before Nix 2.24 do, and sends its options, as every client does. */
  static async connect(socketPath: string): Promise<RawClient> {
    const socket = createConnection(socketPath);
    await once(socket, 'connect');
    const client = new RawClient(socket);
    await client.exchange(words(CLIENT_MAGIC), 2 * WORD);
    client.#begin(words(0x100 | MINOR, 0, 0));
    await client.#until(() => client.#receivedBytes >= WORD);
    const versionBytes = Number(Buffer.concat(client.#received).readBigUInt64LE(0));
    const padded = versionBytes + (-versionBytes & 7);
    await client.#until(() => client.#receivedBytes >= WORD + padded + WORD);
    await client.exchange(setOptions(), WORD);
    return client;
  }

  /** Sends bytes and waits until so many have come back. */
  async exchange(request: Uint8Array, replyBytes: number): Promise<void> {
    this.#begin(request);
    await this.#until(() => this.#receivedBytes >= replyBytes);
  }

  /** Sends a request and gives the size of its reply: all that comes before the daemon is quiet. */
  async replySize(request: Uint8Array, quietMs: number): Promise<number> {
    this.#begin(request);
    for (let before = -1; before !== this.#receivedBytes; ) {
      before = this.#receivedBytes;
      await new Promise(resolve => setTimeout(resolve, quietMs));
    }
    return this.#receivedBytes;
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #begin(request: Uint8Array): void {
    this.#received = [];
    this.#receivedBytes = 0;
    this.#socket.write(request);
  }

  async #until(isDone: () => boolean): Promise<void> {
    while (!isDone()) {
      if (this.#isClosed) throw new Error('the daemon hung up');
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
    this.#wake = undefined;
  }
}

function setOptions(): Uint8Array {
  const sink = new Sink(dialect);
  sink.word(SET_OPTIONS);
  clientSettings.write(sink, {
    keepFailed: false,
    keepGoing: false,
    tryFallback: false,
    verbosity: 3,
    maxBuildJobs: 2,
    maxSilentSeconds: 0,
    wantsBuildOutput: true,
    buildCores: 0,
    useSubstitutes: false,
    overrides: new Map(),
  });
  return sink.finish();
}

function words(...values: readonly number[]): Uint8Array {
  const sink = new Sink(dialect);
  for (const value of values) sink.word(value);
  return sink.finish();
}
