import type { ByteString } from '../../formats/byte-string.ts';
import { close, openToRead, readInto } from '../../host/tree-files.ts';
import { changedWhileRead } from './errors.ts';
import { SPAN_BYTES } from './messages.ts';
import type { Work } from './scheduler.ts';

/** Small updates of a hash, and small messages, run at half the speed of large ones. */
export type SpanBuffer = Buffer<ArrayBuffer>;

/** Takes the first `length` bytes of a span, and gives a buffer for the next one. */
export type Drain = (span: SpanBuffer, length: number) => Work<SpanBuffer>;

/** Gathers bytes into large spans, and reads files right into them. Dispose it to let its buffer be used again. */
export class Spool implements Disposable {
  /** How many bytes went in. */
  sizeBytes = 0;
  readonly #drain: Drain;
  #span = takeBuffer();
  #used = 0;

  constructor(drain: Drain) {
    this.#drain = drain;
  }

  *put(bytes: Uint8Array): Work<void> {
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + SPAN_BYTES - this.#used);
      this.#span.set(piece, this.#used);
      at += piece.length;
      yield* this.#took(piece.length);
    }
  }

  /** The contents of a file that has `sizeBytes` bytes. */
  *file(path: ByteString, sizeBytes: number): Work<void> {
    const fd = openToRead(path);
    try {
      for (let left = sizeBytes; left > 0; ) {
        const wanted = Math.min(left, SPAN_BYTES - this.#used);
        const count = readInto(fd, this.#span, this.#used, wanted);
        if (count === 0) throw changedWhileRead(path);
        left -= count;
        yield* this.#took(count);
      }
    } finally {
      close(fd);
    }
  }

  /** Passes on what is gathered. */
  *flush(): Work<void> {
    if (this.#used === 0) return;
    const length = this.#used;
    this.#used = 0;
    this.#span = yield* this.#drain(this.#span, length);
  }

  [Symbol.dispose](): void {
    giveBuffer(this.#span);
  }

  *#took(count: number): Work<void> {
    this.#used += count;
    this.sizeBytes += count;
    if (this.#used === SPAN_BYTES) yield* this.flush();
  }
}

/** Buffers that no job uses; fresh ones would each cost the kernel a hundred pages. */
const free: SpanBuffer[] = [];
const FREE_MAX = 4;

export function takeBuffer(): SpanBuffer {
  return free.pop() ?? Buffer.allocUnsafeSlow(SPAN_BYTES);
}

function giveBuffer(buffer: SpanBuffer): void {
  if (free.length < FREE_MAX) free.push(buffer);
}
