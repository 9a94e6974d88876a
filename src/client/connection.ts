import { abortable } from '../base/async.ts';
import { hasCode } from '../base/errors.ts';
import type { StorePath } from '../formats/store-path.ts';
import { type Reading, Sink, type Source } from '../formats/wire.ts';
import type { ByteChannel } from '../host/byte-channel.ts';
import { type Credentials, peerCredentials } from '../host/libc.ts';
import { narFrom } from '../protocol/bodies.ts';
import { chunksOf, receive } from '../protocol/feed.ts';
import type { Greeted } from '../protocol/handshake.ts';
import { type LogMessage, type Message, message } from '../protocol/messages.ts';
import type { BodyForm, Op } from '../protocol/op.ts';
import { narFromPath } from '../protocol/ops/adding.ts';
import { destroyOnAbort } from './abort.ts';
import { bodyTooShort, daemonRefused, disconnected, notSupported } from './errors.ts';
import { Upload } from './upload.ts';

/** Log messages, and the pieces of an export. */
export type ShownMessage = LogMessage | Extract<Message, { kind: 'write' }>;

export interface CallOptions {
  /** Is given what the daemon tells while it works, in order. */
  readonly onMessage?: (message: ShownMessage) => void;
  /** What follows the request, for the ops that have a body. */
  readonly body?: AsyncIterable<Uint8Array>;
  /** Ends the wait, and with it the connection: the protocol has no way to take a request back. */
  readonly signal?: AbortSignal;
}

const NOTHING: AsyncIterable<Uint8Array> = { async *[Symbol.asyncIterator]() {} };

/**
 * A connection to a daemon. Calls need not wait for those before: requests are sent at once, and the replies come in
 * the same order. After `client/daemon-refused` the connection is usable, unless the daemon closes it; after any other
 * failure it is closed.
 */
export class Connection implements Disposable {
  readonly minor: number;
  /** The version of Nix that the daemon goes by. Undefined before 1.33. */
  readonly daemonVersion: string | undefined;
  /** Whether the daemon trusts us. Undefined when it does not say, as before 1.35. */
  readonly trusted: boolean | undefined;
  readonly #channel: ByteChannel;
  readonly #source: Source;
  readonly #sink: Sink;
  /** Resolves when the reply to the latest request has been read. */
  #lastTurn = Promise.resolve();
  /** Resolves when requests may be sent again, while a body is under way. */
  #upload: Promise<void> | undefined;

  /** Takes over a channel on which the handshake is done. */
  constructor(channel: ByteChannel, source: Source, greeted: Greeted) {
    this.minor = greeted.minor;
    this.daemonVersion = greeted.daemonVersion;
    this.trusted = greeted.trusted;
    this.#channel = channel;
    this.#source = source;
    this.#sink = new Sink(source.dialect);
  }

  /** Aborted when the connection has ended. */
  get closed(): AbortSignal {
    return this.#channel.closed;
  }

  /** Who listens at the other end: a daemon, or an init system on behalf of one. Throws once closed. */
  get listener(): Credentials {
    return peerCredentials(this.#channel.fd);
  }

  /**
   * Asks the daemon and waits for its reply. Throws `client/daemon-refused` with the daemon's words,
   * `client/disconnected`, the signal's reason, or what the body throws.
   */
  async call<Request, Reply>(
    op: Op<Request, Reply>,
    request: Request,
    options: CallOptions = {},
  ): Promise<Reply> {
    using _abort = destroyOnAbort(this.#channel, options.signal);
    using _turn = await this.#takeTurn(op, request);
    const upload = this.#startUpload(op.body?.(this.minor), options.body);
    try {
      await this.#readMessages(op.name, options, upload);
      await upload?.done;
      return await this.#read(op.reply.read(this.#source));
    } catch (error) {
      const failure = this.#failure(upload?.failure?.error ?? error, options.signal);
      if (upload !== undefined) await this.#endUpload(upload);
      throw failure;
    }
  }

  /** The NAR of a valid path. Whoever leaves the loop early closes the connection. */
  async *readNar(
    path: StorePath,
    options: Omit<CallOptions, 'body'> = {},
  ): AsyncGenerator<Uint8Array, void> {
    using _abort = destroyOnAbort(this.#channel, options.signal);
    using _turn = await this.#takeTurn(narFromPath, path);
    let inside = false;
    try {
      await this.#readMessages(narFromPath.name, options);
      inside = true;
      yield* chunksOf(narFrom(this.#source, this.#channel));
      inside = false;
    } catch (error) {
      throw this.#failure(error, options.signal);
    } finally {
      if (inside) this.#channel.destroy();
    }
  }

  /** Reads what the daemon says about the connection as a whole, behind the handshake. */
  async readWelcome(): Promise<void> {
    await this.#readMessages('handshake', {});
  }

  [Symbol.dispose](): void {
    this.#channel.destroy();
  }

  /** Sends the request, and waits until its reply is the next to come. Disposing lets the next reply be read. */
  async #takeTurn<Request>(op: Op<Request, unknown>, request: Request): Promise<Disposable> {
    const { since = 0 } = op;
    if (since > this.minor) throw notSupported(op.name, since, this.minor);
    while (this.#upload !== undefined) await this.#upload;
    this.#send(op, request);
    const turn = Promise.withResolvers<void>();
    const previous = this.#lastTurn;
    this.#lastTurn = turn.promise;
    if (op.body !== undefined) this.#upload = turn.promise;
    await previous;
    const dispose = () => {
      if (op.body !== undefined) this.#upload = undefined;
      turn.resolve();
    };
    return { [Symbol.dispose]: dispose };
  }

  #send<Request>(op: Op<Request, unknown>, request: Request): void {
    try {
      this.#sink.word(op.number);
      op.request.write(this.#sink, request);
    } catch (error) {
      this.#sink.finish();
      throw error;
    }
    this.#channel.write(this.#sink.finish());
  }

  #startUpload(
    form: BodyForm | undefined,
    body: AsyncIterable<Uint8Array> = NOTHING,
  ): Upload | undefined {
    return form === undefined ? undefined : new Upload(form, this.#channel, body);
  }

  /** Lets a body end properly that the daemon did not want to the end. */
  async #endUpload(upload: Upload): Promise<void> {
    upload.stop();
    try {
      await abortable(upload.done, this.closed);
    } catch {
      // Whatever it is, the connection has ended with it, and the first failure is the one that counts.
    }
  }

  async #readMessages(op: string, { onMessage }: CallOptions, upload?: Upload): Promise<void> {
    for (;;) {
      const next = await this.#read(message.read(this.#source));
      switch (next.kind) {
        case 'last':
          return;
        case 'error':
          throw daemonRefused(next.error);
        case 'read':
          if (!(await upload?.answer(next.maxBytes))) throw bodyTooShort(op);
          break;
        default:
          onMessage?.(next);
      }
    }
  }

  #read<T>(reading: Reading<T>): Promise<T> {
    return receive(reading, this.#source, this.#channel);
  }

  /** What the caller is told of a failure. All but refusals close the connection. */
  #failure(error: unknown, signal: AbortSignal | undefined): unknown {
    if (hasCode(error, 'client/daemon-refused')) return error;
    this.#channel.destroy();
    if (signal?.aborted === true) return signal.reason;
    return hasCode(error, 'protocol/disconnected') ? disconnected(error) : error;
  }
}
