import { type Input, type Restored, SPAN_BYTES, SPANS_IN_FLIGHT } from './messages.ts';
import type { JobEvents, RemoteJob } from './remote-job.ts';

/** Most of what is added to a store is smaller, and then goes to the thread in one message. */
const FIRST_SPAN_BYTES = 64 * 1024;

interface RestoreOptions {
  /** Starts the job with its first input. */
  readonly start: (input: Input, events: JobEvents) => RemoteJob<'restore'>;
  readonly signal: AbortSignal | undefined;
}

/**
 * A tree that is restored from the bytes that are written here. They are gathered into large spans, because a hash
 * of small pieces takes twice the time. Nothing is left of the tree after a failure, `abort`, or disposal before the
 * end of `finish`.
 */
export class Restore implements AsyncDisposable {
  readonly #options: RestoreOptions;
  #job: RemoteJob<'restore'> | undefined;
  #failure: { readonly reason: unknown } | undefined;
  #span = Buffer.allocUnsafeSlow(FIRST_SPAN_BYTES);
  #used = 0;
  #inFlight = 0;
  readonly #free: ArrayBuffer[] = [];
  #caughtUp = Promise.withResolvers<void>();

  constructor(options: RestoreOptions) {
    this.#options = options;
  }

  /**
   * Takes the next bytes, which are copied. Wait for the promise, if there is one, before writing more. Throws what
   * the restoring failed with.
   */
  write(chunk: Uint8Array): Promise<void> | undefined {
    const rest = this.#take(chunk);
    return this.#isFull ? this.#writeRest(rest) : undefined;
  }

  /** Ends the input. Fails, besides what the system refuses, when it was not one NAR from its start to its end. */
  async finish(): Promise<Restored> {
    this.#check();
    return await this.#send(true).result;
  }

  /** Gives up what is not finished, and waits until nothing is left of it. */
  async abort(reason: unknown = new Error('given up')): Promise<void> {
    this.#fail(reason);
    this.#job?.abort(reason);
    await this.#job?.result.catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.abort();
  }

  get #isFull(): boolean {
    return this.#inFlight >= SPANS_IN_FLIGHT;
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.reason;
    this.#options.signal?.throwIfAborted();
  }

  /** Copies and sends what there is room for; gives the rest. */
  #take(chunk: Uint8Array): Uint8Array {
    this.#check();
    let at = 0;
    while (at < chunk.length && !this.#isFull) {
      const piece = chunk.subarray(at, at + this.#span.length - this.#used);
      this.#span.set(piece, this.#used);
      this.#used += piece.length;
      at += piece.length;
      if (this.#used === this.#span.length) this.#send(false);
    }
    return chunk.subarray(at);
  }

  async #writeRest(chunk: Uint8Array): Promise<void> {
    for (let rest = chunk; this.#isFull; rest = this.#take(rest)) await this.#caughtUp.promise;
    this.#check();
  }

  #send(last: boolean): RemoteJob<'restore'> {
    const input = { span: { buffer: this.#span.buffer, length: this.#used }, last };
    this.#inFlight++;
    if (this.#job === undefined) this.#job = this.#start(input);
    else this.#job.sendInput(input);
    this.#span = Buffer.from(this.#free.pop() ?? new ArrayBuffer(last ? 0 : SPAN_BYTES));
    this.#used = 0;
    return this.#job;
  }

  #start(input: Input): RemoteJob<'restore'> {
    const job = this.#options.start(input, { spent: buffer => this.#spent(buffer) });
    job.result.catch(error => this.#fail(error));
    return job;
  }

  #spent(buffer: ArrayBuffer): void {
    if (buffer.byteLength === SPAN_BYTES) this.#free.push(buffer);
    this.#inFlight--;
    this.#wake();
  }

  #fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#inFlight = 0;
    this.#wake();
  }

  #wake(): void {
    this.#caughtUp.resolve();
    this.#caughtUp = Promise.withResolvers();
  }
}
