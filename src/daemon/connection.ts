import { adviceOf, hasCode } from '../base/errors.ts';
import { type Dialect, type Reading, Sink, Source } from '../formats/wire.ts';
import type { ByteChannel } from '../host/byte-channel.ts';
import { type RequestBody, requestBody } from '../protocol/bodies.ts';
import { disconnected } from '../protocol/errors.ts';
import { receive } from '../protocol/feed.ts';
import { type Greeting, greetClient } from '../protocol/handshake.ts';
import { type Message, message } from '../protocol/messages.ts';
import type { MessageOutlet } from './client-log.ts';
import { invalidOperation } from './errors.ts';
import type { ServedOp, ServeRequest, WriteReply } from './op.ts';
import type { Session } from './session.ts';

const WORD_BYTES = 8;
/** How far a client may stay behind the log of its build before lines are left out. */
const MESSAGES_AHEAD_BYTES = 4 << 20;
const BUILD_FAILED_STATUS = 100;
const TURN_MS = 5;
const CHECK_EVERY = 16;
const LAST: Message = { kind: 'last' };

const NO_BODY: RequestBody = {
  next: () => Promise.resolve(undefined),
  takeWhole: () => undefined,
  drain: () => Promise.resolve(),
};

/**
 * One client's connection: reads requests, has them served one after the other, and writes replies. It knows the
 * protocol's envelope and nothing of what the operations mean.
 */
export class Connection implements MessageOutlet {
  readonly #channel: ByteChannel;
  readonly #source: Source;
  readonly #sink: Sink;
  readonly #ops: ReadonlyMap<number, ServedOp>;
  #isServing = false;
  #isStopping = false;

  constructor(channel: ByteChannel, storeDir: string, ops: ReadonlyMap<number, ServedOp>) {
    const dialect: Dialect = { storeDir, minor: 0 };
    this.#channel = channel;
    this.#source = new Source(dialect);
    this.#sink = new Sink(dialect);
    this.#ops = ops;
  }

  /** Whether the client can be told of an error. */
  get isGreeted(): boolean {
    return this.#sink.dialect.minor > 0;
  }

  /** Agrees with the client on a version, which is returned. */
  async greet(greeting: Greeting): Promise<number> {
    const send = (bytes: Uint8Array) => this.#channel.write(bytes);
    const reading = greetClient(this.#source, send, greeting);
    const minor = await receive(reading, this.#source, this.#channel);
    this.#sink.dialect = this.#source.dialect;
    return minor;
  }

  /** Tells the client, right after the handshake, that it may go on. */
  accept(): void {
    this.send(LAST);
    this.#flush();
  }

  /** Tells the client why it is not served. */
  refuse(error: unknown): void {
    this.#sendError(error);
    this.#flush();
  }

  /** Serves requests until the client leaves. Throws when it sends something that cannot be understood. */
  async serve(session: Session): Promise<void> {
    const turns = new TurnTaker();
    while (!this.#isStopping && !session.signal.aborted) {
      this.#isServing = false;
      while (this.#source.available < WORD_BYTES) {
        const chunk = await this.#channel.next();
        if (chunk !== undefined) this.#source.push(chunk);
        else if (this.#source.available === 0) return;
        else throw disconnected();
      }
      this.#isServing = true;
      const turn = turns.next();
      if (turn !== undefined) await turn;
      const op = this.#findOp(this.#source.takeWord(), session.minor);
      const reading = op.read(this.#source);
      const step = reading.next();
      const request = step.done === true ? step.value : await this.#readOn(reading);
      const pending = this.#answer(request, session, this.#bodyOf(op, session.minor));
      if (pending !== undefined) await pending;
      const congestion = this.#channel.drained();
      if (congestion !== undefined) await congestion;
    }
  }

  /** Ends the connection after the request that is being served, or at once when there is none. */
  stop(): void {
    this.#isStopping = true;
    if (!this.#isServing) this.#channel.destroy();
  }

  send(value: Message): void {
    message.write(this.#sink, value);
    this.#flush();
  }

  isCongested(): boolean {
    return this.#channel.unsentBytes > MESSAGES_AHEAD_BYTES;
  }

  #findOp(number: number, minor: number): ServedOp {
    const op = this.#ops.get(number);
    if (op === undefined || op.since > minor) throw invalidOperation(number);
    return op;
  }

  #bodyOf(op: ServedOp, minor: number): RequestBody {
    if (op.body === undefined) return NO_BODY;
    return requestBody(op.body(minor), {
      source: this.#source,
      feed: this.#channel,
      askFor: maxBytes => this.send({ kind: 'read', maxBytes }),
    });
  }

  /** Serves a request at once where that is possible; a promise when it takes time. */
  #answer(request: ServeRequest, session: Session, body: RequestBody): Promise<void> | undefined {
    try {
      const reply = request(session, body);
      if (reply instanceof Promise) return this.#answerLater(reply, session, body);
      return this.#sendReply(reply);
    } catch (error) {
      return this.#answerLater(Promise.reject(error), session, body);
    }
  }

  /** The body must be gone before a reply, or nobody knows where the next request starts. */
  async #answerLater(
    reply: Promise<WriteReply>,
    session: Session,
    body: RequestBody,
  ): Promise<void> {
    let write: WriteReply;
    try {
      write = await reply;
      await body.drain();
    } catch (error) {
      session.signal.throwIfAborted();
      await body.drain();
      return this.#sendError(error);
    }
    await this.#sendReply(write);
  }

  #sendReply(write: WriteReply): Promise<void> | undefined {
    message.write(this.#sink, LAST);
    const stream = write(this.#sink);
    this.#flush();
    return stream === undefined ? undefined : this.#sendStream(stream);
  }

  /** An error on the way cannot be told: the client would take it for a part of the stream. */
  async #sendStream(stream: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of stream) {
      this.#channel.write(chunk);
      await this.#channel.drained();
      this.#channel.closed.throwIfAborted();
    }
  }

  #sendError(error: unknown): void {
    this.send({
      kind: 'error',
      error: { level: 0, message: adviceOf(error), trace: [], status: statusOf(error) },
    });
  }

  async #readOn<T>(reading: Reading<T>): Promise<T> {
    const chunk = await this.#channel.next();
    if (chunk === undefined) throw disconnected();
    this.#source.push(chunk);
    return await receive(reading, this.#source, this.#channel);
  }

  #flush(): void {
    this.#channel.write(this.#sink.finish());
  }
}

/** What clients before 1.26 exit with. */
function statusOf(error: unknown): number {
  return hasCode(error, 'daemon/build-failed') ? BUILD_FAILED_STATUS : 1;
}

/** Requests that are answered at once come back to the event loop from time to time: others wait there. */
class TurnTaker {
  #served = 0;
  #untilMs = 0;

  /** A promise when it is the others' turn. */
  next(): Promise<void> | undefined {
    this.#served += 1;
    if (this.#served % CHECK_EVERY !== 0 || performance.now() < this.#untilMs) return undefined;
    return new Promise(resolve => {
      setImmediate(() => {
        this.#untilMs = performance.now() + TURN_MS;
        resolve();
      });
    });
  }
}
