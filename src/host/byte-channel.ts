import { writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { hasCode } from '../base/errors.ts';
import { peerIsGone } from './libc.ts';
import { peerGone } from './socket-errors.ts';

/** One for all, because a stack trace costs more than the rest of a short connection's end. */
const PEER_GONE = peerGone();
/** What is kept unread per channel, so that a hang-up is noticed while nobody reads, and a flood is not stored. */
const READ_AHEAD_BYTES = 1024 * 1024;
/** What a chunk costs beyond its bytes, so that a peer who writes single bytes cannot make us keep a million objects. */
const CHUNK_COST_BYTES = 256;
/** What is written in one turn of the event loop is gathered up to this size. */
const GATHER_BYTES = 64 * 1024;
/** Smaller pieces are copied together. */
const SMALL_BYTES = 4 * 1024;
/** How often a peer whose bytes are not being read is asked whether it is still there. */
const PROBE_MS = 250;

/**
 * One connection as a byte stream in each direction, for one reader and one writer at a time.
 * A pump reads ahead of the reader; what is written in one turn of the event loop leaves in one system call.
 */
export interface ByteChannel {
  /** Aborted once the peer is gone or the channel is destroyed. A peer that merely sends no more is not gone. */
  readonly closed: AbortSignal;
  /** The socket's descriptor, to ask for the peer's credentials. Valid until `closed`. */
  readonly fd: number;
  /** The bytes that came next, never none, never written to by us again; undefined when no more will come. */
  next(): Promise<Uint8Array | undefined>;
  /** Sends bytes, which nobody may change afterwards. Does nothing once closed. */
  write(bytes: Uint8Array): void;
  /** What was written and has not left yet. */
  readonly unsentBytes: number;
  /** Undefined while the peer keeps up with the writer; otherwise resolves when it has caught up or is gone. */
  drained(): Promise<void> | undefined;
  /** Sends what was written, then closes. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}

/** The channel of a connected socket, which the channel owns from here on. */
export class SocketChannel implements ByteChannel {
  readonly fd: number;
  readonly #socket: Socket;
  readonly #closing = new AbortController();

  readonly #unread: Uint8Array[] = [];
  #unreadCost = 0;
  #ended = false;
  #reader: ((chunk: Uint8Array | undefined) => void) | undefined;
  #prober: NodeJS.Timeout | undefined;

  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  #writer: PromiseWithResolvers<void> | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.fd = descriptorOf(socket);
    // No async iterator, because the pump goes on while nobody waits for bytes.
    socket.on('data', chunk => this.#arrived(chunk));
    socket.on('end', () => this.#finished());
    socket.on('drain', () => this.#wakeWriter());
    socket.on('error', () => this.destroy());
    socket.on('close', () => this.#gone());
  }

  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  next(): Promise<Uint8Array | undefined> {
    const chunk = this.#unread.shift();
    if (chunk !== undefined) {
      this.#unreadCost -= chunk.length + CHUNK_COST_BYTES;
      if (this.#socket.isPaused() && this.#unreadCost < READ_AHEAD_BYTES / 2) this.#goOn();
      return Promise.resolve(chunk);
    }
    if (this.#ended) return Promise.resolve(undefined);
    return new Promise(resolve => {
      this.#reader = resolve;
    });
  }

  write(bytes: Uint8Array): void {
    if (this.closed.aborted || bytes.length === 0) return;
    if (this.#gatheredBytes === 0) process.nextTick(() => this.#flush());
    this.#gathered.push(bytes);
    this.#gatheredBytes += bytes.length;
    if (this.#gatheredBytes >= GATHER_BYTES) this.#flush();
  }

  get unsentBytes(): number {
    return this.#gatheredBytes + this.#socket.writableLength;
  }

  drained(): Promise<void> | undefined {
    if (!this.#socket.writableNeedDrain || this.closed.aborted) return undefined;
    this.#writer ??= Promise.withResolvers();
    return this.#writer.promise;
  }

  end(): void {
    this.#flush();
    this.#socket.destroySoon();
  }

  destroy(): void {
    this.#socket.destroy();
    this.#gone();
  }

  #arrived(chunk: Uint8Array): void {
    const reader = this.#reader;
    if (reader !== undefined) {
      this.#reader = undefined;
      reader(chunk);
      return;
    }
    this.#unread.push(chunk);
    this.#unreadCost += chunk.length + CHUNK_COST_BYTES;
    if (this.#unreadCost < READ_AHEAD_BYTES) return;
    this.#socket.pause();
    this.#probe();
  }

  #goOn(): void {
    clearTimeout(this.#prober);
    this.#socket.resume();
  }

  #finished(): void {
    this.#ended = true;
    this.#wakeReader();
    this.#probe();
  }

  /** Where the pump stands still it cannot notice a hang-up, so the peer is asked from time to time. */
  #probe(): void {
    if (this.closed.aborted) return;
    if (peerIsGone(this.fd)) this.destroy();
    else this.#prober = setTimeout(() => this.#probe(), PROBE_MS).unref();
  }

  #gone(): void {
    if (this.closed.aborted) return;
    clearTimeout(this.#prober);
    this.#ended = true;
    this.#gathered = [];
    this.#closing.abort(PEER_GONE);
    this.#wakeReader();
    this.#wakeWriter();
  }

  #wakeReader(): void {
    this.#reader?.(undefined);
    this.#reader = undefined;
  }

  #wakeWriter(): void {
    this.#writer?.resolve();
    this.#writer = undefined;
  }

  #flush(): void {
    const bytes = this.#gathered;
    const sizeBytes = this.#gatheredBytes;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    // The descriptor of a socket that was destroyed may be another file's by now.
    if (sizeBytes === 0 || this.#socket.destroyed) return;
    if (sizeBytes <= GATHER_BYTES && this.#socket.writableLength === 0) {
      this.#send(bytes.length === 1 && bytes[0] !== undefined ? bytes[0] : Buffer.concat(bytes));
      return;
    }
    // A write that fails makes Node close the socket before the peer's last words are read. The pump reads them first.
    if (peerIsGone(this.fd)) return;
    this.#socket.cork();
    for (const run of joinSmall(bytes)) this.#socket.write(run);
    this.#socket.uncork();
  }

  /** Sends what fits now, without the detour through the stream, which costs more than the system call. */
  #send(bytes: Uint8Array): void {
    const sent = sendNow(this.fd, bytes);
    if (sent < bytes.length && sent >= 0) this.#socket.write(bytes.subarray(sent));
  }
}

/** Copies runs of small pieces together, because each piece costs more than its bytes. */
function* joinSmall(pieces: readonly Uint8Array[]): Iterable<Uint8Array> {
  for (let start = 0; start < pieces.length; ) {
    let end = start + 1;
    while (isSmall(pieces[start]) && isSmall(pieces[end])) end++;
    const [first, ...more] = pieces.slice(start, end);
    if (first !== undefined) yield more.length === 0 ? first : Buffer.concat([first, ...more]);
    start = end;
  }
}

function isSmall(piece: Uint8Array | undefined): boolean {
  return piece !== undefined && piece.length < SMALL_BYTES;
}

/** The descriptor has no public name in Node; 24 keeps it here. */
function descriptorOf(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle');
  const hasFd = typeof handle === 'object' && handle !== null && 'fd' in handle;
  return hasFd && typeof handle.fd === 'number' ? handle.fd : -1;
}

/** How many bytes the socket took; negative when the peer is gone, whose last words may be unread. */
function sendNow(fd: number, bytes: Uint8Array): number {
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    return hasCode(error, 'EAGAIN') ? 0 : -1;
  }
}
