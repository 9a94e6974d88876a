import { bytes, Sink } from '../formats/wire.ts';
import type { ByteChannel } from '../host/byte-channel.ts';
import { END_OF_FRAMES, frameHeader } from '../protocol/frames.ts';
import type { BodyForm } from '../protocol/op.ts';

/**
 * The body of a request, which leaves while the daemon's messages are read.
 * Invariant: when the body fails the channel is destroyed, so that half a body never looks like a whole one.
 */
export class Upload {
  /** Resolves when there is nothing more to send. Throws what the body throws. */
  readonly done: Promise<void>;
  /** What the body threw. */
  failure: { readonly error: unknown } | undefined;
  readonly #form: BodyForm;
  readonly #channel: ByteChannel;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #stopped = false;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(form: BodyForm, channel: ByteChannel, body: AsyncIterable<Uint8Array>) {
    this.#form = form;
    this.#channel = channel;
    this.#chunks = body[Symbol.asyncIterator]();
    this.done = this.#send();
    this.done.catch(error => {
      this.failure = { error };
      channel.destroy();
    });
  }

  /** Answers a `read` message. False when the body has no more bytes, or is not one that is asked for. */
  async answer(maxBytes: number): Promise<boolean> {
    if (this.#form !== 'pulled') return false;
    while (this.#rest.length === 0) {
      const step = await this.#chunks.next();
      if (step.done === true) return false;
      this.#rest = step.value;
    }
    const to = new Sink({ storeDir: '', minor: 0 });
    bytes.write(to, this.#rest.subarray(0, maxBytes));
    this.#channel.write(to.finish());
    this.#rest = this.#rest.subarray(maxBytes);
    return true;
  }

  /** Leaves out the rest, if the daemon can tell from frames where the body ends then. A NAR is sent to its own end. */
  stop(): void {
    this.#stopped = this.#form !== 'inline-nar';
  }

  async #send(): Promise<void> {
    if (this.#form === 'pulled') return;
    for (;;) {
      const step = await this.#chunks.next();
      if (step.done === true) break;
      if (this.#stopped || this.#channel.closed.aborted) {
        await this.#chunks.return?.();
        break;
      }
      this.#sendChunk(step.value);
      await this.#channel.drained();
    }
    if (this.#form === 'framed') this.#channel.write(END_OF_FRAMES);
  }

  #sendChunk(chunk: Uint8Array): void {
    // A frame of no bytes would be the last one.
    if (chunk.length === 0) return;
    if (this.#form === 'framed') this.#channel.write(frameHeader(chunk.length));
    this.#channel.write(chunk);
  }
}
