import { SPANS_IN_FLIGHT, type Span } from './messages.ts';
import { type SpanBuffer, takeBuffer } from './spool.ts';

/** The output of one job, on its way to a consumer that takes it at its own speed. */
export class Outbox {
  readonly #post: (span: Span) => void;
  #credit = SPANS_IN_FLIGHT;

  constructor(post: (span: Span) => void) {
    this.#post = post;
  }

  get hasRoom(): boolean {
    return this.#credit > 0;
  }

  /** The consumer took a span. */
  addCredit(): void {
    this.#credit++;
  }

  /** Sends the start of a buffer, and gives one to go on with: the same when most of it would have gone for nothing. */
  send(buffer: SpanBuffer, length: number): SpanBuffer {
    this.#credit--;
    const isFull = length > buffer.length / 2;
    const sent = isFull ? buffer : Buffer.allocUnsafeSlow(length);
    if (!isFull) buffer.copy(sent, 0, 0, length);
    this.#post({ buffer: sent.buffer, length });
    return isFull ? takeBuffer() : buffer;
  }
}
